"""The wait policy: how llama.cpp's OpenMP threads wait for each other.

Gives environment variables, as tuned or by default. Waiting threads spin for a while before they sleep. GNU's default
is a long spin: good on an idle machine, but beside another busy process decoding took forty times as long. With a
short spin, decoding slows only by the other process's share. The library reads the variables once, when it is loaded,
so `wait_policy` must be applied before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from remix.util.cache import cache_folder
from remix.util.files import read_bounded, write_whole

VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")

SHORT = {"GOMP_SPINCOUNT": "1000"}
"""The default until `remix models tune` has measured."""

POLICIES: tuple[dict[str, str], ...] = (SHORT, {"GOMP_SPINCOUNT": "300000"}, {"OMP_WAIT_POLICY": "passive"})
"""The policies to choose from: a short spin, GNU's default, and sleeping at once."""


_applied: dict[str, str] = {}


def wait_policy() -> dict[str, str]:
    """The variables to set: as tuned on this machine, or a short spin; empty if the user's environment has any."""
    if not is_set_by_user():
        _applied.update(_saved() or SHORT)
    return _applied


def is_set_by_user() -> bool:
    """Whether the user's environment sets the wait policy."""
    return any(os.environ.get(name) != _applied.get(name) for name in VARIABLES)


def save(policy: Mapping[str, str]) -> None:
    """Use a policy from now on. Raises `RunError` if the cache can't be written."""
    write_whole(_file(), json.dumps(dict(policy)).encode())


def _saved() -> dict[str, str]:
    """The policy saved by tuning; empty without a known policy."""
    with suppress(OSError, ValueError):
        policy = json.loads(read_bounded(_file()))
        return policy if policy in POLICIES else {}
    return {}


def _file() -> Path:
    return cache_folder() / "spin.json"
