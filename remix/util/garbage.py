"""Garbage collection: how often Python searches all objects for cycles that nothing refers to."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Have Python search after 500,000 new objects instead of 700.

    A command makes thousands of small objects that live as long as the process, and a full search goes through all.
    """
    gc.set_threshold(500_000, 20, 20)
