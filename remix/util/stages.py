"""Stages: long work before a run's first text, reported to a listener.

A stage has a name and, if known, the share done. Knows neither models nor terminals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, float | None], None]
"""Called with a stage's name, and with the share done (0 to 1), or null if the share is unknown."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within the `with` block `listener` is called for each stage in this thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(stage: str, share: float | None = None) -> None:
    """Tell the listener, if any, of a stage's beginning or progress."""
    if listener := _listener.get():
        listener(stage, share)
