"""A document's Markdown: remix reads the same paragraphs from the Markdown as are in the document."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remix.corpus.blocks import one_line
from remix.corpus.trailing_tags import split_trailing_tags
from remix.corpus.wordless import has_words, why_wordless
from remix.documents import essay
from remix.documents.document import Block, Document, Doubt, Split, heading, paragraph
from remix.records import Essay


def read_back(document: Document) -> Essay:
    return essay.read_back(essay.essay_text(document), "a.md")


MARKS = ["# a", "#", "####### a", "- a", "+ a", "* a", "1. a", "12) a", "---", "***", "===", "> a", "```", "~~~ a"]
MORE = ["| a |", "<div>", "[a]: b", "[a]: b 'c'", "_a_", "**a**", "\\# a", "&amp;", "a\\", "    a", "\ta", "a  ", "…"]

lines = st.one_of(
    st.sampled_from([*MARKS, *MORE]),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="%!"), min_size=1),
    st.text("#-+*>`~<=|[]_:.1) \\a", min_size=1, max_size=12),
).map(one_line)
paragraphs = lines.filter(
    lambda text: has_words(split_trailing_tags(text)[0]) and not re.match(r"#[^\s#]", text) and not why_wordless(text)
)


@given(st.lists(paragraphs, min_size=1, max_size=6))
@example([text for text in map(one_line, [*MARKS, *MORE]) if has_words(text) and not re.match(r"#[^\s#]", text)])
def test_paragraphs_are_read_back_as_they_are(texts: list[str]) -> None:
    blocks = tuple(paragraph(text) for text in texts)
    essay = read_back(Document(form="test", title="T", blocks=blocks))
    assert [passage.text for passage in essay.passages] == [block.text for block in blocks]
    for passage, block in zip(essay.passages, blocks, strict=True):
        assert set(block.tags) <= set(passage.tags)


@pytest.mark.parametrize("text", ["He cut.", "He cut", "He cut.”", "# He", "He loves #maps and cities", "1."])
def test_tags_are_read_back_whatever_the_paragraph_ends_with(text: str) -> None:
    block = Block(kind="paragraph", text=text, tags=("cloth", "small light"))
    (passage,) = read_back(Document(form="test", title="T", blocks=(block,))).passages
    assert passage.text == text
    assert {"cloth", "small light"} <= set(passage.tags)


@pytest.mark.parametrize("text", ["# a", "- a", "a #", "a ##", "1. a", "[a]: b"])
def test_headings_are_read_back(text: str) -> None:
    blocks = (heading(text), paragraph("He cut."))
    (passage,) = read_back(Document(form="test", title="T", blocks=blocks)).passages
    assert passage.section == text


@given(
    st.text(st.characters(exclude_categories=("Cs",))), st.lists(st.text(st.characters(exclude_categories=("Cs",))))
)
def test_front_matter_is_read_back(title: str, tags: list[str]) -> None:
    title = one_line(title)
    kept = [one_line(tag) for tag in tags if one_line(tag).removeprefix("#")]
    document = Document(
        form="test", title=title, author=title, tags=tuple(kept), meta={"source": title}, blocks=(paragraph("A."),)
    )
    essay = read_back(document)
    assert essay.title == (title or "a")
    assert essay.author == (title or None)
    assert set(essay.tags) <= {tag.removeprefix("#") for tag in kept}


def test_signs_of_comments_hide_no_paragraph_between_them() -> None:
    """All paragraphs from the first `%%` to the second were in no passage."""
    blocks = tuple(map(paragraph, ["%% of it.", "Between.", "%% of that."]))
    essay = read_back(Document(form="test", title="T", blocks=blocks))
    assert [passage.text for passage in essay.passages] == ["%% of it.", "Between.", "%% of that."]


@pytest.mark.parametrize("items", [["a", "b"], ["- a", "b"], ["a", "* b"], ["# a", "> b", "1. c"]])
def test_lists_are_read_back(items: list[str]) -> None:
    block = Block(kind="list", text="\n".join(f"- {item}" for item in items))
    (passage,) = read_back(Document(form="test", title="T", blocks=(block,))).passages
    assert [one_line(line) for line in passage.text.split("\n")] == [f"- {item}" for item in items]


@pytest.mark.parametrize("kind", ["list", "quote"])
def test_tags_of_lists_and_quotations_are_read_back(kind: Literal["list", "quote"]) -> None:
    block = Block(kind=kind, text="- a\n- b", tags=("cloth", "small light"))
    after = paragraph("He cut. #sea")
    first, second = read_back(Document(form="test", title="T", blocks=(block, after))).passages
    assert (first.tags, second.tags) == (("cloth", "small light"), ("sea",))


def test_the_whole_of_a_seed() -> None:
    document = Document(
        form="test",
        title="No",
        date="2026-01-02",
        tags=("one", "another one"),
        meta={"source": "A: B"},
        blocks=(
            heading("First"),
            paragraph("He cut. #cloth"),
            Block(kind="list", text="- one\n- two"),
            Block(kind="quote", text="So.\n\nBe it."),
            Block(kind="break", text="* * *"),
            Block(kind="code", text="```\na"),
        ),
        splits=(
            Split(
                word="oneanotherone",
                parts=("one",),
                doubts=(Doubt(read=("now", "here"), instead=(("nowhere",),)), Doubt(read=("qzx",), instead=())),
            ),
        ),
    )
    assert essay.essay_text(document) == (
        "---\n"
        "title: 'No'\n"
        "date: 2026-01-02\n"
        "tags: [one, another one]\n"
        "source: 'A: B'\n"
        "# doubtful: now + here (or nowhere?)\n"
        "# doubtful: qzx (no word that is known)\n"
        "---\n\n"
        "## First\n\n"
        "He cut. #cloth\n\n"
        "- one\n- two\n\n"
        "> So.\n>\n> Be it.\n\n"
        "***\n\n"
        "````\n```\na\n````\n"
    )
    assert [passage.text for passage in read_back(document).passages] == [
        "He cut.",
        "- one\n- two",
        "> So.\n>\n> Be it.",
    ]
