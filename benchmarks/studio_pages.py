"""How quick the studio's home page and the page of a passage are with thousands of outputs.

`python -m benchmarks.studio_pages --help`. The run of `benchmarks.studio`; `remix studio` in a process of
its own, and Chromium driven by Playwright. A step is timed in the page, from the key or the choice to the frame that
shows what came of it; opening a page from the beginning of the navigation to the frame that shows its texts.
"""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path

import click
from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from benchmarks.machine import describe, in_words
from benchmarks.report import blank, number, save, show
from benchmarks.studio import KEY, LIMIT, TIMED, garden, served

SHOWN = """(() => {
  const look = () => {
    if (document.body?.dataset.ready && document.querySelector('%s')) window.shownAfter = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
"""Notes after how many milliseconds a page is ready and shows an element."""

CURRENT = "document.querySelector('[aria-current=true].card')"


def opened(page: Page, address: str) -> float:
    """Milliseconds until a page showed what it is for."""
    page.goto(address)
    # The first address is that of the page that signs in: a question to it would never be answered.
    page.wait_for_selector("body[data-ready]")
    # Not `wait_for_function`, which makes code of a string again and again: the page's policy forbids that.
    while (after := page.evaluate("window.shownAfter")) is None:
        page.wait_for_timeout(20)
    return float(after)


def rounds(page: Page, home: str, repeats: int) -> dict[str, list[float]]:
    """Milliseconds of each step, each time."""
    took: dict[str, list[float]] = {}

    def timed(name: str, act: str, is_done: str) -> None:
        took.setdefault(name, []).append(page.evaluate(TIMED, [act, is_done]))
        page.wait_for_timeout(150)

    for _ in range(repeats):
        took.setdefault("open: home", []).append(opened(page, home))
        timed("choose a tag", "document.querySelector('.chips button').click()", _there(".lines a[href^=passage]"))
        passage = str(page.evaluate("document.querySelector('.lines a[href^=passage]').href"))
        took.setdefault("open: a passage", []).append(opened(page, passage))
        page.wait_for_timeout(500)
        timed("next text (j)", KEY.format("j"), f"{CURRENT}.id !== '{page.evaluate(f'{CURRENT}.id')}'")
        timed("accept (a)", KEY.format("a"), f"{CURRENT}.classList.contains('accept')")
        timed("undo (u)", KEY.format("u"), f"!{CURRENT}.classList.contains('accept')")
        for way, heading in (("step", "step 1"), ("variant", "variant 1"), ("kind", "counter")):
            is_ordered = f"document.querySelector('.group h2').textContent === '{heading}'"
            timed(f"columns by {way}", _ordered(way), is_ordered)
        timed("compare (v)", KEY.format("v"), _there(".pair"))
        timed("back", KEY.format("Escape"), _there("#columns"))
    return took


def _there(sign: str) -> str:
    return f"document.querySelector('{sign}')"


def _ordered(way: str) -> str:
    return (
        f"const list = document.querySelector('select[name=by]'); list.value = '{way}'; "
        "list.dispatchEvent(new Event('change', {bubbles: true}))"
    )


@click.command()
@click.option(
    "--outputs", "count", type=click.IntRange(1), default=5000, show_default=True, help="Texts in the studio."
)
@click.option("--repeats", type=click.IntRange(1), default=10, show_default=True, help="Times of each step.")
@click.option("--garden", "given", type=click.Path(path_type=Path), help="Workspace to use, made if it isn't there.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(count: int, repeats: int, given: Path | None, target: Path | None) -> None:
    """Measure what a writer waits for on the home page and on the page of a passage."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise click.ClickException("There is no Chromium here.")
    machine = describe()
    with garden(given, count) as root, sync_playwright() as playwright, served(root, "studio") as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(SHOWN % ".chips, .card h3")
        took = {"when nothing was read yet": {"open: home": [opened(page, address)]}}
        home = page.url
        while page.evaluate("fetch('api/home').then((answer) => answer.json())")["unread"]:
            page.wait_for_timeout(500)
        took["after that"] = rounds(page, home, repeats)
        texts = page.locator("#count").inner_text()
        browser.close()
    tables = []
    for when, steps in took.items():
        table = blank(when.capitalize(), "step", "median ms", "most ms", "times")
        for name, values in steps.items():
            table.add_row(name, number(statistics.median(values), 0), number(max(values), 0), str(len(values)))
        tables.append(table)
    Console().print(f"{in_words(machine)}\nThe passage has {texts}.\n", soft_wrap=True)
    show(tables)
    over = sorted({name for name, values in took["after that"].items() if max(values) > LIMIT})
    Console().print(f"Steps over {LIMIT} ms: {', '.join(over) or 'none'}.")
    save(target, machine, took)


if __name__ == "__main__":
    main()
