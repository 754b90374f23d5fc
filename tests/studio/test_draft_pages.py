"""The pages of drafts in a browser: by mouse, by keyboard alone, by touch, and while other programs edit the file."""

from __future__ import annotations

import pytest

from remix.outputs import RunFolder, reviews
from remix.workspace import Workspace
from tests.conftest import eventually
from tests.studio_pages import OpenReader, Reader, needs_browser, press, says
from tests.studio_server import FIRST, OTHER, TEXT, variants

playwright = pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import Page, Route, expect  # noqa: E402

pytestmark = needs_browser


@pytest.fixture
def folder(workspace: Workspace) -> RunFolder:
    """A run with two accepted texts."""
    folder = variants(workspace)
    for task in (FIRST, OTHER):
        reviews.say(folder, task, "Eve", verdict="accept")
    return folder


def begin(reader: Reader, title: str = "Essay") -> Page:
    """A page with a new draft."""
    page = reader.tab()
    page.goto(page.url.split("?")[0].removesuffix("desk") + "drafts")
    page.wait_for_selector("body[data-ready]")
    page.get_by_label("Title of a new draft").fill(title)
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/draft?name=*")
    page.wait_for_selector("body[data-ready]")
    return page


def stored(page: Page) -> None:
    """The page says that all is stored."""
    expect(page.locator("#saving")).to_have_text("Stored")


def text_of(workspace: Workspace, name: str = "Essay") -> str:
    return (workspace.drafts / f"{name}.md").read_text(encoding="utf-8")


def areas(page: Page) -> list[str]:
    return [area.input_value() for area in page.locator("textarea.words").all()]


# -- putting together ---------------------------------------------------------------------------------------


def test_texts_are_added_ordered_and_joined_by_words_with_the_mouse(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    page = begin(sit(workspace.root))
    second = folder.read(OTHER)[1].strip()
    page.locator(".accepted li", has_text="The first clock").get_by_role("button").click()
    page.locator(".accepted li", has_not_text="The first clock").first.get_by_role("button").click()
    expect(page.locator("textarea.words")).to_have_count(2)
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("And so the clocks agree.")
    stored(page)
    assert text_of(workspace) == f"{TEXT}\n\n{second}\n\nAnd so the clocks agree.\n"
    # The last piece goes to the top.
    box = page.locator(".piece").first.bounding_box()
    assert box
    page.locator(".piece .handle").last.hover()
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 4, steps=4)
    page.mouse.up()
    stored(page)
    assert areas(page) == ["And so the clocks agree.", TEXT, second]
    page.locator(".piece").nth(1).get_by_role("button", name="Take out").click()
    stored(page)
    assert text_of(workspace) == f"And so the clocks agree.\n\n{second}\n"
    page.keyboard.press("u")
    stored(page)
    assert areas(page) == ["And so the clocks agree.", TEXT, second]


def test_an_accepted_text_is_dragged_to_its_place(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = begin(sit(workspace.root))
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("Mine.")
    box = page.locator(".piece").bounding_box()
    assert box
    page.locator(".accepted li", has_text="The first clock").locator(".handle").hover()
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 3, steps=4)
    page.mouse.up()
    expect(page.locator("textarea.words")).to_have_count(2)
    stored(page)
    assert text_of(workspace) == f"{TEXT}\n\nMine.\n"


def test_all_of_it_by_keyboard(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    press(page, "d")
    says(page, "Added to the draft Draft.")
    press(page, "j", "d")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/drafts")
    page.wait_for_selector("body[data-ready]")
    press(page, "j", "j", "j", "j", "j", "j", "j", "Enter")
    page.wait_for_url("**/draft?name=Draft")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("textarea.words")).to_have_count(2)
    first, second = areas(page)
    press(page, "j", "K")
    assert areas(page) == [second, first]
    press(page, "i")
    page.keyboard.type("Between.")
    press(page, "Alt+ArrowDown", "Alt+ArrowUp", "Alt+ArrowUp")
    page.keyboard.type(" Still here.")
    assert areas(page) == ["Between. Still here.", second, first]
    press(page, "Escape", "j", "x")
    assert areas(page) == ["Between. Still here.", first]
    press(page, "u", "o")
    expect(page.locator("#source")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#source")).to_have_count(0)
    stored(page)
    assert text_of(workspace, "Draft") == f"Between. Still here.\n\n{second}\n\n{first}\n"


def test_a_piece_is_shown_beside_its_source_with_its_differences(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    page = begin(sit(workspace.root))
    page.locator(".accepted li", has_text="The first clock").get_by_role("button").click()
    page.locator("textarea.words").fill(TEXT.replace("late", "early"))
    page.locator(".origin").click()
    source = page.locator("#source")
    expect(source.locator("ins")).to_have_text("early")
    expect(source.locator("del")).to_have_text("late")
    expect(source).to_contain_text("The first clock runs fast.")
    expect(page.locator(".origin")).to_contain_text("edited")


def test_a_draft_is_exported_from_the_page(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = begin(sit(workspace.root))
    page.locator(".accepted li", has_text="The first clock").get_by_role("button").click()
    expect(page.locator("textarea.words")).to_have_count(1)
    page.locator(".export summary").click()
    for label, ending in (("Markdown", "md"), ("HTML", "html"), ("EPUB", "epub"), ("Word", "docx")):
        with page.expect_download() as download:
            page.get_by_role("link", name=label, exact=True).click()
        assert download.value.suggested_filename == f"Essay.{ending}"
        assert download.value.path().stat().st_size > 40
    page.get_by_label("With notes").uncheck()
    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").click()
    assert download.value.path().read_text(encoding="utf-8") == text_of(workspace)


# -- edits elsewhere, and lost connections ------------------------------------------------------------------


def test_an_edit_in_another_program_appears(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = begin(sit(workspace.root))
    page.locator(".accepted li", has_text="The first clock").get_by_role("button").click()
    expect(page.locator("textarea.words")).to_have_count(1)
    stored(page)
    path = workspace.drafts / "Essay.md"
    path.write_text(f"From elsewhere.\n\n{TEXT}\n", encoding="utf-8")
    expect(page.locator("textarea.words")).to_have_count(2)
    assert areas(page) == ["From elsewhere.", TEXT]
    assert page.locator(".piece").last.get_attribute("class") == "piece sourced "


@pytest.mark.parametrize(
    ("choice", "kept"),
    [("Keep both", "Mine.\n\nTheirs.\n"), ("Keep mine", "Mine.\n"), ("Take the disk’s", "Theirs.\n")],
)
def test_edits_here_and_elsewhere_are_both_shown_and_one_or_both_kept(
    choice: str, kept: str, folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    reader = sit(workspace.root)
    page = begin(reader)
    path = workspace.drafts / "Essay.md"
    # The other program writes between the reader's words and their arrival.
    held: list[Route] = []
    page.route("**/api/drafts/Essay", lambda route: held.append(route) if not held else route.continue_())
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("Mine.")
    eventually(lambda: page.evaluate("1") and held)
    path.write_text("Theirs.\n", encoding="utf-8")
    held[0].continue_()
    expect(page.locator(".conflict")).to_be_visible()
    expect(page.locator(".versions ins")).to_have_text(["Mine.", "Theirs."])
    assert path.read_text(encoding="utf-8") == "Theirs.\n"
    page.get_by_role("button", name=choice).click()
    stored(page)
    assert path.read_text(encoding="utf-8") == kept
    refusal = "Failed to load resource: the server responded with a status of 409 (Conflict)"
    assert reader.troubles == [refusal], "the browser's own line about the refused request, and nothing else"
    reader.troubles.clear()
