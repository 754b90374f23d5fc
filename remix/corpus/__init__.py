"""Seeds: files to essays to passages, their tags, and choosing among them.

Takes a folder, gives frozen `Essay`s. Knows nothing of prompts, models or outputs. What reads files is loaded when it
is first needed: an index that is up to date answers without.
"""

from typing import TYPE_CHECKING, Any

from remix.corpus.library import Answer, consult
from remix.corpus.reading import select
from remix.corpus.select import Corpus, Selected, chooser
from remix.corpus.tags import count_tags, tag_key, tag_keys

if TYPE_CHECKING:
    from remix.corpus.essays import read_essay, read_seeds

__all__ = [
    "Answer",
    "Corpus",
    "Selected",
    "chooser",
    "consult",
    "count_tags",
    "read_essay",
    "read_seeds",
    "select",
    "tag_key",
    "tag_keys",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'remix.corpus' has no attribute {name!r}")
    from remix.corpus import essays

    return getattr(essays, name)
