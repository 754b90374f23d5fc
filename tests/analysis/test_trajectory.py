"""A run's texts in rows."""

from __future__ import annotations

from remix.analysis.trajectory import Trajectory, own_words, trajectories
from remix.outputs import RunFolder
from remix.records import Message, Record
from tests.analysis.made_roads import MadeRoad, make_roads


def outputs(folder: RunFolder) -> list[tuple[Record, str]]:
    return [folder.read(task.id) for task in folder.done]


def opened(record: Record, keep: bool) -> Record:
    """As if the template had put “In short,” into the model's mouth."""
    turns = (Message(role="user", content="Say it."), Message(role="assistant", content="In short, "))
    prompt = record.derivation.prompt.model_copy(update={"messages": turns, "keep_opening": keep})
    return record.model_copy(update={"derivation": record.derivation.model_copy(update={"prompt": prompt})})


def test_each_chain_begins_with_its_passage(finished: RunFolder) -> None:
    chains = trajectories(outputs(finished))
    assert [(chain.passage[-3:], chain.kind, chain.variant) for chain in chains] == [
        (number, kind, 1) for number in ("001", "002", "003") for kind in ("again", "once")
    ]
    first = chains[0]
    passage = finished.run.essays[0].passages[0].text
    steps = [finished.read(f"two-clocks/001/again.{step}")[1].strip() for step in (1, 2)]
    assert first == Trajectory("two-clocks/001", "again", 1, (passage, *steps))


def test_a_gap_ends_a_chain(finished: RunFolder) -> None:
    without = [(record, text) for record, text in outputs(finished) if record.task.step != 1]
    assert trajectories(without) == []
    assert trajectories([]) == []


def test_an_opening_that_the_template_gave_is_no_convergence(finished: RunFolder) -> None:
    record, _ = outputs(finished)[0]
    assert own_words(opened(record, keep=True), "In short, it runs.") == "it runs."
    assert own_words(opened(record, keep=False), "In short, it runs.") == "In short, it runs."
    assert own_words(record, "In short, it runs. ") == "In short, it runs."


def test_branches_of_later_steps_are_no_chains(finished: RunFolder) -> None:
    """A branch of step 1 and one of step 2 have the same variant, and were taken for steps of a chain."""
    first, second = "two-clocks/001/again.1", "two-clocks/001/again.2"
    road = MadeRoad("clock", "bell", " rings.")
    led = make_roads(finished, {first: ("The clock runs.", [road]), second: ("A clock runs.", [road])})
    passage = finished.run.essays[0].passages[0].text
    assert trajectories(outputs(led)) == [Trajectory("two-clocks/001", "again", 2, (passage, "The bell rings."))]
