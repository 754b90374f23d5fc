"""Essays of `remix weave`: how long a large plan takes, and figures of finished essays.

`python -m benchmarks.weave` plans an essay from 200 passages: parts of the shipped essays' passages, cut so that each
is another. `python -m benchmarks.weave RUN …` prints for each run its words, its paragraphs, the largest share of a
paragraph's word 4-grams that another paragraph has, and how many passages are heard.
"""

from __future__ import annotations

import time
from pathlib import Path

import click

from benchmarks.report import blank, show
from remix.analysis.essay_figures import figures_of
from remix.corpus import read_seeds
from remix.generation.weave_groups import closest_order, grouped
from remix.measure.sentences import sentences
from remix.measure.words import words
from remix.outputs import RunFolder
from remix.workspace import shipped

PASSAGES, LENGTH = 200, 4000
"""Passages of the large plan, and words of its essay."""


def passages(count: int) -> list[str]:
    """`count` texts of about 50 to 150 words, no two the same, from the sentences of the shipped essays."""
    texts = [passage.text for essay in read_seeds(shipped("seeds"), shipped("seeds")) for passage in essay.passages]
    found: list[str] = []
    cut = 0
    while len(found) < count:
        for text in texts:
            own = sentences(text)
            found.append(" ".join([*own[cut:], *own[:cut]][: max(3, len(own) - cut)]))
        cut += 1
    return found[:count]


@click.command()
@click.argument("runs", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(runs: tuple[Path, ...]) -> None:
    """Time a large plan, or print the figures of essays."""
    if not runs:
        texts = passages(PASSAGES)
        begun = time.process_time()
        order = closest_order(texts)
        ordered = time.process_time()
        sizes = grouped([len(words(texts[at])) for at in order], LENGTH, dialectic=False).sizes
        ended = time.process_time()
        click.echo(
            f"{len(texts)} passages in {len(sizes)} groups: {ordered - begun:.2f} s of processor time for the order, "
            f"{ended - ordered:.2f} s for the groups."
        )
        return
    table = blank("Essays", "run", "words", "paragraphs", "largest 4-gram overlap", "heard", "of")
    for run in runs:
        figures = figures_of(RunFolder.open(run))
        total = figures.heard + len(figures.unheard)
        row = [figures.words, figures.paragraphs, f"{figures.overlap:.1%}", figures.heard, total]
        table.add_row(run.name, *map(str, row))
    show([table])


if __name__ == "__main__":
    main()
