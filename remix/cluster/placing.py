"""Placing: which worker gets which call, so that engines are full and the beginnings of prompts are shared.

Takes calls with the passage that they are about, and workers with the number of calls that keeps each busy; gives
calls for workers. Calls about a passage go to the worker that has the passage's prefix in its cache; a worker with
less to do takes over whole passages. Pure: no clock, no processes.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from remix.cluster.messages import Call

MOST_HOMES = 10_000
"""Passages whose worker is remembered."""

UNEVEN = 0.5
"""Share of its rows by which a worker has less to do than another whose passages it takes over."""

Key = TypeVar("Key", bound=Hashable)


class _Desk:
    """A worker's calls."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.room = rows + max(2, rows // 2)
        """Most calls in flight: those in the engine's batch, and some that take the place of those that end."""
        self.given: dict[int, tuple[str, Call]] = {}
        """By number, with the passage."""
        self.waiting: OrderedDict[str, deque[Call]] = OrderedDict()
        """By passage, calls of passages that are at home here."""

    @property
    def share(self) -> float:
        """Calls in flight for each row."""
        return len(self.given) / self.rows


class Placing(Generic[Key]):
    """The calls that wait or are in flight, by worker."""

    def __init__(self) -> None:
        self._desks: dict[Key, _Desk] = {}
        self._homes: OrderedDict[str, Key] = OrderedDict()
        """The worker that has a passage's prefix."""
        self._waiting: OrderedDict[str, deque[Call]] = OrderedDict()
        """Calls of passages without a home."""

    def open(self, worker: Key, rows: int) -> None:
        """Give calls to a worker from now on, of which `rows` are computed at once."""
        self._desks[worker] = _Desk(rows)

    def close(self, worker: Key) -> list[Call]:
        """Give nothing more to a worker; gives the calls that were in flight, which wait again, before all others."""
        desk = self._desks.pop(worker, None)
        if desk is None:
            return []
        for place in [place for place, home in self._homes.items() if home == worker]:
            del self._homes[place]
        for place, calls in reversed(desk.waiting.items()):
            self._wait_first(place, calls)
        for place, call in reversed(desk.given.values()):
            self._wait_first(place, [call])
        return [call for _, call in desk.given.values()]

    def put(self, place: str, call: Call) -> None:
        """Queue a call about a passage."""
        home = self._homes.get(place)
        waiting = self._waiting if home is None else self._desks[home].waiting
        waiting.setdefault(place, deque()).append(call)

    def ended(self, worker: Key, number: int) -> bool:
        """Note that a call in flight has ended; false if it isn't that worker's any more."""
        desk = self._desks.get(worker)
        return bool(desk and desk.given.pop(number, None))

    def forget(self, number: int) -> None:
        """Drop a call that waits."""
        for waiting in (self._waiting, *(desk.waiting for desk in self._desks.values())):
            for place, calls in waiting.items():
                if kept := [call for call in calls if call.number != number]:
                    waiting[place] = deque(kept)
                else:
                    del waiting[place]
                    break

    def next(self) -> dict[Key, list[Call]]:
        """The calls to be given to workers now; from now on in flight."""
        given: dict[Key, list[Call]] = {}
        while (found := self._freest()) is not None:
            worker, desk = found
            place = self._place_for(worker, desk)
            if place is None:
                break
            call = desk.waiting[place].popleft()
            if not desk.waiting[place]:
                del desk.waiting[place]
            desk.given[call.number] = place, call
            given.setdefault(worker, []).append(call)
        return given

    def _freest(self) -> tuple[Key, _Desk] | None:
        """The worker with the smallest share of its rows taken for whom there is something to do."""
        found, least = None, math.inf
        # A loop, and no list: asked for every call that is given.
        for worker, desk in self._desks.items():
            taken = len(desk.given)
            share = taken / desk.rows
            if taken >= desk.room or share >= least:
                continue
            if desk.waiting or self._waiting or self._giver(desk):
                found, least = (worker, desk), share
        return found

    def _place_for(self, worker: Key, desk: _Desk) -> str | None:
        """A passage with calls that wait for this worker: its own, one without a home, or another worker's."""
        if desk.waiting:
            return next(iter(desk.waiting))
        giver = None if self._waiting else self._giver(desk)
        source = giver.waiting if giver else self._waiting
        if not source:
            return None
        # Of another worker's passages the last: it is the least likely to be in that worker's cache.
        place, calls = source.popitem(last=giver is not None)
        desk.waiting[place] = calls
        self._homes[place] = worker
        self._homes.move_to_end(place)
        if len(self._homes) > MOST_HOMES:
            self._homes.popitem(last=False)
        return place

    def _giver(self, desk: _Desk) -> _Desk | None:
        """The worker with the most calls waiting, of those that have much more to do than this one; null if this one
        has enough to fill its rows."""
        if len(desk.given) >= desk.rows:
            return None
        others = [
            each
            for each in self._desks.values()
            if each.waiting and (len(each.given) >= each.rows or each.share >= desk.share + UNEVEN)
        ]
        return max(others, key=lambda each: sum(map(len, each.waiting.values())), default=None)

    def _wait_first(self, place: str, calls: Iterable[Call]) -> None:
        self._waiting.setdefault(place, deque()).extendleft(reversed(list(calls)))
        self._waiting.move_to_end(place, last=False)
