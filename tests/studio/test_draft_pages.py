"""The pages of drafts in a browser: by mouse, by keyboard alone, by touch, and while other programs edit the file."""

from __future__ import annotations

import pytest

from remix.outputs import RunFolder, reviews
from remix.workspace import Workspace
from tests.conftest import eventually
from tests.studio_pages import OpenReader, Reader, barriers, fits, needs_browser, press, says, turn_to
from tests.studio_server import FIRST, OTHER, TEXT, variants

playwright = pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import APIResponse, Browser, Page, Route, expect  # noqa: E402

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


def test_of_two_texts_added_quickly_the_second_came_first(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    """Both were asked for at once, and the first was answered after the second."""
    page = begin(sit(workspace.root))
    second = folder.read(OTHER)[1].strip()
    slow: list[str] = []

    def answer(route: Route) -> None:
        slow.append(route.request.url)
        if len(slow) == 1:
            page.wait_for_timeout(500)
        route.continue_()

    page.route("**/api/texts/*/piece", answer)
    page.locator(".accepted li", has_text="The first clock").get_by_role("button").click()
    page.locator(".accepted li", has_not_text="The first clock").first.get_by_role("button").click()
    expect(page.locator("textarea.words")).to_have_count(2)
    assert areas(page) == [TEXT, second]
    page.unroute_all(behavior="wait")


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
    press(page, "j")
    # The page is left as soon as the text is in the draft.
    with page.expect_response("**/api/drafts/**"):
        press(page, "d")
    turn_to(page, "r", "**/drafts")
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


def test_a_text_is_added_from_the_page_of_its_passage(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    page = sit(workspace.root).tab()
    page.goto(f"{page.url.split('desk')[0]}passage?id=two-clocks/001")
    page.wait_for_selector("body[data-ready]")
    page.locator(".card", has_text=TEXT).first.click()
    press(page, "d")
    says(page, "Added to the draft Draft.")
    assert text_of(workspace, "Draft") == f"{TEXT}\n"


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


def test_of_changes_to_different_pieces_each_is_kept_once(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    reader = sit(workspace.root)
    page = begin(reader)
    for words in ("One.", "Two.", "Three."):
        page.get_by_role("button", name="Write at the end").click()
        page.keyboard.type(words)
    stored(page)
    expect(page.locator("textarea.words")).to_have_count(3)
    held: list[Route] = []
    page.route("**/api/drafts/Essay", lambda route: held.append(route) if not held else route.continue_())
    page.locator("textarea.words").first.press("End")
    page.keyboard.type(" Mine.")
    eventually(lambda: page.evaluate("1") and held)
    path = workspace.drafts / "Essay.md"
    path.write_text("One.\n\nTwo.\n\nThree.\n\nTheirs.\n", encoding="utf-8")
    held[0].continue_()
    page.get_by_role("button", name="Keep both").click()
    stored(page)
    assert path.read_text(encoding="utf-8") == "One. Mine.\n\nTwo.\n\nThree.\n\nTheirs.\n"
    reader.troubles.clear()


def test_what_the_server_has_not_stored_stays_in_the_browser(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    reader = sit(workspace.root)
    page = begin(reader)
    # The server can't be reached from here on.
    page.route(
        "**/api/drafts/Essay", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("Nearly lost.")
    expect(page.locator("#saving")).to_have_text("Not stored: kept in this browser")
    assert text_of(workspace) == ""
    address = page.url
    page.close()
    page = reader.tab(address)
    stored(page)
    assert text_of(workspace) == "Nearly lost.\n"
    assert {"net::ERR_FAILED" in trouble for trouble in reader.troubles} == {True}
    reader.troubles.clear()


def test_what_was_not_stored_arrives_when_the_server_answers_again(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    reader = sit(workspace.root)
    page = begin(reader)
    page.route("**/api/drafts/Essay", lambda route: route.abort())
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("Late.")
    expect(page.locator("#saving")).to_have_text("Not stored: kept in this browser")
    page.unroute("**/api/drafts/Essay")
    stored(page)
    expect(page.locator("#alarm")).to_be_hidden()
    assert text_of(workspace) == "Late.\n"
    reader.troubles.clear()


def test_words_stored_while_the_draft_was_being_read_anew_were_gone(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    """The draft as it had been before the words came later than the words were stored."""
    page = begin(sit(workspace.root))
    old: list[tuple[Route, APIResponse]] = []

    def answer(route: Route) -> None:
        if route.request.method == "GET" and not old:
            old.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/api/drafts/Essay", answer)
    path = workspace.drafts / "Essay.md"
    path.write_text("From elsewhere.\n", encoding="utf-8")
    eventually(lambda: page.evaluate("1") and old)
    # The other program takes its words back: those of the page are stored without a question.
    path.write_text("", encoding="utf-8")
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("Mine.")
    eventually(lambda: page.evaluate("1") and text_of(workspace) == "Mine.\n")
    stored(page)
    with page.expect_response("**/api/drafts/Essay"):
        old[0][0].fulfill(response=old[0][1])
    page.wait_for_timeout(200)
    assert areas(page) == ["Mine."]
    assert text_of(workspace) == "Mine.\n"
    page.unroute_all(behavior="wait")


def test_two_tabs_show_the_same_draft(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    reader = sit(workspace.root)
    page = begin(reader)
    other = reader.tab(page.url)
    page.bring_to_front()
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("From the first tab.")
    stored(page)
    other.bring_to_front()
    expect(other.locator("textarea.words")).to_have_value("From the first tab.")
    other.locator("textarea.words").press("End")
    other.keyboard.type(" And the second.")
    stored(other)
    page.bring_to_front()
    expect(page.locator("textarea.words")).to_have_value("From the first tab. And the second.")
    assert text_of(workspace) == "From the first tab. And the second.\n"


def test_a_draft_whose_file_is_gone_is_kept_in_the_browser(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    reader = sit(workspace.root)
    page = begin(reader)
    (workspace.drafts / "Essay.md").unlink()
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("Still here.")
    expect(page.locator("#saving")).to_have_text("The file is gone: kept in this browser")
    page.get_by_role("button", name="Make the file again").click()
    stored(page)
    assert text_of(workspace) == "Still here.\n"
    reader.troubles.clear()


# -- by touch, and for everybody ----------------------------------------------------------------------------


def test_all_of_it_by_touch_at_390_pixels(
    folder: RunFolder, workspace: Workspace, sit: OpenReader, browser: Browser
) -> None:
    reader = sit(workspace.root)
    reader.context.close()
    reader.context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = begin(reader)
    fits(page)
    page.locator(".accepted summary").tap()
    for button in page.locator(".accepted li button").all():
        button.tap()
    expect(page.locator("textarea.words")).to_have_count(2)
    page.locator(".accepted summary").tap()
    first, second = areas(page)
    page.locator(".piece").last.get_by_role("button", name="Move up").tap()
    # The browser makes a click of a touch only after `tap` returns.
    expect(page.locator("textarea.words").first).to_have_value(second)
    assert areas(page) == [second, first]
    page.locator(".piece").first.get_by_role("button", name="Write below").tap()
    expect(page.locator("textarea.words")).to_have_count(3)
    page.keyboard.type("Between.")
    page.locator(".origin").first.tap()
    expect(page.locator("#source")).to_be_in_viewport()
    page.locator("#source").get_by_role("button", name="Close").tap()
    page.locator(".piece").last.get_by_role("button", name="Take out").tap()
    expect(page.locator("textarea.words")).to_have_count(2)
    stored(page)
    assert text_of(workspace) == f"{second}\n\nBetween.\n"
    fits(page)
    page.locator(".export summary").tap()
    fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").tap()
    assert "[^remix-1]" in download.value.path().read_text(encoding="utf-8")


def test_a_piece_is_dragged_with_a_finger(
    folder: RunFolder, workspace: Workspace, sit: OpenReader, browser: Browser
) -> None:
    reader = sit(workspace.root)
    reader.context.close()
    reader.context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = begin(reader)
    for number, words in enumerate(("One.", "Two.", "Three."), start=1):
        page.get_by_role("button", name="Write at the end").tap()
        expect(page.locator("textarea.words")).to_have_count(number)
        page.keyboard.type(words)
    handle, top = page.locator(".piece .handle").last.bounding_box(), page.locator(".piece").first.bounding_box()
    assert handle
    assert top
    touch = page.context.new_cdp_session(page)
    x = handle["x"] + handle["width"] / 2
    for kind, y in (("Start", handle["y"] + 10), ("Move", top["y"] + 40), ("Move", top["y"] + 5), ("End", None)):
        points = [] if y is None else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    expect(page.locator("textarea.words").first).to_have_value("Three.")
    stored(page)
    assert text_of(workspace) == "Three.\n\nOne.\n\nTwo.\n"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_left_out(scheme: str, folder: RunFolder, workspace: Workspace, sit: OpenReader, axe: str) -> None:
    reader = sit(workspace.root)
    page = begin(reader)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert barriers(page, axe) == []
    page.locator(".accepted li button").first.click()
    page.get_by_role("button", name="Write at the end").click()
    page.keyboard.type("Mine.")
    stored(page)
    page.locator(".origin").click()
    page.locator(".export summary").click()
    for width in (390, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        assert barriers(page, axe) == []
        fits(page)
    page.goto(page.url.replace("draft?name=Essay", "drafts"))
    page.wait_for_selector("body[data-ready]")
    assert barriers(page, axe) == []
    for width in (390, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        fits(page)
