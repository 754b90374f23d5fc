"""A corpus that was just read: what is asked of it is asked of each passage.

Takes essays, answers as the index does. What a query means is said in `query.py`; the index must agree.
"""

from __future__ import annotations

from collections.abc import Sequence

from remix.corpus import bm25
from remix.corpus.query import Query, matches
from remix.corpus.select import Hit, chooser
from remix.corpus.tags import count_tags, tag_keys
from remix.records import Essay, Options, Passage


class Reading:
    """Essays in memory."""

    def __init__(self, essays: Sequence[Essay]) -> None:
        self._essays = essays
        self._pairs = [(essay, passage) for essay in essays for passage in essay.passages]

    def slugs(self) -> list[str]:
        """Of all essays."""
        return [essay.slug for essay in self._essays]

    def tag_keys(self) -> set[str]:
        """All that passages answer to."""
        return {key for _, passage in self._pairs for tag in passage.tags for key in tag_keys(tag)}

    def tags(self) -> list[tuple[str, int]]:
        """As `count_tags` gives them."""
        return count_tags(passage for _, passage in self._pairs)

    def count(self, query: Query) -> int:
        """How many passages a query means."""
        return len(self.find(query))

    def find(self, query: Query | None) -> list[Hit]:
        """The passages that a query means, or all, in the order of the corpus."""
        return [
            Hit(at, passage.id, passage.sha256)
            for at, (essay, passage) in enumerate(self._pairs)
            if query is None or matches(query, passage, essay)
        ]

    def scores(self, like: str) -> dict[int, float]:
        """The BM25 of each passage that shares a word with a text, by `Hit.at`."""
        return bm25.scores(like, [passage.text for _, passage in self._pairs])

    def pairs(self, hits: Sequence[Hit]) -> list[tuple[Essay, Passage]]:
        """The passages, each with its essay."""
        return [self._pairs[hit.at] for hit in hits]


def select(essays: Sequence[Essay], tags: Sequence[str] = (), slugs: Sequence[str] = ()) -> list[Passage]:
    """Passages of essays that were read, which carry any of the tags (all, if none are given) in any of the essays
    (likewise). `maps` chooses `maps/old` as well.

    Raises `SeedError` for a tag or an essay that doesn't exist, naming near ones.
    """
    chosen = chooser(Options(tags=tuple(tags), essays=tuple(slugs)))(Reading(essays))
    return [passage for _, passage in chosen.pairs]
