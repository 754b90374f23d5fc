"""Ways to the desk: the browser opened with its address, and new addresses for those who ask at the terminal.

Takes a `Pass`. The address holds a key. On a command line every user of the machine could read it, so the browser is
given a file that only its owner may read, and that leads there.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from remix import pages
from remix.studio.guard import Pass
from remix.util.cache import cache_folder


@contextmanager
def opening_file(own: Pass) -> Iterator[Path]:
    """A file that leads to the desk, readable for its owner alone, until the end. Raises `OSError`."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(".html", ".remix-desk-", folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(pages.render("opening.html", address=own.address))
        yield path
    finally:
        with suppress(OSError):
            path.unlink()


def _folder() -> Path:
    """A folder of the user's from which the browser may read.

    On Linux browsers often come as a snap or flatpak, which see neither /tmp nor hidden folders, but all see the
    folder of downloads.
    """
    downloads = Path(platformdirs.user_downloads_dir())
    return downloads if sys.platform == "linux" and downloads.is_dir() else cache_folder()


def browse(path: Path) -> None:
    """Open a file in the browser, without waiting for it."""
    threading.Thread(target=webbrowser.open, args=(path.absolute().as_uri(),), daemon=True).start()


def listen(own: Pass, tell: Callable[[str], object]) -> None:
    """Tell an address that holds whenever Enter is pressed, if there is a terminal: from now on, without waiting."""
    if not sys.stdin or not sys.stdin.isatty():
        return
    # In the background the terminal's keys are the shell's: reading them fails then, instead of stopping the desk.
    with suppress(AttributeError, ValueError):
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    threading.Thread(target=_listen, args=(own, tell), daemon=True).start()


def _listen(own: Pass, tell: Callable[[str], object]) -> None:
    # Not `sys.stdin`, which Python can't close while a thread reads it.
    with suppress(OSError):
        while os.read(0, 1000):
            tell(own.renew())
