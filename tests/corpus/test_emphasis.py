"""Emphasis: which signs are marks."""

from __future__ import annotations

import re

import pytest

from remix.corpus.emphasis import Signs, marks


def without(text: str, *links: Signs) -> str:
    """The text with a dot in place of each mark."""
    runs = [Signs(*match.span()) for match in re.finditer(r"\*+|_+|~~|==", text)]
    letters = list(text)
    for start, end in marks(text, runs, links):
        letters[start:end] = "." * (end - start)
    return "".join(letters)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*a* _b_ **c** ~~d~~ ==e==", ".a. .b. ..c.. ..d.. ..e.."),
        ("a_b_c a*b*c", "a_b_c a.b.c"),
        ("a * b * c", "a * b * c"),
        ("*a **b** c*", ".a ..b.. c."),
        ("***a** b*", "...a.. b."),
        ("*a**b*", ".a**b."),
        ("**a*b*c**", "..a.b.c.."),
        ("*a _b* c_", ".a _b. c_"),
        ("~~a == b~~", "..a == b.."),
        ("", ""),
    ],
)
def test_marks(text: str, shown: str) -> None:
    assert without(text) == shown


def test_emphasis_does_not_cross_a_link_s_brackets() -> None:
    assert without("*a [b* c] d*", Signs(3, 9)) == ".a [b* c] d."
    assert without("*a [*b*] c", Signs(3, 8)) == "*a [.b.] c"
