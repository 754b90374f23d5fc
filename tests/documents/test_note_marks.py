"""Marks of notes: numbers that would be glued to words."""

from __future__ import annotations

import pytest

from remix.documents.html import blocks_of, read

WIKIPEDIA = '<sup id="cite_ref-1"><a href="#cite_note-1"><span>[</span>1<span>]</span></a></sup>'


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("four<sup>1</sup> words", "four words"),
        ('four<a epub:type="noteref" href="notes.xhtml#n1">1</a> words', "four words"),
        ('four<a class="footnote-ref" href="#fn1"><sup>1</sup></a>, words', "four, words"),
        ('four<sup><a href="#footnote-1" id="footnote-ref-1">[1]</a></sup>', "four"),
        ('four<a href="#ftn2" role="doc-noteref">b</a>', "four"),
        (f"four{WIKIPEDIA} words", "four words"),
        ("four<sup>*</sup> words", "four words"),
        ('A note. <a href="#fnref1">↩︎</a>', "A note."),
        ("10<sup>6</sup> on 5 km<sup>2</sup>", "10^6 on 5 km^2"),
        ("the 4<sup>th</sup>, M<sup>e</sup> X", "the 4th, Me X"),
        ('in <a href="https://e.org/1984">1984</a>', "in 1984"),
        ('see <a href="#chapter-7">7</a>', "see 7"),
        ('<a href="#note">the note</a>', "the note"),
    ],
)
def test_marks(html: str, text: str) -> None:
    assert [block.text for block in blocks_of(f"<p>{html}</p>")] == [text]


def test_a_web_page_s_article_has_no_marks_either() -> None:
    sentence = "He measured the cloth four<sup>1</sup> times, because it was dear and the light was going."
    page = f"<html><head><title>T</title></head><body><article>{f'<p>{sentence}</p>' * 5}</article></body></html>"
    texts = [block.text for block in read(page.encode()).blocks]
    assert texts
    assert all("cloth four times, because" in text for text in texts)


def test_endless_nesting_ends() -> None:
    assert isinstance(blocks_of("<sup>" * 20_000 + "1"), list)
    assert isinstance(blocks_of("<sup><a href='#fn'>" * 5_000 + "1"), list)
