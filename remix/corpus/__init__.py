"""Essays: files to essays to passages, tags, and selecting passages.

Takes a folder, gives frozen `Essay`s. Doesn't know prompts, models or outputs. The modules that read files are
imported at the first use: an index without changed files answers without these modules.
"""

from typing import TYPE_CHECKING, Any

from remix.corpus.index_update import Answer, consult
from remix.corpus.memory import select
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
