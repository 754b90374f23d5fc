"""Selecting passages.

Takes a corpus and options, gives passages with their rankings, or an error that names existing tags, essays and
passages. Doesn't know whether the corpus is in memory or in an index.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from remix.corpus import bm25
from remix.corpus.query import Query, Term, all_of, any_of, parse, terms
from remix.corpus.slugs import typed
from remix.corpus.tags import tag_key, tag_levels
from remix.errors import SeedError
from remix.records import Essay, Options, Passage, Ranking, Rule, sha256
from remix.util.names import similar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from remix.corpus.blocks import LeftOut


class Hit(NamedTuple):
    """A passage found by a query, not yet loaded."""

    at: int
    """The corpus' own number of the passage, valid while the corpus is open."""
    id: str
    sha256: str
    """Of the passage's text."""


class Corpus(Protocol):
    """The questions answered by `MemoryCorpus` and `Index`."""

    def essays(self) -> list[Essay]:
        """All essays with all passages, in the order of the corpus."""

    def left_out(self) -> list[tuple[str, LeftOut]]:
        """The parts outside of passages and headings, each with its essay's path, in the order of the corpus."""

    def notes(self) -> list[str]:
        """Notes on values left aside in front matter, each with file and line, in the order of the corpus."""

    def slugs(self) -> set[str]:
        """The keys of essays' slugs, titles and aliases."""

    def tags(self, query: Query | None = None) -> list[tuple[str, int]]:
        """Tags of the passages that match a query, or of all passages, counted and sorted as by `count_tags`."""

    def has(self, query: Query) -> bool:
        """Whether any passage matches."""

    def named(self, id_: str) -> Hit | None:
        """The passage with the id."""

    def find(self, query: Query | None) -> list[Hit]:
        """The passages that match a query, or all passages, in the order of the corpus."""

    def scores(self, like: str) -> dict[int, float]:
        """The BM25 score of each passage with a word in common with a text, by `Hit.at`."""

    def pairs(self, hits: Sequence[Hit]) -> list[tuple[Essay, Passage]]:
        """The passages, each with its essay, reduced to the given passages."""


class Meaning(NamedTuple):
    """An embedding model, for similarity of meaning."""

    rule: Rule
    """Name and version."""
    embed: Callable[[Sequence[str]], NDArray[np.float64]]
    """Texts to rows of length 1: (texts, dimensions)."""


MOST_EMBEDDED = 1000
"""Passages that are embedded; of a larger number, the passages most similar to the text by words."""


class Selected(NamedTuple):
    """The selected passages."""

    pairs: list[tuple[Essay, Passage]]
    """In the order of the corpus, or by rank."""
    rankings: dict[str, Ranking]
    """By passage id, if passages were ranked."""
    notes: list[str]
    """Unknown tags and essays in the query: perhaps misspelt."""


def chooser(options: Options, meaning: Meaning | None = None) -> Callable[[Corpus], Selected]:
    """A question for a corpus. Raises `QueryError` at once.

    The question selects passages with any of the tags, in any of the essays, that match the query; ranks by
    similarity to a text (by `meaning`, if `options` ask for meaning), without passages that share no word with the
    text; samples; and cuts to the limit. If passages are named, only named passages are selected. The question raises
    `SeedError` for an unknown tag, essay or passage, with suggestions, and if no passage is found.
    """
    where = None if options.where is None else parse(options.where)
    long = Term("words", str(options.min_words)) if options.min_words else None

    def choose(corpus: Corpus) -> Selected:
        hits = corpus.find(all_of(_short_form(corpus, options.tags, options.essays), long, where))
        if options.passages:
            wanted = {_named(corpus, each).id for each in options.passages}
            hits = [hit for hit in hits if hit.id in wanted]
        notes = list(_unknown_terms(corpus, where)) if where else []
        if where and not hits:
            raise SeedError("no passage matches --where.", " ".join(notes) or _PASSAGES)
        rankings: dict[str, Ranking] = {}
        if options.like is not None:
            by_meaning = meaning if options.by == "meaning" else None
            scored = _scored(corpus, hits, options.like, by_meaning)
            hits, rankings = _ranked(hits, scored, by_meaning.rule if by_meaning else bm25.RULE)
        hits = _sample(hits, options.sample, options.seed)[: options.limit]
        kept = {hit.id: rankings[hit.id] for hit in hits if rankings}
        return Selected(corpus.pairs(hits), kept, notes)

    return choose


def _short_form(corpus: Corpus, tags: Sequence[str], essays: Sequence[str]) -> Query | None:
    """`--tag` and `--essay` as a query. Raises `SeedError` for an unknown tag or essay."""
    slugs = corpus.slugs() if essays else set()
    for essay in essays:
        if typed(essay) not in slugs and not corpus.has(Term("essay", essay)):
            raise _unknown_essay(typed(essay), slugs)
    within = any_of([Term("essay", essay) for essay in essays])
    wanted = [Term("tag", tag.removeprefix("#")) for tag in tags]
    for term in wanted:
        narrowed = all_of(within, term)
        if narrowed and not corpus.has(narrowed):
            raise _unknown_tag(term.value, _spellings(corpus))
    return all_of(within, any_of(wanted))


def _named(corpus: Corpus, id_: str) -> Hit:
    """The passage with an id. Raises `SeedError`, with similar ids, for an unknown id."""
    if hit := corpus.named(id_):
        return hit
    raise _unknown_name(f"no passage '{_cut(id_)}'.", _similar(id_, (hit.id for hit in corpus.find(None))), _PASSAGES)


def _unknown_terms(corpus: Corpus, where: Query) -> Iterator[str]:
    """Messages about unknown tags and essays of a query. After `not` unknown names do no harm, but may be
    misspelt."""
    spellings, slugs = functools.cache(lambda: _spellings(corpus)), functools.cache(corpus.slugs)
    unknown = 0
    for term in terms(where):
        if term.name == "tag" and not corpus.has(term):
            error = _unknown_tag(term.value, spellings() if unknown < MOST_SUGGESTED else {})
        elif term.name == "essay" and typed(term.value) not in slugs() and not corpus.has(term):
            error = _unknown_essay(typed(term.value), slugs() if unknown < MOST_SUGGESTED else ())
        else:
            continue
        unknown += 1
        yield f"--where, column {term.column}: {error.message} {error.hint}"


MOST_SUGGESTED = 10
"""Unknown names of a query for which similar names are searched: a search among 200,000 tags takes 0.25 s."""

LONGEST_SUGGESTED = 200
"""Characters of a name: longer names are shortened in messages, and similar names aren't searched."""

_PASSAGES = "`remix passages` lists what there is."
_TAGS = "`remix tags` lists what there is."


def _spellings(corpus: Corpus) -> dict[str, str]:
    """The keys of all tags and of tags' parents, each with a spelling."""
    tags = [tag for tag, _ in reversed(corpus.tags())]
    parents = (parent for tag in tags for parent in tag_levels(tag)[1:])
    return {tag_key(tag): tag for tag in (*parents, *tags)}


def _unknown_tag(tag: str, spellings: Mapping[str, str]) -> SeedError:
    key = tag_key(tag)
    near = _similar(key, spellings.keys() - {key})
    return _unknown_name(f"no passage has the tag '{_cut(tag)}'.", [spellings[each] for each in near], _TAGS)


def _unknown_essay(name: str, slugs: Iterable[str]) -> SeedError:
    return _unknown_name(f"there is no essay '{_cut(name)}'.", _similar(name, slugs), _PASSAGES)


def _unknown_name(message: str, near: Sequence[str], hint: str) -> SeedError:
    suggestion = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    return SeedError(message, suggestion + hint)


def _similar(wanted: str, there: Iterable[str]) -> list[str]:
    return similar(wanted, there) if len(wanted) <= LONGEST_SUGGESTED else []


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_SUGGESTED else f"{name[:LONGEST_SUGGESTED]}…"


# -- ranking and sampling -----------------------------------------------------------------------------------


def _scored(corpus: Corpus, hits: list[Hit], like: str, meaning: Meaning | None) -> dict[int, float]:
    """Similarity to a text, by `Hit.at`; by words, only of passages that share a word with the text."""
    if meaning is None:
        return corpus.scores(like)
    if len(hits) > MOST_EMBEDDED:
        by_words = corpus.scores(like)
        hits = sorted(hits, key=lambda hit: -by_words.get(hit.at, 0.0))[:MOST_EMBEDDED]
    own, *rows = meaning.embed([like, *(passage.text for _, passage in corpus.pairs(hits))])
    return {hit.at: bm25.rounded(float(row @ own)) for hit, row in zip(hits, rows, strict=True)}


def _ranked(hits: list[Hit], scores: dict[int, float], rule: Rule) -> tuple[list[Hit], dict[str, Ranking]]:
    """The passages with a score, closest match first, and their rankings."""
    # Sorting is stable: equal scores stay in the order of the corpus.
    ranked = sorted((hit for hit in hits if hit.at in scores), key=lambda hit: -scores[hit.at])
    if not ranked:
        raise SeedError("no passage shares a word with --like.", "Use words that are in the essays.")
    rankings = {hit.id: Ranking(rank=rank, score=scores[hit.at], method=rule) for rank, hit in enumerate(ranked, 1)}
    return ranked, rankings


def _sample(hits: list[Hit], size: int | None, seed: int) -> list[Hit]:
    """`size` passages, in the order of `hits`: the passages with the smallest hash of seed and text.

    The hash is of the text alone, so that every machine draws the same passages, and mostly the same after passages
    were added, removed or moved.
    """
    if size is None or size >= len(hits):
        return hits
    drawn = sorted(range(len(hits)), key=lambda at: (sha256(f"{seed} {hits[at].sha256}"), at))[:size]
    return [hits[at] for at in sorted(drawn)]
