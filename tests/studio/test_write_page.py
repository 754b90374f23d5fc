"""The page for writing in a browser: from a tag to texts, then stop, go on and redo.

With the bundled model, or where any text will do with its short form.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from remix.outputs import RunFolder, reviews
from remix.outputs.runs import list_runs
from remix.studio.engine_messages import RedoRequest
from remix.studio.job_records import Job
from remix.studio.job_texts import JobTexts, texts_of
from remix.verification.verify import verify
from remix.workspace import Workspace, init, open_workspace
from tests.conftest import eventually
from tests.played_engine import Played
from tests.studio.test_job_store import abandoned
from tests.studio_pages import OpenReader, barriers, fits, needs_browser, press, says, turn_to
from tests.studio_server import variants

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

pytestmark = needs_browser
with_model = pytest.mark.model

LATE = 120_000
"""Milliseconds that a model may take to write a text on a busy machine."""


@pytest.fixture(autouse=True)
def _four_at_once(workspace: Workspace) -> None:
    """The first text is finished sooner than if sixteen were written with it."""
    write_settings(workspace)


@pytest.fixture
def _short(workspace: Workspace, short_path: Path, _four_at_once: None) -> None:
    """The short model writes."""
    write_settings(workspace, short_path)


def write_settings(workspace: Workspace, model: Path | None = None) -> None:
    named = f'model = "{model}"\n' if model else ""
    (workspace.root / "remix.toml").write_text(f"{named}[generate]\nparallel = 4\n", encoding="utf-8")


def write_page(sit: OpenReader, workspace: Workspace, size: tuple[int, int] = (1280, 800)) -> Page:
    page = sit(workspace.root, command="studio").tab()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.get_by_role("link", name="Write").click()
    page.wait_for_selector("body.write-page[data-ready]")
    return page


def the_run(workspace: Workspace, number: int = 0) -> RunFolder:
    return RunFolder.open(list_runs(workspace.outputs)[number])


def job(page: Page, state: str) -> Locator:
    return page.locator(f".job.{state}").first


def finished_text(page: Page) -> Locator:
    return page.locator(".text", has=page.locator(".verdicts")).first


def choose_much(page: Page) -> None:
    """240 texts of twelve tokens, so that nobody is faster than the buttons."""
    page.get_by_role("button", name=re.compile("^clocks")).click()
    page.get_by_label("Variants").fill("20")


@with_model
def test_by_mouse_from_a_tag_to_another_variant(sit: OpenReader, workspace: Workspace) -> None:
    from playwright.sync_api import expect

    page = write_page(sit, workspace)
    expect(page.get_by_role("button", name=re.compile("^time"))).to_contain_text("3")
    choose_much(page)
    expect(page.locator(".estimate")).to_contain_text("240 texts from 2 passages", timeout=LATE)
    expect(page.locator(".estimate")).to_contain_text("About")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".text.writing").first).to_be_visible(timeout=LATE)
    expect(finished_text(page)).to_be_visible(timeout=LATE)
    job(page, "writing").get_by_role("button", name="Stop").click()
    expect(job(page, "stopped")).to_be_visible(timeout=LATE)
    expect(page.locator(".text.writing")).to_have_count(0)
    folder = the_run(workspace)
    done = len(folder.done)
    assert 0 < done < 240
    expect(job(page, "stopped")).to_contain_text(f"{done} of 240")
    expect(page.locator(".text", has=page.locator(".verdicts"))).to_have_count(done)
    # Go on, and stop again.
    job(page, "stopped").get_by_role("button", name="Go on").click()
    expect(job(page, "writing")).to_be_visible(timeout=LATE)
    eventually(lambda: len(folder.done) > done, 120)
    job(page, "writing").get_by_role("button", name="Stop").click()
    expect(page.locator(".job.writing, .job.stopping")).to_have_count(0, timeout=LATE)
    # Another variant comes in beside the text.
    first = finished_text(page)
    before = len(folder.done)
    expect(page.locator(".text", has=page.locator(".verdicts"))).to_have_count(before)
    words = first.locator("p").first.inner_text()
    first.get_by_role("button", name="Redo").click()
    says(page, "Another variant will be written; this text stays.")
    expect(page.locator(".text", has=page.locator(".verdicts"))).to_have_count(before + 1, timeout=LATE)
    expect(page.locator(".text h4", has_text="variant 21").first).to_be_visible()
    assert first.locator("p").first.inner_text() == words
    redone = the_run(workspace, 1)
    assert redone.run.redoes
    # The page shows a text before its run is sealed.
    eventually(lambda: redone.is_sealed)
    assert [verify(each.path).findings for each in (folder, redone)] == [(), ()]


@with_model
@pytest.mark.usefixtures("_short")
def test_by_keyboard_alone(sit: OpenReader, workspace: Workspace) -> None:
    from playwright.sync_api import expect

    page = sit(workspace.root, command="studio").tab()
    turn_to(page, "w", "**/write*")
    page.wait_for_selector("body.write-page[data-ready]")
    press(page, "n")
    expect(page.locator("#form button").first).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#form button").first).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Variants").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("20")
    expect(page.locator(".estimate")).to_contain_text("360 texts", timeout=LATE)
    page.keyboard.press("Enter")
    says(page, "The run has been queued.")
    expect(finished_text(page)).to_be_visible(timeout=LATE)
    page.locator("body").focus()
    page.evaluate("document.activeElement.blur()")
    press(page, "x")
    expect(job(page, "stopped")).to_be_visible(timeout=LATE)
    press(page, "j")
    expect(page.locator(".text.selected")).to_be_focused()
    press(page, "a")
    says(page, "The text is accepted.")
    expect(page.locator(".text.selected .mark")).to_have_text("✓")
    press(page, "j", "k", "s")
    says(page, "The text is starred.")
    press(page, "w")
    expect(page.locator(".job.finished", has_text="Another variant")).to_be_visible(timeout=LATE)
    folder = the_run(workspace)
    (standing,) = reviews.standings(reviews.read(folder.path).reviews).values()
    assert standing.verdict == "star"
    press(page, "j", "r")
    says(page, "The text is rejected.")
    press(page, "o")
    expect(job(page, "finished")).to_be_visible()


@with_model
@pytest.mark.usefixtures("_short")
def test_on_a_phone(sit: OpenReader, workspace: Workspace) -> None:
    from playwright.sync_api import expect

    page = write_page(sit, workspace, (390, 844))
    fits(page)
    choose_much(page)
    page.get_by_role("button", name="Begin").click()
    expect(finished_text(page)).to_be_visible(timeout=LATE)
    fits(page)
    job(page, "writing").get_by_role("button", name="Stop").click()
    expect(job(page, "stopped")).to_be_visible(timeout=LATE)
    finished_text(page).get_by_role("button", name="Accept").click()
    says(page, "The text is accepted.")
    job(page, "stopped").get_by_role("button", name="Go on").click()
    expect(job(page, "writing")).to_be_visible(timeout=LATE)
    job(page, "writing").get_by_role("button", name="Stop").click()
    expect(page.locator(".job.writing, .job.stopping")).to_have_count(0, timeout=LATE)
    finished_text(page).get_by_role("button", name="Redo").click()
    expect(page.locator(".job.finished", has_text="Another variant")).to_be_visible(timeout=LATE)
    fits(page)


@with_model
@pytest.mark.usefixtures("_short")
def test_a_reload_and_a_second_tab_show_what_is_being_written(sit: OpenReader, workspace: Workspace) -> None:
    from playwright.sync_api import expect

    page = write_page(sit, workspace)
    choose_much(page)
    page.get_by_role("button", name="Begin").click()
    expect(finished_text(page)).to_be_visible(timeout=LATE)
    address = page.url
    assert "tag=clocks" in address
    assert "variants=20" in address
    page.reload()
    page.wait_for_selector("body.write-page[data-ready]")
    expect(job(page, "writing")).to_be_visible()
    expect(finished_text(page)).to_be_visible(timeout=LATE)
    expect(page.locator(".chips button", has_text="clocks")).to_have_attribute("aria-pressed", "true")
    other = page.context.new_page()
    other.goto(address)
    other.wait_for_selector("body.write-page[data-ready]")
    expect(other.locator(".text.writing").first).to_be_visible(timeout=LATE)
    job(other, "writing").get_by_role("button", name="Stop").click()
    for each in (other, page):
        expect(job(each, "stopped")).to_be_visible(timeout=LATE)


def test_a_run_that_is_written_elsewhere_is_listed_as_long_as_it_is_written(
    sit: OpenReader, workspace: Workspace
) -> None:
    from playwright.sync_api import expect

    folder = variants(workspace)
    for task in folder.run.tasks[4:]:
        folder.record_path(task.id).unlink()
    page = write_page(sit, workspace)
    elsewhere = page.locator(".job.elsewhere")
    with folder.lock():
        expect(elsewhere).to_contain_text("written by another process")
        expect(elsewhere).to_contain_text("4 of 24")
        expect(elsewhere.get_by_role("link")).to_have_attribute("href", f"desk?run={folder.path.name}")
    expect(elsewhere).to_have_count(0)


def test_the_mark_of_a_verdict_vanished_when_the_run_ended(sit: OpenReader, workspace: Workspace) -> None:
    """The verdict was stored; but the texts, asked for when the run ended, were answered as they had been before."""
    from playwright.sync_api import expect

    folder = variants(workspace)
    job = Job(id="1", does="write", about="clocks", created=datetime.now(UTC), run=folder.run.name, planned=24)
    told = "".join(
        f"event: job\ndata: {job.model_copy(update={'state': state}).model_dump_json()}\n\n"
        for state in ("writing", "finished")
    )
    asked: list[tuple[Route, JobTexts]] = []
    page = sit(workspace.root, command="studio").tab()
    page.route(
        "**/api/events",
        lambda route: route.fulfill(body=f"retry: 600000\n\n{told}", content_type="text/event-stream"),
    )
    page.route("**/api/jobs/1/texts", lambda route: asked.append((route, texts_of(folder))))
    page.goto(f"{page.url}write")
    page.wait_for_selector("body.write-page[data-ready]")

    def answer(number: int) -> None:
        eventually(lambda: page.evaluate("1") and len(asked) > number)
        route, texts = asked[number]
        route.fulfill(json=texts.model_copy(update={"after": number}).model_dump(mode="json"))

    answer(0)
    expect(finished_text(page)).to_be_visible()
    press(page, "j", "a")
    says(page, "The text is accepted.")
    answer(1)
    answer(2)
    expect(page.get_by_text("2 passages to come")).to_be_visible()
    expect(page.locator(".text.selected .mark")).to_have_text("✓")


def test_passages_are_chosen_by_hand_and_kept_in_the_address(sit: OpenReader, workspace: Workspace) -> None:
    from playwright.sync_api import expect

    page = write_page(sit, workspace)
    page.get_by_text("By essay, query, likeness or hand").click()
    page.get_by_text("Choose passages by hand").click()
    page.locator(".by-hand li", has_text="The second clock").get_by_role("checkbox").check()
    expect(page.locator(".by-hand summary")).to_contain_text("1 chosen by hand")
    expect(page.locator(".other-ways > summary")).to_have_text("By essay, query, likeness or hand hand")
    page.reload()
    page.wait_for_selector("body.write-page[data-ready]")
    assert "passage=two-clocks%2F002" in page.url
    expect(page.locator(".by-hand li", has_text="The second clock").get_by_role("checkbox")).to_be_checked()


def test_kinds_and_steps_were_out_of_sight_at_1280_by_800(sit: OpenReader, tmp_path: Path) -> None:
    """In a garden with many tags, as the shipped essays are."""
    from playwright.sync_api import expect

    init(tmp_path / "shipped")
    page = write_page(sit, open_workspace(tmp_path / "shipped"))
    page.get_by_role("button", name=re.compile("^maps")).click()
    expect(page.locator(".estimate")).to_contain_text("About", timeout=LATE)
    kinds = page.locator("#form .kind").all()
    fields = [page.get_by_label(name) for name in ("Steps", "Variants", "Best of")]
    foot = page.locator(".ready").bounding_box()
    boxes = [each.bounding_box() for each in (*kinds, *fields)]
    assert len(boxes) > 6
    assert foot
    assert all(box and box["y"] > 0 and box["y"] + box["height"] <= foot["y"] for box in boxes), (boxes, foot)


def test_what_cannot_be_begun_is_said(sit: OpenReader, workspace: Workspace) -> None:
    from playwright.sync_api import expect

    page = write_page(sit, workspace)
    expect(page.locator(".estimate")).to_have_text("Choose a tag, an essay, a query or passages.")
    press(page, "b")
    says(page, "Choose a tag, an essay, a query or passages.")
    page.get_by_text("By essay, query, likeness or hand").click()
    page.get_by_label("Query").fill("tag:time and (")
    expect(page.locator(".estimate.wrong")).to_contain_text("--where", timeout=LATE)
    page.get_by_label("Query").fill("no-such-tag")
    expect(page.locator(".estimate.wrong")).to_contain_text("no passage matches", timeout=LATE)
    press(page, "Escape")
    assert list_runs(workspace.outputs) == []


def test_a_run_that_waited_when_the_studio_was_closed_is_held(sit: OpenReader, workspace: Workspace) -> None:
    from playwright.sync_api import expect

    Played(workspace).jobs.add(RedoRequest(output="a-run:two-clocks/001/again.1"))
    abandoned(workspace)
    page = write_page(sit, workspace)
    held = job(page, "held")
    expect(held).to_contain_text("Another variant of two-clocks/001/again.1")
    expect(held).to_contain_text("waited when the studio was closed")
    held.get_by_role("button", name="Cancel").click()
    expect(job(page, "stopped")).to_be_visible()
    assert not list(workspace.outputs.glob(".queue-*"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(sit: OpenReader, workspace: Workspace, axe: str, scheme: str, width: int) -> None:
    page = write_page(sit, workspace, (width, 800))
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.get_by_role("button", name=re.compile("^clocks")).click()
    page.get_by_text("By essay, query, likeness or hand").click()
    page.get_by_text("Choose passages by hand").click()
    page.get_by_text("More models").click()
    page.wait_for_selector(".by-hand li")
    assert barriers(page, axe) == []
