"""How cost grows: with the number of texts, and with the length of passages; memory beside both.

`python -m benchmarks.growth --help`. Many short texts (10, 100, 1,000), then passages of 100, 400, 1,600 tokens cut
out of the seeds; the engine alone, each size in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.table import Table

from benchmarks import seeds
from benchmarks.children import measure
from benchmarks.machine import Machine, describe, in_words
from benchmarks.report import blank, mebibytes, number, save, show
from benchmarks.seeds import Model
from benchmarks.work import Measure, Work

COUNTS = (10, 100, 1000)
"""Texts."""
LENGTHS = (100, 400, 1600)
"""Tokens of a passage."""
PASSAGES = 8
"""Of each length, in all kinds."""


class Grown(NamedTuple):
    """One size."""

    of: str
    """What grows: `texts` or `passage tokens`."""
    size: int
    work: Work
    measure: Measure


@click.command()
@click.option("--quick", is_flag=True, help="10 and 100 texts alone.")
@click.option("--max-tokens", type=click.IntRange(1), default=24, show_default=True, help="Tokens a text.")
@click.option("--model", help="Path or name of a GGUF; by default the bundled one.")
@click.option("--type", "file_types", multiple=True, help="In this weight type instead.")
@click.option("--threads", type=click.IntRange(1), help="By default one for each physical core.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(
    quick: bool,
    max_tokens: int,
    model: str | None,
    file_types: tuple[str, ...],
    threads: int | None,
    target: Path | None,
) -> None:
    """Measure how cost and memory grow with the number of texts and the length of passages."""
    machine, console = describe(), Console(stderr=True)
    with seeds.opened([model], file_types[:1], threads or machine.cores) as opened:
        grown = []
        for of, size, work in works(opened[-1], quick, max_tokens, threads):
            grown.append(Grown(of, size, work, measure("remix", work)))
            console.print(f"{size} {of}: {grown[-1].measure.per_minute:.0f} texts a minute")
        report(grown, machine, target)


def works(model: Model, quick: bool, max_tokens: int, threads: int | None) -> Iterator[tuple[str, int, Work]]:
    """Every size: what grows, how much of it, and the work."""
    passages = seeds.corpus()
    variants = -(-COUNTS[-1] // (len(passages) * 3))
    whole = seeds.work(model, passages, max_tokens, variants, threads)
    for count in COUNTS[: 2 if quick else None]:
        yield "texts", count, whole.model_copy(update={"tasks": whole.tasks[:count]})
    for length in () if quick else LENGTHS:
        cut = seeds.resized(model, length, PASSAGES)
        yield "passage tokens", length, seeds.work(model, cut, max_tokens, threads=threads)


def report(grown: list[Grown], machine: Machine, target: Path | None) -> None:
    """Print it all, and write it where asked."""
    first = grown[0].work
    title = f"{first.name}: texts of at most {first.max_tokens} tokens, {first.threads} threads"
    kinds = dict.fromkeys(each.of for each in grown)
    show(table(title, kind, [each for each in grown if each.of == kind]) for kind in kinds)
    print(in_words(machine))
    results = [
        {"of": each.of, "size": each.size, "n_ctx_seq": each.work.n_ctx_seq, **each.measure.model_dump()}
        for each in grown
    ]
    save(target, machine, results, model=first.name, sha256=first.sha256, max_tokens=first.max_tokens)


def table(title: str, of: str, grown: list[Grown]) -> Table:
    """What grew with one thing."""
    made = blank(
        title,
        of,
        "texts",
        "seconds",
        "texts a second",
        "prompt tokens given",
        "computed",
        "computed a second",
        "MiB after 100 texts",
        "MiB at the end",
    )
    for each in grown:
        done = each.measure
        made.add_row(
            f"{each.size:,}",
            f"{done.tasks:,}",
            number(done.seconds, 1),
            number(done.tasks / done.seconds, 2),
            f"{done.given:,}",
            f"{done.computed or 0:,}",
            number((done.computed or 0) / done.seconds, 0),
            mebibytes(done.rss[0]) if done.tasks > 100 else "",
            mebibytes(done.rss[-1]),
        )
    return made


if __name__ == "__main__":
    main()
