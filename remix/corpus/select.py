"""Choosing passages.

Takes essays and what the user asked for, gives passages in the order of the corpus, or an error that says
what there is instead.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from remix.corpus.essays import slugify
from remix.corpus.tags import count_tags, tag_key
from remix.errors import SeedError
from remix.records import Essay, Passage


def select(essays: Sequence[Essay], tags: Sequence[str] = (), slugs: Sequence[str] = ()) -> list[Passage]:
    """Passages that carry any of the tags (all, if none are given) in any of the essays (likewise).

    Raises `SeedError` for a tag or an essay that doesn't exist, naming near ones.
    """
    slugs = [slugify(slug) for slug in slugs]
    for slug in slugs:
        _known(slug, [essay.slug for essay in essays], "there is no essay", "`remix passages` lists what there is.")
    passages = [passage for essay in essays if not slugs or essay.slug in slugs for passage in essay.passages]
    counts = {tag_key(tag): tag for tag, _ in count_tags(passages)}
    for tag in tags:
        _known(tag_key(tag.removeprefix("#")), counts, "no passage has the tag", "`remix tags` lists what there is.")
    wanted = {tag_key(tag.removeprefix("#")) for tag in tags}
    return [passage for passage in passages if not wanted or wanted & {tag_key(tag) for tag in passage.tags}]


def _known(wanted: str, there: Iterable[str], what: str, hint: str) -> None:
    names = list(there)
    if wanted in names:
        return
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    suggestion = f"Did you mean {' or '.join(repr(name) for name in near)}? " if near else ""
    raise SeedError(f"{what} '{wanted}'.", suggestion + hint)
