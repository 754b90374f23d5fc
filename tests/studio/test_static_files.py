"""The files that pages are made of."""

from __future__ import annotations

import re

from remix.records import sha256
from remix.studio.static_files import static_files

MOST_LINES = 400


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
