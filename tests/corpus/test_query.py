"""Queries: from text to tree and back, and which passages match."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remix.corpus.query import (
    DEEPEST,
    FIELDS,
    MOST_TERMS,
    And,
    Not,
    Or,
    Query,
    QueryError,
    Term,
    all_of,
    any_of,
    matches,
    parse,
    show,
    terms,
)
from remix.records import Essay, Passage, sha256

A, B, C = (Term("tag", name) for name in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", A),
        ("#a", A),
        ("tag:a", A),
        ("TAG:#a", A),
        ("(((a)))", A),
        ("a and b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a and b and c", And((A, B, C))),
        ("a and (b and c)", And((A, And((B, C))))),
        ("a or b and c", Or((A, And((B, C))))),
        ("a and b or c", Or((And((A, B)), C))),
        ("(a or b) and c", And((Or((A, B)), C))),
        ("not a and b", And((Not(A), B))),
        ("not (a or b)", Not(Or((A, B)))),
        ("not not a", Not(Not(A))),
        ("a and not(b)", And((A, Not(B)))),
        ("nota", Term("tag", "nota")),
        ('"not"', Term("tag", "not")),
        ('"machine learning"', Term("tag", "machine learning")),
        ('tag:"# machine learning "', Term("tag", "machine learning")),
        ("machine-learning", Term("tag", "machine-learning")),
        ("poet's-corner", Term("tag", "poet's-corner")),
        ("time/clocks", Term("tag", "time/clocks")),
        ('"a:b"', Term("tag", "a:b")),
        (r'text:"say \"yes\" or \\ no"', Term("text", r'say "yes" or \ no')),
        ("essay:two-clocks", Term("essay", "two-clocks")),
        ('section:"much later"', Term("section", "much later")),
        ("before:2026-5", Term("before", "2026-05")),
        ("after:2026/05/7", Term("after", "2026-05-07")),
        ("words:020", Term("words", "20")),
        ("text:a:b", Term("text", "a:b")),
    ],
)
def test_parse(text: str, tree: Query) -> None:
    assert parse(text) == tree
    assert parse(show(tree)) == tree


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("", 1, "the query is empty", "Name one: maps"),
        ("  ", 1, "the query is empty", "Name one: maps"),
        ("a and", 6, "a term is missing after `and`", "Put a tag there"),
        ("and a", 1, "a term is missing here", "Put a tag there"),
        ("a or or b", 6, "a term is missing after `or`", "Put a tag there"),
        ("not", 4, "a term is missing after `not`", "Put a tag there"),
        ("()", 2, "a term is missing after `(`", "Put a tag there"),
        ("a and (b", 7, "this `(` is never closed", "Put a `)`"),
        ("a)", 2, "this `)` has no matching `(`", "Leave it out"),
        (
            "machine learning",
            9,
            "`and` or `or` is missing before `learning`",
            'Quote a tag of several words: "machine',
        ),
        ("(a b)", 4, "`and` or `or` is missing before `b`", "Quote a tag"),
        ("a (b)", 3, "`and` or `or` is missing before `(`", "Put one there"),
        ("a and colour:red", 7, "there is no field `colour`", "Fields are tag, essay"),
        ("a or text: b", 6, "no text is named here", "Write text:clock"),
        ('text:""', 1, "no text is named here", "Write text:clock"),
        ('a and "# "', 7, "no tag is named here", "Name one"),
        ('a and "b', 7, "this quotation mark is never closed", 'Put another "'),
        (r'text:"b\"', 6, "this quotation mark is never closed", 'Put another "'),
        ('a"b"', 2, "a quotation mark within a word", "Quote the whole"),
        ('text:"?!"', 1, "`?!` has no word to look for", "Write text:clock"),
        ("before:tomorrow", 1, "`tomorrow` is not a date", "Write before:2026"),
        ("after:2026-13", 1, "`2026-13` is not a date", "Write after:2026"),
        ("after:2026-05-17T10:00", 1, "`2026-05-17T10:00` is not a date", "Write after:2026"),
        ("words:many", 1, "`many` is not a number of words", "Write words:20"),
        ("a or \udc80", 6, "half a character", "Type the query again"),
    ],
)
def test_errors_point_at_the_column(text: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.column == column
    assert caught.value.message.startswith(f"--where, column {column}: {message}")
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("text", ["(" * 10_000, "not " * 10_000 + "a", "(" * 10_000 + "a" + ")" * 10_000])
def test_no_depth_is_too_much_to_be_refused_in_words(text: str) -> None:
    with pytest.raises(QueryError, match="nested too deeply"):
        parse(text)


def test_bounds_leave_room() -> None:
    assert parse("not " * (DEEPEST - 1) + "a")
    assert len(list(terms(parse(" or ".join(["a"] * MOST_TERMS))))) == MOST_TERMS
    with pytest.raises(QueryError, match="more than 1000 terms"):
        parse(" or ".join(["a"] * (MOST_TERMS + 1)))


def test_errors_are_short_however_long_the_query() -> None:
    for text in (
        "a" * 5000 + ":b",
        "before:" + "9" * 5000,
        "a " + "b" * 5000,
        "a " + "#" * 5000,
        "b" * 5000 + " and",
    ):
        with pytest.raises(QueryError) as caught:
            parse(text)
        assert len(caught.value.message) < 200
        assert len(caught.value.hint) < 200


def attempt(text: str) -> tuple[Query | None, QueryError | None]:
    """A query's tree, or the error's message."""
    try:
        return parse(text), None
    except QueryError as error:
        return None, error


PIECES = [
    "and",
    "or",
    "not",
    "(",
    ")",
    '"',
    "\\",
    " ",
    ":",
    "#",
    "a",
    "b-c",
    "\n",
    "\ud800",
    *(f"{f}:" for f in FIELDS),
]


@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(alphabet='ab#:"\\ ()\t'))
@example('"# #a"')
@example('text:"\\"')
@example("a\u2028b")
def test_any_string_gives_a_stable_tree_or_an_error_with_a_column(text: str) -> None:
    tree, error = attempt(text)
    if tree:
        printed = show(tree)
        assert parse(printed) == tree
        assert show(parse(printed)) == printed
    else:
        assert error
        assert 1 <= error.column <= len(text) + 1
        assert error.message
        assert error.hint


TEXTS = st.text(min_size=1, max_size=8)
VALUES = {
    "tag": TEXTS,
    "essay": TEXTS,
    "section": TEXTS,
    "text": TEXTS,
    "before": st.sampled_from(["2026", "2026-05", "2026-05-17"]),
    "after": st.sampled_from(["2025", "2026-01", "2026-01-02"]),
    "words": st.integers(0, 30).map(str),
}


@st.composite
def leaves(draw: st.DrawFn) -> Query:
    """A term as the parser makes terms."""
    name = draw(st.sampled_from(list(VALUES)))
    value = draw(VALUES[name])
    try:
        return parse(f"{name}:" + '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"')
    except QueryError:
        return A


def branches(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return inner.map(Not) | several.map(And) | several.map(Or)


@given(st.recursive(leaves(), branches, max_leaves=12))
def test_any_tree_comes_back_from_its_text(tree: Query) -> None:
    assert parse(show(tree)) == tree


# -- matching -----------------------------------------------------------------------------------------------

TEXT = "The first clock runs fast. It was the poet’s."
PASSAGE = Passage(
    id="two-clocks/001",
    essay="two-clocks",
    title="Two Clocks",
    section="Much Later",
    path="seeds/two-clocks.md",
    lines=(1, 1),
    tags=("time/clocks", "Small Error"),
    text=TEXT,
    sha256=sha256(TEXT),
)
ESSAY = Essay(
    slug="two-clocks",
    title="Two Clocks",
    author=None,
    date="2026-05-17T10:00",
    aliases=("On Clocks",),
    tags=(),
    path="seeds/two-clocks.md",
    passages=(PASSAGE,),
)


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("time", True),
        ("time/clocks", True),
        ("clocks", False),
        ("small_error", True),
        ('"SMALL error"', True),
        ("smallError", True),
        ("tag:smallerror", True),
        ("time-clocks", False),
        ("time and not loss", True),
        ("loss or time", True),
        ("loss or not time", False),
        ("essay:two-clocks", True),
        ('essay:"Two Clocks"', True),
        ("essay:on-clocks", True),
        ("essay:clocks", False),
        ("section:later", True),
        ('section:"much later"', True),
        ("section:late", False),
        ('text:"First Clock"', True),
        ('text:"fast it was"', True),
        ('text:"poet\'s"', True),
        ("text:clocks", False),
        ('text:"clock first"', False),
        ("words:8", True),
        ("words:9", True),
        ("words:10", False),
        ("before:2027", True),
        ("before:2026", False),
        ("after:2026", False),
        ("before:2026-06 and after:2026-04", True),
        ("before:2026-05-18 and after:2026-05-16", True),
        ("before:2026-05-17 or after:2026-05-17", False),
    ],
)
def test_matches(query: str, meant: bool) -> None:
    assert matches(parse(query), PASSAGE, ESSAY) is meant


def test_without_a_date_it_is_neither_before_nor_after() -> None:
    for date in (None, "spring", "2026-31-31", "20263117"):
        undated = ESSAY.model_copy(update={"date": date})
        assert not matches(parse("before:9999 or after:0001"), PASSAGE, undated)
        assert matches(parse("not before:9999"), PASSAGE, undated)


def test_a_date_is_told_as_far_as_both_are_precise() -> None:
    year = ESSAY.model_copy(update={"date": "2026"})
    assert not matches(parse("before:2026-12 or after:2026-01"), PASSAGE, year)
    assert matches(parse("before:2027-01"), PASSAGE, year)


def test_any_and_all_of_nothing_is_nothing() -> None:
    assert any_of([]) is None
    assert any_of([A]) == A
    assert any_of([A, B]) == Or((A, B))
    assert all_of(None, None) is None
    assert all_of(None, A) == A
    assert all_of(A, None, B) == And((A, B))
