"""Inline markup: code, comments, HTML and links within a paragraph."""

from __future__ import annotations

import pytest

from remix.corpus.inline_markup import comments, markup, open_comment


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a `b` c", ["code `b`"]),
        ("%%a%% b <!--c-->", ["comment %%a%%", "comment <!--c-->"]),
        ("[a](b) ![c][d] [[e]]", ["link [a](b)", "image ![c][d]", "wiki [[e]]"]),
        ("[a [b](c) d](e)", ["link [b](c)"]),
        ("[a](b(c)d) [e](f", ["link [a](b(c)d)"]),
        ("<b>a</b> <https://e.org>", ["html <b>", "html </b>", "autolink <https://e.org>"]),
        ("`[a](b)` [`c](d)`", ["code `[a](b)`", "code `c](d)`"]),
        ("] [ ](", []),
        ("[a][b](c) [1][2] [ ][x]", ["link [b](c)"]),
        ("[a]{.b} *c*{.d} e {#f}", ["link [a]{.b}", "attributes {.d}", "attributes {#f}"]),
        ("a[^1] b^[c [d](e)]", ["footnote [^1]", "link [d](e)", "footnote ^[c [d](e)]"]),
        ("a {{< b >}} {% c %} <% d %>", ["shortcode {{< b >}}", "shortcode {% c %}", "shortcode <% d %>"]),
        ("{{< a %}} {{ b", []),
        ("[a:: b] (c:: d) (e: f) [g]::", ["metadata [a:: b]", "metadata (c:: d)"]),
        ("$a$ $5 and $$b$$", ["formula $a$", "formula $$b$$"]),
        (r"\* &amp; &x; ![[e]]", [r"escape \*", "entity &amp;", "image ![[e]]"]),
        ("<sup>2</sup> m<sup>2</sup>", ["footnote <sup>2</sup>", "html <sup>", "html </sup>"]),
    ],
)
def test_markup(text: str, found: list[str]) -> None:
    assert [f"{span.kind} {text[span.start : span.end]}" for span in markup(text)] == found


def test_comments_and_what_is_left_open() -> None:
    assert comments("a %%b%% `%%c%%` <!--d") == [(2, 7)]
    assert open_comment("a %%b%% `%%` %%c") == 13
    assert open_comment("a %%b%% `%%`") is None
