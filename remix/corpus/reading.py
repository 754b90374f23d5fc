"""A corpus that was just read: what is asked of it is asked of each passage.

Takes essays, answers as the index does. What a query means is said in `query.py`; the index must agree.
"""

from __future__ import annotations

from collections.abc import Sequence

from remix.corpus import bm25
from remix.corpus.query import Query, matches, slugs_of
from remix.corpus.select import Hit, chooser
from remix.corpus.tags import count_tags, tag_keys
from remix.records import Essay, Options, Passage


class Reading:
    """Essays in memory."""

    def __init__(self, essays: Sequence[Essay]) -> None:
        self._essays = essays
        self._pairs = [(essay, passage) for essay in essays for passage in essay.passages]

    def essays(self) -> list[Essay]:
        """All of them, whole, in the order of the corpus."""
        return list(self._essays)

    def slugs(self) -> set[str]:
        """All that essays answer to."""
        return set().union(*map(slugs_of, self._essays))

    def tag_keys(self) -> set[str]:
        """All that passages answer to."""
        return {key for _, passage in self._pairs for tag in passage.tags for key in tag_keys(tag)}

    def tags(self, query: Query | None = None) -> list[tuple[str, int]]:
        """Those of the passages that a query means, or of all, as `count_tags` gives them."""
        return count_tags(passage for _, passage in self.pairs(self.find(query)))

    def has(self, query: Query) -> bool:
        """Whether a query means any passage."""
        return bool(self.find(query))

    def named(self, id_: str) -> Hit | None:
        """The passage of that id."""
        return next((hit for hit in self.find(None) if hit.id == id_), None)

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
        """The passages, each with its essay, which has these of its passages."""
        found = [self._pairs[hit.at] for hit in hits]
        ids = {passage.id for _, passage in found}
        essays = {essay.slug: essay for essay, _ in found}
        cut = {slug: tuple(each for each in essay.passages if each.id in ids) for slug, essay in essays.items()}
        kept = {slug: essay.model_copy(update={"passages": cut[slug]}) for slug, essay in essays.items()}
        return [(kept[essay.slug], passage) for essay, passage in found]


def select(
    essays: Sequence[Essay], tags: Sequence[str] = (), slugs: Sequence[str] = (), min_words: int = 0
) -> list[Passage]:
    """Passages of essays that were read, which carry any of the tags (all, if none are given) in any of the essays
    (likewise), and have so many words. `maps` chooses `maps/old` as well, and an essay answers to its aliases.

    Raises `SeedError` for a tag or an essay that doesn't exist, naming near ones.
    """
    options = Options(tags=tuple(tags), essays=tuple(slugs), min_words=min_words)
    chosen = chooser(options)(Reading(essays))
    return [passage for _, passage in chosen.pairs]
