"""What a weight type does to the text: the perplexity of the shipped seeds under each.

`python -m benchmarks.perplexity --type q8_0 --type q4_0`. Each passage is read alone, token after token; all tokens
but the first are judged by those before. Perplexity is exp of the mean negative log-probability
(Jelinek et al., 1977).
"""

from __future__ import annotations

import math
from pathlib import Path

import click
import numpy as np

from benchmarks import seeds
from benchmarks.machine import describe, in_words
from benchmarks.report import blank, number, save, show
from benchmarks.seeds import Model
from remix.engine import llama
from remix.engine.decoder import Row
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.records import Greedy, Sampling

Losses = list[list[float]]
"""A list a passage: each token's negative log-probability, in nats."""


@click.command()
@click.option("--model", help="Path or name of a GGUF; by default the bundled one.")
@click.option("--type", "file_types", multiple=True, help="In this weight type too; repeatable.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(model: str | None, file_types: tuple[str, ...], target: Path | None) -> None:
    """Measure the perplexity of the shipped seeds."""
    machine = describe()
    with seeds.opened([model], file_types, machine.cores) as opened:
        losses = {each.file.name: read(each, machine.cores) for each in opened}
    first = next(iter(losses.values()))
    made = blank(
        "Perplexity of the shipped seeds", "", "tokens", "perplexity", "to the first", "passages it likes less"
    )
    results = []
    for name, each in losses.items():
        ratio = perplexity(each) / perplexity(first)
        worse = sum(sum(one) > sum(other) for one, other in zip(each, first, strict=True))
        made.add_row(
            name, f"{sum(map(len, each)):,}", number(perplexity(each), 3), number(ratio, 4), f"{worse} of {len(each)}"
        )
        results.append({"model": name, "perplexity": perplexity(each), "ratio": ratio, "worse": worse})
    show([made])
    print(in_words(machine))
    save(target, machine, results)


def perplexity(losses: Losses) -> float:
    """Of all tokens together."""
    flat = [loss for each in losses for loss in each]
    return math.exp(math.fsum(flat) / len(flat))


def read(model: Model, threads: int) -> Losses:
    """All passages, so many at once as the shape has rows."""
    shape = llama.exact_config(*model.file.weight_types)
    losses: Losses = []
    with LlamaModel(model.path, config=shape) as words:
        texts = sorted((words.tokenize_text(passage.text) for _, passage in seeds.corpus()), key=len, reverse=True)
        for start in range(0, len(texts), shape.rows):
            some = texts[start : start + shape.rows]
            with LlamaDecoder(words, shape.rows, len(some[0]), shape, threads) as decoder:
                losses += _read(decoder, some)
    return losses


def _read(decoder: LlamaDecoder, texts: list[list[int]]) -> Losses:
    """Some texts together, the longest first, so that those still read stand side by side."""
    losses: Losses = [[] for _ in texts]
    sampling = Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=())
    for slot, text in enumerate(texts):
        decoder.open(slot, sampling, text[:1])
        decoder.prefill(slot, text[:1], 0)
        losses[slot].append(_loss(decoder, slot, text[1]))
    for position in range(1, len(texts[0]) - 1):
        active = [slot for slot, text in enumerate(texts) if len(text) > position + 1]
        decoder.decode([Row(slot, texts[slot][position], position) for slot in active])
        for slot in active:
            losses[slot].append(_loss(decoder, slot, texts[slot][position + 1]))
    return losses


def _loss(decoder: LlamaDecoder, slot: int, token: int) -> float:
    """The negative log-probability of a token, by the logits the last call left for a slot."""
    logits = decoder.logits(slot).astype(np.float64)
    highest = logits.max()
    return float(highest + np.log(np.exp(logits - highest).sum()) - logits[token])


if __name__ == "__main__":
    main()
