"""The files that pages load."""

from __future__ import annotations

import re

import pytest

from remix.records import sha256
from remix.studio.page_routes import PAGES
from remix.studio.static_files import modules_of, static_files

MOST_LINES = 400


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_asks_for_all_its_modules_at_once(page: object) -> None:
    name = f"{getattr(page, 'name')}.js"  # noqa: B009
    modules = modules_of(name)
    assert name in modules
    assert {"dom.js", "header.js", "strings.js"} <= set(modules)
    assert ("vendor/preact.js" in modules) is (name != "desk.js")


def test_the_vendored_library_is_the_one_that_is_named() -> None:
    """The README beside the library says where it comes from, and its sha256."""
    from importlib import resources

    readme = (resources.files("remix.studio") / "static" / "vendor" / "README.md").read_text(encoding="utf-8")
    assert sha256(static_files()["vendor/preact.js"]) in readme
    assert re.search(r"npm package `htm` \d+\.\d+\.\d+", readme)
    for licence in ("htm.LICENSE", "preact.LICENSE"):
        assert (resources.files("remix.studio") / "static" / "vendor" / licence).is_file()


def test_no_module_is_long_and_none_makes_html_of_strings() -> None:
    for name, data in static_files().items():
        if name.startswith("vendor/") or not name.endswith(".js"):
            continue
        source = data.decode()
        assert source.count("\n") <= MOST_LINES, name
        assert source.startswith("// "), name
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(", source), name


def test_nothing_but_files_that_pages_load_is_served() -> None:
    assert {name.rpartition(".")[2] for name in static_files()} == {"js", "css", "svg"}
