"""Notes and edited versions while they are written: no key is taken for the page's, and no word is lost."""

from __future__ import annotations

import pytest

from remix.outputs import RunFolder, reviews
from remix.workspace import Workspace
from tests.conftest import eventually
from tests.studio_pages import OpenReader, Reader, needs_browser, press, says
from tests.studio_server import FIRST, PASSAGE, TEXT, variants

playwright = pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import Page, Route, expect  # noqa: E402

pytestmark = needs_browser

AGAIN = "What you had half written is here again."


@pytest.fixture
def folder(workspace: Workspace) -> RunFolder:
    return variants(workspace)


def at_desk(reader: Reader) -> Page:
    """The desk with the text of `FIRST` open."""
    page = reader.tab()
    page.locator("#list [role=option]", has_text=TEXT[:20]).click()
    expect(page.locator("#output .text")).to_have_text(TEXT)
    return page


def beside_others(reader: Reader) -> Page:
    """The page of the passage, with the same text chosen."""
    page = reader.tab()
    page.goto(f"{page.url.split('desk')[0]}passage?id={PASSAGE}")
    page.wait_for_selector("body[data-ready]")
    page.locator(".card", has_text=TEXT).first.click()
    return page


def test_keys_typed_before_the_editor_came_acted_on_the_page(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    page = at_desk(sit(workspace.root))
    held: list[Route] = []
    page.route("**/api/outputs/*/text", lambda route: held.append(route))
    press(page, "e")
    # Each of these is a key of the desk, too: accept, next text, undo, a page.
    page.keyboard.type(" aju gh!")
    press(page, "Backspace", "Enter")
    page.keyboard.type("?")
    eventually(lambda: page.evaluate("1") and held)
    held.pop().continue_()
    area = page.locator("textarea")
    expect(area).to_be_focused()
    expect(area).to_have_value(f"{TEXT} aju gh\n?")
    press(page, "Control+Enter")
    says(page, "Your version is stored.")
    standing = reviews.standings(reviews.read(folder.path).reviews)[folder.read(FIRST)[0].id]
    assert standing.verdict is None
    assert standing.edit


def test_escape_gives_up_an_editor_that_has_not_come(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    page = at_desk(sit(workspace.root))
    held: list[Route] = []
    page.route("**/api/outputs/*/text", lambda route: held.append(route))
    press(page, "e", "Escape", "a")
    says(page, "Accepted: again 1.")
    eventually(lambda: page.evaluate("1") and held)
    held.pop().continue_()
    press(page, "r")
    says(page, "Rejected: again 1.")
    expect(page.locator("textarea")).to_have_count(0)


def test_a_half_written_note_went_with_its_tab(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    reader = sit(workspace.root)
    page = at_desk(reader)
    press(page, "n")
    expect(page.locator("textarea")).to_be_focused()
    page.keyboard.type("Half a note")
    page.close()
    page = beside_others(reader)
    press(page, "n")
    expect(page.locator("textarea")).to_have_value("Half a note")
    says(page, AGAIN)
    page.keyboard.type(", whole")
    page.close()
    page = at_desk(reader)
    press(page, "n")
    expect(page.locator("textarea")).to_have_value("Half a note, whole")
    press(page, "Control+Enter")
    says(page, "Your note is stored.")
    standing = reviews.standings(reviews.read(folder.path).reviews)[folder.read(FIRST)[0].id]
    assert standing.note == "Half a note, whole"
    eventually(lambda: "half-written" not in page.evaluate("Object.keys(localStorage).join()"))


def test_a_note_that_the_server_refused_was_lost_on_the_page_of_a_passage(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    reader = sit(workspace.root)
    page = beside_others(reader)
    page.route("**/api/outputs/*/reviews", lambda route: route.abort())
    press(page, "n")
    page.keyboard.type("Nearly lost")
    press(page, "Control+Enter")
    expect(page.locator("#alarm")).to_be_visible()
    page.unroute("**/api/outputs/*/reviews")
    press(page, "n")
    expect(page.locator("textarea")).to_have_value("Nearly lost")
    press(page, "Control+Enter")
    says(page, "Your note is stored.")
    reader.troubles.clear()


def test_a_half_written_version_is_there_in_the_next_tab(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    reader = sit(workspace.root)
    page = beside_others(reader)
    press(page, "e")
    expect(page.locator("textarea")).to_be_editable()
    press(page, "Control+End")
    page.keyboard.type(" Half")
    page.close()
    page = at_desk(reader)
    press(page, "e")
    expect(page.locator("textarea")).to_have_value(f"{TEXT} Half")
    says(page, AGAIN)
    # Given up, the words are gone.
    press(page, "Escape", "e")
    expect(page.locator("textarea")).to_have_value(TEXT)
