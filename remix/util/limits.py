"""Resource limits of the current process (`RLIMIT_…`).

Takes a limit's name and a number. Imports no module of remix, because the template worker loads this module.
"""

from __future__ import annotations

from contextlib import suppress


def limit(name: str, value: int, keep_hard: bool = False) -> None:
    """Set a limit of this process, by its name in `resource`, if the system has the limit and allows the change.

    With `keep_hard` only the soft limit is set, and may be raised again up to the hard limit.
    """
    try:
        import resource
    except ImportError:
        return
    with suppress(AttributeError, ValueError, OSError):
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1] if keep_hard else value
        resource.setrlimit(number, (value, hard))
