"""The page of a passage and its texts in a browser."""

from __future__ import annotations

from typing import Any

import pytest

from remix.outputs import RunFolder, reviews
from remix.records import Standing
from remix.workspace import Workspace
from tests.conftest import eventually
from tests.studio.test_home_page import write
from tests.studio_pages import OpenReader, barriers, fits, needs_browser, place_of, press, says
from tests.studio_server import FIRST, OTHER, PASSAGE, SECOND, TEXT, variants

pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import Page, Route, expect

pytestmark = needs_browser


@pytest.fixture
def folder(workspace: Workspace) -> RunFolder:
    return variants(workspace)


def opened(sit: OpenReader, workspace: Workspace, query: str = "") -> Page:
    page = sit(workspace.root, command="studio").tab()
    page.goto(f"{page.url}passage?id={PASSAGE}{query}")
    page.wait_for_selector("body[data-ready]")
    return page


def standing(folder: RunFolder, task: str) -> Standing:
    found = reviews.standings(reviews.read(folder.path).reviews)
    return found.get(folder.read(task)[0].id, Standing())


def titles(page: Page) -> list[str]:
    return page.locator(".card h3").all_text_contents()


@pytest.mark.usefixtures("folder")
def test_a_passage_and_all_its_texts(workspace: Workspace, sit: OpenReader) -> None:
    write(workspace, kinds=("once",), steps=1)
    page = opened(sit, workspace)
    expect(page.locator(".source .text")).to_have_text("The first clock runs fast. It was set by the second.")
    expect(page.locator("#count")).to_have_text("9 texts")
    expect(page.locator(".group h2")).to_have_text(["again", "once"])
    assert titles(page)[:4] == ["again 1", "again 2", "again 1, variant 2", "again 2, variant 2"]
    first = page.locator(".card h3", has_text="again 1").first.locator("..")
    expect(first.locator(".text")).to_have_text(TEXT)
    expect(first.locator("ins").first).to_be_visible()
    assert "".join(first.locator("ins").all_text_contents()) == "is late. It knows.", "beside the passage"
    page.locator("select[name=by]").select_option("step")
    expect(page.locator(".group h2")).to_have_text(["step 1", "step 2"])
    page.locator("select[name=by]").select_option("run")
    expect(page.locator(".group h2")).to_have_count(2)
    page.locator("select[name=kind]").select_option("once")
    expect(page.locator(".card h3")).to_have_count(5)
    page.reload()
    expect(page.locator(".card h3")).to_have_count(5)
    expect(page.locator("select[name=by]")).to_have_value("run")
    press(page, "]")
    expect(page.locator(".head")).to_contain_text("line")
    page.wait_for_url("**/passage?id=two-clocks%2F002*")


def test_judging_in_place_by_keyboard(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = opened(sit, workspace)
    press(page, "a")
    says(page, "Accepted: again 1.")
    press(page, "j", "r")
    says(page, "Rejected: again 2.")
    press(page, "x", "n")
    area = page.get_by_role("textbox", name="Your note")
    expect(area).to_be_focused()
    page.keyboard.type("Keeps j and k.")
    page.reload()
    expect(page.locator("[aria-current=true] h3")).to_have_text("again 1, variant 2")
    press(page, "n")
    expect(area).to_have_value("Keeps j and k.")
    press(page, "Control+Enter")
    says(page, "Your note is stored.")
    expect(page.locator("[aria-current=true] .note")).to_have_text("Keeps j and k.")
    assert standing(folder, FIRST).verdict == "accept"
    assert standing(folder, SECOND).verdict == "reject"
    assert standing(folder, OTHER).note == "Keeps j and k."
    press(page, "u")
    says(page, "Withdrawn.")
    assert standing(folder, OTHER).note is None


def test_judging_by_mouse(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = opened(sit, workspace)
    card = page.get_by_role("article", name="again 1, variant 2")
    card.get_by_role("button", name="Star").click()
    says(page, "Starred: again 1, variant 2.")
    expect(card.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    assert standing(folder, OTHER).verdict == "star"
    card.get_by_role("link", name="Desk").click()
    expect(page.locator("#output h3")).to_have_text("again 1, variant 2")


def test_two_tabs_and_a_terminal_agree(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    reader = sit(workspace.root, command="studio")
    one = reader.tab()
    one.goto(f"{one.url}passage?id={PASSAGE}")
    one.wait_for_selector("body[data-ready]")
    other = reader.tab(one.url)
    press(one, "a")
    says(one, "Accepted: again 1.")
    expect(other.locator(".card.accept h3")).to_have_text("again 1")
    reviews.say(folder, OTHER, "Adam", verdict="star")
    for page in (one, other):
        expect(page.locator(".card.star h3")).to_have_text("again 1, variant 2")


@pytest.mark.usefixtures("folder")
def test_two_texts_at_full_width(workspace: Workspace, sit: OpenReader) -> None:
    page = opened(sit, workspace)
    press(page, "v")
    pair = page.locator(".pair .card")
    expect(pair.nth(0).locator(".text")).to_have_text("The first clock runs fast. It was set by the second.")
    expect(pair.nth(0).locator("del")).not_to_have_count(0)
    expect(pair.nth(1).locator("ins")).not_to_have_count(0)
    press(page, "Escape", "c", "j", "c", "v")
    expect(pair.locator("h2")).to_have_text(["again 1", "again 2"])
    page.reload()
    expect(pair.nth(1).locator("h2")).to_have_text("again 2")
    pair.nth(1).get_by_role("button", name="Accept").click()
    says(page, "Accepted: again 2.")
    page.get_by_role("button", name="All texts").click()
    expect(page.locator(".card h3")).to_have_count(8)


def test_texts_that_are_written_meanwhile_appear(workspace: Workspace, sit: OpenReader) -> None:
    page = opened(sit, workspace)
    expect(page.locator("#columns")).to_contain_text("No text of this passage yet.")
    folder = write(workspace, kinds=("again",), steps=2)
    expect(page.locator(".card:not(.live) h3")).to_have_count(2)
    assert titles(page) == ["again 1", "again 2"]
    reviews.say(folder, FIRST, "Adam", verdict="star")
    write(workspace, kinds=("once",), steps=1)
    expect(page.locator(".card h3")).to_have_count(3)
    expect(page.get_by_role("article", name="again 1")).to_contain_text("★ starred by Adam")


HIDE = "Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
CHANGED = "document.dispatchEvent(new Event('visibilitychange')) && null"


@pytest.mark.parametrize("is_opened_hidden", [True, False])
def test_a_text_written_while_the_tab_was_hidden_was_missing(
    workspace: Workspace, sit: OpenReader, is_opened_hidden: bool
) -> None:
    """A hidden page hears nothing; when it was seen again, nothing told it to look at its texts."""
    reader = sit(workspace.root, command="studio")
    home, page = reader.tab(), reader.tab()
    if is_opened_hidden:
        page.add_init_script(HIDE)
    page.goto(f"{page.url}passage?id={PASSAGE}")
    page.wait_for_selector("body[data-ready]")
    if not is_opened_hidden:
        page.evaluate(f"{HIDE} {CHANGED}")
    write(workspace, kinds=("again",), steps=1)
    expect(home.locator(".finished")).to_contain_text("3 of 3 texts")
    page.evaluate(f"delete document.hidden && {CHANGED}")
    expect(page.locator(".card h3")).to_have_count(1)


@pytest.mark.usefixtures("folder")
def test_roads_that_came_late_took_the_keys_from_a_note(workspace: Workspace, sit: OpenReader) -> None:
    """A word was clicked, a note was begun, and when the roads came, letters meant actions of the page."""
    page = opened(sit, workspace)
    held: list[Route] = []
    page.route("**/api/outputs/*/roads", lambda route: held.append(route))
    text = page.locator(".card .text", has_text=TEXT).first
    text.click(position=place_of(text, "late"))
    eventually(lambda: page.evaluate("1") and held)
    press(page, "n")
    note = page.get_by_role("textbox", name="Your note")
    expect(note).to_be_focused()
    page.keyboard.type("Half")
    with page.expect_response("**/api/outputs/*/roads"):
        held[0].continue_()
    page.wait_for_timeout(200)
    expect(note).to_be_focused()
    page.keyboard.type(" a note")
    expect(note).to_have_value("Half a note")
    expect(page.locator("#road")).to_be_hidden()
    page.unroute_all(behavior="wait")


@pytest.mark.usefixtures("folder")
def test_a_text_grows_while_it_is_written(workspace: Workspace, sit: OpenReader) -> None:
    """The words come as events, and the finished text takes the place of what was shown."""
    reader = sit(workspace.root, command="studio")
    words = {"job": "1", "run": "r", "place": PASSAGE, "kind": "new", "step": 1, "variant": 1, "candidate": 1}
    events = "".join(
        f"event: text\ndata: {json_of(words | {'at': at, 'piece': piece})}\n\n"
        for at, piece in ((0, "A clock"), (7, " is late."), (2, "watch"))
    )
    answer = {"body": f"retry: 60000\n\n{events}", "content_type": "text/event-stream"}
    page = reader.tab()
    page.route("**/api/events", lambda route: route.fulfill(**answer))
    page.goto(f"{page.url}passage?id={PASSAGE}")
    live = page.get_by_role("article", name="new 1")
    expect(live.locator(".text")).to_have_text("A watch")
    page.unroute_all(behavior="ignoreErrors")


def json_of(value: dict[str, Any]) -> str:
    import json

    return json.dumps(value)


@pytest.mark.usefixtures("folder")
def test_a_key_pressed_before_the_text_has_come_is_not_dropped(workspace: Workspace, sit: OpenReader) -> None:
    """The text area was shown with its text, and until the server had sent the same text again, keys did nothing."""
    reader = sit(workspace.root, command="studio")
    page = reader.tab()
    page.goto(f"{page.url}passage?id={PASSAGE}")
    page.wait_for_selector("body[data-ready]")
    held: list[Route] = []
    page.route("**/text", lambda route: held.append(route))
    branches: list[Route] = []
    page.route("**/api/jobs/branch", lambda route: branches.append(route))
    area = page.locator("textarea")

    def answer() -> None:
        eventually(lambda: held or page.wait_for_timeout(1))
        held.pop().continue_()

    press(page, "e")
    expect(area).to_be_focused()
    area.evaluate("(area) => area.setSelectionRange(9, 9)")
    with page.expect_request("**/api/jobs/branch") as asked:
        press(page, "Control+Shift+Enter", "Control+Shift+Enter")
        answer()
    assert asked.value.post_data_json["text_before"] == TEXT[:9]
    expect(area).to_be_editable()
    eventually(lambda: branches or page.wait_for_timeout(1))
    branches.pop().fulfill(status=409, json={"error": "Not today.", "hint": ""})
    expect(page.locator("#alarm")).to_contain_text("Not today.")
    assert not branches, "one job, however often the keys are pressed"
    assert "409" in reader.troubles.pop()

    press(page, "Escape", "e", "Control+Enter")
    expect(area).to_be_focused()
    answer()
    expect(area).to_have_count(0)
    press(page, "e", "Escape")
    expect(area).to_have_count(0)
    answer()


@pytest.mark.usefixtures("folder")
def test_a_passage_that_changed_or_is_gone(workspace: Workspace, sit: OpenReader) -> None:
    essay = workspace.seeds / "two-clocks.md"
    essay.write_text(essay.read_text(encoding="utf-8").replace("runs fast", "runs late"), encoding="utf-8")
    page = opened(sit, workspace)
    expect(page.locator(".source .text")).to_contain_text("runs late")
    expect(page.get_by_role("article", name="again 1").first).to_contain_text("the passage has changed since")
    essay.unlink()
    page.reload()
    expect(page.locator(".source")).to_contain_text("The essays don’t have this passage any more")
    expect(page.locator(".card h3")).to_have_count(8)


def test_a_passage_that_nobody_has(workspace: Workspace, sit: OpenReader) -> None:
    reader = sit(workspace.root, command="studio")
    page = reader.tab()
    page.goto(f"{page.url}passage?id=none/001")
    expect(page.locator("#alarm")).to_contain_text("There is no passage none/001.")
    assert "404" in reader.troubles.pop()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("width", "height"), [(1600, 1000), (1280, 800), (390, 844)])
def test_columns_are_wide_enough_to_read(workspace: Workspace, sit: OpenReader, width: int, height: int) -> None:
    page = opened(sit, workspace)
    page.set_viewport_size({"width": width, "height": height})
    fits(page)
    press(page, "j", "j")
    card = page.get_by_role("article", name="again 1, variant 2")
    expect(card).to_be_focused()
    expect(card).to_be_in_viewport(ratio=0.9)
    letters = card.locator(".text").evaluate(
        """(text) => {
          const context = document.createElement("canvas").getContext("2d");
          context.font = getComputedStyle(text).font;
          return text.clientWidth / (context.measureText("the quick brown fox jumps over a lazy dog").width / 41);
        }"""
    )
    assert 36 <= letters <= 60


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barriers(folder: RunFolder, workspace: Workspace, sit: OpenReader, axe: str, scheme: Any) -> None:
    reviews.say(folder, FIRST, "Eve", verdict="accept", note="Good.")
    reviews.say(folder, SECOND, "Eve", verdict="reject")
    page = opened(sit, workspace)
    page.emulate_media(color_scheme=scheme)
    states = {
        "columns": [],
        "a note": ["n"],
        "two texts": ["Escape", "j", "v"],
        "help": ["?"],
        "narrow": ["Escape", "Escape"],
    }
    for state, keys in states.items():
        press(page, *keys)
        if state == "narrow":
            page.set_viewport_size({"width": 390, "height": 844})
            fits(page)
        assert barriers(page, axe) == [], state
