"""What the chains of a run do together: how far they drift, where they are drawn, whether they become alike.

Takes `Trajectory`s, a similarity of texts and perhaps an `Embedder`; gives a `Survey`, numbers only. Every interval
is over passages. Knows nothing of files, models and pages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from remix.measure import diversity, drift, intervals
from remix.measure.diversity import FloatArray
from remix.measure.drift import Attractor
from remix.measure.embedding import Embedder
from remix.measure.intervals import Estimate, LeftOut
from remix.measure.properties import PROPERTIES
from remix.measure.trajectory import Trajectory
from remix.measure.words import words
from remix.records import Frozen

Way = Literal["words", "meaning"]

Scores = Callable[[Sequence[str], Sequence[str]], FloatArray]
"""A table of how much of each first text is in each second one, 0 to 1."""

FEWEST = 3
"""Fewer passages aren't a set whose diversity could fall."""

FEWEST_WORDS = 5
"""Texts cut to fewer words say nothing of diversity."""

MOST = 400
"""Of more chains so many are drawn for a `Spread`: the time for a Vendi score grows with the cube of their number."""


class Drift(Frozen):
    """How far the texts of a step are from others, by one way to compare them."""

    to_passage: Estimate
    """Mean similarity to their own passages: what is kept."""
    to_previous: Estimate
    """To the step before: how large the step was."""
    to_others: Estimate | None
    """To other passages of the run: what any two texts here have in common. Null where there is but one passage."""
    above_others: Estimate | None
    """How much more similar to its own than to others: what of the passage is in the text still."""


class Spread(Frozen):
    """How unlike each other the texts of a step are, cut to equal length, one a passage."""

    vendi: Estimate
    """How many wholly different texts they amount to, by their words."""
    vendi_meaning: Estimate | None
    """The same by embeddings, where there are any."""
    self_similarity: Estimate
    """Mean chrF between two of them."""
    compression_ratio: Estimate
    """Bytes over bytes compressed."""
    self_repetition: Estimate
    """Of 4-grams."""
    distinct_1: Estimate
    """Different words over all words."""
    distinct_2: Estimate
    """Different pairs of words over all pairs."""


class Step(Frozen):
    """A kind's texts of one step."""

    step: int
    """Which; 0 is the passages themselves."""
    count: int
    """Texts."""
    words: float
    """Their median length."""
    by_words: Drift | None
    """By chrF, 0 to 1; null for step 0."""
    by_meaning: Drift | None
    """By the cosine of their embeddings; null for step 0, and where there are none."""
    spread: Spread | None
    """How unlike each other they are; null where there are too few or too short ones."""


class Change(Frozen):
    """How many different texts a kind's texts amount to (their Vendi score), from one step to the last."""

    way: Way
    """By their words, or by their embeddings."""
    since: int
    """The step that the last is held against: 0 for the passages, 1 to leave out the change of author."""
    before: float
    """The score then."""
    after: float
    """And at the last step."""
    share: Estimate
    """The difference over `before`: -0.25 for a quarter less."""


class Cut(Frozen):
    """How texts were made comparable for the `Spread`s."""

    words: int
    """All were cut to so many."""
    chains: int
    """Chains that are long enough at each step, one a passage."""
    left_out: int
    """Passages whose chain has a shorter text, or isn't finished."""
    drawn_from: int | None = None
    """So many were long enough, and `chains` of them were drawn, always the same; null where all were taken."""


class Halving(Frozen):
    """How fast goes what makes texts more similar to their own passages than to others, from step 1 to the last."""

    way: Way
    """By chrF, or by embeddings."""
    steps: Estimate
    """Steps in which half of it goes: (m - 1) ln 2 / ln(a_1 / a_m), as if each step kept the same share."""


class Attraction(Frozen):
    """Where a property of texts is drawn from the passages to the last step."""

    name: str
    """The property."""
    attractor: Attractor
    """By regression."""
    strength: Estimate
    """With its jackknife interval."""
    position: Estimate | None
    """Where it is drawn to, with the same; null where that can't be told. It may lie far from any text there is."""
    before: float
    """Its mean over the passages of these chains."""
    after: float
    """Over last texts."""


class Rests(Frozen):
    """How chains end."""

    chains: int
    """How many there are."""
    fixed: int
    """End in a text that is the same as the one before it."""
    loops: int
    """End in a loop of two or more steps."""
    soonest: int | None
    """The first step at which one of these began; null where none did."""
    periodicity: Estimate | None
    """2-periodicity; null for chains of fewer than three steps."""
    one_back: Estimate | None
    """The same texts' similarity to the one just before, to hold it against."""


class Kind(Frozen):
    """All chains of one kind."""

    kind: str
    """Its name."""
    steps: tuple[Step, ...]
    """From 0, the passages."""
    cut: Cut | None
    """Null where there are too few texts for a `Spread`."""
    changes: tuple[Change, ...]
    """From the passages and from step 1 to the last step, by words and by meaning."""
    half_by: int | None
    """The first step by which half of the loss by words had happened; null where nothing was lost."""
    halvings: tuple[Halving, ...]
    """A way each; none where it isn't sure that anything goes."""
    attractions: tuple[Attraction, ...]
    """A property each."""
    rests: Rests
    """How chains end."""


class Survey(Frozen):
    """What the chains of a run do together."""

    schema_: Literal["remix/survey/1"] = Field("remix/survey/1", alias="schema")
    """Name and version of this form."""
    passages: int
    """How many there are."""
    embeddings: str | None
    """What they are by; null where there are none."""
    strangers: Estimate | None
    """Mean chrF of two different passages: what is shared by chance; null for a single one."""
    kinds: tuple[Kind, ...]
    """In the order of the run."""


# -- from chains to a survey --------------------------------------------------------------------------------


class Ways(NamedTuple):
    """How texts are compared."""

    scores: Scores
    """By words."""
    embedder: Embedder | None
    """What makes vectors of them, if anything does."""


def survey(chains: Sequence[Trajectory], ways: Ways) -> Survey:
    """All there is to say of a run's chains."""
    passages = {chain.passage: chain.texts[0] for chain in chains}
    by_kind: dict[str, list[Trajectory]] = {}
    for chain in chains:
        by_kind.setdefault(chain.kind, []).append(chain)
    sets = {kind: _set(own) for kind, own in by_kind.items()}
    lookup = _Lookup(ways, [*chains, *(each for own in sets.values() if own for each in own.chains)])
    texts = list(passages.values())
    return Survey(
        passages=len(passages),
        embeddings=ways.embedder.name if ways.embedder and chains else None,
        strangers=_similarity_of(diversity.pairs(texts, texts, ways.scores), len(texts)),
        kinds=tuple(_kind(kind, own, sets[kind], lookup) for kind, own in by_kind.items()),
    )


class _Lookup:
    """How similar texts are. All are embedded together: some embedders know a text only among others."""

    def __init__(self, ways: Ways, chains: Iterable[Trajectory]) -> None:
        self.scores: Scores = ways.scores
        texts = list(dict.fromkeys(text for chain in chains for text in chain.texts))
        self._rows = dict(zip(texts, ways.embedder.embed(texts), strict=True)) if ways.embedder and texts else None

    @property
    def ways(self) -> dict[Way, Scores]:
        """How texts can be compared."""
        by_words: dict[Way, Scores] = {"words": self.scores}
        return by_words | {"meaning": self.cosines} if self.has_vectors else by_words

    @property
    def has_vectors(self) -> bool:
        """Whether there are embeddings."""
        return self._rows is not None

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        """The texts' embeddings, in rows."""
        assert self._rows is not None
        return np.array([self._rows[text] for text in texts])

    def cosines(self, ones: Sequence[str], others: Sequence[str]) -> FloatArray:
        """The cosine of each first text's embedding with each second one's."""
        table: FloatArray = self.vectors(ones) @ self.vectors(others).T
        return table


class _Set(NamedTuple):
    """A kind's chains of equal length and of texts cut to equal length, one a passage."""

    chains: tuple[Trajectory, ...]
    words: int
    left_out: int
    drawn_from: int | None


def _set(chains: Sequence[Trajectory]) -> _Set | None:
    """The chains whose texts can be compared at each step; null where they are too few or too short."""
    last = max(len(chain.texts) for chain in chains)
    whole: dict[str, Trajectory] = {}
    for chain in sorted(chains, key=lambda chain: chain.variant):
        if len(chain.texts) == last:
            whole.setdefault(chain.passage, chain)
    common = diversity.common_length([chain.texts for chain in whole.values()])
    cut = [
        chain._replace(texts=tuple(diversity.cut(text, common) for text in chain.texts)) for chain in whole.values()
    ]
    long = tuple(chain for chain in cut if min(len(words(text)) for text in chain.texts) == common)
    if len(long) < FEWEST or common < FEWEST_WORDS:
        return None
    left_out = len({chain.passage for chain in chains}) - len(long)
    return _Set(_drawn(long), common, left_out, len(long) if len(long) > MOST else None)


def _drawn(chains: tuple[Trajectory, ...]) -> tuple[Trajectory, ...]:
    """So many of them as a `Spread` can take, in their order and always the same."""
    if len(chains) <= MOST:
        return chains
    return tuple(chains[at] for at in sorted(np.random.default_rng(1).permutation(len(chains))[:MOST]))


def _kind(kind: str, chains: Sequence[Trajectory], own: _Set | None, lookup: _Lookup) -> Kind:
    last = max(len(chain.texts) for chain in chains) - 1
    likenesses: dict[Way, list[_Likeness]] = {
        way: [_likeness(step, chains, scores) for step in range(1, last + 1)] for way, scores in lookup.ways.items()
    }
    sets = [[chain.texts[step] for chain in own.chains] for step in range(last + 1)] if own else []
    scores: dict[Way, list[LeftOut]] = {way: [_vendi(texts, way, lookup) for texts in sets] for way in lookup.ways}
    drifts = {way: [None, *map(_drift, found)] for way, found in likenesses.items()}
    steps = tuple(
        Step(
            step=step,
            count=sum(len(chain.texts) > step for chain in chains),
            words=float(np.median([len(words(chain.texts[step])) for chain in chains if len(chain.texts) > step])),
            by_words=drifts["words"][step],
            by_meaning=drifts["meaning"][step] if lookup.has_vectors else None,
            spread=_spread(sets[step], {way: found[step] for way, found in scores.items()}, lookup) if own else None,
        )
        for step in range(last + 1)
    )
    return Kind(
        kind=kind,
        steps=steps,
        cut=_cut(own) if own else None,
        changes=tuple(_changes(scores)) if own else (),
        half_by=_half_by([found.value for found in scores["words"]]),
        halvings=tuple(_halvings(likenesses)),
        attractions=tuple(_attractions(chains)),
        rests=_rests(chains),
    )


# -- drift --------------------------------------------------------------------------------------------------


class _Likeness(NamedTuple):
    """How similar the texts of a step are to others, a number a chain that reaches it."""

    chains: list[Trajectory]
    own: FloatArray
    previous: FloatArray
    others: FloatArray | None


def _likeness(step: int, chains: Sequence[Trajectory], scores: Scores) -> _Likeness:
    reaching = [chain for chain in chains if len(chain.texts) > step]
    own, previous = np.array(
        [scores([chain.texts[0], chain.texts[step - 1]], [chain.texts[step]])[:, 0] for chain in reaching]
    ).T
    names = [chain.passage for chain in reaching]
    others = _to_others([chain.texts[step] for chain in reaching], names, reaching, scores)
    return _Likeness(reaching, own, previous, others)


def _drift(found: _Likeness) -> Drift:
    names, others = [chain.passage for chain in found.chains], found.others
    return Drift(
        to_passage=_over_passages(names, found.own),
        to_previous=_over_passages(names, found.previous),
        to_others=_over_passages(names, others) if others is not None else None,
        above_others=_over_passages(names, found.own - others) if others is not None else None,
    )


def _halvings(likenesses: Mapping[Way, Sequence[_Likeness]]) -> Iterator[Halving]:
    for way, steps in likenesses.items():
        if len(steps) > 1 and (found := _halving(steps[0], steps[-1], len(steps) - 1)):
            yield Halving(way=way, steps=found)


def _halving(first: _Likeness, last: _Likeness, steps: int) -> Estimate | None:
    """Steps in which half goes of what chains have in common with their own passages beyond what others have."""
    if first.others is None or last.others is None:
        return None
    ends = zip(last.chains, last.own - last.others, strict=True)
    before = {chain[:3]: each for chain, each in zip(first.chains, first.own - first.others, strict=True)}
    by_passage: dict[str, list[tuple[float, float]]] = {}
    for chain, after in ends:
        by_passage.setdefault(chain.passage, []).append((float(before[chain[:3]]), float(after)))
    pairs = [np.mean(own, axis=0) for own in by_passage.values()]

    def rate(own: Sequence[FloatArray]) -> float:
        begin, end = np.mean(own, axis=0)
        return math.log(begin / end) / steps if begin > 0 and end > 0 else math.nan

    fall = _if_known(intervals.leave_out(pairs, rate))
    if fall is None or fall.low is None or fall.high is None or fall.low <= 0:
        return None
    value, low, high = (math.log(2) / each for each in (fall.value, fall.high, fall.low))
    return Estimate(value=value, low=low, high=high, count=fall.count)


def _to_others(
    texts: Sequence[str], names: Sequence[str], chains: Sequence[Trajectory], scores: Scores
) -> FloatArray | None:
    """Mean similarity of each text to the passages that aren't its own, or to some of them."""
    passages = {chain.passage: chain.texts[0] for chain in chains}
    if len(passages) < 2:
        return None
    means = np.zeros(len(texts))
    for group in diversity.groups(len(texts)):
        held = list(dict.fromkeys(names[at] for at in group))
        held = held if len(held) > 1 else list(passages)[: diversity.GROUP]
        table = scores([passages[name] for name in held], [texts[at] for at in group])
        for column, at in enumerate(group):
            means[at] = table[[row for row, name in enumerate(held) if name != names[at]], column].mean()
    return means


def _similarity_of(among: diversity.Pairs, count: int) -> Estimate | None:
    """Mean similarity of pairs, with its interval over the texts."""
    if count < 2:
        return None
    return intervals.jackknife(range(count), lambda own: diversity.self_similarity(among, own))


def _over_passages(names: Sequence[str], values: Iterable[float]) -> Estimate:
    by_passage: dict[str, list[float]] = {}
    for name, value in zip(names, values, strict=True):
        by_passage.setdefault(name, []).append(float(value))
    estimate = intervals.mean(intervals.by_passage(by_passage))
    assert estimate is not None, "every kind has chains"
    return estimate


# -- diversity ----------------------------------------------------------------------------------------------


def _cut(own: _Set) -> Cut:
    return Cut(words=own.words, chains=len(own.chains), left_out=own.left_out, drawn_from=own.drawn_from)


def _vendi(texts: Sequence[str], way: Way, lookup: _Lookup) -> LeftOut:
    """The Vendi score of a set: of all measures the one that takes time, so it is computed once for all uses."""
    cosines = diversity.kernel(diversity.bag_of_words(texts) if way == "words" else lookup.vectors(texts))
    return intervals.leave_out(range(len(texts)), lambda own: diversity.vendi_of(cosines[np.ix_(own, own)]))


def _spread(texts: Sequence[str], vendi: Mapping[Way, LeftOut], lookup: _Lookup) -> Spread:
    among = diversity.pairs(texts, texts, lookup.scores)

    def estimate(statistic: Callable[[Sequence[int]], float]) -> Estimate:
        found = intervals.jackknife(range(len(texts)), statistic)
        assert found is not None, "a set has texts"
        return found

    def of_texts(statistic: Callable[[Sequence[str]], float]) -> Estimate:
        return estimate(lambda own: statistic([texts[at] for at in own]))

    return Spread(
        vendi=vendi["words"].estimate(),
        vendi_meaning=vendi["meaning"].estimate() if "meaning" in vendi else None,
        self_similarity=estimate(lambda own: diversity.self_similarity(among, own)),
        compression_ratio=of_texts(diversity.compression_ratio),
        self_repetition=of_texts(diversity.self_repetition),
        distinct_1=of_texts(lambda own: diversity.distinct(own, 1)),
        distinct_2=of_texts(lambda own: diversity.distinct(own, 2)),
    )


def _changes(scores: Mapping[Way, Sequence[LeftOut]]) -> Iterator[Change]:
    for since in (0, 1):
        for way, found in scores.items():
            if since < len(found) - 1:
                yield _change(way, since, found[since], found[-1])


def _change(way: Way, since: int, before: LeftOut, after: LeftOut) -> Change:
    share = LeftOut(after.value / before.value - 1, after.without / before.without - 1, after.size)
    return Change(way=way, since=since, before=before.value, after=after.value, share=share.estimate())


def _if_known(found: LeftOut) -> Estimate | None:
    """Its estimate, unless some part of the set has none."""
    return found.estimate() if np.isfinite([found.value, *found.without]).all() else None


def _known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None, "a set has texts"
    return estimate


def _half_by(scores: Sequence[float]) -> int | None:
    """The first step by which half of the loss between the first and the last score has happened."""
    if len(scores) < 2 or scores[-1] >= scores[0]:
        return None
    half = (scores[0] + scores[-1]) / 2
    return next(step for step, score in enumerate(scores) if score <= half)


# -- where chains go, and whether they come to rest ---------------------------------------------------------


def _attractions(chains: Sequence[Trajectory]) -> Iterable[Attraction]:
    """Of chains that are as long as the longest."""
    last = max(len(chain.texts) for chain in chains)
    whole = [chain for chain in chains if len(chain.texts) == last]
    for name, value in PROPERTIES.items():
        ends = [(chain.passage, value(chain.texts[0]), value(chain.texts[-1])) for chain in whole]
        groups = [[(x, y) for _, x, y in own] for _, own in groupby(sorted(ends), key=lambda end: end[0])]
        found = _attractor(groups)
        if found:
            yield Attraction(
                name=name,
                attractor=found,
                strength=_known(intervals.jackknife(groups, _strength)),
                position=_position(groups),
                before=float(np.mean([x for _, x, _ in ends])),
                after=float(np.mean([y for _, _, y in ends])),
            )


def _attractor(groups: Sequence[Sequence[tuple[float, float]]]) -> Attractor | None:
    pairs = [pair for own in groups for pair in own]
    return drift.attractor([x for x, _ in pairs], [y for _, y in pairs])


def _strength(groups: Sequence[Sequence[tuple[float, float]]]) -> float:
    found = _attractor(groups)
    return found.strength if found else 0.0


def _position(groups: Sequence[Sequence[tuple[float, float]]]) -> Estimate | None:
    """The attractor's position; null where some passages less would leave none."""

    def position(own: Sequence[Sequence[tuple[float, float]]]) -> float:
        found = _attractor(own)
        return found.position if found and found.position is not None else math.nan

    return _if_known(intervals.leave_out(groups, position))


def _rests(chains: Sequence[Trajectory]) -> Rests:
    cycles = [drift.cycle(chain.texts) for chain in chains]
    found = [cycle for cycle in cycles if cycle]
    degrees = [(chain.passage, drift.periodicity(chain.texts[1:])) for chain in chains]
    known = [(name, degree) for name, degree in degrees if degree is not None]
    # Of the texts that periodicity looks at, from step 3 on: the first rewriting would change most of all.
    back = [(chain.passage, drift.one_back(chain.texts[1:])) for chain in chains]
    back_known = [(name, share) for name, share in back if share is not None]
    return Rests(
        chains=len(chains),
        fixed=sum(cycle.period == 1 for cycle in found),
        loops=sum(cycle.period > 1 for cycle in found),
        soonest=min((cycle.begins for cycle in found), default=None),
        periodicity=_over_passages(*zip(*known, strict=True)) if known else None,
        one_back=_over_passages(*zip(*back_known, strict=True)) if back_known else None,
    )
