"""What another busy process costs: the engine alone, and beside one that never rests.

`python -m benchmarks.contention --help`. The other process only counts; nothing is pinned to a core, so on two cores
the engine has about one and a half. Alone and beside take turns.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import click
from rich.console import Console

from benchmarks import seeds
from benchmarks.children import measure
from benchmarks.machine import describe, in_words
from benchmarks.report import blank, number, save, show, spread
from benchmarks.work import Measure

LEAST = 1 / 3
"""What must be left of the throughput."""


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="How often each is measured.")
@click.option("--passages", type=click.IntRange(1), default=8, show_default=True, help="How many, in 3 kinds each.")
@click.option("--max-tokens", type=click.IntRange(1), default=48, show_default=True, help="Tokens a text.")
@click.option("--model", help="Path or name of a GGUF; by default the bundled one.")
@click.option("--type", "file_types", multiple=True, help="In this weight type instead.")
@click.option("--loop", is_flag=True, help="The llama-cpp-python loop too; it may take very long.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(
    rounds: int,
    passages: int,
    max_tokens: int,
    model: str | None,
    file_types: tuple[str, ...],
    loop: bool,
    target: Path | None,
) -> None:
    """Measure the engine alone and beside a busy process."""
    machine, console = describe(), Console(stderr=True)
    contenders = ["remix", "loop"] if loop else ["remix"]
    alone: dict[str, list[Measure]] = {each: [] for each in contenders}
    beside: dict[str, list[Measure]] = {each: [] for each in contenders}
    with seeds.opened([model], file_types[:1], machine.cores) as opened:
        work = seeds.work(opened[-1], seeds.corpus(passages), max_tokens)
        for turn in range(rounds):
            for each in contenders:
                alone[each].append(measure(each, work))
                with busy():
                    beside[each].append(measure(each, work))
                console.print(f"{turn + 1}/{rounds} {each}: {_kept(alone[each][-1:], beside[each][-1:]):.2f} kept")
    made = blank(f"{work.name}: texts a minute", "", "alone", "", "beside a busy process", "", "kept")
    for each in contenders:
        made.add_row(each, *_row(alone[each]), *_row(beside[each]), number(_kept(alone[each], beside[each]), 2))
    show([made])
    print(in_words(machine))
    if _kept(alone["remix"], beside["remix"]) < LEAST:
        console.print("less than a third is left", style="red")
    results = [
        {
            "contender": each,
            "alone": [one.model_dump() for one in alone[each]],
            "beside": [one.model_dump() for one in beside[each]],
            "kept": _kept(alone[each], beside[each]),
        }
        for each in contenders
    ]
    save(target, machine, results, model=work.name, sha256=work.sha256)


@contextmanager
def busy() -> Iterator[None]:
    """A process that keeps a core busy."""
    process = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _spin() -> None:
    while True:
        pass


def _row(measures: list[Measure]) -> tuple[str, str]:
    speeds = [each.per_minute for each in measures]
    return number(median(speeds), 1), spread(speeds)


def _kept(alone: list[Measure], beside: list[Measure]) -> float:
    """The part of the throughput that is left, median of the rounds."""
    return median(two.per_minute / one.per_minute for one, two in zip(alone, beside, strict=True))


if __name__ == "__main__":
    main()
