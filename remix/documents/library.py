"""Libraries that not everybody has: those that read other people's formats.

Takes a module's name, gives the module, or an error that says how to get it.
"""

from __future__ import annotations

import importlib
from typing import Any

from remix.documents.document import DocumentError

EXTRA = "pip install 'essay-remix[add]'"


def library(name: str, needed_for: str) -> Any:
    """A module of the extra `add`. Raises `DocumentError` where it isn't installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise DocumentError(f"{needed_for} needs the library {name.partition('.')[0]}.", f"{EXTRA}") from error
