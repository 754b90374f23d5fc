"""Marks of notes in imported pages and books: the number doesn't stay glued to the word before."""

from __future__ import annotations

import pytest

from remix.documents.html import blocks_of


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>Of four<sup>1</sup> boats.</p>", "Of four boats."),
        ('<p>Of four<sup><a href="#n1">1</a></sup> boats.</p>', "Of four boats."),
        ('<p>Of four<a epub:type="noteref" href="notes.xhtml#n1">1</a> boats.</p>', "Of four boats."),
        ('<p>Of four<a role="doc-noteref" href="#n12">12</a> boats.</p>', "Of four boats."),
        ('<p>Of four<sup class="footnote-ref">[1]</sup> boats.</p>', "Of four boats."),
        ('<p>Of four<sup id="fnref:1"><a href="#fn:1" class="footnote-ref">1</a></sup>.</p>', "Of four."),
        ("<p>Of four<sup>*</sup> boats.</p>", "Of four boats."),
        ("<p>Четыре<sup>3</sup> лодки.</p>", "Четыре лодки."),
        ("<p>The 1<sup>st</sup> boat.</p>", "The 1st boat."),
        ("<p>The <sup>small</sup> boat.</p>", "The small boat."),
    ],
)
def test_a_note_s_number_leaves_the_text(page: str, text: str) -> None:
    assert [block.text for block in blocks_of(page)] == [text]
