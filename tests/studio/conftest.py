"""A browser, and readers in the studio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.conftest import shared_folder
from tests.studio_pages import OpenReader, Reader, axe_script, chromium
from tests.studio_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser of a module: as long as Playwright runs, no other event loop can run in the thread."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def sit(browser: Browser) -> Iterator[OpenReader]:
    """Open a workspace's latest run, or with `command="studio"` the home page.

    What the browser complains of fails the test.
    """
    with ExitStack() as stack:
        readers: list[Reader] = []

        def down(root: Path, *arguments: str, command: str = "review") -> Reader:
            address, _ = stack.enter_context(served(root, *arguments, command=command))
            readers.append(Reader(browser, address))
            return readers[-1]

        yield down
        for reader in readers:
            assert reader.troubles == []
            assert reader.asked == {reader.address.split("/#")[0]}, "nothing is loaded from elsewhere"
            reader.context.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = shared_folder(tmp_path_factory, "axe")
    with FileLock(place / ".lock"):
        return axe_script(place)
