"""Drafts: essays put together from accepted texts and a person's own words, kept as plain Markdown.

Takes a workspace's `drafts/` and the runs, gives and stores pieces in order, each with its source. The Markdown file
has nothing but prose; the sources are in a file beside it. Knows nothing of pages and formats.

folder.py    the folder of drafts: listed, created, read and saved; edits by other programs are never overwritten
pieces.py    a draft's text as pieces, and pieces as a text
matching.py  pieces of a text that was edited elsewhere, matched again to their sources
origins.py   the text behind a piece: an output, or an edited version
check.py     verification of a draft against its sources
"""

from remix.drafts.folder import Draft, DraftConflictError, DraftError, Drafts, NoSuchDraftError

__all__ = ["Draft", "DraftConflictError", "DraftError", "Drafts", "NoSuchDraftError"]
