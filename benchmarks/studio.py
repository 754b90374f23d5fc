"""How quick the studio is with thousands of outputs: opening, going on, filtering, searching, scrolling, judging.

`python -m benchmarks.studio --help`. A run of 5,000 texts from the shipped seeds, by a writer without weights that
shuffles what it reads, with a trace each; then `remix review` in a process of its own, and Chromium driven by
Playwright. A step is timed in the page, from the key or the choice to the frame that shows what came of it; opening
from the beginning of the navigation.
"""

from __future__ import annotations

import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from benchmarks.machine import describe, in_words
from benchmarks.report import blank, number, save, show
from remix.generation import execute, prepare
from remix.records import (
    Alternative,
    Choice,
    EngineUsed,
    Generation,
    ModelUsed,
    Options,
    Prompt,
    Sampling,
    WriterInfo,
)
from remix.workspace import init, open_workspace

LIMIT = 200
"""Milliseconds that no step should take."""

STEPS = 3
KINDS = 3

MEMORY = Path("/dev/shm")
"""A folder whose files are in memory, on Linux."""

TIMED = """async ([act, isDone]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const done = new Function(`return (${isDone})`);
  const begun = performance.now();
  new Function(act)();
  while (!done()) await frame();
  await frame();
  return performance.now() - begun;
}"""

OPENING = """(() => {
  const signs = {list: '#list [role=option]', text: '#output .text', read: '[data-ready] #todo:not([hidden])'};
  window.shownAfter = {};
  const look = () => {
    for (const [name, sign] of Object.entries(signs))
      if (!(name in shownAfter) && document.querySelector(sign)) shownAfter[name] = performance.now();
    if (Object.keys(shownAfter).length < 3) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
"""Notes after how many milliseconds a page shows the list, the first text, and that all texts were read."""

OPENINGS = {"list": "open: the list", "text": "open: the first text", "read": "open: all texts read"}

KEY = "document.dispatchEvent(new KeyboardEvent('keydown', {{key: '{}', bubbles: true}}))"
OPENED = "document.querySelector('[aria-selected=true]')?.id !== '{}' && document.querySelector('#output .text')"
DRAWN = """(() => { const box = document.getElementById('list'), seen = box.getBoundingClientRect();
  return [...box.querySelectorAll('[role=option]')].some((row) => { const at = row.getBoundingClientRect();
    return at.top < seen.bottom - 60 && at.bottom > seen.top + 60; }); })()"""


class Parrot:
    """A `Writer` that says the words of the passage in another order, and how it came to each."""

    info = WriterInfo(
        name="parrot",
        model=ModelUsed(sha256=None, metadata_sha256=None, parameters={"parrot": True}),
        engine=EngineUsed(exact=True),
        exactness="by construction",
        host="a benchmark",
        parallel=16,
        n_ctx_seq=4096,
    )
    scorer = counter = None
    sampled = 0

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: object = None, fork: object = None
    ) -> Future[Generation]:
        """Answer at once."""
        rng, now = random.Random(sampling.seed), datetime.now(UTC)
        words = re.findall(r"\w+", prompt.messages[0].content)[:90]
        rng.shuffle(words)
        pieces = [f" {word}" for word in words] + [".", ""]
        ready = tuple(Alternative(f" {rng.choice(words)}", 0.1) for _ in range(5))
        done: Future[Generation] = Future()
        done.set_result(
            Generation(
                writer=self.info,
                text="".join(pieces),
                finish="stop",
                token_ids=tuple(range(len(pieces))),
                prompt_token_ids=tuple(range(400)),
                sampling=sampling,
                choices=tuple(Choice(piece, -1.0, rng.uniform(0, 6), ready) for piece in pieces),
                started=now,
                finished=now,
            )
        )
        return done

    def close(self) -> None:
        """Nothing to close."""


@contextmanager
def garden(given: Path | None, count: int) -> Iterator[Path]:
    """A workspace with a run of about so many outputs: in a folder that is given, and kept for the next benchmark.

    A folder that is already there is used as it is. Without a folder the workspace is a temporary one.
    """
    with tempfile.TemporaryDirectory() as place:
        root = given or Path(place) / "garden"
        if not root.exists():
            Console(stderr=True).print(f"Writing {count} texts …")
            make(root, count)
        yield root


def make(root: Path, count: int) -> None:
    """A workspace with a run of about so many outputs.

    remix waits for the disk twice after each file. So the texts are written to memory where the system has a folder
    for that, and moved to the disk before anything is measured.
    """
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        _write(Path(place) / "garden", count)
        shutil.move(Path(place) / "garden", root)


def _write(root: Path, count: int) -> None:
    init(root)
    workspace, writer = open_workspace(root), Parrot()
    passages = len(prepare.prepare_for(workspace, Options(kinds=("summary",), steps=1), writer).run.tasks)
    variants = -(-count // (passages * KINDS * STEPS))
    limit = -(-count // (variants * KINDS * STEPS))
    job = prepare.prepare_for(workspace, Options(steps=STEPS, variants=variants, limit=limit), writer)
    execute.generate(job, workspace.outputs, writer=writer)


@contextmanager
def served(root: Path, command: str = "review") -> Iterator[str]:
    """The studio's address."""
    words = [sys.executable, "-P", "-m", "remix", "-C", str(root), command, "--no-open", "--as", "Nobody"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()


def rounds(page: Page, repeats: int) -> dict[str, list[float]]:
    """Milliseconds of each step, each time."""
    took: dict[str, list[float]] = {}

    def timed(name: str, act: str, is_done: str) -> None:
        took.setdefault(name, []).append(page.evaluate(TIMED, [act, is_done]))

    def selected() -> str:
        return str(page.evaluate("document.querySelector('[aria-selected=true]').id"))

    for number_ in range(repeats):
        timed("next text (j)", KEY.format("j"), OPENED.format(selected()))
        page.wait_for_timeout(100)
        timed(
            "accept (a)", KEY.format("a"), "document.querySelector('[aria-selected=true] .mark').textContent === '✓'"
        )
        page.wait_for_timeout(100)
        timed("undo (u)", KEY.format("u"), "document.querySelector('[aria-selected=true] .mark').textContent === ''")
        for name, value in (("kind", "summary"), ("step", "2"), ("tag", "convergence"), ("verdict", "accepted")):
            timed(f"filter by {name}", _chosen(name, value), "document.getElementById('counts').textContent")
            page.wait_for_timeout(50)
            timed("all again", _chosen(name, ""), "!document.getElementById('counts').textContent")
        timed("search", _searched(f"the {'abcdefgh'[number_ % 8]}"), "document.querySelector('#counts').textContent")
        timed("all again", _searched(""), "!document.querySelector('#counts').textContent")
        timed("blind (b)", KEY.format("b"), "document.body.classList.contains('blind')")
        timed("and back (b)", KEY.format("b"), "!document.body.classList.contains('blind')")
        for place in range(20):
            share = (place * 7 + number_) % 20 / 20
            scroll = f"const box = document.getElementById('list'); box.scrollTop = {share} * box.scrollHeight"
            timed("scroll anywhere", scroll, DRAWN)
    return took


def opened(page: Page) -> dict[str, list[float]]:
    """Milliseconds until what there is to see was there, of a page that was just gone to."""
    # The first page is the one that signs in: a question to it would never be answered.
    page.wait_for_selector("body[data-ready]")
    while len(after := page.evaluate("shownAfter")) < len(OPENINGS):
        page.wait_for_timeout(20)
    page.wait_for_timeout(200)
    return {OPENINGS[name]: [milliseconds] for name, milliseconds in after.items()}


def openings(page: Page, repeats: int) -> dict[str, list[float]]:
    """The same, reloaded again and again."""
    took: dict[str, list[float]] = {name: [] for name in OPENINGS.values()}
    for _ in range(repeats):
        page.reload()
        for name, values in opened(page).items():
            took[name] += values
    return took


def _chosen(name: str, value: str) -> str:
    return (
        f"const list = document.querySelector('select[name={name}]'); list.value = '{value}'; "
        "list.dispatchEvent(new Event('change', {bubbles: true}))"
    )


def _searched(words: str) -> str:
    return (
        f"const field = document.getElementById('search'); field.value = '{words}'; "
        "field.dispatchEvent(new Event('input', {bubbles: true}))"
    )


@click.command()
@click.option(
    "--outputs", "count", type=click.IntRange(1), default=5000, show_default=True, help="Texts in the studio."
)
@click.option("--repeats", type=click.IntRange(1), default=10, show_default=True, help="Times of each step.")
@click.option("--settle", type=float, default=60, show_default=True, help="Seconds to wait for the run's own check.")
@click.option("--garden", "given", type=click.Path(path_type=Path), help="Workspace to use, made if it isn't there.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(count: int, repeats: int, settle: float, given: Path | None, target: Path | None) -> None:
    """Measure what a reader waits for in the studio with thousands of texts."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise click.ClickException("There is no Chromium here.")
    machine = describe()
    with garden(given, count) as root, sync_playwright() as playwright, served(root) as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(OPENING)
        page.goto(address)
        took = {"when nothing was read yet": opened(page)}
        few = max(1, repeats // 4)
        took["while the run is checked"] = openings(page, few) | rounds(page, few)
        page.wait_for_timeout(1000 * settle)
        took["after that"] = openings(page, repeats) | rounds(page, repeats)
        listed = page.locator("#todo").inner_text()
        browser.close()
    tables = []
    for when, steps in took.items():
        table = blank(when.capitalize(), "step", "median ms", "most ms", "times")
        for name, values in steps.items():
            table.add_row(name, number(statistics.median(values), 0), number(max(values), 0), str(len(values)))
        tables.append(table)
    Console().print(f"{in_words(machine)}\n{listed}.\n", soft_wrap=True)
    show(tables)
    over = sorted({name for name, values in took["after that"].items() if max(values) > LIMIT})
    Console().print(f"Steps over {LIMIT} ms: {', '.join(over) or 'none'}.")
    save(target, machine, took)


if __name__ == "__main__":
    main()
