"""The list of recommended models, and the best for a machine."""

from __future__ import annotations

import psutil
import pytest

from remix.models import recommended as module
from remix.models.catalog import LocatedModel
from remix.models.recommended import best_fitting, recommended
from remix.models.repository import ListedFile, Repository, choose, parse
from remix.util import environment

GIB = 2**30


def machine(monkeypatch: pytest.MonkeyPatch, memory: int, cores: int) -> None:
    class Memory:
        total = memory * GIB

    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    monkeypatch.setattr(environment, "physical_cores", lambda: cores)


def test_a_dozen_from_small_to_large_each_once() -> None:
    models = recommended()
    assert 10 <= len(models) <= 14
    assert [model.bytes for model in models] == sorted(model.bytes for model in models)
    assert len({model.address for model in models}) == len(models)


@pytest.mark.parametrize(("least", "most"), [(0, 1), (1, 2), (2, 4), (4, 6), (6, 10)])
def test_each_size_has_a_free_licence(least: int, most: int) -> None:
    licences = {model.licence for model in recommended() if least * GIB * 0.9 <= model.bytes < most * GIB}
    assert licences & {"Apache-2.0", "MIT"}


def test_some_are_good_in_other_languages_than_english() -> None:
    assert sum(model.languages != "English" for model in recommended()) >= 6


@pytest.mark.parametrize("model", recommended(), ids=lambda model: model.repository)
def test_pull_takes_each_address(model: module.Recommended) -> None:
    wanted = parse(model.address)
    files = tuple(ListedFile(name=name, size=model.bytes, sha256="a" * 64) for name in (model.file, "x-Q2_K.gguf"))
    there = Repository(name=wanted.repository, commit="1" * 40, files=files)
    assert [file.name for file in choose(there, wanted.choice)] == [model.file]


@pytest.mark.parametrize(
    ("memory", "cores", "size"),
    [(2, 2, (0, 1)), (8, 4, (2, 3)), (16, 2, (2, 3)), (16, 8, (4, 7)), (64, 16, (8, 9)), (64, 4, (4, 5))],
)
def test_the_best_suits_memory_and_processor(
    monkeypatch: pytest.MonkeyPatch, memory: int, cores: int, size: tuple[int, int]
) -> None:
    machine(monkeypatch, memory, cores)
    best = best_fitting()
    assert best is not None
    assert best.fits
    assert size[0] * GIB < best.bytes < size[1] * GIB


def test_a_machine_that_is_too_small_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, 0, 1)
    assert best_fitting() is None


def test_a_model_is_known_by_its_files_name_and_size() -> None:
    model = recommended()[0]
    here = LocatedModel(name=model.file.removesuffix(".gguf"), path=".", origin="settings", size=model.bytes)
    assert model.is_one_of([here])
    assert not model.is_one_of([here.model_copy(update={"size": 1})])
    assert not model.is_one_of([])
