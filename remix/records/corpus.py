"""Essay and Passage: the prose that all texts are made from, and a passage's rank by similarity (`--like`)."""

from __future__ import annotations

from pydantic import Field

from remix.records.bounds import LARGEST_WHOLE
from remix.records.values import Count, Frozen, Many, Number, Rule, Sha256


class Passage(Frozen):
    """A paragraph of an essay, with its tags: the source of all texts."""

    id: str
    """`essay-slug/NNN`: NNN is the passage's number within the essay, from 001."""

    essay: str
    """Slug of the essay."""

    title: str
    """Title of the essay."""

    section: str | None
    """The nearest heading above the passage; null if no heading is above."""

    path: str
    """The essay's file, with forward slashes, relative to the workspace. If the folder of essays lies outside the
    workspace, the path begins with that folder's name."""

    lines: tuple[Count, Count]
    """First and last line of the passage in the file, from 1, both included."""

    tags: Many[str]
    """Tags at the passage's end as written, then tags of the headings above, the nearest first, then the essay's
    tags."""

    text: str
    """The prose in the words that a reader sees: without markup, comments and the tags at the end; wrapped lines are
    joined."""

    source: str | None = None
    """The passage's lines as written; null if these are the text."""

    sha256: Sha256
    """sha256 of the text."""

    language: str | None = None
    """The text's language by its code, ISO 639-1 if it has one, as found when a run is planned; null before, and for
    a text too short to tell."""


class Essay(Frozen):
    """A file of the folder of essays."""

    slug: str
    """The name in the passages' ids, from the file's path below the folder of essays: letters and digits of any
    script, hyphens for spaces, `--` for slashes; a hash of the path if these don't tell the path from others."""

    title: str
    """Title from the front matter, else the first heading of level 1 (in Markdown), else the file's name."""

    author: str | None
    """Author from the front matter."""

    date: str | None
    """Date from the front matter as written, else from the file's name as `2026-05-17`, else the last change from the
    front matter. Which day is meant, `corpus/dates.py` says."""

    aliases: Many[str] = ()
    """Other names of the essay, from the front matter."""

    tags: Many[str]
    """Tags, categories and keywords of the front matter; each passage has these tags too."""

    path: str
    """The essay's file, as in `Passage.path`."""

    passages: Many[Passage]
    """All passages, in the order of the file."""


class Ranking(Frozen):
    """Rank of a passage by similarity to a text (`--like`)."""

    rank: int = Field(ge=1, le=LARGEST_WHOLE)
    """1 is the closest match."""
    score: Number
    """Similarity; higher is more similar. Scores can only be compared within a run."""
    method: Rule
    """How similarity was computed."""
