"""The page of a woven essay in a browser: threads from sentences to passages and back. One studio for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from remix.outputs import RunFolder, reviews
from remix.studio.engine_messages import PlannedParagraph, PlannedPassage
from tests.conftest import make_workspace
from tests.studio.made_weave import PLACE, READER, TEXTS, WEAVE_RUN, store_reading, woven_run
from tests.studio.test_jobs import ESTIMATE
from tests.studio_pages import Reader, barriers, fits, needs_browser, press, says
from tests.studio_server import served

pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

pytestmark = needs_browser

PLANNED = ESTIMATE.model_copy(
    update={
        "paragraphs": (
            PlannedParagraph(
                words=80,
                passages=(PlannedPassage(id="maps/002", title="Maps", first_words="Two surveyors drew the same"),),
            ),
        )
    }
)

HALF = "20260102T030405Z-half-4567"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    workspace = make_workspace(tmp_path_factory.mktemp("essay") / "garden")
    woven_run(workspace, TEXTS[2:3], HALF)
    folder = woven_run(workspace)
    store_reading(folder, folder.run.tasks)
    return folder


@pytest.fixture(scope="module")
def reader(browser: Browser, folder: RunFolder) -> Iterator[Reader]:
    with served(folder.path.parent.parent, command="studio") as (address, _):
        reader = Reader(browser, address)
        reader.tab()
        yield reader
        assert reader.troubles == []
        assert reader.asked == {address.split("/#")[0]}, "nothing is loaded from elsewhere"
        reader.context.close()


@pytest.fixture
def page(reader: Reader) -> Page:
    page = reader.context.pages[0]
    page.set_viewport_size({"width": 1280, "height": 800})
    return page


def at(page: Page, path: str) -> Page:
    page.goto(f"{page.url.rsplit('/', 1)[0]}/{path}")
    page.wait_for_selector("body[data-ready]")
    return page


def essay(page: Page, query: str = "", run: str = WEAVE_RUN) -> Page:
    return at(page, f"essay?run={run}{query}")


def chosen(page: Page) -> str:
    return page.locator(".sentence.at").text_content() or ""


def test_from_a_sentence_to_its_passages_and_back_by_mouse(page: Page) -> None:
    essay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("What the Clock Leaves Out")
    expect(page.locator(".head")).to_contain_text(
        "8 sentences, 2 of them added. 6 passages, 1 of them heard nowhere."
    )
    expect(page.locator(".head")).to_contain_text(f"({READER})")
    expect(page.locator(".unheard")).to_contain_text("Maps, ¶ 4")
    expect(page.locator("#threads path")).to_have_count(0)
    river = page.get_by_role("button", name="The other one drew the river")
    river.hover()
    expect(page.locator(".source.behind .name")).to_have_text("Maps, ¶ 2")
    page.get_by_role("button", name="The first clock runs fast").click()
    expect(page.locator(".shares")).to_have_text("Two Clocks, ¶ 1 · 72 %Two Clocks, ¶ 2 · 28 %")
    expect(page.locator(".source.behind mark")).to_have_text(
        ["The first clock runs fast.", "The second clock runs slow."]
    )
    expect(page.locator("#threads path.thread")).to_have_count(2)
    page.locator("#source-3 h3 button").click()
    expect(page.locator(".sentence[class*=heard]")).to_have_count(2)
    expect(page.locator(".heard li")).to_contain_text(
        ["One surveyor drew every tree", "The other one drew the river"]
    )
    expect(page.locator("#threads path.thread")).to_have_count(2)
    page.locator(".heard button").nth(1).click()
    assert chosen(page).startswith("The other one drew the river")
    page.get_by_role("button", name="Back to the essay").click()
    expect(page.locator(".source.behind .name")).to_have_text("Maps, ¶ 2")
    page.reload()
    assert chosen(page).startswith("The other one drew the river"), "the address keeps the sentence"


def test_by_keyboard(page: Page) -> None:
    essay(page)
    press(page, "j", "j")
    assert chosen(page) == "The first clock runs fast."
    expect(page.locator(".sentence.at")).to_be_focused()
    expect(page.locator("#announced")).to_have_text(
        "Sentence 1 of 3: Two Clocks, ¶ 1 · 72 %, Two Clocks, ¶ 2 · 28 %."
    )
    press(page, "Enter")
    expect(page.locator("#source-0 button")).to_be_focused()
    press(page, "Enter")
    expect(page.locator(".chosen-source")).to_contain_text("Heard in")
    press(page, "j")
    assert chosen(page).startswith("The second clock"), "among the passage's sentences"
    press(page, "j")
    says(page, "This is the last sentence.")
    press(page, "Escape", "n")
    assert chosen(page).startswith("Neither of them")
    expect(page.locator(".of-sentence")).to_contain_text("Added. No passage stands behind this sentence.")
    press(page, "n")
    assert chosen(page).startswith("Two clocks and a map"), "from the last to the first"
    press(page, "Enter")
    says(page, "The sentence was added: no thread leads from it.")
    press(page, "p")
    expect(page.locator("#announced")).to_have_text("Nobody hears Maps, ¶ 4.")
    press(page, "Escape", "Escape", "?")
    expect(page.get_by_role("dialog")).to_contain_text("next added sentence")
    press(page, "Escape")


def test_a_paragraph_is_judged_where_it_is_read(page: Page, folder: RunFolder) -> None:
    essay(page, f"&at={PLACE}/weave.2&sentence=3")
    press(page, "a")
    says(page, "Accepted: Paragraph 2 (weave 2).")
    expect(page.locator(".part.accept .verdict")).to_be_visible()
    record, _ = folder.read(f"{PLACE}/weave.2")
    assert reviews.standings(reviews.read(folder.path).reviews)[record.id].verdict == "accept"
    at(page, "./")
    expect(page.get_by_role("link", name="Read the essay").first).to_be_visible()
    page.get_by_role("link", name="A map is a letter from somebody").click()
    expect(page.locator(".sentence.at")).to_have_text("A map is a letter from somebody who walked there first.")
    page.get_by_role("link", name="Desk", exact=True).last.click()
    expect(page.locator("#comparison .source .text")).to_contain_text("It leaves out the mud")
    expect(page.locator("#comparison .source .text")).to_contain_text("Two surveyors drew")
    expect(page.locator("#list [aria-selected=true]")).to_contain_text("weave 2")
    page.get_by_role("link", name="The essay, and what stands behind each sentence").click()
    expect(page.locator(".essay h1")).to_be_visible()


def test_what_became_of_a_passage(page: Page) -> None:
    at(page, "passage?id=maps/002")
    became = page.locator(".became")
    became.locator("summary").click()
    expect(became.locator("li")).to_have_count(2)
    text = page.get_by_role("article", name="weave 2")
    expect(text).to_contain_text("from 2 passages, part of an essay")
    expect(text).to_contain_text("A map is a letter")
    became.get_by_role("link", name="weave 2, sentence 3 (100 %)").click()
    assert chosen(page).startswith("The other one drew the river")
    at(page, "passage?id=maps/004")
    page.locator(".became summary").click()
    expect(page.locator(".became")).to_contain_text("What the Clock Leaves Out: nobody hears it.")
    expect(page.locator(".became")).to_contain_text("not heard so far.")


def test_an_essay_that_is_being_written(page: Page) -> None:
    words = f'{{"job": "1", "run": "{HALF}", "place": "{PLACE}", "kind": "weave", "step": 2, "variant": 1,'
    events = f'event: text\ndata: {words} "candidate": 1, "at": 0, "piece": "A map is"}}\n\n'
    answer = {"body": f"retry: 60000\n\n{events}", "content_type": "text/event-stream"}
    page.route("**/api/events", lambda route: route.fulfill(**answer))
    essay(page, run=HALF)
    expect(page.get_by_role("heading", level=1)).to_have_text("An essay without a title so far")
    expect(page.locator(".to-come")).to_have_text(["To come.", "A map is", "To come."])
    expect(page.locator(".unheard")).to_have_count(0)
    page.unroute_all(behavior="ignoreErrors")


def test_on_a_phone_by_touch(reader: Reader, browser: Browser, page: Page) -> None:
    """The passages of a sentence lie in a sheet below it."""
    state = reader.context.storage_state()
    size = {"width": 390, "height": 844}
    context = browser.new_context(storage_state=state, viewport=size, has_touch=True)
    phone = context.new_page()
    phone.goto(f"{page.url.rsplit('/', 1)[0]}/essay?run={WEAVE_RUN}")
    phone.wait_for_selector("body[data-ready]")
    fits(phone)
    sentence = phone.get_by_role("button", name="One surveyor drew every tree")
    sentence.tap()
    sheet = phone.locator(".sources")
    expect(sheet).to_be_in_viewport()
    expect(sheet.locator(".source:visible")).to_have_count(1)
    top, bottom = sheet.bounding_box(), sentence.bounding_box()
    assert top
    assert bottom
    assert bottom["y"] + bottom["height"] <= top["y"], "the sheet doesn't cover the sentence"
    sheet.locator(".source:visible .name").first.tap()
    expect(sheet.locator(".heard li")).to_have_count(2)
    sheet.get_by_role("button", name="Back to the essay").tap()
    sheet.get_by_role("button", name="Back to the essay").tap()
    expect(phone.locator(".source:visible")).to_have_count(6)
    fits(phone)
    context.close()


def test_an_essay_is_planned_on_the_page_for_writing(page: Page, axe: str) -> None:
    asked: list[Any] = []

    def answer(route: Route) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(body=PLANNED.model_dump_json(), content_type="application/json")

    page.route("**/api/jobs/estimate", answer)
    at(page, "write?tag=maps")
    page.get_by_label("An essay woven from all of them").check()
    page.get_by_label("Order of the passages").select_option("essay")
    page.get_by_label("Words").fill("300")
    expect(page.get_by_label("Steps")).to_have_count(0)
    plan = page.locator(".plan")
    expect(plan).to_contain_text("The plan: 1 paragraph")
    expect(plan.get_by_role("link")).to_have_text(["Maps, ¶ 2"])
    page.reload()
    expect(page.get_by_label("Order of the passages")).to_have_value("essay")
    expect(plan).to_be_visible()
    weave = {"order": "essay", "dialectic": False, "accepted": False, "length": 300}
    assert asked[-1] == {"options": {"tags": ["maps"]}, "weave": weave}
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)
    assert barriers(page, axe) == []
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barriers(page: Page, axe: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    essay(page)
    states = {"a sentence": ["j", "j"], "a passage": ["p", "k"], "narrow": []}
    for state, keys in states.items():
        press(page, *keys)
        if state == "narrow":
            page.set_viewport_size({"width": 390, "height": 844})
            fits(page)
        assert barriers(page, axe) == [], state
