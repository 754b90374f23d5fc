"""The wait policy: how llama.cpp's OpenMP threads wait for each other.

Gives environment variables, as tuned or by default. Waiting threads spin for a while before they sleep. GNU's default
is a long spin: good on an idle machine, but beside another busy process decoding took forty times as long. With a
short spin, decoding slows only by the other process's share. The library reads the variables once, when it is loaded,
so `settled` must be applied before.
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

WAYS: tuple[dict[str, str], ...] = (SHORT, {"GOMP_SPINCOUNT": "300000"}, {"OMP_WAIT_POLICY": "passive"})
"""The policies to choose from: a short spin, GNU's default, and sleeping at once."""


_settled: dict[str, str] = {}


def settled() -> dict[str, str]:
    """The variables to set: as tuned on this machine, or a short spin; empty if the user's environment has any."""
    if not is_given():
        _settled.update(_tuned() or SHORT)
    return _settled


def is_given() -> bool:
    """Whether the user's environment sets the wait policy."""
    return any(os.environ.get(name) != _settled.get(name) for name in VARIABLES)


def keep(way: Mapping[str, str]) -> None:
    """Use a policy from now on. Raises `RunError` if the cache can't be written."""
    write_whole(_file(), json.dumps(dict(way)).encode())


def _tuned() -> dict[str, str]:
    """The policy kept by tuning; empty if there is none, or an unknown one."""
    with suppress(OSError, ValueError):
        way = json.loads(read_bounded(_file()))
        return way if way in WAYS else {}
    return {}


def _file() -> Path:
    return cache_folder() / "spin.json"
