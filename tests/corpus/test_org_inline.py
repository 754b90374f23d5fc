"""Org's inline markup: what a reader sees of a paragraph."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remix.corpus.org_inline import shown


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("*b* /i/ _u_ +s+ =v= ~c~", "b i u s v c"),
        ("(*b*), */both/* and “/i/”", "(b), both and “i”"),
        (
            "and/or, /usr/bin, a_b_c, 2 * 3 * 4, x+y+z, a = b = c",
            "and/or, /usr/bin, a_b_c, 2 * 3 * 4, x+y+z, a = b = c",
        ),
        ("/two\nlines/ and /three\nlines\nhere/", "two\nlines and /three\nlines\nhere/"),
        ("=*a*= ~[[b]]~ ~c=d~", "*a* [[b]] c=d"),
        ("* a* ** **** *a", "* a* ** **** *a"),
        ("$a*b*c$ and \\(a_b_\\) *so*", "$a*b*c$ and \\(a_b_\\) so"),
        ("\\alpha [cite:@key] <2024-03-01 Fri> [2024-03-01]", "\\alpha [cite:@key] <2024-03-01 Fri> [2024-03-01]"),
        ("one \\\\\ntwo", "one \ntwo"),
        ("https://e.org/_a_ <https://e.org/b>", "https://e.org/_a_ https://e.org/b"),
        ("<<<radio>>> *[[https://e.org]]*", "radio https://e.org"),
        ("[[page]] [[*Heading]] [[#anchor]]", "page Heading anchor"),
        ("I love #maps and cities.", "I love #maps and cities."),
    ],
)
def test_marks(source: str, text: str) -> None:
    assert shown(source) == (text, ())


@pytest.mark.parametrize(
    ("source", "text", "removed"),
    [
        ("[[target][shown]] on", "shown on", ["link target"]),
        ("*[[target][/shown/]]*", "shown", ["link target"]),
        ("[[file:rope.org]] [[id:ab-1][Rope]]", "rope.org Rope", ["link file:", "link id:ab-1"]),
        ("a [[id:ab-1]] b [[roam:Old tar]]", "a b Old tar", ["link [[id:ab-1]]", "link roam:"]),
        ("a [[file:a.png]] b", "a b", ["image [[file:a.png]]"]),
        ("[[https://e.org][file:a.png]] b", "b", ["image [[https://e.org][file:a.png]]"]),
        ("[[a.png][the map]]", "the map", ["link a.png"]),
        ("four[fn:1] words[fn:x].", "four words.", ["footnote [fn:1]", "footnote [fn:x]"]),
        ("four[fn:: a [[b][c]] d] words", "four words", ["footnote [fn:: a [[b][c]] d]"]),
        ("a <<target>> b", "a b", ["link <<target>>"]),
        ("a @@html:<b>@@ b @@comment:c@@", "a b", ["html @@html:<b>@@", "comment @@comment:c@@"]),
        ("a {{{date(%Y)}}} b {{{x}}}", "a b", ["shortcode {{{date(%Y)}}}", "shortcode {{{x}}}"]),
        ("a src_py[:x y]{1+1} b", "a 1+1 b", ["code src_py[:x y]{"]),
    ],
)
def test_what_shows_nothing(source: str, text: str, removed: list[str]) -> None:
    result = shown(source)
    assert (result.text, [f"{each.why} {each.text}" for each in result.removed]) == (text, removed)


SIGNS = (
    *"*/_+=~[]<>@{}$\\#:.,()'\" \n",
    *(
        "a",
        "b2",
        "é",
        "地",
        "[[",
        "]]",
        "][",
        "[fn:",
        "[fn:1]",
        "<<",
        ">>",
        "<<<",
        ">>>",
        "@@html:",
        "@@",
        "{{{",
        "}}}",
    ),
    *("\\(", "\\)", "\\[", "\\]", "\\\\", "https://e.org/_", "src_a{", "id:a", "a.png", "file:", "$$"),
)


def letters(text: str) -> Counter[str]:
    return Counter(letter for letter in text if letter.isalnum())


@settings(max_examples=1_000)
@given(st.lists(st.sampled_from(SIGNS), max_size=30).map("".join))
def test_no_letter_is_lost_and_none_is_new(source: str) -> None:
    result = shown(source)
    assert letters(source) == letters(result.text) + sum((letters(each.text) for each in result.removed), Counter())
    assert result.text.count("\n") == source.count("\n")


@given(st.text("abcé地 ,.;:?!()'—-0123456789\n"))
def test_prose_without_markup_stays(source: str) -> None:
    assert shown(source) == (source, ())
