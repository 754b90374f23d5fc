"""The system's limits on a process, set from within.

Takes a limit's name and a number, and sets it where the system has such limits. Knows nothing of what is limited, and
imports nothing of remix: the process that renders templates loads it.
"""

from __future__ import annotations

from contextlib import suppress


def limit(name: str, value: int, keep_hard: bool = False) -> None:
    """Set this process's limit of a name in `resource`, if the system has that limit and allows it to be set.

    With `keep_hard` it may be raised again, as far as before.
    """
    try:
        import resource
    except ImportError:
        return
    with suppress(AttributeError, ValueError, OSError):
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1] if keep_hard else value
        resource.setrlimit(number, (value, hard))
