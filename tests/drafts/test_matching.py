"""Pieces of a text that was edited elsewhere: moved, changed, gone, brought back."""

from __future__ import annotations

import random

import pytest

from remix.drafts.matching import matched
from remix.drafts.pieces import joined, stored
from remix.records import sha256
from remix.records.draft import DraftSources, Origin, Piece

TEXTS = {
    "one": "The first clock runs fast, and it was set by the second.",
    "two": "The second clock runs slow.\n\nNobody has asked the sun about the hour.",
    "three": "A third one hangs in the hall and strikes whenever a door is shut.",
}
ORIGINS = {
    name: Origin(
        record=sha256(name), run="a-run", task=f"clocks/001/{name}.1", passage="clocks/001", sha256=sha256(text)
    )
    for name, text in TEXTS.items()
}
BY_RECORD = {origin.record: TEXTS[name] for name, origin in ORIGINS.items()}


def original(origin: Origin) -> str | None:
    return BY_RECORD.get(origin.record)


def piece(name: str, text: str | None = None) -> Piece:
    return Piece(id=name, text=TEXTS[name] if text is None else text, origin=ORIGINS[name])


def own(text: str) -> Piece:
    return Piece(id="own", text=text)


def sources(*pieces: Piece, history: tuple[Origin, ...] = ()) -> DraftSources:
    return DraftSources(pieces=tuple(map(stored, pieces)), history=history)


def found(text: str, known: DraftSources) -> list[tuple[str, str | None]]:
    """Text and source of each piece."""
    names = {origin: name for name, origin in ORIGINS.items()}
    return [(each.text, names[each.origin] if each.origin else None) for each in matched(text, known, original)]


KNOWN = sources(piece("one"), own("Between."), piece("two"), piece("three"))


def test_moved_pieces_keep_their_sources() -> None:
    text = f"{TEXTS['three']}\n\nBetween.\n\n{TEXTS['two']}\n\n{TEXTS['one']}\n"
    assert found(text, KNOWN) == [
        (TEXTS["three"], "three"),
        ("Between.", None),
        (TEXTS["two"], "two"),
        (TEXTS["one"], "one"),
    ]


def test_ids_stay_with_moved_pieces() -> None:
    text = f"{TEXTS['three']}\n\n{TEXTS['one']}\n"
    assert [each.id for each in matched(text, KNOWN, original)] == ["three", "one"]


def test_a_piece_edited_a_little_keeps_its_source() -> None:
    text = joined([piece("one", "The first clock runs very fast; it was set by the second."), piece("two")])
    assert found(text, KNOWN) == [
        ("The first clock runs very fast; it was set by the second.", "one"),
        (TEXTS["two"], "two"),
    ]


def test_a_piece_that_became_two_paragraphs_or_one_keeps_its_source() -> None:
    one = "The first clock runs fast,\n\nand it was set by the second."
    two = "The second clock runs slow. Nobody has asked the sun about the hour."
    assert found(f"{one}\n\n{two}\n", KNOWN) == [(one, "one"), (two, "two")]


def test_a_piece_written_anew_loses_its_source() -> None:
    assert found("Quite other words stand here now.\n", sources(piece("one"))) == [
        ("Quite other words stand here now.", None)
    ]


def test_a_piece_taken_out_and_brought_back_has_its_source_again() -> None:
    text = f"New.\n\n{TEXTS['two']}\n"
    assert found(text, sources(own("New."), history=(ORIGINS["two"],))) == [("New.", None), (TEXTS["two"], "two")]


def test_words_like_those_of_a_piece_that_was_taken_out_are_own_words() -> None:
    text = "The first clock runs very fast, and it was set by the second.\n"
    assert found(text, sources(history=(ORIGINS["one"],))) == [(text.strip(), None)]


def test_the_same_text_twice_is_two_pieces_only_if_it_was() -> None:
    twice = f"{TEXTS['one']}\n\n{TEXTS['one']}\n"
    assert found(twice, sources(piece("one"))) == [(TEXTS["one"], "one"), (TEXTS["one"], None)]


def test_a_source_that_cannot_be_read_is_known_by_its_sha256_alone() -> None:
    known = sources(piece("one"), piece("three"))
    text = f"{TEXTS['one']}\n\n{TEXTS['three']} Changed.\n"
    assert [bool(each.origin) for each in matched(text, known, lambda origin: None)] == [True, False]


@pytest.mark.parametrize("seed", range(40))
def test_no_word_is_lost_whatever_was_edited(seed: int) -> None:
    chance = random.Random(seed)
    paragraphs = [part for text in (*TEXTS.values(), "Between.") for part in text.split("\n\n")]
    for _ in range(chance.randrange(6)):
        chance.shuffle(paragraphs)
        at = chance.randrange(len(paragraphs))
        words = paragraphs[at].split()
        paragraphs[at] = " ".join(chance.choice((words[:-1], [], ["new", *words])))
    text = chance.choice(("\n\n", "\n\n\n", "\n \n")).join(paragraphs) + chance.choice(("", "\n", "\n\n"))
    pieces = matched(text, KNOWN, original)
    assert " ".join(each.text for each in pieces).split() == text.split()
    assert len({each.id for each in pieces}) == len(pieces)
    origins = [each.origin for each in pieces if each.origin]
    assert len(set(origins)) == len(origins)
