"""Which words two texts have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.studio import diff
from remix.studio.diff import Span, difference


def marked(before: str, after: str) -> tuple[str, str]:
    """Both texts with what changed in brackets."""
    found = difference(before, after)
    assert found
    return _bracketed(before, found.dropped), _bracketed(after, found.added)


def _bracketed(text: str, spans: tuple[Span, ...]) -> str:
    for start, end in reversed(spans):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("The cat sat.", "The cat sat.", ("The cat sat.", "The cat sat.")),
        ("The cat sat.", "The dog sat.", ("The [cat] sat.", "The [dog] sat.")),
        ("", "All new.", ("", "[All new.]")),
        ("Gone  now.", "", ("[Gone  now.]", "")),
        ("The cat\nsat.", "The cat sat.", ("The cat\nsat.", "The cat sat.")),
        ("It isn’t so.", "It wasn’t so.", ("It [isn’t] so.", "It [wasn’t] so.")),
    ],
)
def test_words(before: str, after: str, expected: tuple[str, str]) -> None:
    assert marked(before, after) == expected


def test_crumbs_amid_what_is_new_were_not_kept() -> None:
    """An “of the” that both happen to have means nothing; a name does."""
    before = (
        "Some of the levelling in an archive is done by clerks before any of them comes: a Frankish monk wrote it."
    )
    after = "To put it simply a man in one of the valleys of Europe had been, like a Frankish monk, fond of gardens."
    left, right = marked(before, after)
    assert left.count("]") == 2
    assert "] a Frankish monk [" in left
    assert "] a Frankish monk[" in right


def test_texts_that_would_take_minutes_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert difference("a " * (diff.LONGEST + 1), "a") is None
    assert difference("x" * 2**20, "y" * 2**20) is not None
    monkeypatch.setattr(diff, "PATIENCE", 100)
    assert marked("a b " * 500, "b a a " * 400)[1].startswith("[b a a "), "the rest counts as changed"


@given(st.text(alphabet="ab .,\n", max_size=60), st.text(alphabet="ab .,\n", max_size=60))
def test_what_is_left_of_both_is_the_same(before: str, after: str) -> None:
    found = difference(before, after)
    assert found
    rest = []
    for text, spans in ((before, found.dropped), (after, found.added)):
        kept = text
        for start, end in reversed(spans):
            assert start < end <= len(text)
            kept = f"{kept[:start]} {kept[end:]}"
        rest.append([each[0] for each in diff._WORD.finditer(kept)])
    assert rest[0] == rest[1]
