"""The plan: which tasks, in which order, with which seeds."""

from __future__ import annotations

import hashlib

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from remix.errors import RunError
from remix.generation.plan import plan, task_seed, with_what_is_read
from remix.records import PassageInput, Reads, Task, TaskInput, TemplateUsed, sha256
from tests.generation.passages import passage

PASSAGES = [passage(1), passage(2)]


def used(kind: str, reads: Reads = "passage") -> TemplateUsed:
    return TemplateUsed(kind=kind, name=f"prompts/{kind}.md.j2", sha256=sha256(kind[0]), source=kind[0], reads=reads)


TEMPLATES = [used("summary"), used("rewrite")]


def test_every_combination_once_chain_by_chain() -> None:
    tasks = plan(PASSAGES, TEMPLATES, steps=2, variants=2, seed=1)
    chain = [
        f"{kind}.{step}{variant}" for kind in ("summary", "rewrite") for variant in ("", ".v2") for step in (1, 2)
    ]
    assert [task.id for task in tasks] == [f"e/{number}/{name}" for number in ("001", "002") for name in chain]
    assert len({task.seed for task in tasks}) == len(tasks)


def test_a_task_knows_what_it_reads() -> None:
    tasks = plan([passage(1)], [used("rewrite")], steps=3, variants=2, seed=1)
    assert [task.reads for task in tasks] == [
        (),
        ("e/001/rewrite.1",),
        ("e/001/rewrite.2",),
        (),
        ("e/001/rewrite.1.v2",),
        ("e/001/rewrite.2.v2",),
    ]
    assert {task.passages for task in tasks} == {("e/001",)}


def test_a_kind_that_reads_others_has_one_step_and_reads_their_last_ones() -> None:
    templates = [*TEMPLATES, used("both", ("summary", "rewrite"))]
    tasks = [task for task in plan(PASSAGES, templates, steps=3, variants=2, seed=1) if task.kind == "both"]
    assert [task.id for task in tasks] == ["e/001/both.1", "e/001/both.1.v2", "e/002/both.1", "e/002/both.1.v2"]
    assert tasks[1].inputs == (
        PassageInput(passage="e/001"),
        TaskInput(task="e/001/summary.3.v2"),
        TaskInput(task="e/001/rewrite.3.v2"),
    )


def test_a_kind_is_planned_behind_what_it_reads() -> None:
    with pytest.raises(RunError, match=r"prompts/both\.md\.j2: reads 'rewrite', which isn't planned before it"):
        plan(PASSAGES, [used("summary"), used("both", ("summary", "rewrite")), used("rewrite")], 1, 1, 1)


def test_what_is_refreshed_brings_in_what_it_reads() -> None:
    templates = [*TEMPLATES, used("both", ("summary",)), used("more", ("both", "rewrite"))]
    assert with_what_is_read([("e/001", "more")], templates) == {
        ("e/001", kind) for kind in ("more", "both", "rewrite", "summary")
    }
    assert with_what_is_read([("e/001", "summary")], templates) == {("e/001", "summary")}


def test_a_task_s_seed_does_not_depend_on_what_else_is_planned() -> None:
    def seeds(tasks: list[Task]) -> dict[str, int]:
        return {task.id: task.seed for task in tasks}

    large = seeds(plan(PASSAGES, TEMPLATES, steps=3, variants=3, seed=7))
    small = seeds(plan(PASSAGES[1:], [used("rewrite")], steps=1, variants=2, seed=7))
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
