"""`remix models pull` and `models list`, as a person meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from remix.cli import byte_progress
from remix.models import download
from remix.models.download import Progress
from remix.models.recommended import best_fitting, recommended
from tests import fake_hub
from tests.cli.test_cli import ok, the_error
from tests.conftest import Remix, python_path
from tests.fake_hub import FakeHub
from tests.models.test_hub import PARTS, TINY, WHOLE
from tests.models.test_parts import split

pytestmark = pytest.mark.usefixtures("hub")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with a tiny model, whole and in parts."""
    monkeypatch.setattr(download, "_PAUSE", 0)
    with fake_hub.serve() as hub, fake_hub.in_use(hub, tmp_path / "home", monkeypatch):
        hub.files[TINY] = {"Tiny-Q4_K_M.gguf": WHOLE, **PARTS}
        yield hub


def test_pull_says_what_to_do_next(remix_: Remix, tmp_path: Path) -> None:
    result = remix_("models", "pull", TINY)
    path = Path(ok(result).strip())
    assert path.read_bytes() == WHOLE
    assert path.is_relative_to(tmp_path / "home" / "hf" / "hub")
    assert result.stderr.splitlines()[-2:] == [
        "Tiny-Q4_K_M, 67 KiB.",
        "To write with it: remix generate --model Tiny-Q4_K_M",
    ]
    again = remix_("models", "pull", TINY)
    assert ok(again).strip() == str(path)
    assert "Tiny-Q4_K_M, 67 KiB, was here already." in again.stderr


@pytest.mark.model
@pytest.mark.parametrize("name", ["Tiny-Q4_K_M", "Tiny-F32"], ids=["a file", "parts"])
def test_generate_writes_with_the_pulled_model(remix_: Remix, hub: FakeHub, tmp_path: Path, name: str) -> None:
    (tmp_path / "Tiny-F32.gguf").write_bytes(WHOLE)
    hub.files[TINY] |= {path.name: path.read_bytes() for path in split(tmp_path / "Tiny-F32.gguf", tmp_path)}
    ok(remix_("models", "pull", f"{TINY}:{name.removeprefix('Tiny-').lower()}"))
    asked = ("--limit", 1, "--kind", "once", "--steps", 1, "--max-tokens", 3, "--model", name.lower())
    ok(remix_("generate", "--all", *asked))
    (run,) = json.loads(ok(remix_("runs", "--json")))
    assert run["model"] == name


def test_pull_as_json(remix_: Remix) -> None:
    answer = json.loads(ok(remix_("models", "pull", f"{TINY}:Q8_0", "--json")))
    assert (answer["name"], answer["size"], answer["new"]) == ("tiny-q8_0", 210_000, True)
    assert [Path(path).name for path in answer["paths"]] == list(PARTS)


def test_ctrl_c_says_that_nothing_is_lost(remix_: Remix, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "read", interrupt)
    result = remix_("models", "pull", TINY)
    assert result.exit_code == 130
    assert "The same command goes on where this one stopped." in result.stderr


def test_pull_ends_in_words(remix_: Remix, hub: FakeHub) -> None:
    error, hint = the_error(remix_("models", "pull", f"{TINY}:Q5_K_M"))
    assert error == f"{TINY} has no Q5_K_M, only Tiny-Q4_K_M.gguf, tiny-q8_0-00001-of-00003.gguf."
    assert hint == f"Name the file: `remix models pull {TINY}:FILE.gguf`."
    hub.gated.add(TINY)
    error, hint = the_error(remix_("models", "pull", TINY))
    assert error == f"{TINY} is gated: its owner asks who downloads it."
    error, hint = the_error(remix_("models", "pull", "qwen3"))
    assert error == "qwen3 names no repository."
    assert "`remix models pull` alone lists some" in hint


def test_a_model_too_large_for_the_memory(remix_: Remix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remix.models.catalog.fits_memory", lambda size: False)
    assert "more than this machine has" in remix_("models", "pull", TINY).stderr


def test_pull_alone_lists_what_suits_this_machine(remix_: Remix, hub: FakeHub) -> None:
    lines = ok(remix_("models", "pull")).splitlines()
    best = best_fitting()
    assert best is not None
    assert lines[::3] == [
        f"{model.address} ← best for this machine" if model == best else model.address for model in recommended()
    ]
    rows = json.loads(ok(remix_("models", "pull", "--json")))
    assert [row["model"] for row in rows] == [model.address for model in recommended()]
    assert [row["model"] for row in rows if row["best"]] == [best.address]
    assert {"memory", "fits", "licence", "languages", "good_at"} < set(rows[0])
    assert hub.asked == [], "the list needs no hub"


def test_list_ends_with_the_best_model_for_this_machine(remix_: Remix, hub: FakeHub) -> None:
    best = best_fitting()
    assert best is not None
    assert f"remix models pull {best.address}" in remix_("models", "list").stderr.splitlines()[-1]
    assert hub.asked == []


def test_the_variables_of_the_hub_are_heeded(hub: FakeHub, tmp_path: Path) -> None:
    """In a process of its own: huggingface_hub reads the variables when it is imported."""
    hub.private.add(TINY)
    variables = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "other"), "HF_TOKEN": fake_hub.TOKEN}
    command = [sys.executable, "-m", "remix", "-C", str(tmp_path), "models"]
    environment = {**os.environ, **python_path(), **variables}
    done = subprocess.run([*command, "pull", TINY], env=environment, capture_output=True, text=True, check=True)
    path = Path(done.stdout.strip())
    assert path.is_relative_to(tmp_path / "other" / "hub")
    assert path.read_bytes() == WHOLE
    listed = subprocess.run([*command, "list"], env=environment, capture_output=True, text=True, check=True)
    assert "Tiny-Q4_K_M\t" in listed.stdout
    asked = len(hub.asked)
    offline = environment | {"HF_HUB_OFFLINE": "1"}
    done = subprocess.run([*command, "pull", TINY], env=offline, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(path)
    assert len(hub.asked) == asked


def test_nothing_of_the_hub_is_imported_before_a_pull() -> None:
    code = (
        "import sys; from remix.cli import models; from remix.models import catalog, recommended; "
        "recommended.best_fitting(); catalog.available(); "
        "print(sorted({'huggingface_hub', 'httpx2', 'llama_cpp'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with byte_progress.byte_progress() as watch:
        for done in (100, 1000):
            watch(Progress("x\x1b[2J.gguf", done * 2**20, 1000 * 2**20))
    shown = capsys.readouterr().err
    assert "x\\u001b[2J.gguf" in shown
    assert "1,000.0/1,000.0 MiB" in shown


def test_progress_in_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seconds = iter([0, 0.5, 20, 120])
    monkeypatch.setattr(byte_progress.time, "monotonic", lambda: next(seconds))
    mib = 2**20
    with byte_progress.byte_progress() as watch:
        for done in (100, 300, 1000):
            watch(Progress("x.gguf", done * mib, 1000 * mib))
    assert capsys.readouterr().err.splitlines() == ["300 MiB of 1000 MiB, 70 s left", "1000 MiB of 1000 MiB"]
