"""Seeds: files to essays to passages, their tags, and choosing among them.

Takes a folder, gives frozen `Essay`s. Knows nothing of prompts, models or outputs.
"""

from remix.corpus.essays import read_essay, read_seeds
from remix.corpus.library import consult
from remix.corpus.reading import select
from remix.corpus.select import Corpus, Selected, chooser
from remix.corpus.tags import count_tags, tag_key, tag_keys

__all__ = [
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
