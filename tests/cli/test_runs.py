"""`remix show` of a text that was reviewed."""

from __future__ import annotations

import json

from remix.outputs import RunFolder, reviews
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Remix
from tests.generation.test_refreshed import EDITED, SLOW, edit, refresh

AGAIN = "two-clocks/001/again.1"


def test_show_has_verdict_note_and_the_edited_version(finished: RunFolder, remix_: Remix) -> None:
    reviews.say(finished, AGAIN, "Eve", verdict="star", note="Nice.\nVery.", loss="earned")
    reviews.edit(finished, AGAIN, "Adam", "Said better.")
    shown = remix_("show", AGAIN).stdout
    assert shown.endswith(
        "\n\nedited by Adam\n\n    Said better.\n"
        "\nnote\n\n    Nice.\n    Very.\n"
        "\nstarred, loss earned by Eve, Adam\n"
    )
    told = json.loads(remix_("show", AGAIN, "--json").stdout)["review"]
    assert (told["verdict"], told["note"]) == ("star", "Nice.\nVery.")


def test_show_of_an_edited_version_that_is_gone_shows_the_rest(finished: RunFolder, remix_: Remix) -> None:
    edit_ = reviews.edit(finished, AGAIN, "Adam", "Said better.").edit
    assert edit_
    (finished.path / edit_.file).unlink()
    result = remix_("show", AGAIN)
    assert result.exit_code == 0
    assert finished.read(AGAIN)[1] in result.stdout
    assert "can't be read" in result.stderr


def test_a_withdrawn_verdict_is_not_shown(finished: RunFolder, remix_: Remix) -> None:
    reviews.say(finished, AGAIN, "Eve", verdict="star")
    reviews.undo(finished, "Eve")
    assert "starred" not in remix_("show", AGAIN).stdout


def test_verdicts_stay_with_texts_that_a_refresh_left_alone(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter, remix_: Remix
) -> None:
    reviews.say(finished, AGAIN, "Eve", verdict="star")
    edit(workspace, SLOW, EDITED)
    anew = refresh(workspace, finished, writer)
    assert "starred by Eve" in remix_("show", AGAIN).stdout
    shown = remix_("show", "two-clocks/002/again.1")
    assert EDITED in shown.stdout
    assert f"Run: {anew.path.name}" in shown.stderr


def test_a_verdict_given_in_another_run_holds_for_the_same_output(finished: RunFolder, remix_: Remix) -> None:
    import shutil

    copy = RunFolder.open(shutil.copytree(finished.path, finished.path.with_name("20200101T000000Z-copy-0000")))
    reviews.say(copy, AGAIN, "Eve", verdict="reject")
    assert "rejected by Eve" in remix_("show", f"{finished.path.name}:{AGAIN}").stdout
