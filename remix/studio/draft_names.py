"""Names that drafts had before they were renamed, and the names that they have now.

Takes renames, and the drafts of two looks at the folder; gives the present name for any name that a page may know.
Threads may share a `DraftNames`. Knows nothing of files.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

MOST = 500
"""Names remembered: more than a person gives while a studio is open. The oldest are forgotten first."""


class DraftNames:
    """The names, as long as the studio is open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._later: dict[str, str] = {}
        """For each name that a draft had, the name that replaced it."""

    def had(self) -> list[str]:
        """All names that drafts had, in order."""
        with self._lock:
            return sorted(self._later)

    def note(self, name: str, later: str) -> None:
        """A draft was renamed."""
        with self._lock:
            # A draft that gets an earlier name back has no later one.
            self._later.pop(later, None)
            if name != later:
                self._later[name] = later
            if len(self._later) > MOST:
                self._later.pop(next(iter(self._later)))

    def came(self, name: str) -> None:
        """A new draft has a name that another draft may have had."""
        with self._lock:
            self._later.pop(name, None)

    def now(self, name: str, there: Collection[str]) -> str:
        """The present name of a draft, if it has one of the names that are there; else the given name."""
        with self._lock:
            now = name
            while now not in there and now in self._later:
                now = self._later[now]
        return now if now in there else name

    def find(self, before: Mapping[str, str | None], after: Mapping[str, str | None]) -> None:
        """Note drafts that another program renamed: the draft is gone, and another with the same text has come.

        `before` and `after` have versions by name, null for drafts that couldn't be read. If several drafts with one
        text have come or gone, none is taken for another.
        """
        for name in after.keys() - before.keys():
            self.came(name)
        gone, came = _by_version(before, after), _by_version(after, before)
        for version, names in gone.items():
            later = came.get(version, [])
            if len(names) == len(later) == 1 and names[0] not in self.had():
                self.note(names[0], later[0])


def _by_version(some: Mapping[str, str | None], others: Mapping[str, str | None]) -> dict[str, list[str]]:
    """The names of `some` that `others` doesn't have, by version."""
    found: dict[str, list[str]] = {}
    for name in sorted(some.keys() - others.keys()):
        if (version := some[name]) is not None:
            found.setdefault(version, []).append(name)
    return found
