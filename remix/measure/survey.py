"""What the chains of a run do together: how far they drift, where they are drawn, whether they become alike.

Takes `Trajectory`s, a similarity of texts and perhaps an `Embedder`; gives a `Survey`, numbers only. Every interval
is over passages. Knows nothing of files, models and pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from remix.measure import diversity, drift, intervals
from remix.measure.diversity import FloatArray
from remix.measure.drift import Attractor
from remix.measure.embedding import Embedder
from remix.measure.intervals import Estimate
from remix.measure.properties import PROPERTIES
from remix.measure.trajectory import Trajectory
from remix.measure.words import words
from remix.records import Frozen

FEWEST = 3
"""Fewer passages aren't a set whose diversity could fall."""

FEWEST_WORDS = 5
"""Texts cut to fewer words say nothing of diversity."""


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

    way: Literal["words", "meaning"]
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
    """Chains with a shorter text."""


class Attraction(Frozen):
    """Where a property of texts is drawn from the passages to the last step."""

    name: str
    """The property."""
    attractor: Attractor
    """By regression."""
    strength: Estimate
    """With its jackknife interval."""
    before: float
    """Its mean over passages."""
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
    """The same similarity to the text just before, to hold it against."""


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

    scores: Callable[[Sequence[str], Sequence[str]], FloatArray]
    """A table of how much of each first text is in each second one, 0 to 1."""
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
        self.scores = ways.scores
        texts = list(dict.fromkeys(text for chain in chains for text in chain.texts))
        self._rows = dict(zip(texts, ways.embedder.embed(texts), strict=True)) if ways.embedder and texts else None

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
    return _Set(long, common, len({chain.passage for chain in chains}) - len(long))


def _kind(kind: str, chains: Sequence[Trajectory], own: _Set | None, lookup: _Lookup) -> Kind:
    steps = tuple(
        Step(
            step=step,
            count=sum(len(chain.texts) > step for chain in chains),
            words=float(np.median([len(words(chain.texts[step])) for chain in chains if len(chain.texts) > step])),
            by_words=_drift(step, chains, lookup.scores) if step else None,
            by_meaning=_drift(step, chains, lookup.cosines) if step and lookup.has_vectors else None,
            spread=_spread([chain.texts[step] for chain in own.chains], lookup) if own else None,
        )
        for step in range(max(len(chain.texts) for chain in chains))
    )
    return Kind(
        kind=kind,
        steps=steps,
        cut=Cut(words=own.words, chains=len(own.chains), left_out=own.left_out) if own else None,
        changes=tuple(_changes(own, lookup)) if own else (),
        half_by=_half_by([step.spread.vendi.value for step in steps if step.spread]),
        attractions=tuple(_attractions(chains)),
        rests=_rests(chains),
    )


# -- drift --------------------------------------------------------------------------------------------------

Scores = Callable[[Sequence[str], Sequence[str]], FloatArray]


def _drift(step: int, chains: Sequence[Trajectory], scores: Scores) -> Drift:
    reaching = [chain for chain in chains if len(chain.texts) > step]
    names = [chain.passage for chain in reaching]
    own, previous = np.array(
        [scores([chain.texts[0], chain.texts[step - 1]], [chain.texts[step]])[:, 0] for chain in reaching]
    ).T
    others = _to_others([chain.texts[step] for chain in reaching], names, reaching, scores)
    return Drift(
        to_passage=_over_passages(names, own),
        to_previous=_over_passages(names, previous),
        to_others=_over_passages(names, others) if others is not None else None,
        above_others=_over_passages(names, own - others) if others is not None else None,
    )


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


def _spread(texts: Sequence[str], lookup: _Lookup) -> Spread:
    among = diversity.pairs(texts, texts, lookup.scores)
    bags = diversity.bag_of_words(texts)
    vectors = lookup.vectors(texts) if lookup.has_vectors else None

    def estimate(statistic: Callable[[Sequence[int]], float]) -> Estimate:
        found = intervals.jackknife(range(len(texts)), statistic)
        assert found is not None, "a set has texts"
        return found

    def of_texts(statistic: Callable[[Sequence[str]], float]) -> Estimate:
        return estimate(lambda own: statistic([texts[at] for at in own]))

    return Spread(
        vendi=estimate(lambda own: diversity.vendi(bags[list(own)])),
        vendi_meaning=estimate(lambda own: diversity.vendi(vectors[list(own)])) if vectors is not None else None,
        self_similarity=estimate(lambda own: diversity.self_similarity(among, own)),
        compression_ratio=of_texts(diversity.compression_ratio),
        self_repetition=of_texts(diversity.self_repetition),
        distinct_1=of_texts(lambda own: diversity.distinct(own, 1)),
        distinct_2=of_texts(lambda own: diversity.distinct(own, 2)),
    )


def _changes(own: _Set, lookup: _Lookup) -> Iterable[Change]:
    last = len(own.chains[0].texts) - 1
    texts = [[chain.texts[step] for chain in own.chains] for step in range(last + 1)]
    for since in range(min(2, last)):
        yield _change("words", since, [diversity.bag_of_words(texts[step]) for step in (since, last)])
        if lookup.has_vectors:
            yield _change("meaning", since, [lookup.vectors(texts[step]) for step in (since, last)])


def _change(way: Literal["words", "meaning"], since: int, vectors: Sequence[FloatArray]) -> Change:
    first, last = vectors

    def share(own: Sequence[int]) -> float:
        before = diversity.vendi(first[list(own)])
        return (diversity.vendi(last[list(own)]) - before) / before

    return Change(
        way=way,
        since=since,
        before=diversity.vendi(first),
        after=diversity.vendi(last),
        share=_known(intervals.jackknife(range(len(first)), share)),
    )


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
                before=float(np.mean([x for _, x, _ in ends])),
                after=float(np.mean([y for _, _, y in ends])),
            )


def _attractor(groups: Sequence[Sequence[tuple[float, float]]]) -> Attractor | None:
    pairs = [pair for own in groups for pair in own]
    return drift.attractor([x for x, _ in pairs], [y for _, y in pairs])


def _strength(groups: Sequence[Sequence[tuple[float, float]]]) -> float:
    found = _attractor(groups)
    return found.strength if found else 0.0


def _rests(chains: Sequence[Trajectory]) -> Rests:
    cycles = [drift.cycle(chain.texts) for chain in chains]
    found = [cycle for cycle in cycles if cycle]
    degrees = [(chain.passage, drift.periodicity(chain.texts[1:])) for chain in chains]
    known = [(name, degree) for name, degree in degrees if degree is not None]
    names = {name for name, _ in known}
    back = [
        (
            chain.passage,
            float(
                np.mean([drift.letters_shared(*pair) for pair in zip(chain.texts[1:], chain.texts[2:], strict=False)])
            ),
        )
        for chain in chains
        if chain.passage in names and len(chain.texts) > 2
    ]
    return Rests(
        chains=len(chains),
        fixed=sum(cycle.period == 1 for cycle in found),
        loops=sum(cycle.period > 1 for cycle in found),
        soonest=min((cycle.begins for cycle in found), default=None),
        periodicity=_over_passages(*zip(*known, strict=True)) if known else None,
        one_back=_over_passages(*zip(*back, strict=True)) if back else None,
    )
