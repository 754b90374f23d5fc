"""Choosing passages.

Takes essays and what the user asked for, gives passages in the order of the corpus, or an error that says
what there is instead.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from remix.corpus.essays import slugify
from remix.corpus.tags import tag_key, tag_keys
from remix.errors import SeedError
from remix.records import Essay, Passage

_SPACELESS = (
    "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff"  # Thai, Lao, Burmese, Khmer
    "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\U00020000-\\U0003ffff"  # Japanese, Chinese
)
_WORD = re.compile(rf"[{_SPACELESS}]|[^\s{_SPACELESS}]+")


def select(
    essays: Sequence[Essay], tags: Sequence[str] = (), slugs: Sequence[str] = (), min_words: int = 0
) -> list[Passage]:
    """Passages that carry any of the tags (all, if none are given) in any of the essays (likewise).

    `maps` chooses `maps/old` as well, as `tag_keys` has it, and an essay answers to its aliases, too. Of these,
    passages of fewer words than `min_words` are left out; those that stay keep their ids. Raises `SeedError` for a
    tag or an essay that doesn't exist, naming near ones.
    """
    slugs = [slugify(slug) for slug in slugs]
    names = {essay.slug: {essay.slug, *map(slugify, essay.aliases)} for essay in essays}
    for slug in slugs:
        there = (name for each in names.values() for name in each)
        _known(slug, there, "there is no essay", "`remix passages` lists what there is.")
    chosen = [essay for essay in essays if not slugs or not names[essay.slug].isdisjoint(slugs)]
    passages = [passage for essay in chosen for passage in essay.passages]
    if tags:
        passages = _tagged(passages, [tag_key(tag.removeprefix("#")) for tag in tags])
    return [passage for passage in passages if not min_words or count_words(passage.text) >= min_words]


def _tagged(passages: Sequence[Passage], wanted: Sequence[str]) -> list[Passage]:
    """Those with any of the tags, which are given by their keys."""
    keys = [{key for tag in passage.tags for key in tag_keys(tag)} for passage in passages]
    there = sorted(set().union(*keys))
    for key in wanted:
        _known(key, there, "no passage has the tag", "`remix tags` lists what there is.")
    return [passage for passage, its in zip(passages, keys, strict=True) if not its.isdisjoint(wanted)]


def count_words(text: str) -> int:
    """How many words a text has; of scripts that put no spaces between them, how many letters."""
    return sum(1 for _ in _WORD.finditer(text))


def _known(wanted: str, there: Iterable[str], what: str, hint: str) -> None:
    names = list(there)
    if wanted in names:
        return
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    suggestion = f"Did you mean {' or '.join(repr(name) for name in near)}? " if near else ""
    raise SeedError(f"{what} '{wanted}'.", suggestion + hint)
