"""What a large corpus costs: the first index, a question, a changed file; and how that grows with the corpus.

`python -m benchmarks.corpus --help`. The corpus is made here, of words that are made too: notes of twenty passages,
tags as unevenly spread as people's are. Each measurement is a command in a process of its own.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.table import Table

from benchmarks import ENVIRONMENT
from benchmarks.children import ROOT, MeasuringError, wait_for_quiet
from benchmarks.machine import describe, in_words
from benchmarks.report import blank, mebibytes, number, save, show
from remix.records import Frozen

SIZES = (1_000, 10_000, 100_000)
"""Passages."""
PASSAGES = 20
"""Of a note."""
NOTES = 100
"""Of a folder."""
QUERY = "{} and {} and not {}"
SYLLABLES = ["".join(each) for each in itertools.product("klmnprst", "aeiou")]


class Cost(NamedTuple):
    """What a command took."""

    seconds: float
    """By the clock on the wall, Python's start included."""
    worked: float
    """Seconds that a core was at work for it: what is left of a busy machine's wall clock."""
    memory: int
    """Most at once, in bytes."""


class Measured(Frozen):
    """One size."""

    passages: int
    files: int
    text: int
    """Bytes of the files."""
    first: float
    """Seconds of the first command, which makes the index."""
    first_worked: float
    """Of that, seconds of a core at work."""
    memory: int
    """Most that it had at once, in bytes."""
    index: int
    """Bytes of the index."""
    found: int
    """Passages that the query means."""
    query: float
    """Seconds of a command with a query: the median of several."""
    query_worked: float
    """Of that, seconds of a core at work."""
    query_memory: int
    changed: float
    """Seconds of a command after one file has changed."""
    without: float | None
    """Seconds of the same query without an index."""


@click.command()
@click.option("--size", "sizes", type=click.IntRange(100), multiple=True, help="Passages; repeatable.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Queries, of which the median.")
@click.option("--without", is_flag=True, help="Also ask without an index.")
@click.option("--patience", type=click.FloatRange(0), default=0, help="Seconds to wait for a quiet machine.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(sizes: Sequence[int], rounds: int, without: bool, patience: float, target: Path | None) -> None:
    """Measure what corpora of 1,000, 10,000 and 100,000 passages cost."""
    machine, console = describe(), Console(stderr=True)
    measured = []
    for size in sizes or SIZES:
        wait_for_quiet(patience)
        with tempfile.TemporaryDirectory() as folder:
            measured.append(measure(Path(folder), size, rounds, without))
        console.print(f"{size:,} passages: {measured[-1].first:.1f} s, then {measured[-1].query:.2f} s")
    show([table(measured)])
    print(in_words(machine))
    save(target, machine, [each.model_dump() for each in measured])


def measure(folder: Path, size: int, rounds: int, without: bool) -> Measured:
    """One size, in an empty folder."""
    root, cache = folder / "garden", folder / "cache"
    files = list(make(root, size))
    text = sum(path.stat().st_size for path in files)
    # What was written a moment ago is looked at again until the clock has moved on.
    time.sleep(2.5)
    _, first = run(root, cache, "tags")
    time.sleep(2.5)
    command = ("passages", "--where", QUERY.format(*tags()))
    run(root, cache, *command)
    asked = [run(root, cache, *command) for _ in range(rounds)]
    path = files[len(files) // 2]
    path.write_text(path.read_text().replace("title: ", "title: Again ", 1))
    _, changed = run(root, cache, *command)
    blocked = folder / "blocked"
    blocked.write_text("A file where the cache would be: there can't be an index.")
    return Measured(
        passages=size,
        files=len(files),
        text=text,
        first=first.seconds,
        first_worked=first.worked,
        memory=first.memory,
        index=sum(each.stat().st_size for each in (cache / "seeds").iterdir()),
        found=len(asked[0][0].splitlines()),
        query=statistics.median(cost.seconds for _, cost in asked),
        query_worked=statistics.median(cost.worked for _, cost in asked),
        query_memory=max(cost.memory for _, cost in asked),
        changed=changed.seconds,
        without=run(root, blocked, *command)[1].seconds if without else None,
    )


def run(root: Path, cache: Path, *arguments: str) -> tuple[str, Cost]:
    """What a command prints, and what it took. Raises `MeasuringError` where it fails."""
    command = [shutil.which("remix", path=Path(sys.executable).parent) or "remix", "-C", str(root), *arguments]
    begun = time.perf_counter()
    environment = ENVIRONMENT | {"REMIX_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile() as file:
        process = subprocess.Popen(command, stdout=file, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise MeasuringError(f"{' '.join(arguments)}: exit {process.returncode}")
        file.seek(0)
        return file.read().decode(), Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


# -- the corpus ---------------------------------------------------------------------------------------------


def make(root: Path, size: int) -> Iterator[Path]:
    """Write a workspace of so many passages; gives its files. The same size is the same corpus every time."""
    lots = random.Random(size)
    vocabulary = words(lots)
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(vocabulary) + 1)))
    for note in range(-(-size // PASSAGES)):
        folder = root / "seeds" / f"folder-{note // NOTES:03}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"note-{note:05}.md"
        count = min(PASSAGES, size - note * PASSAGES)
        body = [_paragraph(lots, vocabulary, weights) for _ in range(count)]
        body[::5] = [f"## {' '.join(lots.choices(vocabulary, k=3))}\n\n{each}" for each in body[::5]]
        date = f"{2000 + note % 26}-{1 + note % 12:02}-{1 + note % 28:02}"
        path.write_text(f"---\ntitle: Note {note}\ndate: {date}\n---\n\n" + "\n\n".join(body) + "\n")
        yield path


def _paragraph(lots: random.Random, vocabulary: Sequence[str], weights: Sequence[float]) -> str:
    """Sixty to a hundred and twenty words, and none to four tags: as unevenly spread as the words are."""
    text = " ".join(lots.choices(vocabulary, cum_weights=weights, k=lots.randint(60, 120)))
    names = _tag_names()
    chosen = lots.choices(names, cum_weights=weights[: len(names)], k=lots.randint(0, 4))
    return f"{text.capitalize()}. " + ", ".join(f"#{tag}" for tag in chosen)


def words(lots: random.Random) -> list[str]:
    """Some 20,000 words, the commonest first."""
    made = {"".join(lots.choices(SYLLABLES, k=lots.randint(1, 4))) for _ in range(30_000)}
    return sorted(made, key=lambda word: (len(word), word))


def _tag_names() -> list[str]:
    return [f"{first}{second}" for first in SYLLABLES for second in SYLLABLES][:200]


def tags() -> list[str]:
    """Three for the query: the commonest, the third and the tenth."""
    names = _tag_names()
    return [names[0], names[2], names[9]]


# -- the report ---------------------------------------------------------------------------------------------


def table(measured: Sequence[Measured]) -> Table:
    """All sizes."""
    made = blank(
        "A corpus and its index",
        "passages",
        "files",
        "MiB",
        "first index, s",
        "of which at work",
        "the same in ms a passage",
        "memory, MiB",
        "index, MiB",
        "found",
        "query, s",
        "of which at work",
        "memory, MiB",
        "one file changed, s",
        "without index, s",
    )
    for each in measured:
        made.add_row(
            f"{each.passages:,}",
            f"{each.files:,}",
            mebibytes(each.text),
            number(each.first, 1),
            number(each.first_worked, 1),
            number(1000 * each.first_worked / each.passages, 2),
            mebibytes(each.memory),
            mebibytes(each.index),
            f"{each.found:,}",
            number(each.query, 2),
            number(each.query_worked, 2),
            mebibytes(each.query_memory),
            number(each.changed, 2),
            "" if each.without is None else number(each.without, 1),
        )
    return made


if __name__ == "__main__":
    main()
