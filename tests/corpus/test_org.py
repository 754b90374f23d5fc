"""Org: headings with tags, and the prose below."""

from __future__ import annotations

import time

import pytest

from remix.corpus import org
from remix.corpus.blocks import passages


def found(text: str) -> list[tuple[str, tuple[int, int]]]:
    return [(each.text, each.lines) for each in passages(org.read(text, "a.org").blocks, "a.org")]


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("One\n  wrapped.\n\nTwo.", [("One wrapped.", (1, 2)), ("Two.", (4, 4))]),
        ("* H\nOne.\n** I\nTwo.", [("One.", (2, 2)), ("Two.", (4, 4))]),
        ("*bold* is no heading.", [("*bold* is no heading.", (1, 1))]),
        ("It has:\n- one\n  more\n- two\nAfter.", [("It has:\n\n- one\n  more\n- two", (1, 4)), ("After.", (5, 5))]),
        ("1. one\n\n2) two\n\n\nAfter.", [("1. one\n\n2) two", (1, 3)), ("After.", (6, 6))]),
        (" * one\n + two", [(" * one\n + two", (1, 2))]),
        ("  - one\n- two\nAfter.", [("  - one", (1, 1)), ("- two", (2, 2)), ("After.", (3, 3))]),
        ("As said:\n#+begin_quote\nSo be\nit.\n#+end_quote", [("As said:\n\nSo be\nit.", (1, 5))]),
        ("#+BEGIN_VERSE\nOne\n two\n#+END_VERSE", [("One\n two", (1, 4))]),
        ("#+begin_center\nOne.\n#+end_center", [("One.", (1, 3))]),
        ("#+begin_note\nOne. #a\n#+end_note", [("One.", (1, 3))]),
        ("#+begin: clocktable\nOne.\n#+end:", []),
        ("#+begin_export html\n<b>\n#+end_export", []),
        ("One.\n#+begin_src c\n#include\n\n- x\n#+end_src\nTwo.", [("One.", (1, 1)), ("Two.", (7, 7))]),
        ("#+begin_comment\nNot this.\n#+end_comment\nTwo.", [("Two.", (4, 4))]),
        ("#+begin_example\nNever closed.", [("#+begin_example Never closed.", (1, 2))]),
        ("#+begin_src\nOne.\n* H\nTwo.\n#+end_src", [("#+begin_src One.", (1, 2)), ("Two. #+end_src", (4, 5))]),
        ("* H\n:PROPERTIES:\n:ID: x\n:END:\nOne.", [("One.", (5, 5))]),
        (":LOGBOOK:\nCLOCK: [2024-13-45]\n:END:\n:END:\nOne.", [(":END: One.", (4, 5))]),
        ("* H\nSCHEDULED: <2024-99-99 Mon>\nOne.", [("One.", (3, 3))]),
        ("One.\n# not this\n#\nTwo.", [("One.", (1, 1)), ("Two.", (4, 4))]),
        ("| a | b |\n|---+---|\nOne.", [("One.", (3, 3))]),
        (": fixed\n: width\nOne.", [("One.", (3, 3))]),
        ("One.\n-----\nTwo.", [("One.", (1, 1)), ("Two.", (3, 3))]),
        (
            "#+caption: A map\n[[file:map.png]]\n\n[[file:a.org][A]] is a link.",
            [("[[file:a.org][A]] is a link.", (4, 4))],
        ),
        ("\\begin{align}\nx\n\\end{align}\nOne.", [("One.", (4, 4))]),
        ("[fn:1] A note.", [("[fn:1] A note.", (1, 1))]),
        ("* COMMENT H\nNot this.\n** I\nNor this.\n* J\nThis.", [("This.", (6, 6))]),
        ("* H :noexport:\nNot this.\n** I\nNor this.\n* J\nThis.", [("This.", (6, 6))]),
        ("", []),
    ],
)
def test_prose(text: str, prose: list[tuple[str, tuple[int, int]]]) -> None:
    assert found(text) == prose


def test_headings_give_their_tags_to_all_below_them() -> None:
    text = "* One  :a:b_c:\nA.\n** Two :d:@home:\nB. #own, #two words\n** Three\nC.\n* Four\nD."
    all_of_them = list(passages(org.read(text, "a.org").blocks, "a.org"))
    assert [each.tags for each in all_of_them] == [
        ("a", "b_c"),
        ("own", "two words", "d", "@home", "a", "b_c"),
        ("a", "b_c"),
        (),
    ]
    assert [each.section for each in all_of_them] == ["One", "Two", "Three", "Four"]
    assert all_of_them[1].text == "B."


@pytest.mark.parametrize(
    ("line", "title", "tags"),
    [
        ("* TODO [#A] Write it :a:", "Write it", ("a",)),
        ("* DONE Written", "Written", ()),
        ("* WAIT Written", "WAIT Written", ()),
        ("* Of time: a note", "Of time: a note", ()),
        ("* A ratio of 1:2:3", "A ratio of 1:2:3", ()),
        ("* :a:", "", ("a",)),
        ("*** Deep\t:é:日本:", "Deep", ("é", "日本")),
        ("* a::b", "a::b", ()),
    ],
)
def test_headings(line: str, title: str, tags: tuple[str, ...]) -> None:
    (heading,) = org.read(line, "a.org").blocks
    assert (heading.text, heading.tags) == (title, tags)


def test_states_of_the_file_s_own() -> None:
    (heading,) = org.read("#+TODO: WAIT(w) | GONE\n* GONE Away", "a.org").blocks
    assert heading.text == "Away"
    (heading,) = org.read("#+TODO: WAIT(w) | GONE\n* TODO Away", "a.org").blocks
    assert heading.text == "TODO Away"


def test_the_head() -> None:
    body = org.read(
        "#+TITLE: On\n#+title: Maps\n#+author: A\n#+filetags: :a:b:\n#+FILETAGS: c\n\n* H\n#+title: X", "a.org"
    )
    assert body.meta == {"title": "On Maps", "author": "A", "tags": ["a", "b", "c"]}
    assert body.title is None


def test_org_knows_no_inline_tags() -> None:
    (only,) = passages(org.read("I love #maps and cities.", "a.org").blocks, "a.org")
    assert (only.text, only.tags) == ("I love #maps and cities.", ())


def test_a_title_of_many_lines() -> None:
    """Each further line copied all lines before."""
    begun = time.process_time()
    body = org.read(f"#+title: {'x' * 58}\n" * 118_000, "a.org")
    assert time.process_time() - begun < 10
    assert len(body.meta["title"]) == 118_000 * 59 - 1
