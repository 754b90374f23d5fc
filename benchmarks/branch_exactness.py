"""Whether branches share their beginning bit for bit: given an original's own tokens, each must write the original.

Takes texts that `remix generate` wrote, gives for each weight type and number of parallel sequences how many branches
differed. For every token of every text one branch is given all tokens up to that token, and goes on with the
original's random numbers; its text, tokens, trace and the logits behind each token are compared with the original's.
All originals and branches of several texts are in one queue, shuffled, so that branches run in company.

`python -m benchmarks.branch_exactness --folder FOLDER` keeps models, runs and results in FOLDER: if the time given by
`--minutes` is over, or the process is killed, the same command goes on.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
from pydantic import TypeAdapter
from rich.table import Table

from benchmarks.machine import describe, in_words
from benchmarks.report import blank, save, show
from remix.engine import llama
from remix.engine.chat import ChatTemplate
from remix.engine.decoder import BatchConfig
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.engine.local import config_of
from remix.models import catalog, identity
from remix.outputs.run import RunFolder
from remix.records import Choice, Fork, Frozen, Generation, ModelFile, Request, Sampling
from remix.workspace import init

TYPES = ("q4_1", "q8_0", "q4_k_m", "f16")
PARALLEL = (16, 5, 1)
STEPS, KINDS = 3, 3
TEXTS_TOGETHER = 4
"""Texts whose branches are in the queue at the same time."""


class Original(NamedTuple):
    """A text of a run: what was asked, and what the run's record and trace say."""

    name: str
    request: Request
    token_ids: tuple[int, ...]
    choices: tuple[Choice, ...]


class Compared(Frozen):
    """The branches of one text, all compared with the text."""

    type: str
    """The weight type."""
    rows: str
    """Rows of a decode call, as records name them."""
    parallel: int
    output: str
    """The text's name in its run."""
    tokens: int
    """The text's tokens."""
    places: tuple[int, ...]
    """For each branch the number of tokens that it was given."""
    text: tuple[int, ...]
    """Places whose branch has other bytes, other tokens or another end; 0 if the text itself, written again, has."""
    trace: tuple[int, ...]
    """Places whose branch has another log-probability, entropy or alternative at any token than the trace file."""
    logits: int
    """Number of sequences, the original among them, with other logits at any token."""
    checksum: int
    """Of all logits of the text."""


class CheckingDecoder(LlamaDecoder):
    """Computes a checksum of all logits from which a sequence was sampled; counts them by the sampling's seed."""

    def __init__(self, *arguments: Any) -> None:
        self._checksums: dict[int, int] = {}
        self._seeds: dict[int, int] = {}
        self.ended: dict[int, Counter[int]] = defaultdict(Counter)
        super().__init__(*arguments)

    def open(self, slot: int, sampling: Sampling | None, tokens: Sequence[int]) -> None:
        super().open(slot, sampling, tokens)
        self._checksums[slot], self._seeds[slot] = 0, sampling.seed if sampling else 0

    def branch(self, source: int, target: int) -> None:
        super().branch(source, target)
        self._checksums[target], self._seeds[target] = self._checksums[source], self._seeds[source]

    def move(self, source: int, target: int) -> None:
        self._checksums[target], self._seeds[target] = self._checksums.pop(source), self._seeds[source]
        super().move(source, target)

    def sample(self, slot: int, given: int | None = None) -> int | None:
        self._checksums[slot] = zlib.crc32(self.logits(slot).tobytes(), self._checksums[slot])
        return super().sample(slot, given)

    def clear(self, slot: int) -> None:
        if slot in self._checksums:
            self.ended[self._seeds[slot]][self._checksums.pop(slot)] += 1
        super().clear(slot)


class Model(NamedTuple):
    """A loaded model in one weight type."""

    type: str
    file: ModelFile
    weights: LlamaModel
    config: BatchConfig


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="For models, runs and results.")
@click.option("--type", "types", multiple=True, type=click.Choice(TYPES), help="Repeatable; all by default.")
@click.option("--parallel", multiple=True, type=int, help="Most sequences at once; repeatable. Default: 16, 5, 1.")
@click.option("--outputs", type=click.IntRange(1), default=40, show_default=True, help="Texts to branch from.")
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="Branch at each so many tokens.")
@click.option("--max-tokens", type=click.IntRange(1), default=40, show_default=True, help="Most tokens of a text.")
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
@click.option("--minutes", type=float, default=1e6, help="Stop after so long; the same command goes on.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(
    folder: Path,
    types: tuple[str, ...],
    parallel: tuple[int, ...],
    outputs: int,
    every: int,
    max_tokens: int,
    threads: int,
    minutes: float,
    target: Path | None,
) -> None:
    """Compare branches that are given their original's own tokens with the original."""
    deadline = time.monotonic() + 60 * minutes
    folder.mkdir(parents=True, exist_ok=True)
    results = Results(folder / "results.jsonl")
    for each in types or TYPES:
        path = weights_of(each, folder, threads)
        run = run_of(each, path, folder, outputs, max_tokens, threads)
        originals = originals_of(run)[:outputs]
        config = config_of(run.run.engine) if run.run.engine else None
        if config is None:
            raise ValueError(f"{run.path}: a local model's run has a batch configuration")
        with LlamaModel(path, config=config) as weights:
            model = Model(each, identity.identify(path), weights, config)
            for number in parallel or PARALLEL:
                left = [original for original in originals if not results.has(each, number, original.name)]
                while left and time.monotonic() < deadline:
                    results.add(compare(model, left[:TEXTS_TOGETHER], number, every, threads))
                    del left[:TEXTS_TOGETHER]
    show([results.table()])
    print(in_words(describe()))
    save(target, describe(), [each.model_dump(mode="json") for each in results.all])


class Results:
    """The results so far: a line of JSON for each text, weight type and number of parallel sequences."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.all = [Compared.model_validate_json(line) for line in lines]

    def has(self, type_: str, parallel: int, output: str) -> bool:
        """Whether the branches of a text were compared before."""
        return any((each.type, each.parallel, each.output) == (type_, parallel, output) for each in self.all)

    def add(self, compared: Iterable[Compared]) -> None:
        """Append results, and keep them."""
        with self._path.open("a") as file:
            for each in compared:
                self.all.append(each)
                file.write(each.model_dump_json() + "\n")

    def table(self) -> Table:
        """The results in sum, a row for each weight type and number of parallel sequences."""
        headings = ("rows", "parallel", "texts", "tokens", "branches", "other bytes", "other trace", "other logits")
        made = blank("Branches given their original's own tokens", "weights", *headings, "checksums of other rows")
        groups: dict[tuple[str, str, int], list[Compared]] = defaultdict(list)
        known: dict[tuple[str, str], set[int]] = defaultdict(set)
        for each in self.all:
            groups[each.type, each.rows, each.parallel].append(each)
            known[each.type, each.output].add(each.checksum)
        for (type_, rows, parallel), some in groups.items():
            numbers = (
                len(some),
                sum(each.tokens for each in some),
                sum(len(each.places) for each in some),
                sum(len(each.text) for each in some),
                sum(len(each.trace) for each in some),
                sum(each.logits for each in some),
                sum(len(known[type_, each.output]) > 1 for each in some),
            )
            made.add_row(type_.upper(), rows, str(parallel), *(f"{number:,}" for number in numbers))
        return made


def weights_of(type_: str, folder: Path, threads: int) -> Path:
    """The bundled model in a weight type, made once by llama.cpp's own quantizer."""
    bundled = catalog.find(None).path
    if (identity.identify(bundled).file_type or "").lower() == type_:
        return bundled
    path = folder / f"{bundled.stem}+{type_}.gguf"
    if not path.exists():
        half = path.with_suffix(".part")
        llama.quantise(bundled, half, type_, threads)
        half.rename(path)
    return path


def run_of(type_: str, path: Path, folder: Path, outputs: int, max_tokens: int, threads: int) -> RunFolder:
    """A run of the demo's kind in a weight type: all kinds and steps of as many passages as the outputs need."""
    garden, runs = folder / "garden", folder / f"runs-{type_}"
    if not garden.exists():
        init(garden)
    remix = [sys.executable, "-m", "remix", "-C", str(garden)]
    if runs.exists() and any(runs.iterdir()):
        run = RunFolder.open(next(runs.iterdir()))
        if not run.is_complete:
            subprocess.run([*remix, "resume", str(run.path), "--quiet"], check=True, stdout=subprocess.DEVNULL)
        return run
    passages = -(-outputs // (KINDS * STEPS))
    command = [*remix, "generate", "--all", "--quiet", "--limit", str(passages), "--steps", str(STEPS)]
    command += ["--max-tokens", str(max_tokens), "--model", str(path), "--threads", str(threads), "--out", str(runs)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return RunFolder.open(next(runs.iterdir()))


def originals_of(run: RunFolder) -> list[Original]:
    """The run's texts, in the order of its plan."""
    found = []
    for task in run.run.tasks:
        record, _ = run.read(task.id)
        prompt, sampling = record.derivation.prompt.token_ids, record.derivation.sampling
        tokens = record.output.token_ids
        if prompt is None or sampling is None or tokens is None:
            raise ValueError(f"{task.id}: a local model tells prompt, sampling and tokens")
        request = Request(token_ids=prompt, sampling=sampling)
        found.append(Original(task.id, request, tokens, run.read_trace(task.id).choices))
    return found


def compare(model: Model, originals: Sequence[Original], parallel: int, every: int, threads: int) -> list[Compared]:
    """Write some texts again, and a branch of each at every so many tokens; compare all with records and traces."""
    asked: list[tuple[Original, int]] = [
        (each, place) for each in originals for place in range(0, len(each.token_ids) + 1, every)
    ]
    random.Random(f"{originals[0].name} {parallel}").shuffle(asked)
    written, ended, rows = _write(model, [branch(*each) for each in asked], parallel, threads)
    found: dict[str, dict[int, Generation]] = defaultdict(dict)
    for (original, place), generation in zip(asked, written, strict=True):
        found[original.name][place] = generation
    compared = []
    for original in originals:
        (checksum, same), *_ = ended[original.request.sampling.seed].most_common(1)
        branches = sorted(found[original.name].items())
        first = branches[0][1]
        compared.append(
            Compared(
                type=model.type,
                rows=rows,
                parallel=parallel,
                output=original.name,
                tokens=len(original.token_ids),
                places=tuple(place for place, _ in branches if place),
                text=tuple(
                    place
                    for place, each in branches
                    if (each.text, each.finish, each.token_ids) != (first.text, first.finish, original.token_ids)
                ),
                trace=tuple(place for place, each in branches if as_kept(each.choices) != original.choices),
                logits=len(branches) - same,
                checksum=checksum,
            )
        )
    return compared


def branch(original: Original, place: int) -> Request:
    """The request of the branch that is given the first `place` tokens; of the original, if none are."""
    given = original.token_ids[:place]
    return original.request.model_copy(update={"fork": Fork(token_ids=given) if given else None})


def as_kept(choices: tuple[Choice, ...] | None) -> tuple[Choice, ...]:
    """Choices as they are read from a trace file."""
    return _CHOICES.validate_json(_CHOICES.dump_json(choices or ()))


_CHOICES = TypeAdapter(tuple[Choice, ...])


def _write(
    model: Model, requests: Sequence[Request], parallel: int, threads: int
) -> tuple[list[Generation], dict[int, Counter[int]], str]:
    """The generations, the checksums of their logits, and the rows of a decode call in words."""
    config = model.config
    slots = config.rows_for(min(parallel, config.rows))
    longest = max(len(each.token_ids) + each.sampling.most for each in requests)
    marks = ChatTemplate(model.file.chat_template, model.file.name).marks
    decoder = CheckingDecoder(model.weights, slots, longest, config, threads, TEXTS_TOGETHER)
    with decoder, Engine(decoder, parallel, trace=True, marks=marks) as engine:
        futures = [engine.submit(each) for each in requests]
        return [future.result() for future in futures], decoder.ended, config.label


if __name__ == "__main__":
    main()
