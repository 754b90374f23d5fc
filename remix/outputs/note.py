"""An output as a note: title, aliases, tags and links, as Obsidian and Quartz read them from front matter.

Takes a record or tags, gives values for front matter. All follow from the record alone, so that `verify` can compare
them. Knows nothing of files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from remix.outputs.facts import variant_label
from remix.records import Record
from remix.util.names import readable

MOST_TAGS = 64
"""Tags of a note; front matter has a bound."""

MOST_LINKS = 16
"""Links of a note to essays."""

LONGEST_WORDS = 200
"""Letters of a tag or of a title; longer tags are left out, longer titles are cut."""

LONGEST_PATH = 500
"""Letters of a linked path; longer paths are not linked."""

_NO_TAG = re.compile(r"""[\s!"#$%&'()*+,.:;<=>?@^`{|}~\[\]\\\u2000-\u206f\u2e00-\u2e7f]+""")
"""Characters that a tag in Obsidian can't have; all letters, digits, emoji, `_`, `-` and `/` are allowed."""

_NO_LINK = re.compile(r"[\[\]|#^\\]")
"""Characters that a link in Obsidian can't have."""


def title_of(record: Record) -> str:
    """Essay and passage, kind, step and variant, in words."""
    used = record.task
    essays = list(dict.fromkeys(source.essay for source in record.sources))
    first = _line(essays[0])
    if len(essays) > 1:
        about = f"{first} and {len(essays) - 1} more"
    elif len(record.sources) > 1:
        about = f"{first}, {len(record.sources)} passages"
    else:
        about = f"{first} {record.sources[0].passage.rpartition('/')[2]}"
    return f"{about}: {used.kind}, step {used.step}{readable(variant_label(used), keep='')}"


def properties(record: Record) -> dict[str, Any]:
    """Front matter for people: title, the output's name as alias, tags, links to the essays and to the index."""
    links = dict.fromkeys(link(source.path, source.essay) for source in record.sources)
    return {
        "title": title_of(record),
        "aliases": [record.output.task_id],
        "tags": tags(tag for source in record.sources for tag in source.tags),
        "source": [each for each in links if each][:MOST_LINKS],
        # Without the run's name: the same request gives the same file in every run.
        "index": link("../" * record.output.file.count("/") + "index.md", "index"),
    }


def tags(names: Iterable[str]) -> list[str]:
    """Tags as Obsidian allows: without spaces and punctuation, not of digits alone; each once, whatever the case."""
    found: dict[str, str] = {}
    for name in names:
        tag = re.sub(r"/{2,}", "/", _NO_TAG.sub("-", readable(name, keep="")).strip("-/"))
        if tag and len(tag) <= LONGEST_WORDS:
            tag = f"_{tag}" if tag.replace("/", "").isdigit() else tag
            found.setdefault(tag.casefold(), tag)
        if len(found) == MOST_TAGS:
            break
    return list(found.values())


def link(path: str, shown: str) -> str | None:
    """A link of Obsidian to a file; null for a path that no such link can have."""
    if _NO_LINK.search(path) or len(path) > LONGEST_PATH or readable(path, keep="") != path:
        return None
    words = " ".join(_NO_LINK.sub(" ", _line(shown)).split())
    return f"[[{path.removesuffix('.md')}|{words}]]" if words else f"[[{path.removesuffix('.md')}]]"


def _line(words: str) -> str:
    line = readable(" ".join(words.split()), keep="")
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"
