"""Choosing passages.

Takes essays and what the user asked for, gives passages in the order of the corpus, or an error that says
what there is instead.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from remix.corpus.essays import slugify
from remix.corpus.tags import tag_key, tag_keys
from remix.errors import SeedError
from remix.records import Essay, Passage


def select(essays: Sequence[Essay], tags: Sequence[str] = (), slugs: Sequence[str] = ()) -> list[Passage]:
    """Passages that carry any of the tags (all, if none are given) in any of the essays (likewise).

    `maps` chooses `maps/old` as well, as `tag_keys` has it.
    Raises `SeedError` for a tag or an essay that doesn't exist, naming near ones.
    """
    slugs = [slugify(slug) for slug in slugs]
    for slug in slugs:
        _known(slug, [essay.slug for essay in essays], "there is no essay", "`remix passages` lists what there is.")
    passages = [passage for essay in essays if not slugs or essay.slug in slugs for passage in essay.passages]
    keys = {passage.id: {key for tag in passage.tags for key in tag_keys(tag)} for passage in passages}
    wanted = [tag_key(tag.removeprefix("#")) for tag in tags]
    there = sorted(set().union(*keys.values()))
    for key in wanted:
        _known(key, there, "no passage has the tag", "`remix tags` lists what there is.")
    return [passage for passage in passages if not wanted or not keys[passage.id].isdisjoint(wanted)]


def _known(wanted: str, there: Iterable[str], what: str, hint: str) -> None:
    names = list(there)
    if wanted in names:
        return
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    suggestion = f"Did you mean {' or '.join(repr(name) for name in near)}? " if near else ""
    raise SeedError(f"{what} '{wanted}'.", suggestion + hint)
