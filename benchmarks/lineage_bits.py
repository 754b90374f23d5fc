"""Bits by sentence and passage of the cases of `tests/lineage_cases.py`, by a model, kept in a file as they come.

Three arrangements: *alone*, each sentence by itself after each passage by itself (`remix/reader/gains.py`); *in
context*, the sentences of a paragraph one after another, after each passage by itself and after none; and *left out*,
those sentences after all passages but one (`remix/reader/leave_one_out.py`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from remix.engine.local import LoadOptions, LocalModel
from remix.models import prepared
from remix.reader import gains, leave_one_out
from remix.reader.gains import SentenceGains, TextToRead
from remix.reader.leave_one_out import GAP
from tests.lineage_cases import KnownEssay, LineageCase, known_essays, large_essays

Arrangement = Literal["alone", "in context", "left out"]

CONTEXT = 2560
"""Tokens of the longest prompt."""

MEMORY = 2**31
"""Bytes for the KV cache."""

SENTENCES = 6
"""Most sentences of a paragraph."""

CAPS: Mapping[str, int] = {"paraphrased": 24, "said freely": 12, "by models": 2, "made up": 2}
"""Most sentences of a kind from an essay; of other kinds one. A model reads slowly."""


class Paragraph(NamedTuple):
    """Some sentences of a known essay."""

    group: str
    """`small`, groups of two to four passages, or `large`, of ten."""
    number: int
    """Number of the essay in its group."""
    essay: KnownEssay
    cases: tuple[LineageCase, ...]

    @property
    def text(self) -> str:
        """The paragraph."""
        return " ".join(case.sentence for case in self.cases)


class Bits(NamedTuple):
    """A paragraph with its bits by a model."""

    paragraph: Paragraph
    gains: tuple[SentenceGains, ...]
    """For each case, in order."""


class Tokens(NamedTuple):
    """The tokens that an essay's paragraphs took."""

    passages: int
    """Number of passages."""
    computed: int
    """Tokens that the engine computed."""
    once: int
    """Tokens of reading all passages and then the text, once for each paragraph."""


class Kept(NamedTuple):
    """What is known by a model in one arrangement."""

    bits: list[Bits]
    tokens: list[Tokens]
    """For each essay."""


def paragraphs(group: str) -> Iterator[Paragraph]:
    """The paragraphs that a model reads: of essays on planted passages all, of others each third; of `large` groups
    the first of each half."""
    essays = list(enumerate(known_essays() if group == "small" else large_essays()))
    planted = [each for each in essays if any("/" not in passage for passage in each[1].passages)]
    others = [each for each in essays if each not in planted][::3]
    for number, essay in [*planted, *(others if group == "small" else [])]:
        taken: Counter[str] = Counter()
        cases = []
        for case in essay.cases:
            taken[case.kind] += 1
            if taken[case.kind] <= CAPS.get(case.kind, 1):
                cases.append(case)
        for start in range(0, len(cases), SENTENCES):
            yield Paragraph(group, number, essay, tuple(cases[start : start + SENTENCES]))


def read(model: str, group: str, arrangement: Arrangement, keep: Path, numbers: Sequence[int] | None = None) -> Kept:
    """The bits of the paragraphs of a group; what `keep` has isn't asked again. Of the rest only
    the essays with these `numbers` are asked."""
    path, file = prepared.resolve(model, ())
    lines = keep.read_text(encoding="utf-8").splitlines() if keep.exists() else []
    rows = [json.loads(line) for line in lines]
    known = {row["text"]: row for row in rows if row["key"] == [file.sha256, group, arrangement]}
    by_essay: dict[int, list[Paragraph]] = {}
    for each in paragraphs(group):
        by_essay.setdefault(each.number, []).append(each)
    missing = [
        essay
        for number, essay in by_essay.items()
        if (numbers is None or number in numbers) and any(each.text not in known for each in essay)
    ]
    if missing:
        with (
            LocalModel(path, file, LoadOptions((CONTEXT,), None, 1, memory=MEMORY)) as reader,
            keep.open("a", encoding="utf-8") as out,
        ):
            for essay in missing:
                for row in _ask(reader, essay, arrangement):
                    known[row["text"]] = row
                    print(
                        json.dumps({"key": [file.sha256, group, arrangement], **row}, ensure_ascii=False),
                        file=out,
                        flush=True,
                    )
    found = [(each, known[each.text]) for essay in by_essay.values() for each in essay if each.text in known]
    return Kept(
        [Bits(each, tuple(SentenceGains(*gain) for gain in row["gains"])) for each, row in found],
        [Tokens(*row["tokens"]) for _, row in found if row["tokens"]],
    )


def _ask(reader: LocalModel, essay: Sequence[Paragraph], arrangement: Arrangement) -> Iterator[dict[str, object]]:
    """The rows of an essay's paragraphs; the first has the tokens of all."""
    passages = list(essay[0].essay.passages.values())
    before = reader.engine.computed
    found = [list(each) for each in ARRANGED[arrangement](reader, passages, essay)]
    prompt = len(reader.tokenize_text(GAP.join(passages) + GAP))
    once = sum(prompt + len(reader.tokenize_text(each.text)) for each in essay)
    tokens: tuple[int, ...] | None = (len(passages), reader.engine.computed - before, once)
    for each, bits in zip(essay, found, strict=True):
        yield {"text": each.text, "gains": bits, "tokens": tokens}
        tokens = None


def _alone(reader: LocalModel, passages: Sequence[str], essay: Sequence[Paragraph]) -> list[Sequence[SentenceGains]]:
    texts = [TextToRead(tuple(passages), tuple(case.sentence for case in each.cases), "en") for each in essay]
    return [gains.answered(each) for each in gains.ask(reader, texts)]


def _in_context(
    reader: LocalModel, passages: Sequence[str], essay: Sequence[Paragraph]
) -> list[Sequence[SentenceGains]]:
    asked = [[reader.score_text(before, each.text) for each in essay] for before in ("", *_before(passages))]
    found: list[Sequence[SentenceGains]] = []
    for at, each in enumerate(essay):
        own = [case.sentence for case in each.cases]
        none, *after = [leave_one_out.by_sentence(scores[at].result(), own) for scores in asked]
        rows = [tuple(bits[number] - none[number] for bits in after) for number in range(len(own))]
        found.append(
            [SentenceGains(one, len(reader.tokenize_text(one)), row) for one, row in zip(own, rows, strict=True)]
        )
    return found


def _before(passages: Sequence[str]) -> list[str]:
    return [f"{each}{GAP}" for each in passages]


def _left_out(
    reader: LocalModel, passages: Sequence[str], essay: Sequence[Paragraph]
) -> list[Sequence[SentenceGains]]:
    asked = [leave_one_out.ask(reader, passages, each.text) for each in essay]
    return [
        [SentenceGains(one.sentence, len(reader.tokenize_text(one.sentence)), one.bits) for one in found.sentences]
        for found in map(leave_one_out.answered, asked)
    ]


ARRANGED: Mapping[
    Arrangement, Callable[[LocalModel, Sequence[str], Sequence[Paragraph]], list[Sequence[SentenceGains]]]
] = {"alone": _alone, "in context": _in_context, "left out": _left_out}
