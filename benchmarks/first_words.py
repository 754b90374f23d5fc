"""How soon a text's first words are on the screen: `python -m benchmarks.first_words`.

The studio of `benchmarks.streaming`, and Chromium, driven by Playwright, on the page of a passage whose summaries are
being written. Timed from the moment when the engine's thread has a text's first token, and from its first words, to
the beginning of the frame after the one in which the page's document first had words of the text. All clocks are
those of the one machine. Whether a card is scrolled out of sight isn't looked at.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from benchmarks.machine import describe, in_words
from benchmarks.report import blank, number, save, show
from benchmarks.streaming import LOG, Sitting
from remix.engine.sequence import Sequence as Tokens
from remix.generation import run_events
from remix.studio import engine_host, engine_process
from remix.studio.engine_telling import Telling
from remix.workspace import init, open_workspace

LIMIT = 500
"""Milliseconds after its first token by which a text should be on the screen."""

OPTIONS = {"kinds": ["summary"], "steps": 1, "max_tokens": 96}

SHOWN = """(() => {
  window.shownAt = {};
  const look = () => {
    for (const card of document.querySelectorAll('.card[data-run]')) {
      const name = `${card.dataset.run} ${card.getAttribute('aria-label')}`;
      if (name in shownAt || !card.querySelector('.text')?.textContent.trim()) continue;
      shownAt[name] = null;
      requestAnimationFrame(() => { shownAt[name] = performance.timeOrigin + performance.now(); });
    }
  };
  new MutationObserver(look).observe(document, {childList: true, subtree: true, characterData: true});
})()"""
"""Notes for each text of the page the time of the frame after its first words, by the names of run and card."""

FROM_TOKEN = "screen, from the first token"
FROM_WORDS = "screen, from the first words"
CLIENT = "a client beside it, from the first words"


def engine() -> None:
    """The engine process, which notes when it has the first token and the first words of each text."""
    accept, hear = Tokens.accept, Telling.hear
    log = Path(os.environ[LOG]).open("a", encoding="utf-8")  # noqa: SIM115 (open as long as the process lives)
    begun: dict[int, float] = {}
    # The thread that accepts a token tells the token's words before it takes another token: the words are those of
    # the text at work.
    at_work: list[int] = [0]

    def noting_token(self: Tokens, *given: Any, **named: Any) -> Any:
        if not self.token_ids:
            begun[id(self)] = time.time()
        at_work[0] = id(self)
        return accept(self, *given, **named)

    def noting_words(self: Telling, event: run_events.RunEvent) -> None:
        if isinstance(event, run_events.NewWords) and event.at == 0:
            log.write(json.dumps([event.task.id, begun[at_work[0]], time.time()]) + "\n")
            log.flush()
        hear(self, event)

    # Only the engine's process knows when it had a token: the methods are replaced in that process.
    with patch.object(Tokens, "accept", noting_token), patch.object(Telling, "hear", noting_words):
        engine_process.main()


def _card_of(task: str) -> str:
    """What the page calls a task's card: "summary 1, variant 2"."""
    kind, step, *variant = task.rpartition("/")[2].split(".")
    return f"{kind} {step}" + (f", variant {variant[0][1:]}" if variant else "")


def _shown(page: Page, run: str) -> dict[str, float]:
    """For each card of a run that showed words the time in seconds."""
    page.wait_for_timeout(200)  # the last frame
    times = page.evaluate("shownAt").items()
    return {name.removeprefix(f"{run} "): at / 1000 for name, at in times if at and name.startswith(f"{run} ")}


def delays(sitting: Sitting, page: Page, passage: str, texts: int) -> Iterator[dict[str, float]]:
    """Seconds for each text of a passage that was seen, with the passage's page open while they are written."""
    log = Path(os.environ[LOG])
    log.write_text("", encoding="utf-8")
    page.goto(f"{sitting.base}/passage?id={passage}")
    page.wait_for_selector("body[data-ready]")
    sitting.run({**OPTIONS, "passages": [passage], "variants": texts})
    shown = _shown(page, sitting.last_run)
    for task, token, words in map(json.loads, log.read_text(encoding="utf-8").splitlines()):
        if at := shown.get(_card_of(task)):
            yield {FROM_TOKEN: at - token, FROM_WORDS: at - words, CLIENT: sitting.heard[task] - words}


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that is as high as such a share of all."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Passages, one after another.")
@click.option("--texts", type=click.IntRange(1), default=20, show_default=True, help="Summaries of each.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(rounds: int, texts: int, target: Path | None) -> None:
    """Measure how soon first words are on the screen."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise click.ClickException("There is no Chromium here.")
    machine = describe()
    found: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as top, sync_playwright() as playwright:
        root, log = Path(top) / "garden", Path(top) / "log"
        init(root)
        os.environ[LOG] = str(log)
        engine_host.FUNCTION = "benchmarks.first_words:engine"
        sitting = Sitting(open_workspace(root))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(SHOWN)
        page.goto(sitting.address())
        page.wait_for_selector("body[data-ready]")
        for passage in sitting.passages("convergence")[:rounds]:
            found += delays(sitting, page, passage, texts)
        browser.close()
        sitting.close()
    _report(found, rounds * texts, in_words(machine))
    save(target, machine, found, written=rounds * texts)


def _report(found: Sequence[dict[str, float]], written: int, machine: str) -> None:
    table = blank(f"{len(found)} texts seen of {written}", "delay", "median ms", "95 % ms", "most ms")
    for name in (FROM_TOKEN, FROM_WORDS, CLIENT):
        values = [1000 * each[name] for each in found]
        cells = (statistics.median(values), percentile(values, 0.95), max(values))
        table.add_row(name, *(number(value, 0) for value in cells))
    Console().print(f"{machine}\n", soft_wrap=True)
    show([table])
    late = sum(1000 * each[FROM_TOKEN] > LIMIT for each in found)
    Console().print(f"Texts later than {LIMIT} ms after their first token: {late or 'none'}.")


if __name__ == "__main__":
    main()
