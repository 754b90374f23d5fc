"""The plan: which tasks, in which order, with which seeds."""

from __future__ import annotations

import hashlib

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from remix.generation.plan import plan, task_seed
from remix.records import Passage, Task, sha256


def passage(number: int) -> Passage:
    text = f"Text {number}."
    return Passage(
        id=f"e/{number:03}",
        essay="e",
        title="E",
        section=None,
        path="seeds/e.md",
        lines=(number, number),
        tags=(),
        text=text,
        sha256=sha256(text),
    )


PASSAGES = [passage(1), passage(2)]
TEMPLATES = {"summary": sha256("s"), "rewrite": sha256("r")}


def test_every_combination_once_chain_by_chain() -> None:
    tasks = plan(PASSAGES, TEMPLATES, steps=2, variants=2, seed=1)
    chain = [f"{kind}.{step}{variant}" for kind in TEMPLATES for variant in ("", ".v2") for step in (1, 2)]
    assert [task.id for task in tasks] == [f"e/{number}/{name}" for number in ("001", "002") for name in chain]
    assert len({task.seed for task in tasks}) == len(tasks)


def test_a_task_knows_its_parent() -> None:
    tasks = plan([passage(1)], {"rewrite": sha256("r")}, steps=3, variants=2, seed=1)
    assert [task.parent for task in tasks] == [
        None,
        "e/001/rewrite.1",
        "e/001/rewrite.2",
        None,
        "e/001/rewrite.1.v2",
        "e/001/rewrite.2.v2",
    ]


def test_a_task_s_seed_does_not_depend_on_what_else_is_planned() -> None:
    def seeds(tasks: list[Task]) -> dict[str, int]:
        return {task.id: task.seed for task in tasks}

    large = seeds(plan(PASSAGES, TEMPLATES, steps=3, variants=3, seed=7))
    small = seeds(plan(PASSAGES[1:], {"rewrite": sha256("r")}, steps=1, variants=2, seed=7))
    assert small.items() <= large.items()


def test_a_seed_is_the_hash_of_what_the_task_is() -> None:
    """A frozen formula: replays of old runs depend on it."""
    parts = [1, sha256("p"), sha256("t"), "rewrite", 2, 3]
    expected = int(hashlib.sha256(rfc8785.dumps(parts)).hexdigest()[:16], 16) % (2**32 - 2) + 1
    assert task_seed(1, sha256("p"), sha256("t"), "rewrite", 2, 3) == expected
    assert task_seed(1, sha256("p"), sha256("t"), "rewrite", 2, 3, candidate=1) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"run_seed": 2},
        {"passage_sha256": sha256("q")},
        {"template_sha256": sha256("u")},
        {"kind": "summary"},
        {"step": 2},
        {"variant": 2},
        {"candidate": 2},
    ],
)
def test_everything_a_seed_is_made_of_changes_it(change: dict[str, object]) -> None:
    base = {"run_seed": 1, "passage_sha256": sha256("p"), "template_sha256": sha256("t"), "kind": "rewrite"}
    base |= {"step": 1, "variant": 1}
    assert task_seed(**base | change) != task_seed(**base)


@given(st.integers(-(2**53) + 1, 2**53 - 1), st.text(), st.integers(1, 99), st.integers(1, 999))
def test_a_seed_is_never_one_that_means_random(seed: int, kind: str, step: int, variant: int) -> None:
    assert 1 <= task_seed(seed, sha256("p"), sha256("t"), kind, step, variant) <= 2**32 - 2
