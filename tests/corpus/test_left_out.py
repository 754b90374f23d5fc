"""What isn't read, in numbers: words by reason, in the index as in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.corpus import consult, essays
from remix.corpus.blocks import Body, LeftOut
from remix.corpus.left_out import Part, count_left_out, number_of_words, parts_of
from remix.corpus.memory import MemoryCorpus
from remix.corpus.select import Corpus
from remix.records import Essay

PARTS: list[Part] = [
    ("seeds/a.md", LeftOut("metadata", "---\ntitle: A Lamp\n---", (1, 3))),
    ("seeds/a.md", LeftOut("code", "```\nlamp.on(now)\n```", (5, 7))),
    ("seeds/a.md", LeftOut("tags", "#lamps, #small lights", (9, 9))),
    ("seeds/b.md", LeftOut("table", "| one | two | three | four |", (1, 1))),
    ("seeds/b.md", LeftOut("link", "https://example.org/a-page", (2, 2))),
    ("seeds/c.md", LeftOut("code", "***\n---", (4, 5))),
    ("seeds/c.md", LeftOut("html", '<p class="x">', (6, 6))),
]


@pytest.mark.parametrize(
    ("text", "words"),
    [("", 0), ("--- | --- ***", 0), ("poet’s", 2), ("lamp.on(now)", 3), ("地図です", 4), ("naïve café 1911", 3)],
)
def test_words_are_runs_of_letters_and_digits(text: str, words: int) -> None:
    assert number_of_words(text) == words


def test_words_are_counted_by_reason_and_prose_comes_first() -> None:
    counted = count_left_out(PARTS)
    assert list(counted.prose.items()) == [("table", 4), ("code", 3)]
    assert counted.files == 2
    assert list(counted.bookkeeping.items()) == [("tags", 3), ("link", 5), ("metadata", 3), ("html", 3)]
    assert counted.total == 21


def test_nothing_left_out_is_no_word() -> None:
    assert count_left_out([]).total == 0


def essay(slug: str, *aliases: str) -> Essay:
    return Essay(
        slug=slug, title=slug, author=None, date=None, aliases=aliases, tags=(), path=f"seeds/{slug}.md", passages=()
    )


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        ((), ["seeds/a.md"] * 3 + ["seeds/b.md"] * 2 + ["seeds/c.md"] * 2),
        (("b",), ["seeds/b.md"] * 2),
        (("Third Note", "b"), ["seeds/b.md"] * 2 + ["seeds/c.md"] * 2),
        (("d",), []),
    ],
)
def test_parts_of_named_essays(names: tuple[str, ...], paths: list[str]) -> None:
    """An essay without a passage has parts too."""
    corpus = MemoryCorpus([essay("a"), essay("b"), essay("c", "third note")], PARTS)
    assert [path for path, _ in parts_of(corpus, names)] == paths


def test_the_index_gives_the_same_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left_out = tuple(part for _, part in PARTS)
    read = essays.READERS[".md"]

    def reading(text: str, name: str) -> Body:
        return read(text, name)._replace(left_out=left_out)

    monkeypatch.setitem(essays.READERS, ".md", reading)
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.md").write_text("A lamp was lit.\n")

    def question(corpus: Corpus) -> list[Part]:
        return parts_of(corpus, ["a"])

    expected = [("seeds/a.md", part) for part in left_out]
    for _ in range(2):
        assert consult(tmp_path / "seeds", tmp_path, question) == expected
