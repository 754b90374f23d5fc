"""Inline markup: code, comments, HTML and links within a paragraph."""

from __future__ import annotations

import pytest

from remix.corpus.inline_markup import comments, markup, open_comment


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a `b` c", ["code `b`"]),
        ("%%a%% b <!--c-->", ["comment %%a%%", "comment <!--c-->"]),
        ("[a](b) ![c][d] [[e]]", ["link [a](b)", "link [c][d]", "link [[e]]"]),
        ("[a [b](c) d](e)", ["link [b](c)", "link [a [b](c) d](e)"]),
        ("[a](b(c)d) [e](f", ["link [a](b(c)d)"]),
        ("<b>a</b> <https://e.org>", ["html <b>", "html </b>", "html <https://e.org>"]),
        ("`[a](b)` [`c](d)`", ["code `[a](b)`", "code `c](d)`"]),
        ("] [ ](", []),
    ],
)
def test_markup(text: str, found: list[str]) -> None:
    assert [f"{span.kind} {text[span.start : span.end]}" for span in markup(text)] == found


def test_comments_and_what_is_left_open() -> None:
    assert comments("a %%b%% `%%c%%` <!--d") == [(2, 7)]
    assert open_comment("a %%b%% `%%` %%c") == 13
    assert open_comment("a %%b%% `%%`") is None
