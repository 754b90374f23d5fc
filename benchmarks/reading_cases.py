"""The sentences by which readers are fitted and measured: of texts by models, planted, and claims written for that.

Gives `Case`s. Those of development serve to choose features and to fit weights; those *kept apart* are for the final
figures alone. No passage has cases of both, save that hard and innocent cases, kept apart, are about passages of
planted cases that readers learn from.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from remix.measure.sentences import sentences
from remix.records import Label
from tests import planted, planted_free
from tests.labelled import labelled, of_texts
from tests.planted_afresh import afresh
from tests.planted_claims import claims

APART = " (kept apart)"


class Case(NamedTuple):
    """A sentence of a text, and its label."""

    group: str
    """`labelled`, `texts`, `claims`, `free`, `afresh`, or what was planted; `APART` follows if kept apart."""
    passage: str
    text: str
    sentence: str
    label: Label

    @property
    def is_apart(self) -> bool:
        """Whether the case is for the final figures."""
        return self.group.endswith(APART)

    @property
    def kind(self) -> str:
        """The group, kept apart or not."""
        return self.group.removesuffix(APART)


def of_labels() -> Iterator[Case]:
    """Sentences of texts by models, labelled; *added* and *nonsense* are both *not said*."""
    for kind, sentences_ in (("labelled", labelled()), ("texts", of_texts())):
        for each in sentences_:
            label: Label = "not said" if each.label in ("added", "nonsense") else each.label
            yield Case(f"{kind}{APART * each.held_out}", each.passage, each.text, each.sentence, label)


def of_claims() -> Iterator[Case]:
    """Claims in words of their own, each a text by itself: those about the passages of `planted_claims.jsonl` and the
    free ones for development, those written afresh kept apart."""
    for claim in claims():
        yield Case("claims", claim.passage, claim.claim, claim.claim, claim.label)
    for free in planted_free.CLAIMS:
        label: Label = "said" if free.kind == "faithful" else "turned round"
        yield Case("free", free.passage, free.text, free.text, label)
    for fresh in afresh():
        label = "said" if fresh.kind == "faithful" else "turned round"
        yield Case(f"afresh{APART}", fresh.passage, fresh.claim, fresh.claim, label)


def of_plants() -> Iterator[Case]:
    """The planted cases: of a text in which one thing was planted, the sentence that differs."""
    for each in planted.FAITHFUL[::2]:
        yield from _whole("faithful", each)
    # What a text copies is said, though nothing else looks like it among the cases.
    for passage in dict.fromkeys(each.passage for each in planted.FAITHFUL[::2]):
        for sentence in sentences(passage):
            yield Case("verbatim", passage, sentence, sentence, "said")
    for each in planted.FREE:
        yield Case("faithful", each.passage, each.text, each.text, "said")
    found = [*planted.YEARS, *planted.NUMBERS, *planted.NAMES, *planted.WORDS]
    for each in [*planted.DIRECTIONS, *planted.NEGATIONS, *found[::2]]:
        yield _changed(each.kind, each)
    for each in planted.HELD_OUT:
        if each.kind == "paraphrase":
            yield from _whole(f"faithful{APART}", each)
        else:
            yield _changed(f"{each.kind}{APART}", each)
    for each in planted.INNOCENT:
        yield Case(f"innocent{APART}", each.passage, each.text, each.text, "said")
    for each in planted.HARD:
        yield _changed(f"hard{APART}", each)


def all_cases() -> list[Case]:
    """All cases, those of a passage together."""
    return sorted([*of_labels(), *of_claims(), *of_plants()], key=place_of)


def texts_of(cases: list[Case]) -> list[list[Case]]:
    """The cases of each text; `cases` are in the order of `all_cases`."""
    return [list(group) for _, group in groupby(cases, key=place_of)]


def place_of(case: Case) -> tuple[str, str]:
    """What tells a case's text from others."""
    return case.passage, case.text


def _whole(group: str, each: planted.Planted) -> Iterator[Case]:
    found = sentences(each.text)
    for at, sentence in enumerate(found, 1):
        yield Case(group, each.passage, " ".join(found[:at]), sentence, "said")


def _changed(group: str, each: planted.Planted) -> Case:
    paraphrases = [*planted.FAITHFUL, *(one for one in planted.HELD_OUT if one.kind == "paraphrase")]
    known = {*sentences(each.passage)}
    known.update(*(sentences(one.text) for one in paraphrases if one.passage == each.passage))
    found = sentences(each.text)
    at = next(number for number, sentence in enumerate(found) if sentence not in known)
    return Case(group, each.passage, " ".join(found[: at + 1]), found[at], "turned round")
