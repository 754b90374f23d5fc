"""Woven essays of the studio: reading order, threads from sentences to passages, and what became of a passage."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.outputs import RunFolder
from remix.records import Passage
from remix.studio.json_http import NotInStudio
from remix.studio.sentence_threads import Piece, pieces_of
from remix.studio.studio import Studio
from remix.studio.woven_essays import WovenEssays
from remix.workspace import Workspace
from tests.studio.made_weave import PLACE, READER, TEXTS, UNHEARD, WEAVE_RUN, store_reading, woven_run
from tests.studio_server import variants


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    from tests.conftest import make_workspace

    return woven_run(make_workspace(tmp_path_factory.mktemp("woven") / "garden"))


def essays_in(root: Path) -> WovenEssays:
    return Studio.open(Workspace(root), [], "Eve").essays


def words(pieces: tuple[Piece, ...]) -> str:
    return "".join(text for text, _ in pieces)


def test_an_essay_in_reading_order_with_its_threads(folder: RunFolder) -> None:
    essay = essays_in(folder.path.parent.parent).of(WEAVE_RUN)
    assert (essay.title, essay.state, essay.methods, essay.by) == (TEXTS[0].text, "finished", ("words",), "words")
    assert [words(part.pieces) for part in essay.parts] == [each.text for each in TEXTS[1:]]
    assert [each.id for each in essay.passages][:3] == ["two-clocks/001", "two-clocks/002", "maps/001"]
    second = essay.parts[2]
    assert [[essay.passages[each.passage].id for each in sentence.behind] for sentence in second.sentences] == [
        ["maps/001"],
        ["maps/002"],
        ["maps/002"],
    ]
    closest = second.sentences[2].behind[0]
    assert [text for text, number in essay.passages[closest.passage].pieces if number == closest.closest] == [
        "The other drew the river, and shepherds carried it for a century."
    ]
    assert [sentence.added for sentence in essay.parts[1].sentences] == [False, False, True]


def test_an_essay_that_is_being_written(workspace: Workspace) -> None:
    woven_run(workspace, TEXTS[2:4])
    essay = essays_in(workspace.root).of(WEAVE_RUN)
    assert (essay.title, essay.state) == ("", "stopped")
    assert [part.is_written for part in essay.parts] == [False, True, True, False]


def test_a_changed_text_is_shown_and_said_so(workspace: Workspace) -> None:
    folder = woven_run(workspace)
    essays = essays_in(workspace.root)
    assert essays.of(WEAVE_RUN).parts[3].problem == ""
    path = folder.text_path(f"{PLACE}/weave.3")
    path.write_text(path.read_text(encoding="utf-8").replace("coast", "shore"), encoding="utf-8")
    part = essays.of(WEAVE_RUN).parts[3]
    assert (part.output, part.sentences) == (None, ())
    assert "shore" in words(part.pieces)
    assert "not the text that was recorded" in part.problem


def test_a_lineage_by_a_model_is_taken_once_all_texts_have_one(workspace: Workspace) -> None:
    folder = woven_run(workspace)
    essays = essays_in(workspace.root)
    for task in folder.run.tasks[:-1]:
        assert essays.of(WEAVE_RUN).by == "words"
        store_reading(folder, [task])
    essay = essays.of(WEAVE_RUN)
    assert (essay.by, essay.reader, essay.methods) == ("model", READER, ("words", "model"))
    assert [each.share for each in essay.parts[1].sentences[0].behind] == [0.72, 0.28]
    by_words = essays.of(WEAVE_RUN, "words")
    assert (by_words.by, by_words.reader) == ("words", None)


def test_what_became_of_a_passage(folder: RunFolder) -> None:
    essays = essays_in(folder.path.parent.parent)
    (found,) = essays.heard("maps/002", None).essays
    assert (found.title, found.is_whole) == (TEXTS[0].text, True)
    assert [(each.kind, each.step, each.sentence) for each in found.sentences] == [("weave", 2, 2), ("weave", 2, 3)]
    assert essays.heard(UNHEARD, None).essays[0].sentences == ()
    assert essays.heard("none/001", None).essays == ()
    passage: Passage = folder.run.pairs["maps/002"][1]
    assert essays.heard("renamed/001", passage.text).essays == (found,)


def test_a_run_that_weaves_nothing(workspace: Workspace) -> None:
    essays = essays_in(workspace.root)
    for run in (variants(workspace).run.name, "none"):
        with pytest.raises(NotInStudio, match="weaves no essay"):
            essays.of(run)


def test_sentences_are_found_however_their_words_are_spaced() -> None:
    text = " One\n two.\n\nThree (four).\u202e"
    pieces = pieces_of(text, ["One two.", "Three (four).", "Nowhere."])
    assert pieces == ((" ", None), ("One\n two.", 0), ("\n\n", None), ("Three (four).", 1), ("\\u202e", None))
