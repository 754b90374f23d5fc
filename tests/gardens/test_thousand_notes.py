"""A garden of a thousand notes: each word is in a passage, in a heading or in a part left out, and nowhere twice."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

import remix.cli
from remix.corpus.essays import read_files
from tests.gardens.make_garden import Kind, MadeNote, garden
from tests.gardens.reading import Read, found_in, lost_and_doubled, words

SIZE = 1_000
PLACES: dict[Kind, set[str]] = {
    "prose": {"passage"},
    "heading": {"heading"},
    "code": {"code", "shortcode"},
    "table": {"table"},
    "formula": {"formula"},
    "footnote": {"footnote"},
    "metadata": {"metadata"},
    "comment": {"comment"},
    "image": {"image", "html"},
    "link": {"link"},
    "shortcode": {"shortcode", "html"},
    "hidden": {"hidden"},
    "tag": {"tags", "metadata", "passage", "heading"},
}
"""Where a word may be, by what the word is: in a passage, a heading, or left out for a reason."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("garden")
    for note in garden(SIZE):
        (folder / note.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / note.path).write_text(note.text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def notes(folder: Path) -> list[tuple[MadeNote, Read]]:
    files = {file.essay.path: file for file in read_files(folder, folder)}
    return [(note, found_in(note.text, files[note.path])) for note in garden(SIZE)]


def test_the_words_of_the_garden_occur_once() -> None:
    """Else a lost word could hide behind another."""
    made = list(garden(200))
    there = Counter(word for note in made for word in words(note.text))
    unique = [word for note in made for word in note.kinds]
    assert len(unique) == len(set(unique))
    assert {there[word] for word in unique} == {1}


def test_the_garden_has_every_kind() -> None:
    assert {kind for note in garden(200) for kind in note.kinds.values()} == set(PLACES)
    assert [note.text for note in garden(20)] == [note.text for note in garden(20)]


def test_no_word_is_lost_or_doubled_in_any_file(notes: list[tuple[MadeNote, Read]]) -> None:
    wrong = {made.path: both for made, found in notes if any(both := lost_and_doubled(found))}
    assert wrong == {}


def test_words_in_are_words_out(notes: list[tuple[MadeNote, Read]]) -> None:
    there = sum(len(words(made.text)) for made, _ in notes)
    passages = sum(len(words(each.text)) for _, found in notes for each in found.essay.passages)
    headings = sum(len(words(heading)) for _, found in notes for heading in found.headings)
    left_out = sum(len(words(part.text)) for _, found in notes for part in found.left_out)
    assert there == passages + headings + left_out
    assert min(passages, headings, left_out) > 1_000


def test_prose_is_in_passages_and_code_is_not(notes: list[tuple[MadeNote, Read]]) -> None:
    """By construction: the garden's maker knows what each word is."""
    wrong = []
    for made, found in notes:
        places = _places(found)
        for word, kind in made.kinds.items():
            if places.get(word, "nowhere") not in PLACES[kind]:
                wrong.append(f"{made.path}: {kind} {word!r} is in {places.get(word, 'nowhere')}")
    assert wrong == []


def _places(found: Read) -> dict[str, str]:
    """Where each word went: `passage`, `heading`, or the reason for which the word was left out."""
    places: dict[str, str] = {word: part.why for part in found.left_out for word in words(part.text)}
    places |= {word: "heading" for heading in found.headings for word in words(heading)}
    return places | {word: "passage" for each in found.essay.passages for word in words(each.text)}


def test_tags_are_on_the_note_s_passages(notes: list[tuple[MadeNote, Read]]) -> None:
    lost = {}
    for made, found in notes:
        tags = {word for word, kind in made.kinds.items() if kind == "tag"}
        known = {tag for each in found.essay.passages for tag in each.tags} | {*found.essay.tags}
        if tags - known:
            lost[made.path] = tags - known
    assert lost == {}


def test_every_note_has_an_id_of_its_own(notes: list[tuple[MadeNote, Read]]) -> None:
    assert len({found.essay.slug for _, found in notes}) == len(notes) == SIZE


def test_the_command_line_lists_the_same_parts(notes: list[tuple[MadeNote, Read]], folder: Path) -> None:
    done = CliRunner().invoke(remix.cli.cli, ["--seeds", str(folder), "passages", "--left-out", "--json"])
    assert done.exit_code == 0, done.output
    listed = json.loads(done.stdout)
    parts = [part for _, found in notes for part in found.left_out]
    assert Counter(each["text"] for each in listed) == Counter(part.text for part in parts)
