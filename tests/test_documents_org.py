"""Org files."""

from __future__ import annotations

import pytest

from remix.documents.document import DocumentError
from remix.documents.org import read

OUTLINE = """\
#+TITLE: The Map
#+AUTHOR: Jane Roe
#+DATE: <2026-01-02 Fri>
#+FILETAGS: :cloth:local_knowledge:

Before all. #light, #small error

* TODO Cutting :maps:@shop:
:PROPERTIES:
:ID: 1
:END:
# a comment
He *measured*
twice by [[https://example.org][a window]], /so/ they say of ~him~ and/or her.

- one
  goes on
- two
#+begin_quote
So be it.
#+end_quote
#+begin_src python
# code

print()
#+end_src
** Sleeping :night:
He slept. #sleep
* Waking
He woke.
"""


def test_the_whole_of_an_outline() -> None:
    outline = read(OUTLINE, "a.org")
    assert (outline.form, outline.title, outline.author, outline.date) == ("Org", "The Map", "Jane Roe", "2026-01-02")
    assert outline.tags == ("cloth", "local knowledge") or outline.tags == ("cloth", "local_knowledge")
    assert [(block.kind, block.text, block.tags) for block in outline.blocks] == [
        ("paragraph", "Before all.", ("light", "small error")),
        ("heading", "Cutting", ()),
        ("paragraph", "He **measured** twice by a window, *so* they say of `him` and/or her.", ("shop", "maps")),
        ("list", "- one goes on\n- two", ("shop", "maps")),
        ("quote", "So be it.", ("shop", "maps")),
        ("code", "# code\n\nprint()", ()),
        ("heading", "Sleeping", ()),
        ("paragraph", "He slept.", ("sleep", "shop", "maps", "night")),
        ("heading", "Waking", ()),
        ("paragraph", "He woke.", ()),
    ]
    assert [block.level for block in outline.blocks if block.kind == "heading"] == [2, 3, 2]


def test_a_block_that_never_ends() -> None:
    assert [block.text for block in read("#+begin_quote\nSo be it.", "a.org").blocks] == ["So be it."]


def test_a_date_in_no_calendar() -> None:
    """orgparse raises its own ValueError."""
    with pytest.raises(DocumentError, match=r"a\.org: can't be read as Org"):
        read("* Cutting\nOn <2026-02-31 Sat> he cut.", "a.org")
