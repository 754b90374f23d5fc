"""Opens the browser at the studio, and prints a new address whenever Enter is pressed in the terminal.

Takes an `Access`. The address holds a key. Every user of the machine can read command lines, so the browser gets the
path of a file instead, readable for the file's owner only; the file redirects to the address.
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
from remix.studio.guard import Access
from remix.util.cache import cache_folder


@contextmanager
def redirect_file(access: Access) -> Iterator[Path]:
    """A temporary file that redirects to the studio, readable for the owner only. Raises `OSError`."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(".html", ".remix-studio-", folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(pages.render("redirect.html", address=access.address))
        yield path
    finally:
        with suppress(OSError):
            path.unlink()


def _folder() -> Path:
    """A folder of the user's with read access for the browser.

    On Linux browsers often come as a snap or flatpak, without access to /tmp and hidden folders; all have access to
    the downloads folder.
    """
    downloads = Path(platformdirs.user_downloads_dir())
    return downloads if sys.platform == "linux" and downloads.is_dir() else cache_folder()


def browse(path: Path) -> None:
    """Open a file in the browser, without waiting for it."""
    threading.Thread(target=webbrowser.open, args=(path.absolute().as_uri(),), daemon=True).start()


def listen(access: Access, tell: Callable[[str], object]) -> None:
    """If there is a terminal, start a thread that tells a valid address whenever Enter is pressed."""
    if not sys.stdin or not sys.stdin.isatty():
        return
    # In a background job, reading the terminal now fails instead of stopping the process.
    with suppress(AttributeError, ValueError):
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)

    def renew() -> None:
        # Python can't close `sys.stdin` while a thread reads it: read the descriptor.
        with suppress(OSError):
            while os.read(0, 1000):
                tell(access.renew())

    threading.Thread(target=renew, daemon=True).start()
