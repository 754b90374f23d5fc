"""Where remix keeps what it can make again.

Takes the environment, gives a folder. Knows nothing of what lies there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """The user's cache folder, or `REMIX_CACHE`. It needn't be there yet."""
    named = Path(os.environ.get("REMIX_CACHE") or platformdirs.user_cache_dir("remix"))
    # As it is where nobody knows whose home `~` would be.
    with suppress(RuntimeError):
        return named.expanduser()
    return named
