"""What a change of templates does to the texts: two folders of templates, side by side on the same passages.

`python -m benchmarks.templates --before FOLDER --after FOLDER --model MODEL --keep FOLDER`. Writes the chosen kinds
of shipped passages with the templates of both folders and one model, as `remix generate` would, and counts in the
texts what can be counted: copies, steps that stand still, inventions, loops, lengths, objections that name no claim.
Each number has a 95 % interval over passages (`analysis/intervals.py`), and so has the difference.

Each side has a run for each kind and seed, in the folder of `--keep`. Begun again after an interruption, the
benchmark goes on where it was. A finished run isn't written again, so the texts of the earlier templates serve all
later ones, and seeds can be added. `texts.jsonl` in the same folder has all texts of both sides, for readers. With
`--reader` a model reads those too whose passage no reader has learned from.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import click
from rich.table import Table

from benchmarks.machine import describe, in_words
from benchmarks.reading_cases import all_cases
from benchmarks.report import blank, number, save, show
from benchmarks.templates_read import Pair, shares
from remix.analysis import run_ledgers
from remix.analysis.intervals import Estimate, over_passages
from remix.analysis.trajectory import passage_of
from remix.documents.word_segmentation import english_words
from remix.engine.local import LocalModel
from remix.errors import RemixError
from remix.generation.execute import Outcome, generate, load_options, resume
from remix.generation.job import Job
from remix.generation.plan import plan_of
from remix.generation.prepare import prepare
from remix.measure.ledger import Ledger
from remix.measure.lexicon import lexicon
from remix.measure.proper_names import POSSESSIVES
from remix.measure.sentences import sentences
from remix.measure.words import ngrams, words
from remix.outputs import RunFolder
from remix.records import Options, sha256
from remix.workspace import Settings, Workspace, shipped

NEARLY = 0.9
"""A step stands still if at least this share of its word 4-grams is in the text that it reads."""

RARE = -7
"""A word counts as misspelled if its log10 probability is lower (`english_words`, which has no *cannot*)."""

NAMED = 2
"""A sentence names something of the passage if it has at least this number of the passage's content words."""

_ABOUT_THE_TEXT = re.compile(
    r"\b(?:the|this|that) (?:passage|text|author|writer|essay|paragraph|narrative|description|statement)\b",
    re.IGNORECASE,
)


class Text(NamedTuple):
    """A text of one side, what it reads, and its measures."""

    passage: str
    """Id of the passage."""
    source: str
    """The passage's text."""
    previous: str
    """The text of the step before; empty for step 1."""
    kind: str
    step: int
    seed: int
    """Of the run."""
    text: str
    ledger: Ledger

    @property
    def read(self) -> str:
        """The text that this one was made from."""
        return self.previous or self.source


Measure = Callable[[Text], float]


def _flagged(flag: str) -> Measure:
    return lambda each: flag in each.ledger.flags


def shared(text: str, source: str) -> float:
    """The share of a text's word 4-grams that are in a source; 0 for fewer than four words."""
    own, there = list(ngrams(words(text), 4)), set(ngrams(words(source), 4))
    return sum(gram in there for gram in own) / len(own) if own else 0.0


def stands_still(each: Text) -> bool:
    """Whether a text is nearly the text that it was made from."""
    return words(each.text) == words(each.read) or shared(each.text, each.read) >= NEARLY


def repeated(each: Text) -> float:
    """The share of a text's sentences that the step before has, word for word or nearly."""
    own = sentences(each.text)
    before = [words(sentence) for sentence in sentences(each.previous)]
    same = [words(one) in before or shared(one, each.previous) >= NEARLY for one in own]
    return sum(same) / len(same) if same else 0.0


def names_a_claim(each: Text) -> bool:
    """Whether the first sentence has at least `NAMED` content words of the passage."""
    first = next(iter(sentences(each.text)), "")
    return len(_content(first) & _content(each.source)) >= NAMED


def misspelled(each: Text) -> int:
    """Words that are neither in the text that was read nor often written: pieces of words, or words run together.

    A run penalty that is too strong makes a model misspell a word rather than repeat it.
    """
    own, known = ({*words(POSSESSIVES.sub("", text))} for text in (each.text, f"{each.source} {each.previous}"))
    english = english_words()
    return sum(word.isalpha() and english.get(word, -math.inf) < RARE for word in own - known - {"cannot"})


def _content(text: str) -> set[str]:
    english = lexicon("en")
    return {english.stem(word) for word in words(text) if word not in english.function_words}


ALWAYS: dict[str, Measure] = {
    "copy flags": _flagged("copy"),
    "4-grams copied from the passage": lambda each: shared(each.text, each.source),
    "texts that invent": lambda each: bool(each.ledger.facts.invented),
    "inventions a text": lambda each: len(each.ledger.facts.invented),
    "misspelled or unusual words": misspelled,
    "loops": _flagged("loop"),
    "echoes": _flagged("echo"),
    "truncated": _flagged("truncated"),
    "unfinished": _flagged("unfinished"),
    "words for each word that was read": lambda each: len(words(each.text)) / max(1, len(words(each.read))),
    "sentences of the passage kept": lambda each: each.ledger.kept,
}

LATER: dict[str, Measure] = {
    "4-grams copied from the step before": lambda each: shared(each.text, each.previous),
    "equal to the step before": lambda each: words(each.text) == words(each.previous),
    "equal or nearly (90 % of 4-grams)": stands_still,
    "sentences repeated from the step before": repeated,
}
"""Of steps after the first."""

OBJECTIONS: dict[str, Measure] = {
    f"first sentence with {NAMED} content words of the passage": names_a_claim,
    "speaks of “the passage”, “the text”": lambda each: bool(_ABOUT_THE_TEXT.search(each.text)),
}
"""Of kinds that argue."""


class Row(NamedTuple):
    """One measure of one kind and step, on both sides."""

    kind: str
    step: int
    measure: str
    texts: int
    """On each side."""
    before: Estimate
    after: Estimate
    difference: Estimate


@click.command()
@click.option("--before", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of templates.")
@click.option("--after", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of templates.")
@click.option("--model", required=True, help="Path or name of a GGUF.")
@click.option("--keep", type=click.Path(path_type=Path), required=True, help="Folder for the texts of both sides.")
@click.option("--kind", "kinds", multiple=True, default=("rewrite", "counter"), show_default=True, help="Repeatable.")
@click.option("--passages", default=30, show_default=True, help="Passages, drawn from the shipped essays.")
@click.option("--seeds", default=4, show_default=True, help="Runs of each folder.")
@click.option("--steps", default=2, show_default=True)
@click.option("--reader", help="Path or name of a GGUF that reads each text beside its passage.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(
    before: Path,
    after: Path,
    model: str,
    keep: Path,
    kinds: tuple[str, ...],
    passages: int,
    seeds: int,
    steps: int,
    reader: str | None,
    target: Path | None,
) -> None:
    """Compare the texts of two folders of templates."""
    machine = describe()
    options = Options(model=model, kinds=kinds, sample=passages, steps=steps)
    try:
        parts = [planned(folder, options, seeds, keep) for folder in (before, after)]
        # Both sides of a seed, then the next seed: what was written by then can be compared if the time is up.
        write([part for pair in zip(*parts, strict=True) for part in pair])
        sides = [[text for part in side for text in read(part)] for side in parts]
        rows = [*compared(sides[0], sides[1], by_counting), *(by_reader(reader, sides, keep) if reader else ())]
    except RemixError as error:
        raise click.ClickException(f"{error} {error.hint}") from error
    tell(keep / "texts.jsonl", dict(zip(("before", "after"), sides, strict=True)))
    show(_table(part) for part in _parts(rows))
    print(f"{parts[0][0].job.run.options.model}, {seeds} seeds; {in_words(machine)}")
    save(target, machine, [{**row._asdict(), **_dumped(row)} for row in rows])


# -- writing ------------------------------------------------------------------------------------------------


class Part(NamedTuple):
    """One kind of one folder of templates with one seed: a run, planned or begun."""

    job: Job
    place: Path
    """The folder of the run's folder: the same for the same templates, passages, steps, seed and model."""

    @property
    def folder(self) -> RunFolder | None:
        """The run, if it was begun."""
        return next((RunFolder.open(each.parent) for each in self.place.glob("*/run.json")), None)


def planned(prompts: Path, options: Options, seeds: int, keep: Path) -> list[Part]:
    """A part for each seed and kind, all with the passages that `options` draws.

    Raises `RemixError` for bad templates and models. A kind has a run of its own: if a template changes, only that
    template's texts are written again.
    """
    settings = Settings(seeds=str(shipped("seeds")), prompts=str(prompts.resolve()))
    workspace = Workspace(keep, settings)
    jobs = [prepare(workspace, options.model_copy(update={"kinds": (kind,)})) for kind in options.kinds]
    return [_with_seed(job, seed, keep) for seed in range(1, seeds + 1) for job in jobs]


def _with_seed(job: Job, seed: int, keep: Path) -> Part:
    run = job.run.model_copy(update={"options": job.run.options.model_copy(update={"seed": seed})})
    run = run.model_copy(update={"tasks": tuple(plan_of(run))})
    weights = run.model.sha256 if run.model else ""
    facts = [weights, *(used.sha256 for used in run.templates), *(f"{task.id} {task.seed}" for task in run.tasks)]
    return Part(replace(job, run=run), keep / sha256("\n".join(facts))[:12])


def write(parts: Sequence[Part]) -> None:
    """Write the texts of all parts with one engine, and finish parts that were begun.

    The parts of a seed are written at the same time: then the engine computes a passage once for all of them. Raises
    `RemixError` if the model can't be loaded, and `ClickException` if a text fails.
    """
    left = [part for part in parts if not (part.folder and part.folder.is_complete)]
    if not left:
        return
    path, file = left[0].job.model, left[0].job.run.model
    if path is None or file is None:
        raise click.ClickException("the benchmark needs a GGUF.")
    longest = max((part.job.run for part in left), key=lambda run: run.n_ctx_seq)
    chains = sum(load_options(part.job.run).chains for part in left)
    with LocalModel(path, file, load_options(longest)._replace(chains=chains)) as writer:
        for _, group in groupby(left, key=lambda part: part.job.run.options.seed):
            _write_together(list(group), writer)


def _write_together(parts: Sequence[Part], writer: LocalModel) -> None:
    stop = threading.Event()

    def write_one(part: Part) -> Outcome:
        part.place.mkdir(parents=True, exist_ok=True)
        if begun := part.folder:
            return resume(begun, stop=stop, writer=writer)
        return generate(part.job, part.place, stop=stop, writer=writer)

    with ThreadPoolExecutor(len(parts)) as pool:
        waiting = [pool.submit(write_one, part) for part in parts]
        try:
            failures = [failure for each in waiting for failure in each.result().failures]
        except BaseException:
            stop.set()
            raise
    if failures:
        raise click.ClickException(f"{len(failures)} texts failed: {failures[0].error}")


# -- reading ------------------------------------------------------------------------------------------------


def read(part: Part) -> Iterator[Text]:
    """The texts of a finished part with their measures."""
    folder = part.folder
    assert folder, "the part was written"
    texts: dict[str, str] = {}
    for each in run_ledgers.measure(folder):
        _, text = folder.read(each.task.id)
        texts[each.task.id] = text
        yield Text(
            passage=each.task.place,
            source=passage_of(each.record),
            previous="\n\n".join(texts[id_] for id_ in each.task.reads),
            kind=each.task.kind,
            step=each.task.step,
            seed=folder.run.options.seed,
            text=text,
            ledger=each.ledger,
        )


def tell(path: Path, sides: dict[str, list[Text]]) -> None:
    """Write all texts, a JSON object a line."""
    with path.open("w", encoding="utf-8") as out:
        for side, texts in sides.items():
            for each in texts:
                row = {
                    "side": side,
                    "passage_id": each.passage,
                    "passage": each.source,
                    "kind": each.kind,
                    "step": each.step,
                    "seed": each.seed,
                    "previous": each.previous,
                    "text": each.text,
                    "flags": each.ledger.flags,
                    "invented": each.ledger.facts.invented,
                }
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


def by_reader(model: str, sides: Sequence[Sequence[Text]], keep: Path) -> Iterator[Row]:
    """What a model says of the sentences of texts whose passages no reader has learned from. Raises `RemixError`."""
    learned = {case.passage for case in all_cases() if not case.is_apart}
    before, after = ([each for each in side if each.source not in learned] for side in sides)
    found = shares(model, [Pair(each.source, each.text) for each in (*before, *after)], keep / "read.jsonl")
    measures: dict[str, Measure] = {
        "sentences said, by the reader": lambda each: found[each.source, each.text].said,
        "sentences turned round, by the reader": lambda each: found[each.source, each.text].turned_round,
    }
    return compared(before, after, lambda kind, step: measures)


def by_counting(kind: str, step: int) -> dict[str, Measure]:
    """What is counted in the texts of a kind and step."""
    return ALWAYS | (LATER if step > 1 else {}) | (OBJECTIONS if kind == "counter" else {})


def compared(
    before: Sequence[Text], after: Sequence[Text], measures: Callable[[str, int], dict[str, Measure]]
) -> Iterator[Row]:
    """Each measure of each kind and step, on both sides. The sides have the same tasks."""
    for kind, step in dict.fromkeys((each.kind, each.step) for each in before):
        sides = [[each for each in side if (each.kind, each.step) == (kind, step)] for side in (before, after)]
        for name, measure in measures(kind, step).items():
            was, now = ([measure(each) for each in side] for side in sides)
            # The mean of all these, with as many texts on either side, is the mean of one side less the other's.
            signed = [*(-2 * value for value in was), *(2 * value for value in now)]
            estimates = _estimate(sides[0], was), _estimate(sides[1], now), _estimate([*sides[0], *sides[1]], signed)
            yield Row(kind, step, name, len(was), *estimates)


def _estimate(texts: Sequence[Text], values: Iterable[float]) -> Estimate:
    return over_passages([each.passage for each in texts], values)


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.kind, row.step), []).append(row)
    yield from groups.values()


def _table(rows: Sequence[Row]) -> Table:
    table = blank(f"{rows[0].kind}, step {rows[0].step}", "", "texts", "before", "after", "difference")
    for row in rows:
        table.add_row(row.measure, str(row.texts), *map(_in_digits, (row.before, row.after, row.difference)))
    return table


def _in_digits(each: Estimate) -> str:
    interval = "" if each.low is None or each.high is None else f" ({number(each.low, 3)} … {number(each.high, 3)})"
    return f"{number(each.value, 3)}{interval}"


def _dumped(row: Row) -> dict[str, object]:
    return {name: getattr(row, name).model_dump() for name in ("before", "after", "difference")}


if __name__ == "__main__":
    main()
