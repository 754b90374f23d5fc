"""Roads, going on from an edit, and the map of branches in a browser.

With the bundled model, or where any text with some words will do with its short form: `folder` and `short_folder`.
"""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from remix.generation import execute, prepare
from remix.outputs import RunFolder
from remix.outputs.layout import MANIFEST
from remix.outputs.runs import list_runs
from remix.records import Options
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import eventually, make_workspace
from tests.studio_pages import OpenReader, barriers, fits, needs_browser, place_of, press, says
from tests.studio_server import PASSAGE, engines_of

pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [needs_browser, pytest.mark.model]

TASK = f"{PASSAGE}/once.1"

LATE = 120_000
"""Milliseconds that a model may take to write a text on a busy machine."""

MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def _by_the_bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(make_workspace(tmp_path_factory.mktemp("bundled") / "garden")).path


@pytest.fixture(scope="module")
def _by_the_short(short_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It writes nonsense: the first run counts whose text begins with words that can be clicked."""
    place = make_workspace(tmp_path_factory.mktemp("short") / "garden")
    runs = (write(place, model=str(short_path), seed=seed) for seed in range(100))
    return next(run.path for run in runs if re.match(r"\w+ \w{3,} \w{3,}\b", run.read(TASK)[1]))


@pytest.fixture
def folder(workspace: Workspace, _by_the_bundled: Path) -> RunFolder:
    """A run of one text by the bundled model."""
    return RunFolder.open(shutil.copytree(_by_the_bundled, workspace.outputs / _by_the_bundled.name))


@pytest.fixture
def short_folder(short_garden: Workspace, _by_the_short: Path) -> RunFolder:
    """A run of one text by the short model, with which the workspace's studio goes on."""
    return RunFolder.open(shutil.copytree(_by_the_short, short_garden.outputs / _by_the_short.name))


def write(workspace: Workspace, **chosen: Any) -> RunFolder:
    """A run of one text."""
    job = prepare.prepare(workspace, Options(passages=(PASSAGE,), kinds=("once",), steps=1, **chosen), {})
    return execute.generate(job, workspace.outputs).folder


def opened(sit: OpenReader, workspace: Workspace, size: tuple[int, int] = (1280, 800)) -> Page:
    page = sit(workspace.root, command="studio").tab()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{page.url}passage?id={PASSAGE}")
    page.wait_for_selector("body[data-ready]")
    return page


def branches(workspace: Workspace, count: int) -> list[RunFolder]:
    """The runs of branches, the oldest first: so many, all sealed. A page shows a text before its run is sealed."""
    found: list[RunFolder] = []

    def are_finished() -> bool:
        runs = [RunFolder.open(path) for path in list_runs(workspace.outputs)]
        found[:] = [folder for folder in runs if folder.run.tasks[0].branch]
        return len(found) >= count and all((folder.path / MANIFEST).is_file() for folder in found)

    eventually(are_finished)
    assert len(found) == count
    return found


def written(page: Page, count: int) -> None:
    """So many branches are finished on the page."""
    expect(page.locator(".card:not(.live) .shared")).to_have_count(count, timeout=LATE)
    expect(page.locator(".card.live")).to_have_count(0, timeout=LATE)


def click_word(text: Locator, word: str) -> None:
    """Click in the middle of a word of a text."""
    text.click(position=place_of(text, word))


def test_by_keyboard(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    _, text = folder.read(TASK)
    page = opened(sit, workspace)
    press(page, "t")
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("a choice among")
    expect(panel.locator("button.way").first).to_be_focused()
    before = panel.locator(".road-word").inner_text()
    press(page, "ArrowRight" if text.split()[-1] not in before else "ArrowLeft")
    expect(panel.locator(".road-word")).not_to_have_text(before)
    press(page, "ArrowDown")
    word = panel.locator("button.way").nth(1).locator("span").first.inner_text()
    press(page, "Enter")
    says(page, f"From “{word}” on, the text is being written anew; this one stays.")
    expect(panel).to_be_hidden()
    written(page, 1)
    expect(page.locator(".card .turn")).to_contain_text(word)
    assert page.locator(".card:not(.source) .text").first.inner_text() == text
    (branch,) = branches(workspace, 1)
    assert branch.run.tasks[0].branch is not None
    assert branch.run.tasks[0].branch.original == folder.read(TASK)[0].id
    # The map has both, and leads to the branch and back.
    press(page, "b")
    items = page.get_by_role("treeitem")
    expect(items).to_have_count(2)
    expect(items.first).to_be_focused()
    press(page, "ArrowRight")
    expect(items.last).to_be_focused()
    expect(page.locator(".card[aria-current] .turn")).to_be_visible()
    press(page, "ArrowLeft")
    expect(items.first).to_be_focused()
    press(page, "ArrowDown", "Enter", "t")
    expect(panel).to_contain_text("a choice among")
    # A road of the road, with words of one's own.
    panel.locator("input").fill("perhaps the moon")
    press(page, "Enter")
    written(page, 2)
    expect(page.locator(".card .turn", has_text="perhaps the moon")).to_be_visible()
    expect(page.locator("[role=treeitem][aria-level='3']")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("treeitem")).to_have_count(3)
    assert [verify(each.path).findings for each in (folder, *branches(workspace, 2))] == [(), (), ()]


def test_by_mouse(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    words = folder.read(TASK)[1].split()
    page = opened(sit, workspace)
    text = page.locator(".card:not(.source) .text").first
    panel = page.get_by_role("dialog")
    click_word(text, words[1])
    expect(panel).to_contain_text(f"Instead of “{words[1]}”")
    click_word(text, words[2])
    expect(panel).to_contain_text(f"Instead of “{words[2]}”")
    page.locator(".source").click()
    expect(panel).to_be_hidden()
    cards = page.locator(".card").count()
    for number in (0, 1):
        # A card that comes moves the text: the next click waits for the card of the road before.
        expect(page.locator(".card")).to_have_count(cards + number)
        click_word(text, words[1])
        panel.locator("button.way").nth(number).click()
    written(page, 2)
    expect(page.get_by_role("treeitem")).to_have_count(3)
    page.get_by_role("treeitem").last.click()
    expect(page.locator(".card[aria-current] .turn")).to_be_visible()
    page.locator(".card[aria-current]").get_by_role("button", name="Redo").click()
    expect(page.locator(".card:not(.live) .shared")).to_have_count(3, timeout=LATE)


def test_going_on_from_an_edit(folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    _, text = folder.read(TASK)
    page = opened(sit, workspace)
    press(page, "e")
    area = page.locator("textarea")
    expect(area).to_be_focused()
    expect(area).to_have_value(text)
    # As the model wrote it, there is nothing to go on from: the page says so, and the text area can be opened again.
    press(page, "Control+Shift+Enter")
    expect(page.locator("#alarm")).to_contain_text("the cursor is at the end of the text", timeout=LATE)
    press(page, "e")
    expect(area).to_be_editable()
    press(page, "Control+Home")
    page.keyboard.type("A slow moon rose, and then ")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    press(page, "e")
    expect(area).to_have_value(f"A slow moon rose, and then {text}")
    area.evaluate("(area) => area.setSelectionRange(27, 27)")
    press(page, "Control+Shift+Enter")
    says(page, "The model goes on from your words; the text before stays.")
    expect(area).to_have_count(0)
    written(page, 1)
    (branch,) = branches(workspace, 1)
    assert branch.read(branch.run.tasks[0].id)[1].startswith("A slow moon rose, and then")
    assert folder.read(TASK)[1] == text
    # Words of one's own after the cursor aren't lost.
    page.locator(".card[data-key]").first.focus()
    press(page, "e")
    expect(area).to_have_value(text)
    area.fill("Her beginning. Her end.")
    area.evaluate("(area) => area.setSelectionRange(14, 14)")
    press(page, "Control+Shift+Enter")
    says(page, "What you wrote after the cursor isn’t part of the new text: it stays here.")
    written(page, 2)
    expect(area).to_have_value("Her beginning. Her end.")
    press(page, "Control+Enter")
    says(page, "Your version is stored.")
    expect(page.locator(".card[data-key]").first).to_contain_text("Her beginning. Her end.")
    press(page, "t")
    says(page, "These are your words: e lets the model go on from them.")
    assert all(verify(each.path).findings == () for each in (folder, *branches(workspace, 2)))


def test_on_a_phone(short_folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    words = short_folder.read(TASK)[1].split()
    page = opened(sit, workspace, (390, 844))
    text = page.locator(".card:not(.source) .text").first
    text.scroll_into_view_if_needed()
    click_word(text, words[1])
    panel = page.get_by_role("dialog")
    box = panel.bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, 390)
    assert box["y"] + box["height"] == 844
    fits(page)
    panel.locator("button.way").first.click()
    written(page, 1)
    fits(page)
    expect(page.locator(".card:not(.source)").nth(1)).to_be_in_viewport(ratio=0.5)


def test_at_the_desk(short_folder: RunFolder, workspace: Workspace, sit: OpenReader) -> None:
    _, text = short_folder.read(TASK)
    page = sit(workspace.root, command="studio").tab()
    page.goto(f"{page.url}desk")
    page.wait_for_selector("body[data-ready]")
    output = page.locator("#output .text")
    click_word(output, text.split()[1])
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("Instead of")
    press(page, "Escape", "t")
    expect(page.locator("button.way").first).to_be_focused()
    press(page, "ArrowDown", "Enter")
    beside = page.locator(".beside article")
    expect(beside.get_by_role("link")).to_have_count(1, timeout=LATE)
    press(page, "w")
    expect(beside.get_by_role("link")).to_have_count(2, timeout=LATE)
    press(page, "e")
    expect(page.locator("textarea")).to_be_focused()
    press(page, "Control+Home")
    page.keyboard.type("Moonlight and ")
    press(page, "Control+Shift+Enter")
    expect(beside.get_by_role("link")).to_have_count(3, timeout=LATE)
    expect(beside.last.locator(".text")).to_contain_text("Moonlight and")
    expect(output).to_have_text(text)
    beside.last.get_by_role("link").click()
    expect(page.locator(".card[aria-current] .text")).to_contain_text("Moonlight and")
    branches(workspace, 2)


def test_after_twelve_roads_further_ones_leave_nothing_behind(
    short_folder: RunFolder, workspace: Workspace, sit: OpenReader
) -> None:
    """In the engine's process, threads and memory; on the page, what isn't a text."""
    page = opened(sit, workspace)
    inspector = page.context.new_cdp_session(page)
    inspector.send("Performance.enable")

    def measured() -> dict[str, float]:
        inspector.send("HeapProfiler.collectGarbage")
        of_page = {each["name"]: each["value"] for each in inspector.send("Performance.getMetrics")["metrics"]}
        (engine,) = engines_of(psutil.Process())
        return {
            "heap": of_page["JSHeapUsedSize"] / MEBIBYTE,
            "listeners": of_page["JSEventListeners"],
            "engine": engine.memory_info().rss / MEBIBYTE,
            "threads": engine.num_threads(),
        }

    def take(count: int, so_far: int) -> None:
        for number in range(so_far + 1, so_far + count + 1):
            page.locator(".card[data-key]").first.focus()
            press(page, "t")
            expect(page.locator("button.way").first).to_be_focused()
            press(page, "Enter")
            written(page, number)

    # Buffers and the KV cache grow at first.
    take(12, 0)
    seen = [measured()]
    for so_far in (12, 20):
        take(8, so_far)
        seen.append(measured())
    # What every road left behind would show both times. Buffers that grow once more, and a thread that watches over
    # a template for some seconds, show once.
    grown = {name: min(later[name] - sooner[name] for sooner, later in pairwise(seen)) for name in seen[0]}
    assert grown["threads"] <= 0, (grown, seen)
    assert grown["engine"] < 12, (grown, seen)
    assert grown["heap"] < 4, (grown, seen)
    # Each card has listeners of its own: no more than a few dozen.
    assert grown["listeners"] < 8 * 40, (grown, seen)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barriers(short_folder: RunFolder, workspace: Workspace, sit: OpenReader, axe: str, scheme: Any) -> None:
    page = opened(sit, workspace)
    page.emulate_media(color_scheme=scheme)
    press(page, "t")
    expect(page.locator("button.way").first).to_be_focused()
    press(page, "Enter")
    written(page, 1)
    states = {
        "map": ["b"],
        "panel": ["ArrowDown", "Enter", "t"],
        "edit": ["Escape", "e"],
        "narrow": ["Escape"],
        "narrow panel": ["t"],
    }
    for state, keys in states.items():
        press(page, *keys)
        if "panel" in state:
            expect(page.get_by_role("dialog")).to_be_visible()
        if state == "narrow":
            page.set_viewport_size({"width": 390, "height": 844})
        fits(page)
        assert barriers(page, axe) == [], state
