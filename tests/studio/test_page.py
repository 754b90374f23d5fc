"""The studio in a browser: Chromium, driven by Playwright. Without one of the two these tests are skipped."""

from __future__ import annotations

import re
from typing import Any

import pytest

from remix.generation import execute, prepare
from remix.outputs import RunFolder, reviews
from remix.records import Options, Standing, sha256
from remix.workspace import Workspace
from tests.conftest import FakeWriter, eventually
from tests.forging import forge, forge_request
from tests.reader.made import store_made
from tests.studio_pages import OpenReader, Reader, barriers, fits, needs_browser, press, says
from tests.studio_server import FIRST, OTHER, SECOND, TEXT, own_variants, served, variants

pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import Browser, Route, expect

pytestmark = needs_browser


@pytest.fixture
def folder(workspace: Workspace) -> RunFolder:
    return variants(workspace)


def holds(folder: RunFolder, task: str) -> Standing:
    found = reviews.standings(reviews.read(folder.path).reviews)
    return found.get(folder.read(task)[0].id, Standing())


# -- reading ------------------------------------------------------------------------------------------------


def test_a_text_lies_beside_its_passage(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    expect(page.locator("#output .text")).to_have_text(TEXT)
    expect(page.locator(".source .text")).to_have_text("The first clock runs fast. It was set by the second.")
    expect(page.locator("#todo")).to_have_text("24 of 24 texts to do")
    expect(page.locator("#provenance")).to_contain_text("seeds/two-clocks.md, line 8")
    assert "key=" not in page.url, "the key is in no history that a reload would show"
    assert "".join(page.locator("#output ins").all_text_contents()) == "is late. It knows."
    press(page, "m")
    expect(page.locator("body")).to_have_class("plain")


def test_hovering_a_word_shows_its_alternatives(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    page.locator(".word", has_text="clock").hover()
    turn = page.locator("#alternatives")
    expect(turn).to_be_visible()
    expect(turn).to_contain_text("clock 37 %, a choice among 245")
    expect(turn).to_contain_text("sun 25 %")
    expect(turn).to_contain_text("end of text 13 %")
    assert page.locator(".uncertain-3").all_text_contents()[0] == "clock"
    page.locator("h2").first.hover()
    expect(turn).to_be_hidden()
    press(page, "o", "o")
    expect(turn).to_be_visible()
    expect(page.locator("#announced")).to_contain_text("a choice among")
    expect(page.locator("#message")).to_have_text("")


def test_the_previous_step_and_the_chain(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    press(page, "j", "v")
    expect(page.locator(".source .text")).to_have_text(TEXT)
    page.locator(".chain button").first.click()
    expect(page.locator("#output .text")).to_have_text(TEXT)
    page.get_by_role("button", name="Show the record").click()
    expect(page.locator("#raw pre")).to_contain_text('"schema": "remix/record/1"')
    press(page, "Escape")
    expect(page.locator("#raw")).to_be_hidden()


def test_a_reading_shades_words_and_labels_sentences(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    store_made(folder, FIRST, ["said", "turned round"])
    page = sit(workspace.root).tab()
    expect(page.locator("#output")).to_contain_text("Reading: keeps 25 % of the passage's bits")
    expect(page.locator("#output")).to_contain_text("Read by fake")
    page.get_by_role("radio", name="Reading").check()
    expect(page.locator("#output .text")).to_have_text(TEXT)
    expect(page.locator(".source .kept-3")).to_have_text("The")
    assert page.locator(".source .lost").all_text_contents()[:2] == ["first", "clock"]
    expect(page.locator("#output .against-2")).to_have_text("knows.")
    expect(page.locator(".labels li").nth(1)).to_have_text("turned round (70 %), most against the passage at “knows”")
    expect(page.locator(".legend")).to_contain_text("A word with 4 bits is 16 times as probable")
    popup = page.locator("#alternatives")
    sentence = page.get_by_role("group", name="Sentence 2: turned round (70 %)")
    sentence.focus()
    expect(popup).to_have_text("turned round (70 %), most against the passage at “knows”")
    sentence.blur()
    expect(popup).to_be_hidden()
    page.locator("[data-sentence='0']").hover()
    expect(popup).to_contain_text("said (80 %)")
    press(page, "v")
    expect(page.get_by_role("radio", name="Passage")).to_be_checked()
    press(page, "j")
    expect(page.get_by_role("radio", name="Reading")).to_have_count(0)


def test_filters_and_search(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    page.get_by_label("Kind").select_option("once")
    expect(page.locator("#counts")).to_contain_text("12 texts listed, 12 to do")
    page.get_by_label("Step").select_option("2")
    page.get_by_label("Tag").select_option("small error")
    expect(page.locator("#counts")).to_contain_text("2 texts listed")
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.locator("#counts")).to_have_text("")
    press(page, "/")
    page.keyboard.type("CLOCK is late")
    expect(page.locator("#counts")).to_contain_text("1 text listed")
    expect(page.locator("#output .text")).to_have_text(TEXT)
    page.reload()
    expect(page.locator("#counts")).to_contain_text("1 text listed")
    page.locator("#search").fill("nowhere")
    expect(page.locator("#comparison")).to_contain_text("No text fits the filters")


# -- judging ------------------------------------------------------------------------------------------------


def test_judging_by_keyboard(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    press(page, "a")
    says(page, "Accepted: again 1.")
    press(page, "l", "l", "Escape", "l")
    expect(page.get_by_role("button", name="Earned", exact=True)).to_be_focused()
    assert holds(folder, FIRST).loss is None, "asked, not stored"
    press(page, "Enter")
    says(page, "The loss was worth it.")
    press(page, "n")
    page.keyboard.type("Keeps j and k.")
    press(page, "Control+Enter")
    says(page, "Your note is stored.")
    assert holds(folder, FIRST) == Standing(
        verdict="accept", loss="earned", note="Keeps j and k.", reviewers=("Eve",)
    )
    press(page, "j", "R")
    expect(page.locator("[aria-selected=true]")).to_contain_text("again 1, variant 2")
    says(page, "Rejected: again 2.")
    assert holds(folder, SECOND).verdict == "reject"
    press(page, "k", "k", "s")
    says(page, "Starred: again 1.")
    expect(page.locator("#todo")).to_have_text("22 of 24 texts to do")
    page.reload()
    expect(page.locator("[aria-selected=true]")).to_have_class("row star")
    expect(page.locator("#output")).to_contain_text("★ starred, loss earned by Eve")


def test_undoing(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    reader = sit(workspace.root)
    page = reader.tab()
    press(page, "a")
    says(page, "Accepted: again 1.")
    press(page, "j", "r", "u")
    says(page, "Withdrawn.")
    assert holds(folder, SECOND).verdict is None
    page.reload()
    page.wait_for_selector("body[data-ready]")
    press(page, "u")
    expect(page.locator("#output .text")).to_have_text(TEXT)
    expect(page.locator("#todo")).to_have_text("24 of 24 texts to do")
    assert holds(folder, FIRST) == Standing()
    press(page, "u")
    expect(page.locator("#alarm")).to_contain_text("You have no review to withdraw")
    assert "409" in reader.troubles.pop()


def test_editing(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    press(page, "e")
    area = page.get_by_role("textbox", name="Your version")
    expect(area).to_have_value(TEXT)
    area.fill("The first clock is late.")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    press(page, "e")
    expect(area).to_have_value("The first clock is late.")
    area.press("Control+Enter")
    says(page, "Your version is stored.")
    expect(page.locator("#output .text")).to_have_text("The first clock is late.")
    expect(page.locator(".source del")).to_have_text("It knows.")
    edit = holds(folder, FIRST).edit
    assert edit
    assert reviews.edited_text(folder.path, edit) == "The first clock is late."
    press(page, "e")
    area.fill("Never mind.")
    area.press("Escape")
    expect(area).to_have_count(0)
    press(page, "e")
    expect(area).to_have_value("The first clock is late.")


def test_a_version_opened_again_at_once_was_not_shown(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    """The answer with the stored version came while a text area was open, and was dropped."""
    page = sit(workspace.root).tab()
    press(page, "e")
    area = page.get_by_role("textbox", name="Your version")
    area.fill("The first clock is late.")
    held: list[Route] = []
    page.route("**/api/outputs/*", lambda route: route.continue_() if held else held.append(route))
    area.press("Control+Enter")
    eventually(lambda: page.evaluate("1") and held)
    press(page, "e")
    expect(area).to_have_value("The first clock is late.")
    with page.expect_response("**/api/outputs/*"):
        held[0].continue_()
    # News of the verdict come twice: with the answer, and once more with the next look.
    for _ in range(2):
        page.wait_for_event("response", lambda response: "/api/changes" in response.url)
    area.press("Escape")
    expect(page.locator("#output .text")).to_have_text("The first clock is late.")
    page.unroute_all(behavior="wait")


def test_what_is_half_written_is_there_when_one_comes_back(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    page = sit(workspace.root).tab()
    press(page, "n")
    note = page.get_by_role("textbox", name="Your note")
    note.fill("Half a")
    page.locator("[role=option]").nth(3).click()
    expect(note).to_have_count(0)
    press(page, "n")
    expect(note).to_have_value("")
    press(page, "Escape", "k", "k", "k", "n")
    expect(note).to_have_value("Half a")
    note.press("Control+Enter")
    says(page, "Your note is stored.")
    assert holds(folder, FIRST).note == "Half a"


def test_keys_faster_than_the_texts_come(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    """What is pressed is meant for what was gone to, though it isn't shown yet."""
    reader = sit(workspace.root)
    page = reader.tab()
    page.route("**/api/outputs/*", lambda route: (page.wait_for_timeout(300), route.continue_()))
    press(page, "j", "j", "j", "v")
    expect(page.locator("#output h3").first).to_have_text("again 2, variant 2")
    expect(page.locator("input[value=before]")).to_be_checked()
    press(page, "k", "n")
    expect(page.get_by_role("textbox", name="Your note")).to_be_focused()
    expect(page.locator("#output h3").first).to_have_text("again 1, variant 2")
    page.unroute_all(behavior="ignoreErrors")


def test_choosing_among_variants(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    expect(page.locator(".variants button")).to_have_count(2)
    press(page, "2")
    says(page, "Number 2 accepted, 1 other rejected.")
    assert (holds(folder, FIRST).verdict, holds(folder, OTHER).verdict) == ("reject", "accept")
    press(page, "u")
    says(page, "Withdrawn.")
    assert (holds(folder, FIRST).verdict, holds(folder, OTHER).verdict) == (None, None)
    press(page, "7")
    says(page, "There are 2 variants.")


def test_judging_blind(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    before = page.locator("[role=option] .opening").all_text_contents()[:8]
    press(page, "b")
    expect(page.get_by_label("Blind")).to_be_checked()
    rows = page.locator("[role=option]")
    expect(rows.first).to_contain_text("no. 1")
    shuffled = page.locator("[role=option] .opening").all_text_contents()[:8]
    assert sorted(before) == sorted(shuffled), "within a passage"
    keys = [row.get_attribute("data-key") or "" for row in rows.all()[:8]]
    assert [*sorted(keys[:4]), *sorted(keys[4:])] == keys, "of each kind by keys, which are hashes"
    for row in rows.all():
        assert not re.search(r"variant|step|fake|again \d|once \d", row.text_content() or "")
    expect(page.get_by_label("Step")).to_have_count(0)
    expect(page.locator("#provenance")).not_to_contain_text("fake")
    expect(page.locator("body")).not_to_contain_text("Previous step")
    press(page, "a")
    expect(page.locator("#message")).to_contain_text(re.compile(r"Accepted: again, no\. \d\."))
    page.reload()
    expect(page.get_by_label("Blind")).to_be_checked()
    press(page, "b")
    expect(page.locator("#provenance")).to_contain_text("fake")


def test_two_tabs_at_once(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    reader = sit(workspace.root)
    one = reader.tab()
    other = reader.tab(reader.address.split("#")[0])
    press(other, "j")
    press(one, "a")
    press(other, "r")
    expect(one.locator("#todo")).to_have_text("22 of 24 texts to do")
    expect(other.locator("#todo")).to_have_text("22 of 24 texts to do")
    reviews.say(folder, OTHER, "Adam", verdict="star")
    expect(one.locator("#todo")).to_have_text("21 of 24 texts to do")
    expect(other.locator("#todo")).to_have_text("21 of 24 texts to do")
    press(one, "u")
    expect(other.locator("#todo")).to_have_text("22 of 24 texts to do")
    assert (holds(folder, FIRST).verdict, holds(folder, SECOND).verdict) == (None, "reject"), (
        "each takes back its own"
    )


def test_another_tab_withdrew_this_tabs_review(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    reader = sit(workspace.root)
    one = reader.tab()
    press(one, "a")
    says(one, "Accepted: again 1.")
    press(one, "j", "r")
    says(one, "Rejected: again 2.")
    other = reader.tab(reader.address.split("#")[0])
    press(other, "u")
    says(other, "Withdrawn.")
    press(one, "u")
    expect(one.locator("#alarm")).to_contain_text("You have no review to withdraw")
    assert "409" in reader.troubles.pop()
    press(one, "u")
    says(one, "Withdrawn.")
    assert holds(folder, FIRST) == Standing()


def test_judging_faster_than_it_is_kept(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    """Each capital letter means another text, though nobody has answered the one before."""
    page = sit(workspace.root).tab()
    page.route("**/reviews", lambda route: (page.wait_for_timeout(300), route.continue_()))
    press(page, "A", "R", "S")
    says(page, "Starred: again 1, variant 2.")
    assert [holds(folder, task).verdict for task in (FIRST, SECOND, OTHER)] == ["accept", "reject", "star"]
    page.unroute_all(behavior="ignoreErrors")


def test_a_key_that_is_held_down_judges_once(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    for _ in range(3):
        page.keyboard.down("a")
    page.keyboard.up("a")
    says(page, "Accepted: again 1.")
    for _ in range(2):
        page.keyboard.down("j")
    expect(page.locator("[aria-selected=true]")).to_contain_text("again 1, variant 2")
    assert len(reviews.read(folder.path).reviews) == 1


def test_what_was_judged_leaves_the_list_of_what_is_to_do(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    page = sit(workspace.root).tab()
    page.locator("select[name=verdict]").select_option("todo")
    page.locator("#list").focus()
    press(page, "a")
    says(page, "Accepted: again 1.")
    expect(page.locator("#counts")).to_contain_text("23 texts listed")
    expect(page.locator("[aria-selected=true]")).to_contain_text("accepted")
    press(page, "j", "A")
    says(page, "Accepted: again 2.")
    expect(page.locator("[role=option]").first).to_contain_text("again 1, variant 2")


def test_a_refusal_stays_to_be_read(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    """To hear from the studio every other second isn't to have done something."""
    reader = sit(workspace.root)
    page = reader.tab()
    press(page, "u")
    expect(page.locator("#alarm")).to_contain_text("You have no review to withdraw")
    assert "409" in reader.troubles.pop()
    reviews.say(folder, SECOND, "Adam", verdict="star")
    expect(page.locator("#todo")).to_have_text("23 of 24 texts to do")
    expect(page.locator("#alarm")).to_be_visible()
    press(page, "a")
    expect(page.locator("#alarm")).to_be_hidden()


def test_nothing_closes_because_others_speak(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    page.locator("#provenance summary").first.click()
    page.get_by_label("Kind").focus()
    reviews.say(folder, folder.run.tasks[-1].id, "Adam", verdict="star")
    expect(page.locator("#todo")).to_have_text("23 of 24 texts to do")
    expect(page.locator("#provenance details").first).to_have_attribute("open", "")
    expect(page.get_by_label("Kind")).to_be_focused()


def test_keys_while_no_text_is_open(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    page.locator("#search").fill("nowhere")
    expect(page.locator("#comparison")).to_contain_text("No text fits the filters")
    page.locator("#search").press("Enter")
    for key in "arsARSlne":
        press(page, "x")
        says(page, "This is the last text.")
        press(page, key)
        says(page, "This is the last text." if key in "ARS" else "No text is open.")
    assert not (folder.path / "reviews.jsonl").exists()


# -- while texts are read -----------------------------------------------------------------------------------


def test_what_is_listed_before_it_is_read(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    reviews.say(folder, OTHER, "Adam", verdict="star")
    read: list[str] = []

    def unread(changes: dict[str, Any]) -> dict[str, Any]:
        known = {key: changes["contents"][key] for key in read if key in changes["contents"]}
        return changes | {"version": "0.0", "contents": known, "unread": 24 - len(known)}

    def answer(route: Route) -> None:
        body = route.fetch().json()
        route.fulfill(json=body | {"changes": unread(body["changes"])} if "outputs" in body else unread(body))

    page = sit(workspace.root).tab(routes={"**/api/listing": answer, "**/api/changes?*": answer})
    rows = page.locator("[role=option]")
    expect(rows.first).to_contain_text("again 1")
    expect(page.locator("#reading")).to_have_text("Reading: 0 of 24 texts")
    expect(page.locator("#comparison")).to_contain_text("still being read")
    rows.nth(1).click()
    expect(page.locator("#output h3")).to_have_text("again 2")
    press(page, "a")
    says(page, "Accepted: again 2.")
    page.locator("select[name=verdict]").select_option("starred")
    expect(page.locator("#counts")).to_contain_text("0 texts listed")
    keys = [row["key"] for row in page.evaluate("fetch('api/listing').then((answer) => answer.json())")["outputs"]]
    read += keys[:4]
    expect(page.locator("#counts")).to_contain_text("1 text listed")
    expect(page.locator("#output h3")).to_have_text("again 1, variant 2")
    expect(page.locator("#reading")).to_have_text("Reading: 4 of 24 texts")
    read += keys[4:]
    expect(page.locator("#reading")).to_have_text("")
    expect(page.locator("#todo")).to_have_text("22 of 24 texts to do")
    page.unroute_all(behavior="wait")


def test_outputs_that_are_finished_meanwhile_come_by_themselves(
    folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    asked: list[str] = []

    def fewer(route: Route) -> None:
        body = route.fetch().json()
        asked.append(route.request.url)
        if len(asked) == 1:
            body |= {"outputs": body["outputs"][:3], "changes": body["changes"] | {"listed": -1}}
        route.fulfill(json=body)

    page = sit(workspace.root).tab(routes={"**/api/listing": fewer})
    page.locator("[role=option]").nth(1).click()
    expect(page.locator("#todo")).to_have_text("24 of 24 texts to do")
    expect(page.locator("[aria-selected=true]")).to_have_attribute("aria-setsize", "24")
    expect(page.locator("[aria-selected=true]")).to_contain_text("again 2")
    page.unroute_all(behavior="wait")


# -- strangers ----------------------------------------------------------------------------------------------

EVIL = (
    "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>"
    "[x](javascript:window.ran=1) </textarea></p></main>\u202eesrever\u2066 ${ran} {{ran}} '\">"
    "<svg onload=window.ran=1>"
)


def test_nothing_that_a_stranger_wrote_runs(workspace: Workspace, sit: OpenReader) -> None:
    quoted = EVIL.replace("'", "''")
    essay = f"---\ntitle: '{quoted}'\ntags: ['{quoted}']\n---\n\n# {EVIL}\n\nA text with {EVIL} #tag, #other\n\n"
    (workspace.seeds / "two-clocks.md").write_text(essay, encoding="utf-8")
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(steps=1, variants=2), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    tasks = [task.id for task in folder.run.tasks]
    forge(folder, tasks[0], text=EVIL)
    forge(folder, tasks[1], lambda raw: raw.update(flags=[EVIL]), text="x" * 2**20)
    for task in tasks[:2]:
        reviews.say(folder, task, EVIL, note=EVIL, verdict="accept")
    reviews.edit(folder, tasks[0], "Eve", f"{EVIL} edited")
    reader = sit(workspace.root)
    page = reader.tab()
    heading = page.locator("#output h3").first
    for _ in range(len(tasks)):
        title, here = heading.inner_text(), page.locator("[aria-selected=true]")
        is_last = here.get_attribute("aria-posinset") == here.get_attribute("aria-setsize")
        for view in page.locator("input[name=view]").all():
            view.check()
        page.locator("#provenance summary").first.click()
        press(page, "e")
        page.locator("textarea").press("Escape")
        fits(page)
        press(page, "j")
        if not is_last:
            expect(heading).not_to_have_text(title)
    press(page, "k", "k", "k", "k")
    page.get_by_role("button", name="Show the record").click()
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)
    assert page.evaluate("window.ran") is None
    assert page.locator("body script, body img, body svg").count() == 0
    assert page.locator("body a:not(.skip):not(#pages a):not([href^='passage?'])").count() == 0
    assert "\u202e" not in page.locator("body").inner_text()


def test_a_passage_of_a_million_letters(workspace: Workspace, sit: OpenReader) -> None:
    folder = variants(workspace)
    text = "y" * 2**20

    def change(raw: dict[str, Any]) -> None:
        raw["essays"][0]["passages"][0] |= {"text": text, "sha256": sha256(text)}

    forge_request(folder, change)
    page = sit(workspace.root).tab()
    expect(page.locator(".source .text")).to_contain_text("yyy")
    fits(page)
    press(page, "a")
    says(page, "Accepted: again 1.")


def test_a_broken_output_is_shown_as_such(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    folder.text_path(FIRST).write_text("Changed.\n", encoding="utf-8")
    page = sit(workspace.root).tab()
    expect(page.locator("#output .text")).to_have_text("Changed.")
    expect(page.locator("main .alarm")).to_contain_text("can’t be judged")
    expect(page.locator("[aria-selected=true]")).to_contain_text("broken")
    press(page, "a")
    expect(page.locator("#alarm")).to_contain_text("can’t be judged")
    assert not (folder.path / "reviews.jsonl").exists()
    press(page, "j", "a")
    says(page, "Accepted: again 2.")


def test_a_studio_that_was_closed_says_so(folder: RunFolder, workspace: Workspace, browser: Browser) -> None:
    with served(workspace.root) as (address, process):
        reader = Reader(browser, address)
        page = reader.tab()
        process.terminate()
        process.wait(timeout=30)
        press(page, "a")
        expect(page.locator("#alarm")).to_contain_text("The studio was closed. Open it again with `remix studio`")
        reader.context.close()


# -- for everybody ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (640, 400), (390, 844)])
def test_every_width_and_twice_the_size(
    folder: RunFolder, workspace: Workspace, sit: OpenReader, width: int, height: int
) -> None:
    """At 200 % a window of 1280 by 800 is one of 640 by 400."""
    page = sit(workspace.root).tab()
    page.set_viewport_size({"width": width, "height": height})
    fits(page)
    expect(page.get_by_role("button", name="Accept")).to_be_in_viewport()
    page.get_by_role("button", name="Accept").click()
    says(page, "Accepted: again 1.")
    if width < 700:
        page.get_by_role("button", name="List").click()
    page.locator("[role=option]").nth(2).click()
    expect(page.locator("#output h3").first).to_have_text("again 1, variant 2")
    fits(page)


def test_a_long_word_in_a_title_stays_within_a_narrow_page(workspace: Workspace, sit: OpenReader) -> None:
    essay = workspace.seeds / "two-clocks.md"
    title = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    essay.write_text(essay.read_text(encoding="utf-8").replace("Two Clocks", title), encoding="utf-8")
    own_variants(workspace)
    page = sit(workspace.root).tab()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#comparison h2")).to_have_text(title)
    fits(page)
    box = page.locator("#comparison h2").evaluate("(heading) => [heading.scrollWidth, heading.clientWidth]")
    assert box[0] <= box[1]
    bar = page.locator("#bar").evaluate("(bar) => new Set([...bar.children].map((each) => each.offsetTop)).size")
    assert bar == 1, "the buttons of the bar stand in one row"


def test_without_a_mouse_and_with_a_screen_reader(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root).tab()
    press(page, "j")
    page.get_by_role("listbox", name="Outputs").focus()
    active = page.get_by_role("listbox").get_attribute("aria-activedescendant")
    option = page.locator(f"#{active}")
    expect(option).to_have_attribute("aria-selected", "true")
    assert (option.get_attribute("aria-posinset"), option.get_attribute("aria-setsize")) == ("2", "24")
    press(page, "ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_contain_text("variant 2")
    press(page, "?")
    expect(page.get_by_role("dialog")).to_contain_text("accept the variant of this number")
    press(page, "a", "Escape")
    assert not (folder.path / "reviews.jsonl").exists(), "keys do nothing behind a dialog"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barriers(folder: RunFolder, workspace: Workspace, sit: OpenReader, axe: str, scheme: Any) -> None:
    reviews.say(folder, FIRST, "Eve", verdict="accept", note="Good.")
    reviews.say(folder, SECOND, "Eve", verdict="reject")
    store_made(folder, FIRST, ["said", "turned round"])
    page = sit(workspace.root).tab()
    page.emulate_media(color_scheme=scheme)
    states = {
        "the studio": [],
        "a reading": ["v"],
        "help": ["?"],
        "a note": ["Escape", "n"],
        "blind": ["Escape", "b"],
        "narrow": ["b"],
    }
    for state, keys in states.items():
        press(page, *keys)
        if state == "narrow":
            page.set_viewport_size({"width": 390, "height": 844})
        assert barriers(page, axe) == [], state


# -- made by the model --------------------------------------------------------------------------------------


@pytest.mark.model
def test_a_run_by_the_model(workspace: Workspace, sit: OpenReader) -> None:
    job = prepare.prepare(workspace, Options(kinds=("again",), steps=2, variants=2, limit=1))
    folder = execute.generate(job, workspace.outputs).folder
    page = sit(workspace.root).tab()
    expect(page.locator("#output .text")).to_have_text(" ".join(folder.read(FIRST)[1].split()))
    page.locator("#output .word").last.hover()
    expect(page.locator("#alternatives li")).not_to_have_count(0)
    press(page, "2")
    says(page, "Number 2 accepted, 1 other rejected.")
    press(page, "e")
    page.get_by_role("textbox", name="Your version").fill("Mine.")
    page.get_by_role("textbox", name="Your version").press("Control+Enter")
    says(page, "Your version is stored.")
    page.reload()
    expect(page.locator("#todo")).to_have_text("2 of 4 texts to do")
    edit = holds(folder, FIRST).edit
    assert edit
    assert reviews.edited_text(folder.path, edit) == "Mine."
