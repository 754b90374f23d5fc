"""The files of a run's folder."""

from __future__ import annotations

REQUEST = "run.json"
RESUMED = "resumed.json"
MANIFEST = "MANIFEST.sha256"
FAILURES = "failures.json"
INDEX = "index.md"
LOCK = ".lock"
HOLDER = ".lock.json"
