"""How llama.cpp's threads wait for each other.

OpenMP's threads spin for a while before they sleep. GNU's default spins for long: on an idle machine it is as good as
any, but beside a second busy process decoding took forty times as long. A short spin costs a fair share and no more.
The library reads these variables once, when it loads: what `settled` says must be set before.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from remix.records import Frozen
from remix.util.cache import MemoStore

VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")

SHORT = {"GOMP_SPINCOUNT": "1000"}
"""What is best until `remix models tune` has measured."""

WAYS: tuple[dict[str, str], ...] = (SHORT, {"GOMP_SPINCOUNT": "300000"}, {"OMP_WAIT_POLICY": "passive"})
"""What there is to choose from: that, GNU's default, and sleeping at once."""


class Spin(Frozen):
    """How threads wait, as `remix models tune` found it best."""

    variables: dict[str, str]
    """Environment variables: one of `WAYS`."""


_KEY, _MEMOS = "spin", MemoStore("threads", Spin)
_settled: dict[str, str] = {}


def settled() -> dict[str, str]:
    """How threads shall wait: as it was tuned here, or with a short spin; nothing where the user has settled it."""
    if not is_given():
        _settled.update(_tuned() or SHORT)
    return _settled


def is_given() -> bool:
    """Whether the user's environment says how threads wait."""
    return any(os.environ.get(name) != _settled.get(name) for name in VARIABLES)


def keep(way: Mapping[str, str]) -> None:
    """Settle so from now on. Raises `RunError` where the cache can't be written."""
    _MEMOS.write(_KEY, Spin(variables=dict(way)))


def _tuned() -> dict[str, str]:
    """What was kept; nothing where there is none, or where it isn't one of the ways."""
    memo = _MEMOS.read(_KEY)
    return memo.variables if memo and memo.variables in WAYS else {}
