"""Where the chains of a run are drawn to, and how many end in a fixed point or a loop.

Takes chains, gives `PropertyAttractor`s and `ChainEndings` with intervals; `drift.py` has the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from remix.analysis import drift, intervals
from remix.analysis.drift import Attractor
from remix.analysis.intervals import Estimate
from remix.analysis.survey_records import ChainEndings, PropertyAttractor
from remix.analysis.trajectory import Trajectory
from remix.measure.properties import PROPERTIES

Ends = Sequence[Sequence[tuple[float, float]]]
"""Per passage, the first and last value of each chain."""


def attractors_of(chains: Sequence[Trajectory]) -> Iterable[PropertyAttractor]:
    """The attractor of each property, from the chains that are as long as the longest."""
    last = max(len(chain.texts) for chain in chains)
    whole = [chain for chain in chains if len(chain.texts) == last]
    for name, value in PROPERTIES.items():
        ends = [(chain.passage, value(chain.texts[0]), value(chain.texts[-1])) for chain in whole]
        groups = [[(x, y) for _, x, y in own] for _, own in groupby(sorted(ends), key=lambda end: end[0])]
        found = _attractor(groups)
        if found:
            yield PropertyAttractor(
                name=name,
                attractor=found,
                strength=intervals.jackknife(groups, _strength).estimate(),
                position=_position(groups),
                before=float(np.mean([x for _, x, _ in ends])),
                after=float(np.mean([y for _, _, y in ends])),
            )


def _attractor(groups: Ends) -> Attractor | None:
    pairs = [pair for own in groups for pair in own]
    return drift.attractor([x for x, _ in pairs], [y for _, y in pairs])


def _strength(groups: Ends) -> float:
    found = _attractor(groups)
    return found.strength if found else 0.0


def _position(groups: Ends) -> Estimate | None:
    """The attractor's position; null if a jackknife group has none."""

    def position(own: Ends) -> float:
        found = _attractor(own)
        return found.position if found and found.position is not None else math.nan

    return intervals.jackknife(groups, position).estimate_if_finite()


def endings_of(chains: Sequence[Trajectory]) -> ChainEndings:
    """How chains end."""
    found = [cycle for chain in chains if (cycle := drift.cycle(chain.texts))]
    degrees = [(chain.passage, drift.periodicity(chain.texts[1:])) for chain in chains]
    known = [(name, degree) for name, degree in degrees if degree is not None]
    # Of step 3 and later, as in `periodicity`: steps 1 and 2 usually change the text most.
    back = [(chain.passage, drift.one_back(chain.texts[1:])) for chain in chains]
    back_known = [(name, share) for name, share in back if share is not None]
    return ChainEndings(
        chains=len(chains),
        fixed=sum(cycle.period == 1 for cycle in found),
        loops=sum(cycle.period > 1 for cycle in found),
        soonest=min((cycle.begins for cycle in found), default=None),
        periodicity=intervals.over_passages(*zip(*known, strict=True)) if known else None,
        one_back=intervals.over_passages(*zip(*back_known, strict=True)) if back_known else None,
    )
