"""Roads: branches of texts at the most uncertain tokens, by the most probable alternatives that weren't taken.

Takes outputs of a run, gives the `Job` of writing all roads of all of them as one run. A road goes on with its
original's random numbers, so road and original differ by the turn alone: the token at which the road leaves. Of a
text that is a branch itself only tokens after its fork are turns: the roads that leave before are those of its
original. Writes nothing.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from remix.corpus.tags import tag_key, tag_keys
from remix.errors import RunError
from remix.generation import branch_point, branch_run
from remix.generation.branch_point import Point, Put, Vocabulary, Written
from remix.generation.branch_run import Original, PlannedBranch
from remix.generation.branch_vocabulary import BranchVocabulary, vocabulary_of
from remix.generation.branching import original_of
from remix.generation.job import Job
from remix.generation.reading import TaskInputs
from remix.generation.run_model import model_of
from remix.outputs.find import OutputPlace
from remix.outputs.run import RunFolder
from remix.records import Record, Task
from remix.records.bounds import MOST_TASKS, MOST_VARIANTS
from remix.workspace import Workspace


class RoadOptions(NamedTuple):
    """What is asked of roads."""

    turns: int = 8
    """Most turns of each text: the tokens of the highest entropy."""
    width: int = 3
    """Most roads at each turn: the most probable alternatives."""
    max_tokens: int | None = None
    """Largest number of tokens of a whole text; the original's if null."""


class OutputFilter(NamedTuple):
    """Filters for the outputs of a run; all outputs without a filter."""

    tags: tuple[str, ...] = ()
    """Outputs made from a passage with any of these tags."""
    kinds: tuple[str, ...] = ()
    """Outputs of these kinds."""
    step: int | None = None
    """Outputs of this step, from 1."""


class Turn(NamedTuple):
    """A token at which roads leave a text."""

    point: Point
    puts: tuple[Put, ...]
    """The alternatives to take, the most probable first."""


class LeftOut(NamedTuple):
    """An output without roads."""

    output: str
    """The task's id."""
    error: RunError


class PlannedRoads(NamedTuple):
    """The planned roads of some outputs."""

    job: Job
    texts: int
    """Outputs that have roads."""
    skipped: int
    """Alternatives that would have been taken, but end the text, are part of a letter, or are a mark of thoughts."""
    left_out: tuple[LeftOut, ...]


def plan_roads(
    workspace: Workspace,
    folder: RunFolder,
    outputs: Sequence[str],
    options: RoadOptions | None = None,
    model: str | None = None,
) -> PlannedRoads:
    """Plan one run with the roads of outputs of a run, given by the ids of their tasks.

    `model` names the file of the model that wrote the outputs, if it moved. Outputs without tokens, trace or turns
    are left out. Raises their `RunError` if no output is left, or if there are too many roads for a run; `ModelError`
    if the model isn't here.
    """
    options = options or RoadOptions()
    if folder.run.model is None:
        raise RunError(
            f"{folder.path.name}: was written by a LangChain model, which tells no tokens.",
            "Choose texts that a local GGUF model wrote.",
        )
    path = model_of(folder.run, model, workspace.model_folders)
    planned: list[PlannedBranch] = []
    left_out: list[LeftOut] = []
    skipped = 0
    with vocabulary_of(folder.run, path) as vocabulary:
        for output in outputs:
            try:
                roads, more = _roads_of(original_of(OutputPlace(folder, output)), options, vocabulary)
            except RunError as error:
                left_out.append(LeftOut(output, error))
            else:
                planned += roads
                skipped += more
    if not planned:
        first = left_out[0].error
        if len(left_out) == 1:
            raise first
        raise RunError(f"none of {len(left_out)} texts has roads: {first.message}", first.hint)
    job = branch_run.job_of(workspace, path, planned)
    return PlannedRoads(job, len(job.run.earlier), skipped, tuple(left_out))


def outputs_of(folder: RunFolder, wanted: OutputFilter) -> list[str]:
    """The ids of a run's finished outputs that are meant, in the run's order. Raises `RunError` if there is none."""
    inputs = TaskInputs(folder.run)
    keys = {tag_key(tag.removeprefix("#")) for tag in wanted.tags}

    def has_tag(task: Task) -> bool:
        tags = (tag for source in inputs.sources(task) for tag in source.tags)
        return not keys or any(not keys.isdisjoint(tag_keys(tag)) for tag in tags)

    found = [
        task.id
        for task in folder.done
        if (not wanted.kinds or task.kind in wanted.kinds) and wanted.step in (None, task.step) and has_tag(task)
    ]
    if not found:
        raise RunError(
            f"{folder.path.name}: has no such finished text.",
            "Name another run with --run, or leave out --tag, --kind or --step; `remix runs` lists the runs.",
        )
    return found


def check_number(folder: RunFolder, outputs: Collection[str], options: RoadOptions, depth: int) -> int:
    """The largest number of roads of outputs of a run, over all depths: at depth 2 all roads have roads of their own.

    Raises `RunError` if there may be more than a run holds.
    """
    each_text, deepest = 0, 1
    for _ in range(depth):
        deepest *= options.turns * options.width
        each_text += deepest
        if each_text > MOST_TASKS:
            break
    hint = "Lower --turns, --width or --depth, or choose fewer texts."
    tasks = [task for task in folder.run.tasks if task.id in outputs]
    chains = Counter((task.place, task.kind, task.step) for task in tasks)
    highest = max((task.variant for task in tasks), default=0)
    if highest + max(chains.values(), default=0) * each_text > MOST_VARIANTS:
        raise RunError(
            f"{options.turns} turns × {options.width} alternatives at depth {depth}: a text and its roads could be "
            f"more than {MOST_VARIANTS} variants of the text, which is the most.",
            hint,
        )
    if len(tasks) * each_text > MOST_TASKS:
        raise RunError(f"up to {len(tasks) * each_text:,} roads: a run has {MOST_TASKS:,} texts at most.", hint)
    return len(tasks) * each_text


def turns_of(
    written: Written, places: range, options: RoadOptions, vocabulary: Vocabulary
) -> tuple[tuple[Turn, ...], int]:
    """The most uncertain of some tokens, given by their indices, in the order of the text, each with the alternatives
    to take there; and the number of alternatives that can't be taken.

    A turn is a token of whole letters, or the one that ended the text, with an alternative that goes on in whole
    letters. Of equally uncertain tokens the first is taken.
    """
    candidates = [at for at in _between_letters(written) if at in places and at < len(written.choices)]
    candidates.sort(key=lambda at: -written.choices[at].entropy)
    chosen: list[Turn] = []
    skipped = 0
    for at in candidates:
        if len(chosen) == options.turns:
            break
        point = branch_point.point_at(written, str(at + 1))
        puts, more = _puts(written, point, options.width, vocabulary)
        skipped += more
        if puts:
            chosen.append(Turn(point, puts))
    return tuple(sorted(chosen, key=lambda turn: turn.point.token)), skipped


def _roads_of(
    original: Original, options: RoadOptions, vocabulary: BranchVocabulary
) -> tuple[list[PlannedBranch], int]:
    """The roads of a text, and the number of skipped alternatives. Raises `RunError` if the text has no road."""
    record = original.record
    if original.trace is None:
        raise RunError(
            f"{record.output.file}: has no trace, so neither uncertain tokens nor alternatives are known.",
            "`remix verify` tells if the trace was lost; a text written anew by a local GGUF model has one.",
        )
    written = branch_point.written(record, original.text, original.trace, vocabulary)
    # The traces of thousands of originals would fill the memory.
    original = original._replace(trace=None)
    vocabulary.refuse_other_prompt(record)
    turns, skipped = turns_of(written, _places(written, record, options.max_tokens), options, vocabulary)
    if not turns:
        raise RunError(
            f"{record.output.file}: has no token at which an alternative could be taken.",
            "Raise --max-tokens, or choose a longer text.",
        )
    branches = (branch_run.branch_of(record, written, put, options.max_tokens) for turn in turns for put in turn.puts)
    return [PlannedBranch(original, branch) for branch in branches], skipped


def _places(written: Written, record: Record, max_tokens: int | None) -> range:
    """Indices of the tokens that may be turns: within the kept text, after the fork if the text is a branch, and with
    room for a further token."""
    tokens, kept = written.tokens, len(written.text)
    end = next((at for at in range(len(tokens)) if written.starts[at] >= kept), len(tokens))
    if len(written.choices) > len(tokens) and not record.output.trimmed:
        end = len(written.choices)
    sampling, fork, thoughts = record.derivation.sampling, record.derivation.fork, record.output.thoughts
    assert sampling is not None, "`branch_point.written` refuses records without sampling"
    begin = len(fork.token_ids) - len(thoughts.token_ids or () if thoughts else ()) if fork else 0
    return range(begin, min(end, (max_tokens or sampling.max_tokens) - 1))


def _between_letters(written: Written) -> Iterator[int]:
    """Indices of the tokens that neither begin nor end within a letter, and of a token that ended the text."""
    utf8 = codecs.getincrementaldecoder("utf-8")("ignore")
    is_whole = True
    for at, piece in enumerate(written.pieces):
        begins, _ = is_whole, utf8.decode(piece)
        is_whole = not utf8.getstate()[0]
        if begins and is_whole:
            yield at
    if is_whole:
        yield len(written.pieces)


def _puts(written: Written, point: Point, width: int, vocabulary: Vocabulary) -> tuple[tuple[Put, ...], int]:
    """The most probable alternatives to take at a token, and how many more probable ones can't be taken."""
    puts: list[Put] = []
    skipped = 0
    for rank in range(1, len(written.choices[point.token].alternatives) + 1):
        if len(puts) == width:
            break
        try:
            put = branch_point.take_rank(written, point, rank, vocabulary)
            vocabulary.refuse_marks(put.tokens)
        except RunError:
            skipped += 1
        else:
            puts.append(put)
    return tuple(puts), skipped
