"""The wait policy: how llama.cpp's OpenMP threads wait for each other.

Gives environment variables, as tuned or by default. Waiting threads spin for a while before sleeping. GNU's default
is a long spin: good on an idle machine, but beside a busy process decoding took forty times as long. With a short
spin, decoding slows only by the busy process's share. The library reads the variables once, on loading: `wait_policy`
must be applied before.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from remix.records import Frozen
from remix.util.cache import MemoStore

VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")

SHORT = {"GOMP_SPINCOUNT": "1000"}
"""The default until `remix models tune` has measured."""

POLICIES: tuple[dict[str, str], ...] = (SHORT, {"GOMP_SPINCOUNT": "300000"}, {"OMP_WAIT_POLICY": "passive"})
"""The policies to choose from: a short spin, GNU's default, and sleeping at once."""


class WaitPolicy(Frozen):
    """How threads wait, as `remix models tune` found to be fastest."""

    variables: dict[str, str]
    """Environment variables: an item of `POLICIES`."""


_KEY, _MEMOS = "spin", MemoStore("threads", WaitPolicy)
_applied: dict[str, str] = {}


def wait_policy() -> dict[str, str]:
    """The variables to set: as tuned on this machine, or a short spin; empty if the user's environment has any."""
    if not is_set_by_user():
        memo = _MEMOS.read(_KEY)
        _applied.update(memo.variables if memo and memo.variables in POLICIES else SHORT)
    return _applied


def is_set_by_user() -> bool:
    """Whether the user's environment sets the wait policy."""
    return any(os.environ.get(name) != _applied.get(name) for name in VARIABLES)


def save(policy: Mapping[str, str]) -> None:
    """Use a policy from now on. Raises `RunError` if the cache can't be written."""
    _MEMOS.write(_KEY, WaitPolicy(variables=dict(policy)))
