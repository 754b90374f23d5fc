"""The folder for caches, which remix can rebuild at any time.

Takes the environment, gives a path. Knows nothing of the folder's contents.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """`REMIX_CACHE`, or the user's cache folder. The folder may not exist yet."""
    named = Path(os.environ.get("REMIX_CACHE") or platformdirs.user_cache_dir("remix"))
    # `~` stays if the home folder is unknown.
    with suppress(RuntimeError):
        return named.expanduser()
    return named
