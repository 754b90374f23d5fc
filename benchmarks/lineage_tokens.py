"""Tokens that the lineage by a model computes, by the number of passages: counted, without reading.

`python -m benchmarks.lineage_tokens [MODEL]`. The paragraphs of a large essay are made of the shipped essays'
passages. Counted are the tokens of all prompts with every common beginning computed once, in chunks as the engine
cuts them, beside those of reading the passages and then the text once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from typing import NamedTuple

import click

from benchmarks.report import blank, show
from remix.corpus import read_seeds
from remix.engine.chunks import Chunk, cut
from remix.engine.llama import LlamaModel
from remix.measure.sentences import sentences
from remix.models import prepared
from remix.reader.gains import LEAD, prose_in
from remix.reader.leave_one_out import GAP, parts_of
from remix.workspace import shipped

PASSAGES, WORDS = 200, 100
"""Passages of the essay, and words of a paragraph."""

CHUNK = 64
"""Tokens of a chunk, as the engine takes them unless it is tuned."""


class Counted(NamedTuple):
    """Tokens of an essay's paragraphs."""

    alone: int
    """Each sentence by itself, after prose and after each passage by itself."""
    left_out: int
    """All passages before the text, and all but each."""
    once: int
    """All passages and the text, once."""


def computed(model: LlamaModel, prompts: Sequence[tuple[str, str]]) -> int:
    """The tokens computed for texts after what stands before them, with every common beginning computed once, as far
    as the engine shares beginnings."""
    found: set[tuple[Chunk, ...]] = set()
    total = 0
    for before, text in prompts:
        prompt = [model.first_token, *model.tokenize_text(before)]
        chunks = cut([*prompt, *model.tokenize_text(text)[:-1]], CHUNK, model.piece)
        length = 0
        for end, chunk in enumerate(chunks, 1):
            length += len(chunk)
            # The prompt's last token gives the probability of the text's first, so its chunk is always computed.
            if chunks[:end] not in found or length >= len(prompt):
                total += len(chunk)
            found.add(chunks[:end])
    return total


def counted(model: LlamaModel, passages: Sequence[str], size: int) -> Counted:
    """The tokens of an essay with a paragraph for every `size` passages."""
    groups = [passages[at : at + size] for at in range(0, len(passages) - size + 1, size)]
    made = [(group, paragraph(group)) for group in groups]
    return Counted(
        # The prose is computed once for the whole essay.
        computed(
            model,
            [
                (f"{before}{LEAD}", sentence)
                for group, text in made
                for before in (prose_in("en"), *group)
                for sentence in sentences(text)
            ],
        ),
        sum(
            computed(
                model,
                [
                    (before, text)
                    for before in (GAP.join(group) + GAP, *(f"{part.without}{GAP}" for part in parts_of(group)))
                ],
            )
            for group, text in made
        ),
        sum(computed(model, [(GAP.join(group) + GAP, text)]) for group, text in made),
    )


def paragraph(group: Sequence[str]) -> str:
    """About `WORDS` words of a group's passages, sentence by sentence in turns."""
    own = [sentences(each) for each in group]
    turns = [each[at] for at in range(max(map(len, own))) for each in own if at < len(each)]
    taken: list[str] = []
    while turns and len(" ".join(taken).split()) < WORDS:
        taken.append(turns.pop(0))
    return " ".join(taken)


@click.command()
@click.argument("model", required=False)
def main(model: str | None) -> None:
    """Count tokens, by the number of passages of a paragraph."""
    path, file = prepared.resolve(model, ())
    folder = shipped("seeds")
    shipped_passages = [each.text for essay in read_seeds(folder, folder.parent) for each in essay.passages]
    # With a number before each, so that no passage occurs twice.
    passages = [f"{number}. {each}" for number, each in enumerate(islice(cycle(shipped_passages), PASSAGES), 1)]
    table = blank(
        f"{file.name}: tokens of {PASSAGES} passages in paragraphs of about {WORDS} words",
        *("passages each", "read once", "passages alone", "", "one left out", ""),
    )
    with LlamaModel(path, vocab_only=True) as vocabulary:
        for size in (2, 3, 4, 5, 10):
            found = counted(vocabulary, passages, size)
            shares = [f"{each / found.once:.2f} ×" for each in (found.alone, found.left_out)]
            table.add_row(str(size), str(found.once), str(found.alone), shares[0], str(found.left_out), shares[1])
    show([table])


if __name__ == "__main__":
    main()
