"""A corpus in memory, queried passage by passage.

Takes essays, answers the questions of the `Corpus` protocol. `query.py` defines the meaning of a query; `index.py`
must give the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from remix.corpus import bm25, slugs
from remix.corpus.blocks import LeftOut
from remix.corpus.query import Query, matches
from remix.corpus.select import Hit, chooser
from remix.corpus.tags import count_tags
from remix.records import Essay, Options, Passage


class MemoryCorpus:
    """Essays in memory."""

    def __init__(
        self, essays: Sequence[Essay], left_out: Sequence[tuple[str, LeftOut]] = (), notes: Sequence[str] = ()
    ) -> None:
        self._essays = essays
        self._left_out = left_out
        self._notes = notes
        self._pairs = [(essay, passage) for essay in essays for passage in essay.passages]

    def essays(self) -> list[Essay]:
        return list(self._essays)

    def left_out(self) -> list[tuple[str, LeftOut]]:
        return list(self._left_out)

    def notes(self) -> list[str]:
        return list(self._notes)

    def slugs(self) -> set[str]:
        return set().union(*map(slugs.names_of, self._essays))

    def tags(self, query: Query | None = None) -> list[tuple[str, int]]:
        return count_tags(passage for _, passage in self.pairs(self.find(query)))

    def has(self, query: Query) -> bool:
        return bool(self.find(query))

    def named(self, id_: str) -> Hit | None:
        return next((hit for hit in self.find(None) if hit.id == id_), None)

    def find(self, query: Query | None) -> list[Hit]:
        return [
            Hit(at, passage.id, passage.sha256)
            for at, (essay, passage) in enumerate(self._pairs)
            if query is None or matches(query, passage, essay)
        ]

    def scores(self, like: str) -> dict[int, float]:
        return bm25.scores(like, [passage.text for _, passage in self._pairs])

    def pairs(self, hits: Sequence[Hit]) -> list[tuple[Essay, Passage]]:
        found = [self._pairs[hit.at] for hit in hits]
        ids = {passage.id for _, passage in found}
        essays = {essay.slug: essay for essay, _ in found}
        cut = {slug: tuple(each for each in essay.passages if each.id in ids) for slug, essay in essays.items()}
        kept = {slug: essay.model_copy(update={"passages": cut[slug]}) for slug, essay in essays.items()}
        return [(kept[essay.slug], passage) for essay, passage in found]


def select(
    essays: Sequence[Essay], tags: Sequence[str] = (), slugs: Sequence[str] = (), min_words: int = 0
) -> list[Passage]:
    """Passages of `essays` with any of the tags (all passages without `tags`), in any of the essays named in `slugs`
    (likewise), with `min_words` words or more. The tag `maps` includes `maps/old`; an essay is found by aliases too.

    Raises `SeedError` for an unknown tag or essay, with suggestions.
    """
    options = Options(tags=tuple(tags), essays=tuple(slugs), min_words=min_words)
    chosen = chooser(options)(MemoryCorpus(essays))
    return [passage for _, passage in chosen.pairs]
