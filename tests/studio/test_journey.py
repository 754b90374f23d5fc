"""From a fresh workspace to an exported draft without a terminal: by mouse, by keyboard alone, and by touch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import remix.cli
from remix.outputs import RunFolder
from remix.outputs.runs import list_runs
from remix.workspace import Workspace, open_workspace
from tests.studio_pages import OpenReader, Reader, fits, needs_browser, place_of, says

playwright = pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
from playwright.sync_api import expect  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [needs_browser, pytest.mark.model]

LATE = 300_000
"""Milliseconds that a model may take to be probed and to write a text on a busy machine."""

MOST_TABS = 200
"""Presses of the Tab key after which a control counts as out of reach."""

TAG, TEXTS = "residual", 8
"""A tag of two passages, and the number of their texts: two steps and two variants of each."""

OWN = "So much for the average."


@pytest.fixture
def fresh(tmp_path: Path) -> Workspace:
    """A workspace as `remix init` makes it, with shorter texts."""
    root = tmp_path / "garden"
    command("init", str(root))
    template = root / "prompts" / "summary.md.j2"
    shorter = re.sub(r"max_tokens: \d+", "max_tokens: 32", template.read_text(encoding="utf-8"))
    template.write_text(shorter, encoding="utf-8")
    return open_workspace(root)


def command(*words: str) -> str:
    done = CliRunner().invoke(remix.cli.cli, words)
    assert done.exit_code == 0, done.output
    return done.output


# -- three hands --------------------------------------------------------------------------------------------


class Mouse:
    """Clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def activate(self, control: Locator) -> None:
        """Use a button, a link, a check box or the like."""
        control.click()

    def write(self, field: Locator, words: str) -> None:
        """Put words in a field in place of what is there."""
        self.activate(field)
        expect(field).to_be_focused()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(words)

    def open_road(self, card: Locator) -> None:
        """Ask for the alternatives at a word."""
        text = card.locator(".text")
        self.activate_at(text, text.inner_text().split()[3])

    def activate_at(self, text: Locator, word: str) -> None:
        text.click(position=place_of(text, word))


class Finger(Mouse):
    """Taps."""

    def activate(self, control: Locator) -> None:
        control.tap()

    def activate_at(self, text: Locator, word: str) -> None:
        text.scroll_into_view_if_needed()
        text.tap(position=place_of(text, word))


WHERE = """(control) => {
  const focused = document.activeElement;
  if (control === focused) return "here";
  return control.compareDocumentPosition(focused) & Node.DOCUMENT_POSITION_FOLLOWING ? "before" : "after";
}"""
"""Where a control is, seen from what has the focus."""


class Keys(Mouse):
    """Presses Tab until a control is reached, and then Enter or the space bar. Knows no key of the page's own."""

    def activate(self, control: Locator) -> None:
        self._reach(control)
        self.page.keyboard.press("Space" if control.get_attribute("type") == "checkbox" else "Enter")

    def write(self, field: Locator, words: str) -> None:
        self._reach(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(words)

    def open_road(self, card: Locator) -> None:
        self.activate(card.get_by_role("button", name="Road"))

    def _reach(self, control: Locator) -> None:
        control.wait_for()
        for _ in range(MOST_TABS):
            where = control.evaluate(WHERE)
            if where == "here":
                return
            self.page.keyboard.press("Shift+Tab" if where == "before" else "Tab")
        raise AssertionError(f"no Tab leads to {control}")


@pytest.mark.parametrize("hand", [Mouse, Keys, Finger], ids=["mouse", "keyboard", "touch"])
def test_from_a_fresh_workspace_to_an_exported_draft(
    hand: type[Mouse], fresh: Workspace, sit: OpenReader, browser: Browser
) -> None:
    reader = sit(fresh.root, command="studio")
    if hand is Finger:
        on_a_phone(reader, browser)
    with_hand = hand(reader.tab())
    choose_and_write(with_hand)
    stop_and_go_on(with_hand, fresh)
    redo_one(with_hand)
    take_roads(with_hand)
    files = put_together(with_hand)
    check(fresh, files)


def on_a_phone(reader: Reader, browser: Browser) -> None:
    reader.context.close()
    reader.context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


# -- the stages ---------------------------------------------------------------------------------------------


def arrive(page: Page, name: str) -> None:
    page.wait_for_selector(f"body.{name}-page[data-ready]")
    fits(page)


def job(page: Page, state: str) -> Locator:
    return page.locator(f".job.{state}").first


def choose_and_write(hand: Mouse) -> None:
    """From the tag on the home page to the first words."""
    page = hand.page
    hand.activate(page.get_by_role("button", name="more tags"))
    hand.activate(page.get_by_role("button", name=re.compile(f"^{TAG}")))
    expect(page.get_by_role("heading", name=f"Passages with #{TAG}")).to_be_visible()
    hand.activate(page.get_by_role("link", name="Write with this tag"))
    arrive(page, "write")
    for kind in ("counter", "rewrite"):
        hand.activate(page.get_by_role("checkbox", name=re.compile(f"^{kind}")))
    hand.write(page.get_by_label("Steps"), "2")
    hand.write(page.get_by_label("Variants"), "2")
    expect(page.get_by_role("combobox", name="Model")).to_contain_text("SmolLM2")
    expect(page.locator(".estimate")).to_contain_text(f"{TEXTS} texts from 2 passages", timeout=LATE)
    hand.activate(page.get_by_role("button", name="Begin"))
    says(page, "The run has been queued.")
    expect(page.locator(".job")).to_be_in_viewport()
    expect(page.locator(".text.writing").first).to_be_visible(timeout=LATE)


def stop_and_go_on(hand: Mouse, workspace: Workspace) -> None:
    page = hand.page
    hand.activate(job(page, "writing").get_by_role("button", name="Stop"))
    expect(job(page, "stopped")).to_be_visible(timeout=LATE)
    (path,) = list_runs(workspace.outputs)
    assert len(RunFolder.open(path).done) < TEXTS
    hand.activate(job(page, "stopped").get_by_role("button", name="Go on"))
    expect(job(page, "finished")).to_be_visible(timeout=LATE)
    expect(page.get_by_role("button", name="Go on")).to_have_count(0)
    expect(page.locator(".verdicts")).to_have_count(TEXTS)
    assert RunFolder.open(path).is_complete


def redo_one(hand: Mouse) -> None:
    page = hand.page
    hand.activate(page.locator(".verdicts").first.get_by_role("button", name="Redo"))
    says(page, "Another variant will be written; this text stays.")
    expect(page.locator(".job.finished", has_text="Another variant")).to_be_visible(timeout=LATE)
    expect(page.locator(".verdicts")).to_have_count(TEXTS + 1)


def take_roads(hand: Mouse) -> None:
    """On the page of a passage: an alternative at a word, words of one's own; and two texts are accepted."""
    page = hand.page
    hand.activate(page.locator(".card h3 a").first)
    arrive(page, "passage")
    cards = page.locator(".card[data-key]")
    hand.open_road(cards.first)
    way = page.get_by_role("dialog").locator("button.way").first
    expect(way).to_be_visible()
    hand.activate(way)
    written(page, 1)
    hand.activate(cards.first.get_by_role("button", name="Go on"))
    area = cards.first.get_by_role("textbox")
    expect(area).to_be_editable()
    page.keyboard.type(" And yet")
    hand.activate(page.get_by_role("button", name="Go on from the cursor"))
    written(page, 2)
    for number in (0, 1):
        hand.activate(cards.nth(number).get_by_role("button", name="Accept"))
        expect(cards.nth(number)).to_have_class(re.compile("accept"))


def written(page: Page, branches: int) -> None:
    expect(page.locator(".card:not(.live) .shared")).to_have_count(branches, timeout=LATE)
    expect(page.locator(".card.live")).to_have_count(0, timeout=LATE)


def put_together(hand: Mouse) -> dict[str, Path]:
    """A new draft of both texts with words between them; what is exported, by the names of the files."""
    page = hand.page
    hand.activate(page.get_by_role("link", name="Drafts"))
    arrive(page, "drafts")
    hand.write(page.get_by_label("Title of a new draft"), "On averages")
    hand.activate(page.get_by_role("button", name="Begin"))
    arrive(page, "draft")
    accepted = page.locator(".accepted")
    if accepted.get_attribute("open") is None:
        hand.activate(accepted.locator("summary"))
    for number in (0, 1):
        hand.activate(accepted.get_by_role("button", name="Add").nth(number))
        expect(page.locator("textarea.words")).to_have_count(number + 1)
    hand.activate(page.locator(".piece").first.get_by_role("button", name="Write below"))
    page.keyboard.type(OWN)
    expect(page.locator("#saving")).to_have_text("Stored")
    assert page.locator("textarea.words").nth(1).input_value() == OWN
    hand.activate(page.locator(".export summary"))
    files = {}
    for label in ("Markdown", "HTML", "EPUB", "Word"):
        with page.expect_download() as download:
            hand.activate(page.get_by_role("link", name=label, exact=True))
        files[download.value.suggested_filename] = download.value.path()
    fits(page)
    return files


def check(workspace: Workspace, files: dict[str, Path]) -> None:
    """All that was written is as it was written, and the exports have the words."""
    assert set(files) == {f"On averages.{ending}" for ending in ("md", "html", "epub", "docx")}
    for ending in ("md", "html"):
        assert OWN in files[f"On averages.{ending}"].read_text(encoding="utf-8")
    runs = list_runs(workspace.outputs)
    assert len(runs) == 4, "a run, a redo and two branches"
    for path in (*runs, workspace.drafts / "On averages.md"):
        assert "intact" in command("-C", str(workspace.root), "verify", str(path))
