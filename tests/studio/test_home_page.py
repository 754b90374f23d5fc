"""The home page in a browser."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from remix.generation import execute, prepare
from remix.outputs import RunFolder, reviews
from remix.records import Options
from remix.workspace import Workspace
from tests.conftest import FakeWriter
from tests.studio_pages import OpenReader, barriers, fits, needs_browser, press, turn_to
from tests.studio_server import FIRST, PASSAGE, variants

pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import expect

pytestmark = needs_browser


def write(workspace: Workspace, **options: Any) -> RunFolder:
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(**options), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    return folder


def test_all_of_the_workspace(workspace: Workspace, sit: OpenReader) -> None:
    folder = variants(workspace)
    reviews.say(folder, FIRST, "Eve", verdict="star")
    reader = sit(workspace.root, command="studio")
    page = reader.tab()
    main = page.locator("#page")
    expect(main.get_by_role("button", name="clocks 2", exact=True)).to_be_visible()
    expect(main.get_by_role("button", name="Two Clocks")).to_contain_text("3 passages, 24 texts")
    expect(main.locator(".finished")).to_contain_text("24 of 24 texts, finished")
    expect(main.locator(".finished")).to_contain_text("1 judged, 1 accepted")
    accepted = main.get_by_role("link", name="★ The first clock is late.")
    expect(accepted).to_have_attribute("href", f"passage?id={PASSAGE.replace('/', '%2F')}&at={key_of(page)}")
    assert "key=" not in page.url, "the key is in no history that a reload would show"
    fits(page)


def key_of(page: Any) -> str:
    listing = page.evaluate("fetch('api/listing').then((answer) => answer.json())")
    return str(next(row["key"] for row in listing["outputs"] if (row["kind"], row["step"]) == ("again", 1)))


def test_passages_of_a_tag_of_an_essay_and_of_a_query(workspace: Workspace, sit: OpenReader) -> None:
    variants(workspace)
    page = sit(workspace.root, command="studio").tab()
    page.get_by_role("button", name="small error").click()
    expect(page.get_by_role("heading", name="Passages with #small error")).to_be_visible()
    expect(page.get_by_role("link", name="Write with this tag")).to_have_attribute("href", "write?tag=small+error")
    expect(page.locator(".lines a[href^=passage]").first).to_contain_text("8 texts")
    page.reload()
    expect(page.get_by_role("heading", name="Passages with #small error")).to_be_visible()
    press(page, "Escape")
    page.get_by_role("button", name="Two Clocks").click()
    expect(page.locator(".lines a[href^=passage]")).to_have_count(3)
    page.go_back()
    expect(page.get_by_role("heading", name="Essays")).to_be_visible()
    press(page, "/")
    page.keyboard.type("text:second")
    press(page, "Enter")
    expect(page.locator(".lines a[href^=passage]").first).to_contain_text("The first clock runs fast.")
    page.locator(".lines a[href^=passage]").first.click()
    expect(page.get_by_role("heading", name="Two Clocks", level=1)).to_be_visible()


def test_a_query_that_is_wrong_is_told(workspace: Workspace, sit: OpenReader) -> None:
    reader = sit(workspace.root, command="studio")
    page = reader.tab()
    page.locator("#query").fill("tag:")
    page.locator("#query").press("Enter")
    expect(page.locator("#alarm")).to_be_visible()
    assert "409" in reader.troubles.pop()


def test_a_run_that_is_not_finished_says_how_far_it_is(workspace: Workspace, sit: OpenReader) -> None:
    """The desk said of such a run: all 0 texts judged."""
    folder = write(workspace, steps=2, variants=2)
    for task in folder.run.tasks[4:]:
        folder.record_path(task.id).unlink()
    page = sit(workspace.root, command="studio").tab()
    expect(page.locator(".stopped")).to_contain_text("4 of 24 texts, stopped")
    expect(page.get_by_role("button", name="Go on with")).to_be_visible()
    with folder.lock():
        page.reload()
        expect(page.locator(".writing")).to_contain_text("4 of 24 texts, being written")
        page.locator(".writing a").click()
        expect(page.locator("#todo")).to_have_text("4 of 24 texts written, 4 of 4 to do")


def test_a_run_that_appears_while_the_page_is_open(workspace: Workspace, sit: OpenReader) -> None:
    page = sit(workspace.root, command="studio").tab()
    expect(page.locator("#page")).to_contain_text("No run yet.")
    folder = write(workspace, kinds=("again",), steps=1)
    expect(page.locator(".finished")).to_contain_text("3 of 3 texts")
    expect(page.get_by_role("button", name="Two Clocks")).to_contain_text("3 texts")
    shutil.rmtree(folder.path)
    expect(page.locator("#page")).to_contain_text("No run yet.")


@pytest.mark.parametrize("has_folders", [False, True])
def test_a_fresh_workspace_says_what_to_do(tmp_path: Path, sit: OpenReader, has_folders: bool) -> None:
    for name in ("seeds", "prompts") if has_folders else ():
        (tmp_path / name).mkdir()
    page = sit(tmp_path, command="studio").tab()
    expect(page.locator("#page")).to_contain_text("Put essays or notes")
    expect(page.locator("#page")).to_contain_text("No run yet.")
    fits(page)


def test_the_pages_by_key(workspace: Workspace, sit: OpenReader) -> None:
    variants(workspace)
    page = sit(workspace.root, command="studio").tab()
    turn_to(page, "d", "**/desk*")
    expect(page.locator("#output .text")).to_be_visible()
    expect(page.get_by_role("link", name="Desk")).to_have_attribute("aria-current", "page")
    turn_to(page, "h", re.compile("/$"))
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    press(page, "j", "?")
    expect(page.get_by_role("dialog")).to_contain_text("find passages")
    press(page, "Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barriers(workspace: Workspace, sit: OpenReader, axe: str, scheme: Any) -> None:
    folder = variants(workspace)
    reviews.say(folder, FIRST, "Eve", verdict="accept")
    page = sit(workspace.root, command="studio").tab()
    page.emulate_media(color_scheme=scheme)
    assert barriers(page, axe) == []
    page.get_by_role("button", name="small error").click()
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)
    assert barriers(page, axe) == [], "narrow"
