"""What the corpus gives: essays and their passages."""

from __future__ import annotations

from pydantic import Field

from remix.records.bounds import LARGEST_WHOLE
from remix.records.values import Count, Frozen, Many, Number, Rule, Sha256


class Passage(Frozen):
    """One tagged paragraph of an essay: what everything later is derived from."""

    id: str
    """`essay-slug/NNN`, NNN being its number among the essay's passages, from 001."""

    essay: str
    """Slug of the essay."""

    title: str
    """Title of the essay."""

    section: str | None
    """Text of the nearest heading above, if there is one."""

    path: str
    """The seed's file, with forward slashes, relative to the workspace; of a folder elsewhere, from its name on."""

    lines: tuple[Count, Count]
    """First and last line in that file, from 1, both included."""

    tags: Many[str]
    """Its own tags as written, then those of the headings above, the nearest first, then those of its essay."""

    text: str
    """The words alone: the list of tags at the end and comments taken off, wrapped lines joined."""

    sha256: Sha256
    """Of the text."""


class Essay(Frozen):
    """One seed file."""

    slug: str
    """Its place below the seeds folder, without suffix, in letters, digits and hyphens."""

    title: str
    """From the front matter, else the first heading of the first level (in Markdown), else the file's name."""

    author: str | None
    """From the front matter."""

    date: str | None
    """From the front matter (`date` or `planted`), as written there, else from the file's name."""

    aliases: Many[str] = ()
    """Its other names, from the front matter."""

    tags: Many[str]
    """Tags and categories in the front matter; they count for all passages."""

    path: str
    """As that of its passages."""

    passages: Many[Passage]
    """In the order of the file."""


class Ranking(Frozen):
    """How a passage came out among those that were compared with a text."""

    rank: int = Field(ge=1, le=LARGEST_WHOLE)
    """1 is the likest."""
    score: Number
    """What it was ranked by; more is liker. Only comparable within a run."""
    method: Rule
    """What compared them."""
