"""A draft is renamed and thrown away: nothing is lost, pages say where the files are, and other tabs follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.outputs import RunFolder
from remix.workspace import Workspace
from tests.conftest import eventually
from tests.studio.test_draft_pages import begin, folder, stored
from tests.studio_pages import OpenReader, fits, needs_browser, press, says
from tests.studio_server import TEXT

playwright = pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import Route, expect  # noqa: E402

pytestmark = needs_browser

__all__ = ["folder"]


def files(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir() if path.is_file() and path.name != ".lock")


def test_a_draft_is_renamed_and_thrown_away(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    reader = sit(workspace.root)
    begin(reader, "Other").close()
    page = begin(reader)
    page.locator(".accepted li", has_text="The first clock").get_by_role("button").click()
    expect(page.locator("textarea.words")).to_have_value(TEXT)
    page.get_by_role("button", name="Rename").click()
    field = page.get_by_label("Title of the draft")
    expect(field).to_be_focused()
    press(page, "Escape")
    expect(page.get_by_role("button", name="Rename")).to_be_focused()
    press(page, "Enter")
    # Another draft has this name: nothing is overwritten.
    field.fill("Other")
    page.keyboard.press("Enter")
    says(page, "The draft is now Other 2.")
    assert "draft?name=Other+2" in page.url
    assert files(workspace.drafts) == ["Other 2.md", "Other 2.sources.json", "Other.md", "Other.sources.json"]
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("Mine.")
    stored(page)
    assert (workspace.drafts / "Other 2.md").read_text(encoding="utf-8") == f"{TEXT}\n\nMine.\n"
    page.reload()
    expect(page.locator(".piece.sourced textarea.words")).to_have_value(TEXT)
    page.set_viewport_size({"width": 390, "height": 800})
    fits(page)
    page.get_by_role("button", name="Throw away").click()
    page.wait_for_url("**/drafts?gone=*")
    expect(page.locator("#page")).to_contain_text("it is in drafts/.trash/Other 2.md")
    expect(page.get_by_role("link", name="Other")).to_have_count(1)
    assert files(workspace.drafts) == ["Other.md", "Other.sources.json"]
    assert files(workspace.drafts / ".trash") == ["Other 2.md", "Other 2.sources.json"]
    # Moved back by hand, the draft is as it was.
    for name in files(workspace.drafts / ".trash"):
        (workspace.drafts / ".trash" / name).rename(workspace.drafts / name)
    page.get_by_role("link", name="Other 2").click()
    expect(page.locator(".piece.sourced textarea.words")).to_have_value(TEXT)


def test_a_draft_renamed_in_one_tab_was_gone_in_another(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    reader = sit(workspace.root)
    page = begin(reader)
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("One.")
    stored(page)
    other = reader.tab(page.url)
    # The other tab has words that the server hasn't, under the name of before.
    held: list[Route] = []
    other.route("**/api/drafts/Essay", lambda route: held.append(route) if not held else route.continue_())
    other.locator("textarea.words").press("End")
    other.keyboard.type(" Two.")
    eventually(lambda: other.evaluate("1") and held)
    page.bring_to_front()
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Title of the draft").fill("Other")
    page.keyboard.press("Enter")
    says(page, "The draft is now Other.")
    other.bring_to_front()
    expect(other.get_by_role("heading", name="Other")).to_be_visible()
    assert other.url.endswith("draft?name=Other")
    held[0].continue_()
    stored(other)
    assert (workspace.drafts / "Other.md").read_text(encoding="utf-8") == "One. Two.\n"
    assert files(workspace.drafts) == ["Other.md", "Other.sources.json"]
    page.bring_to_front()
    expect(page.locator("textarea.words")).to_have_value("One. Two.")
    # Renamed by another program, and written on.
    for ending in (".md", ".sources.json"):
        (workspace.drafts / f"Other{ending}").rename(workspace.drafts / f"Third{ending}")
    other.bring_to_front()
    expect(other.get_by_role("heading", name="Third")).to_be_visible()
    other.locator("textarea.words").press("End")
    other.keyboard.type(" Three.")
    stored(other)
    assert (workspace.drafts / "Third.md").read_text(encoding="utf-8") == "One. Two. Three.\n"
