"""Where a text could have gone on otherwise, as the page gets it."""

from __future__ import annotations

import pytest

from remix.errors import RunError
from remix.outputs import RunFolder
from remix.outputs.form import dump_trace
from remix.records import Alternative, Trace, sha256
from remix.studio.json_http import NotInStudio
from remix.studio.open_runs import OpenRuns
from remix.studio.output_files import key_of
from remix.studio.roads import Roads, roads_of
from remix.workspace import Workspace
from tests.forging import bless
from tests.studio_server import FIRST, OTHER, WORDS, choices, variants


@pytest.fixture
def folder(workspace: Workspace) -> RunFolder:
    return variants(workspace)


def roads(folder: RunFolder, task: str = FIRST) -> Roads:
    runs = OpenRuns.open(folder.path.parent, [], "Eve")
    runs.find_runs()
    return roads_of(runs, key_of(folder.path, task))


def test_words_with_the_numbers_of_their_tokens(folder: RunFolder) -> None:
    found = roads(folder)
    assert found.output == f"{folder.path.name}:{FIRST}"
    assert [word.index for word in found.words] == [0, 1, 2, 3, 4, 5, 6]
    assert [[token.number for token in word.tokens] for word in found.words] == [
        [1],
        [2],
        [3],
        [4],
        [5, 6],
        [7],
        [8, 9],
    ]
    late = found.words[4].tokens[0]
    assert late.piece == " late"
    assert late.alternatives == ((" sun", 0.25), ("", 0.125))
    assert late.ways == (True, False), "nothing goes on from the end of the text"
    assert found.end is None


def test_the_token_that_ended_the_text_and_half_a_letter(folder: RunFolder) -> None:
    record, text = folder.read(FIRST)
    ended = [
        each._replace(alternatives=(Alternative("\ufffd", 0.2), Alternative(" And", 0.1)))
        for each in choices([*WORDS, ""])
    ]
    told = Trace(record=record.id, choices=tuple(ended))
    planned = next(each for each in folder.run.tasks if each.id == FIRST)
    folder.write(planned, record.model_copy(update={"trace": sha256(dump_trace(told))}), text, told)
    bless(folder)
    found = roads(folder)
    assert found.end is not None
    assert found.end.number == len(WORDS) + 1
    assert found.end.ways == (False, True)


def test_a_text_without_a_trace_has_a_name_and_no_roads(folder: RunFolder) -> None:
    found = roads(folder, OTHER)
    assert found.output.endswith(OTHER)
    assert (found.words, found.end) == ((), None)


def test_what_has_no_roads(folder: RunFolder) -> None:
    runs = OpenRuns.open(folder.path.parent, [], "Eve")
    with pytest.raises(NotInStudio):
        roads_of(runs, "none")
    folder.text_path(FIRST).write_text("Changed.", encoding="utf-8")
    runs.find_runs()
    with pytest.raises(RunError):
        roads_of(runs, key_of(folder.path, FIRST))
