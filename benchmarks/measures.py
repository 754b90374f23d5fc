"""How long it takes to measure texts.

`python -m benchmarks.measures`. Makes texts from the shipped seeds, each passage's sentences cut short, put in
another order and mixed with one of the next, and takes all measures of each: those that need no embeddings and, where
the extra `embeddings` is installed, those with sentences matched by meaning, loading the model included.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks.machine import describe, in_words
from benchmarks.report import blank, number, save, show
from remix.corpus import read_seeds
from remix.measure import embedding
from remix.measure.flags import flags
from remix.measure.ledger import LedgerInput, ledger
from remix.measure.sentences import sentences
from remix.records import Message
from remix.workspace import shipped


@click.command()
@click.option("--texts", default=1000, help="How many.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(texts: int, target: Path | None) -> None:
    """Measure how fast texts are measured."""
    machine = describe()
    work = made(texts)
    flags("Warm up.", "stop", "Whoever reads this has loaded the weights of the language detector.", "", ())
    results = [
        timed("flags alone", work, lambda each: flags(each.text, "stop", each.passage, "", each.messages)),
        timed("the whole ledger", work, ledger),
    ]
    if embedding.installed():
        results.append(by_meaning(work))
    table = blank("Measuring texts", "", "texts", "seconds", "of processor", "ms a text")
    for name, seconds, cpu in results:
        table.add_row(name, f"{len(work):,}", number(seconds, 1), number(cpu, 1), number(cpu / len(work) * 1000, 2))
    show([table])
    print(in_words(machine))
    save(target, machine, [{"what": name, "seconds": seconds, "cpu": cpu} for name, seconds, cpu in results])


def by_meaning(work: list[LedgerInput]) -> tuple[str, float, float]:
    """The same for the ledger by meaning, all sentences embedded together."""
    began, began_cpu = time.perf_counter(), time.process_time()
    similarity = embedding.matching("meaning")(
        [each for one in work for text in (one.passage, one.text) for each in sentences(text)]
    )
    for each in work:
        ledger(each, similarity)
    return "the ledger by meaning", time.perf_counter() - began, time.process_time() - began_cpu


def made(count: int) -> list[LedgerInput]:
    """So many texts, always the same."""
    draw = random.Random(1)
    folder = shipped("seeds")
    passages = [passage.text for essay in read_seeds(folder, folder.parent) for passage in essay.passages]
    return [_made(passages, at, draw) for at in range(count)]


def _made(passages: list[str], at: int, draw: random.Random) -> LedgerInput:
    passage, other = passages[at % len(passages)], passages[(at + 1) % len(passages)]
    found = [sentence.split() for sentence in (*sentences(passage), *sentences(other)[:1])]
    draw.shuffle(found)
    cut = [" ".join(words[: max(4, draw.randint(len(words) // 2, len(words)))]) for words in found]
    message = Message(role="user", content=f"{passage}\n\nRewrite this in plain words.")
    return LedgerInput(". ".join(cut[: max(2, len(cut) // 2)]) + ".", "stop", passage, "", (message,), 0.5)


def timed(name: str, work: list[LedgerInput], measure: Callable[[LedgerInput], object]) -> tuple[str, float, float]:
    """A name, seconds by the clock, and seconds of the processor."""
    began, began_cpu = time.perf_counter(), time.process_time()
    for each in work:
        measure(each)
    return name, time.perf_counter() - began, time.process_time() - began_cpu


if __name__ == "__main__":
    main()
