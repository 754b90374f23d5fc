"""Whether later steps are firmer: where the roads of a text lead, at each step of each kind.

`python -m benchmarks.roads --keep FOLDER`. Writes chains over shipped passages as `remix generate` would, then at the
most uncertain tokens of each text the roads that `remix roads` would write, and tells by kind and step how firm the
texts are (`analysis/road_survey.py`), with 95 % intervals over passages.

For comparison each text is also written afresh: from the same prompt, with the same first token and other random
numbers. At each turn of a text, what the fresh text says after as many words is held against the text's ending like a
road's ending. That is how near an ending comes that the prompt alone decides.

The runs lie in the folder of `--keep`. Begun again after an interruption, the benchmark goes on where it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path

import click
import numpy as np
from rich.table import Table

from benchmarks.machine import describe, in_words
from benchmarks.report import blank, save, show
from benchmarks.templates import shared
from remix.analysis import road_survey
from remix.analysis.intervals import shown
from remix.analysis.road_endings import back, ending, place_of_word
from remix.analysis.road_records import Return, Road, RoadChange, TextRoads
from remix.analysis.roads import roads_of
from remix.analysis.trajectory import own_words, passage_of
from remix.errors import RemixError
from remix.generation import branch_run, execute, roads
from remix.generation.branch_run import Original, PlannedBranch
from remix.generation.branching import original_of
from remix.generation.job import Job
from remix.generation.prepare import prepare
from remix.generation.run_model import model_of
from remix.measure.chrf import CHRF
from remix.measure.words import words
from remix.outputs import RunFolder
from remix.outputs.find import OutputPlace
from remix.records import Branch, Fork, Options
from remix.workspace import Settings, Workspace, shipped

COPIED = (0.05, 0.25, 0.5)
"""Shares of copied 4-grams at which texts are told apart."""


@click.command()
@click.option("--keep", type=click.Path(path_type=Path), required=True, help="Folder for the runs.")
@click.option("--model", help="Path or name of a GGUF; by default the bundled model.")
@click.option("--passages", default=30, show_default=True, help="Passages, drawn from the shipped essays.")
@click.option("--steps", default=3, show_default=True)
@click.option("--turns", default=4, show_default=True, help="Turns of a text.")
@click.option("--width", default=2, show_default=True, help="Roads of a turn.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(
    keep: Path, model: str | None, passages: int, steps: int, turns: int, width: int, target: Path | None
) -> None:
    """Say at which steps of which kinds texts are firm."""
    machine = describe()
    workspace = Workspace(keep, Settings(seeds=str(shipped("seeds")), prompts=str(shipped("prompts"))))
    options = Options(model=model, kinds=("rewrite", "summary", "counter"), sample=passages, steps=steps)
    try:
        texts = written(keep / "texts", lambda: prepare(workspace, options))
        afresh = written(keep / "afresh", lambda: fresh(workspace, texts))
        outputs, asked = [task.id for task in texts.done], roads.RoadOptions(turns, width)
        led = written(keep / "roads", lambda: roads.plan_roads(workspace, texts, outputs, asked).job)
        found = roads_of(led)
    except RemixError as error:
        raise click.ClickException(f"{error} {error.hint}") from error
    again = list(fresh_roads(found, texts, afresh))
    surveys = {"roads": road_survey.survey(found), "fresh": road_survey.survey(again)}
    show([_levels(found, again), _changes(found, again), _by_length(found), _by_copying(found, texts)])
    print(f"{found[0].model}, {turns} turns, {width} roads each; {in_words(machine)}")
    save(target, machine, {name: each.model_dump(mode="json") for name, each in surveys.items()})


# -- writing ------------------------------------------------------------------------------------------------


def written(place: Path, plan: Callable[[], Job]) -> RunFolder:
    """The run in a folder, finished, or planned and written. Raises `RemixError`, and `ClickException` if a text
    fails."""
    begun = next((RunFolder.open(each.parent) for each in place.glob("*/run.json")), None)
    if begun and begun.is_complete:
        return begun
    place.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    outcome = execute.resume(begun, stop=stop) if begun else execute.generate(plan(), place, stop=stop)
    if outcome.failures or outcome.interrupted:
        raise click.ClickException(f"{place.name}: {len(outcome.folder.done)} texts are finished.")
    return outcome.folder


def fresh(workspace: Workspace, texts: RunFolder) -> Job:
    """The job of writing all texts of a run afresh: as branches after the first token, with other random numbers."""
    originals = [original_of(OutputPlace(texts, task.id)) for task in texts.done]
    return branch_run.job_of(workspace, model_of(texts.run), [_afresh(each) for each in originals])


def _afresh(original: Original) -> PlannedBranch:
    record, sampling = original.record, original.record.derivation.sampling
    assert sampling is not None, "a local model wrote the texts"
    first = (record.output.token_ids or ())[:1]
    branch = Branch(
        original=record.id,
        token=2,
        character=1,
        was="",
        put="",
        max_tokens=sampling.max_tokens,
        fork=Fork(token_ids=first),
    )
    seed = branch_run.fork_seed(branch, 2)
    return PlannedBranch(original, branch.model_copy(update={"fork": Fork(token_ids=first, seed=seed)}))


# -- reading ------------------------------------------------------------------------------------------------


def fresh_roads(found: Sequence[TextRoads], texts: RunFolder, afresh: RunFolder) -> Iterator[TextRoads]:
    """The same texts and turns, with the endings of the fresh texts in place of the roads'."""
    others = {task.branch.original: afresh.read(task.id)[1] for task in afresh.done if task.branch}
    for each in found:
        whole, other = texts.read(each.task)[1], others[each.original]
        roads_ = tuple(_fresh_road(road, whole, other) for road in each.roads if road.words_left)
        yield each.model_copy(update={"roads": roads_})


def _fresh_road(road: Road, whole: str, other: str) -> Road:
    """A road's turn, with what a fresh text says after as many words as the text has before its ending."""
    own = ending(whole, road.character - 1, road.was)
    late = other[place_of_word(other, len(words(whole)) - len(own.words)) :]
    seen = back(own.words, words(late))
    return road.model_copy(
        update={
            "distance": 1 - float(CHRF.scores([own.text], [late])[0, 0]) / 100,
            "same_ending": None if seen.same_ending is None else Return(words=seen.same_ending, tokens=None),
            "rejoins": None if seen.rejoins is None else Return(words=seen.rejoins, tokens=None),
        }
    )


# -- telling ------------------------------------------------------------------------------------------------


def _levels(found: Sequence[TextRoads], again: Sequence[TextRoads]) -> Table:
    led, afresh = (road_survey.survey([*side, *_of_all_kinds(side)]) for side in (found, again))
    table = blank(
        *("Roads, and texts written afresh", "kind, step", "texts", "roads", "words left", "firmness", "afresh"),
        *("distance", "afresh", "same ending", "rejoins", "afresh"),
    )
    for kind, other in zip(led.kinds, afresh.kinds, strict=True):
        for step, fresh_step in zip(kind.steps, other.steps, strict=True):
            table.add_row(
                f"{kind.kind}, {step.step}",
                *(str(step.texts), str(step.roads), f"{step.words_left.value:.0f}"),
                *(shown(step.firmness), shown(fresh_step.firmness), shown(step.distance), shown(fresh_step.distance)),
                *(shown(step.same_ending), shown(step.rejoins), shown(fresh_step.rejoins)),
            )
    return table


def _of_all_kinds(texts: Sequence[TextRoads]) -> list[TextRoads]:
    return [each.model_copy(update={"kind": "all kinds"}) for each in texts]


def _changes(found: Sequence[TextRoads], again: Sequence[TextRoads]) -> Table:
    """Changes between steps: as the texts are, between roads with as many words left, and of what the prompt alone
    doesn't explain."""
    table = blank(
        *("Changes between steps", "kind, steps", "firmness", "at equal length", "distance", "at equal length"),
        *("distance less that of fresh texts", "at equal length"),
    )
    beyond = [_beyond_fresh(own, fresh_) for own, fresh_ in zip(found, again, strict=True)]
    kinds = list(dict.fromkeys(each.kind for each in found))
    for name, chosen in [*((kind, [kind]) for kind in kinds), ("all kinds", kinds)]:
        own, less = ([each for each in side if each.kind in chosen] for side in (found, beyond))
        for steps in combinations(sorted({each.step for each in own}), 2):
            changes = (
                _change(own, steps, road_survey.is_near),
                _change(own, steps, road_survey.distance),
                _change(less, steps, road_survey.distance),
            )
            cells = [shown(each) for change in changes for each in (change.plain, change.at_equal_length)]
            table.add_row(f"{name}, {steps[0]} to {steps[1]}", *cells)
    return table


def _beyond_fresh(led: TextRoads, fresh_: TextRoads) -> TextRoads:
    """The roads of a text, each with its distance less that of the fresh text's ending in the place of a distance."""
    pairs = zip(road_survey.measured_roads(led), fresh_.roads, strict=True)
    less = (road.model_copy(update={"distance": (road.distance or 0) - (own.distance or 0)}) for road, own in pairs)
    return led.model_copy(update={"roads": tuple(less)})


def _change(texts: Sequence[TextRoads], steps: tuple[int, int], number: road_survey.Number) -> RoadChange:
    measured = [each for each in texts if road_survey.measured_roads(each)]
    early, late = ([each for each in measured if each.step == own] for own in steps)
    change = road_survey.change(early, late, number)
    assert change, "each passage has texts at each step"
    return change


Cells = dict[tuple[int, int], list[float]]
"""Firmness by class, from 0 or 1, and step."""


def _by_length(found: Sequence[TextRoads]) -> Table:
    """Whether roads end near the text, by the words left after the turn, whatever the kind."""
    cells: Cells = {}
    for each in found:
        for road in road_survey.measured_roads(each):
            cells.setdefault((road_survey.length_class(road), each.step), []).append(road_survey.is_near(road))
    names = {length: f"{2 ** (length - 1)} to {2**length - 1}" for length in sorted({length for length, _ in cells})}
    return _crossed("Roads that end near the text, of all roads", "words left", names, cells)


def _by_copying(found: Sequence[TextRoads], texts: RunFolder) -> Table:
    """Firmness by the share of a text's word 4-grams that stand in what the text was made from."""
    reads = {task.id: task.reads for task in texts.run.tasks}
    cells: Cells = {}
    for each in found:
        if each.firmness is not None:
            record, text = texts.read(each.task)
            source = "\n\n".join(texts.read(id_)[1] for id_ in reads[each.task]) or passage_of(record)
            copied = shared(own_words(record, text), source)
            key = sum(copied >= share for share in COPIED), each.step
            cells.setdefault(key, []).append(each.firmness)
    bounds = [0.0, *COPIED, 1.0]
    names = {at: f"{low:.0%} to {high:.0%}" for at, (low, high) in enumerate(pairwise(bounds))}
    return _crossed("Firmness, of all texts", "4-grams copied from the text that was read", names, cells)


def _crossed(title: str, first: str, names: Mapping[int, str], cells: Cells) -> Table:
    steps = sorted({step for _, step in cells})
    table = blank(title, first, *(f"step {step}" for step in steps))
    for key, name in names.items():
        own = [cells.get((key, step), []) for step in steps]
        table.add_row(name, *(f"{np.mean(each):.2f} of {len(each)}" if each else "–" for each in own))
    return table


if __name__ == "__main__":
    main()
