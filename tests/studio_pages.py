"""The studio's pages in a browser: Chromium, driven by Playwright; and Deque's accessibility checks.

Fixtures for them are in `tests/studio/conftest.py`. Without Playwright or Chromium the tests are skipped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Position, Route

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no browser test of the studio: no chromium here")

SOON = 30_000
"""Milliseconds until what should be there must be: machines may be busy."""

OpenReader = Callable[..., "Reader"]
"""Opens a workspace's studio: the workspace's folder, arguments of the command, and `command`."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. Skips the test if there is no Playwright."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no browser test of the studio: no playwright here")
    sync_api.expect.set_options(timeout=SOON)
    with sync_api.sync_playwright() as playwright:
        # As root Chromium's own sandbox doesn't start.
        rootless = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=rootless)
        yield browser
        browser.close()


class Reader:
    """A reader in the studio, in one or more tabs."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.context.set_default_timeout(SOON)
        self.address = address
        self.troubles: list[str] = []
        """What the browser complained of: a blocked script, a broken module, a dialog."""
        self.asked: set[str] = set()
        """Hosts that the page asked for anything."""

    def tab(self, at: str | None = None, routes: Mapping[str, Callable[[Route], None]] | None = None) -> Page:
        """A page; `routes` answer some of its requests in the studio's place."""
        page = self.context.new_page()
        for path, answer in (routes or {}).items():
            page.route(path, answer)
        page.on("console", lambda message: self.troubles.append(message.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("dialog", lambda dialog: (self.troubles.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.asked.add(re.sub(r"(//[^/]*).*", r"\1", request.url)))
        page.goto(at or self.address)
        page.wait_for_selector("body[data-ready]")
        if not routes and page.locator("#todo").count():
            # Texts are read after the list is shown.
            page.wait_for_selector("#todo:not([hidden])", state="attached")
        return page


def press(page: Page, *keys: str) -> None:
    """Press one key after the other."""
    for key in keys:
        page.keyboard.press(key)


def turn_to(page: Page, key: str, address: str | re.Pattern[str]) -> None:
    """Go to another page by `g` and a key. The keys are pressed anew if the second came too late for the first."""
    from playwright.sync_api import TimeoutError as TookTooLong

    for _ in range(4):
        press(page, "g", key)
        with suppress(TookTooLong):
            page.wait_for_url(address, wait_until="commit", timeout=SOON / 4)
            return
    raise AssertionError(f"g {key} leads nowhere")


def says(page: Page, words: str) -> None:
    """The page says what was done."""
    from playwright.sync_api import expect

    expect(page.locator("#message")).to_have_text(words)


def place_of(text: Locator, word: str) -> Position:
    """Where the middle of a word of a text is, in pixels from the text's corner."""
    place: Position = text.evaluate(
        """(element, word) => {
          const nodes = [...element.childNodes].flatMap((each) => (each.firstChild ? [...each.childNodes] : [each]));
          const node = nodes.find((each) => each.data?.includes(word));
          const range = new Range();
          range.setStart(node, node.data.indexOf(word));
          range.setEnd(node, node.data.indexOf(word) + word.length);
          const box = range.getBoundingClientRect();
          const around = element.getBoundingClientRect();
          return { x: box.x - around.x + box.width / 2, y: box.y - around.y + box.height / 2 };
        }""",
        word,
    )
    return place


def fits(page: Page) -> None:
    """Nothing is wider than the window."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def axe_script(place: Path) -> str:
    """Deque's accessibility checks, fetched for the occasion. Skips the test if they can't be fetched."""
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("accessibility isn't checked: no npm here")
    packs = list(place.glob("*.tgz"))
    if not packs:
        done = subprocess.run([npm, "pack", "axe-core@4"], cwd=place, capture_output=True, text=True, check=False)
        packs = list(place.glob("*.tgz"))
    if not packs:
        pytest.skip(f"accessibility isn't checked: npm can't fetch axe-core ({done.stderr.strip()[-200:]})")
    with tarfile.open(packs[0]) as pack:
        script = pack.extractfile("package/axe.min.js")
        assert script
        return script.read().decode()


def barriers(page: Page, axe: str) -> list[str]:
    """All that axe finds wrong with the page as it is now."""
    # Without motion: a message in the middle of fading out has less contrast than before and after.
    page.emulate_media(reduced_motion="reduce")
    # Through the debugger, since the page itself lets no other script in.
    page.evaluate(f"() => {{ {axe}\n }}")
    found: dict[str, Any] = page.evaluate("() => axe.run()")
    return [json.dumps([each["id"], *(node["html"][:200] for node in each["nodes"])]) for each in found["violations"]]
