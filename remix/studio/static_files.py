"""The files that pages are made of: modules, style sheets, the icon. Read once; no request opens a path.

Takes names, gives bytes. Knows nothing of HTTP.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
"""Media types by the end of a file's name."""


@functools.cache
def static_files() -> dict[str, bytes]:
    """All files by name; files of a folder have its name and a slash before theirs."""
    files = dict(_files(resources.files("remix.studio") / "static", ""))
    return files | {"colours.css": (resources.files("remix.pages") / "colours.css").read_bytes()}


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _files(entry, f"{name}/")
        elif type_of(name):
            yield name, entry.read_bytes()


def type_of(name: str) -> str | None:
    """The media type of a file; None if no page loads such a file."""
    return TYPES.get(name.rpartition(".")[2])
