"""Words as a reader sees them: no markup in a passage, section or title; the source stays in the record."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gardens.reading import read_text


@pytest.mark.parametrize(
    ("text", "passage"),
    [
        ("See [[Ferry]].", "See Ferry."),
        ("See [[Ferry|the boat]].", "See the boat."),
        ("See [[Boats/Ferry|the boat]] and [[Boats/Ferry#Bells|bells]].", "See the boat and bells."),
        ("See [[Ferry#Bells]].", "See Ferry > Bells."),
        ("See [the boat](ferry.md).", "See the boat."),
        ('See [the *old* boat](https://example.org/a_b "A boat").', "See the old boat."),
        ("See [the boat][1].\n\n[1]: https://example.org", "See the boat."),
        ("See <https://example.org/ferry>.", "See https://example.org/ferry."),
        ("See https://example.org/the_old_ferry.", "See https://example.org/the_old_ferry."),
        ("A *small*, **old** and ***slow*** ferry.", "A small, old and slow ferry."),
        ("A _small_, __old__ ferry.", "A small, old ferry."),
        ("A ~~small~~ ==large== ferry.", "A small large ferry."),
        ("The `ferry` is `` a ` b ``.", "The ferry is a ` b."),
        ("A snake_case_name and 2 * 3 * 4 boats.", "A snake_case_name and 2 * 3 * 4 boats."),
        (r"A \*star\* and a \# sign.", "A *star* and a # sign."),
        ("Caf&eacute; &amp; quay&nbsp;wall.", "Café & quay wall."),
        ("A ferry<br>\nand a bell.", "A ferry and a bell."),
        ("A ferry<br>and a bell.", "A ferry and a bell."),
        ("A <b>small</b> <mark>ferry</mark>.", "A small ferry."),
        ("A ferry %%really?%% left.", "A ferry left."),
        ("A ferry left. ^f1", "A ferry left."),
        ("A *ferry\nleft* twice.", "A ferry left twice."),
        ("> [!quote] On ferries\n> A *ferry* left.", "On ferries A ferry left."),
        ("> [!note]- Folded\n> A ferry left.", "Folded A ferry left."),
        ("- [x] paint the **ferry**\n- [ ] sell [[Ferry|it]]", "paint the ferry sell it"),
        ("| is a sign, and so is *", "| is a sign, and so is *"),
        ("Паром *уходит*, [[Паром|он]] и **вернётся**.", "Паром уходит, он и вернётся."),
        ("渡し船は**古い**。[[灯台|古い灯台]]へ行く。", "渡し船は古い。古い灯台へ行く。"),
        ("渡船是 *旧* 的，见 [[灯塔]]。", "渡船是 旧 的，见 灯塔。"),
        ("العبارة **قديمة**، انظر [[المنارة|المنارة القديمة]].", "العبارة قديمة، انظر المنارة القديمة."),
    ],
)
def test_a_passage_in_the_words_that_a_reader_sees(tmp_path: Path, text: str, passage: str) -> None:
    found = read_text(tmp_path, text)
    assert found.passages == [passage]


def test_the_source_stays_in_the_record(tmp_path: Path) -> None:
    text = "Before.\n\nSee [[Ferry|the boat]],\n*soon*. #ferries"
    found = read_text(tmp_path, text)
    before, (first, last), source = (
        found.essay.passages[0],
        found.essay.passages[1].lines,
        found.essay.passages[1].source,
    )
    assert (first, last) == (3, 4)
    assert source == "See [[Ferry|the boat]],\n*soon*. #ferries"
    assert before.source is None
    assert found.essay.passages[1].text == "See the boat, soon."
    assert found.left("tags") == "ferries"
    assert found.left("link") == "Ferry"


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("The *old* [[Ferry|boat]]", "The old boat"),
        ("[Boats](https://example.org) `today`", "Boats today"),
        ("A ferry[^1]", "A ferry"),
        ("**Паром** и [[Причал]]", "Паром и Причал"),
        ("<a id='x'></a>Ferries", "Ferries"),
        ("Ferries ![](a.png)", "Ferries"),
        ("The ferries left. #boats", "The ferries left."),
        ("Ferries <!-- a note -->", "Ferries"),
    ],
)
def test_titles_and_sections(tmp_path: Path, heading: str, words: str) -> None:
    found = read_text(tmp_path, f"# {heading}\n\nOne.\n\n## Of {heading}\n\nTwo.\n")
    assert found.essay.title == words
    assert found.headings[0] == words
    assert found.essay.passages[1].section == f"Of {words}"


@pytest.mark.parametrize(
    ("text", "passages", "headings"),
    [
        ("A ferry left\nat noon, and nobody\nsaw it leave.\n---\nIt came back.",
         ["A ferry left at noon, and nobody saw it leave.", "It came back."], ()),
        ("A ferry left.\n---\nIt came back.", ["A ferry left.", "It came back."], ()),
        ("Ferries\n---\nOne came back.", ["One came back."], ("Ferries",)),
    ],
)  # fmt: skip
def test_a_sentence_above_a_rule_is_prose(
    tmp_path: Path, text: str, passages: list[str], headings: tuple[str, ...]
) -> None:
    found = read_text(tmp_path, text)
    assert found.passages == passages
    assert found.headings == headings


def test_code_within_an_item_leaves_the_item(tmp_path: Path) -> None:
    found = read_text(
        tmp_path, "- oil the crane:\n\n  ```\n  oil()\n  ```\n\n- sell it\n\n  | a | b |\n  |---|---|\n  | c | d |\n"
    )
    assert found.passages == ["oil the crane: sell it"]
    assert found.left("code") == "oil"
    assert found.left("table") == "a b c d"
