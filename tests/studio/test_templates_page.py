"""The page for templates in a browser: read, changed, tried with the bundled model, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from remix.outputs.runs import list_runs
from remix.workspace import Workspace
from tests.conftest import TEMPLATE
from tests.studio_pages import OpenReader, barriers, fits, needs_browser, press, says, turn_to

pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = needs_browser

LATE = 120_000
"""Milliseconds that a model may take to write a text on a busy machine."""


def opened(sit: OpenReader, workspace: Workspace, size: tuple[int, int] = (1280, 800)) -> Page:
    page = sit(workspace.root, command="studio").tab()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    turn_to(page, "t", "**/templates*")
    page.wait_for_selector("body.templates-page[data-ready]")
    return page


@pytest.mark.model
def test_read_changed_tried_and_kept_by_keyboard(workspace: Workspace, sit: OpenReader) -> None:
    page = opened(sit, workspace)
    source = page.get_by_label("The template")
    expect(source).to_have_value(TEMPLATE)
    press(page, "j")
    expect(page.locator("#template-title")).to_have_text("once")
    press(page, "e", "Control+End")
    page.keyboard.type("{{ nobody }}")
    expect(page.locator("#checked")).to_contain_text("once-2.md.j2:9: unknown variable `nobody`.")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(source).to_have_value(f"{TEMPLATE}{{{{ nobody }}}}")
    page.get_by_role("button", name="Line 9").click()
    page.keyboard.type("Be brief.")
    expect(page.locator("#checked")).to_contain_text("It can be kept")
    press(page, "Control+Enter")
    tried = page.locator(".tried")
    expect(tried.locator("summary")).to_be_visible(timeout=LATE)
    assert tried.locator(".text").inner_text()
    tried.locator("summary").click()
    expect(tried.locator("pre")).to_contain_text("Be brief.")
    expect(page.locator(".try [role=status]")).to_have_text("finished", timeout=LATE)
    assert list_runs(workspace.outputs) == []
    press(page, "Escape", "n", "Control+a")
    page.keyboard.type("brief")
    press(page, "Enter")
    says(page, "Kept as prompts/brief.md.j2.")
    kept = workspace.prompts / "brief.md.j2"
    assert kept.read_text(encoding="utf-8") == f"{TEMPLATE}Be brief.\n"
    expect(page.locator("#template-title")).to_have_text("brief")
    assert (workspace.prompts / "once.md.j2").read_text(encoding="utf-8") == TEMPLATE


def test_what_is_not_kept_is_not_lost(workspace: Workspace, sit: OpenReader) -> None:
    reader = sit(workspace.root, command="studio")
    page = opened(lambda *_, **__: reader, workspace)
    source = page.get_by_label("The template")
    source.fill(f"{TEMPLATE}More.\n")
    page.locator(".list button", has=page.get_by_text("once", exact=True)).click()
    expect(source).to_have_value(TEMPLATE)
    page.locator(".list button", has=page.get_by_text("again", exact=True)).click()
    expect(source).to_have_value(f"{TEMPLATE}More.\n")
    expect(page.locator(".list [aria-current]")).to_contain_text("changed here")
    page.get_by_label("New kind").fill("once")
    page.get_by_role("button", name="Keep as a new kind").click()
    expect(page.locator("#alarm")).to_contain_text("there is a kind 'once' already.")
    assert "409" in reader.troubles.pop()
    expect(source).to_have_value(f"{TEMPLATE}More.\n")
    page.get_by_role("button", name="Back to the file").click()
    expect(source).to_have_value(TEMPLATE)
    assert sorted(path.name for path in workspace.prompts.iterdir()) == ["again.md.j2", "once.md.j2"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280, 1600])
def test_no_barriers(workspace: Workspace, sit: OpenReader, axe: str, scheme: Any, width: int) -> None:
    page = opened(sit, workspace, (width, 800))
    page.emulate_media(color_scheme=scheme)
    fits(page)
    expect(page.locator("#checked")).to_contain_text("It can be kept")
    assert barriers(page, axe) == []
    page.get_by_label("The template").fill("---\ndescription: x\n---\n{{ nobody }}")
    expect(page.get_by_role("button", name="Line 4")).to_be_visible()
    fits(page)
    assert barriers(page, axe) == []
