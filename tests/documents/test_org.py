"""Org files."""

from __future__ import annotations

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
    outline = read(OUTLINE)
    assert (outline.form, outline.title, outline.author, outline.date) == ("Org", "The Map", "Jane Roe", "2026-01-02")
    assert outline.left_out == ("12 lines that are no prose: keywords, drawers, comments, code, tables",)
    assert outline.tags == ("cloth", "local knowledge") or outline.tags == ("cloth", "local_knowledge")
    assert [(block.kind, block.text, block.tags) for block in outline.blocks] == [
        ("paragraph", "Before all.", ("light", "small error")),
        ("heading", "Cutting", ()),
        ("paragraph", "He **measured** twice by a window, *so* they say of `him` and/or her.", ("maps", "shop")),
        ("list", "- one\n  goes on\n- two", ("maps", "shop")),
        ("quote", "So be it.", ("maps", "shop")),
        ("heading", "Sleeping", ()),
        ("paragraph", "He slept.", ("sleep", "maps", "shop", "night")),
        ("heading", "Waking", ()),
        ("paragraph", "He woke.", ()),
    ]
    assert [block.level for block in outline.blocks if block.kind == "heading"] == [2, 3, 2]


def test_a_quotation() -> None:
    assert [block.text for block in read("#+begin_quote\nSo be it.\n#+end_quote").blocks] == ["So be it."]


def test_a_date_in_no_calendar_is_what_its_author_wrote() -> None:
    assert read("#+DATE: <2026-02-31 Sat>\nHe cut.").date == "2026-02-31"
