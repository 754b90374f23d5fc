"""Org: headings with tags, and the prose below."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remix.corpus import org, read_essay
from remix.corpus.blocks import passages
from tests.conftest import work_of_at_most


def found(text: str) -> list[tuple[str, tuple[int, int]]]:
    return [(each.text, each.lines) for each in passages(org.read(text, "a.org").blocks, "a.org")]


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("One\n  wrapped.\n\nTwo.", [("One wrapped.", (1, 2)), ("Two.", (4, 4))]),
        ("* H\nOne.\n** I\nTwo.", [("One.", (2, 2)), ("Two.", (4, 4))]),
        ("*bold* is no heading.", [("bold is no heading.", (1, 1))]),
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
        ("#+caption: A map\n[[file:map.png]]\n\n[[file:a.org][A]] is a link.", [("A is a link.", (4, 4))]),
        ("\\begin{align}\nx\n\\end{align}\nOne.", [("One.", (4, 4))]),
        ("[fn:1] A note.", []),
        ("* COMMENT H\nNot this.\n** I\nNor this.\n* J\nThis.", [("This.", (6, 6))]),
        ("* H :noexport:\nNot this.\n** I\nNor this.\n* J\nThis.", [("This.", (6, 6))]),
        # blocks within blocks
        (
            "#+begin_quote\nOne\n#+begin_src c\n#include\n#+end_src\ntwo.\n#+end_quote\nAfter.",
            [("One\ntwo.", (1, 7)), ("After.", (8, 8))],
        ),
        ("#+begin_quote\nSo be:\n- one\n- two\n#+end_quote", [("So be:\n- one\n- two", (1, 5))]),
        ("#+begin_center\n#+begin_quote\nOne.\n#+end_quote\nTwo.\n#+end_center", [("One.\nTwo.", (1, 6))]),
        ("#+begin_quote\n#+begin_quote\nOne.\n#+end_quote\n#+end_quote", [("One.", (1, 5))]),
        ("#+begin_quote\nOne.\n| a |\n# no\n#+end_quote", [("One.", (1, 5))]),
        ("#+begin_src org\n#+begin_quote\n#+end_src\nOne.", [("One.", (4, 4))]),
        ("- one\n  #+begin_src c\n#include\n  #+end_src\n  more\n- two", [("- one\n  more\n- two", (1, 6))]),
        ("- one\n  #+begin_quote\n  two\n  #+end_quote\nAfter.", [("- one\n  two", (1, 4)), ("After.", (5, 5))]),
        ("#+begin_quote\nOne.\n[fn:1] A note.\n#+end_quote\nTwo.", [("One.", (1, 4)), ("Two.", (5, 5))]),
        ("#+begin_quote\n#+end_quote\nOne.\n#+begin_quote\n#a\n#+end_quote", [("One.", (3, 6))]),
        # keywords anywhere
        ("#+attr_html: :width 9\n#+name: a\nOne\n#+caption[s]: two\nthree.", [("One", (3, 3)), ("three.", (5, 5))]),
        ("- one\n  #+attr_org: x\n- two", [("- one\n- two", (1, 3))]),
        ("* H\n#+begin_quote\n#+attr_x: y\nOne.\n#+end_quote\n#+latex: z", [("One.", (2, 5))]),
        # formulas
        ("One.\n\\[\na\n- b\n\\]\nTwo.", [("One.", (1, 1)), ("Two.", (6, 6))]),
        ("$$\na\n\n= b\n$$\n\n$a$\n\n\\[ a \\]\n\n$$ never closed", [("$$ never closed", (11, 11))]),
        ("Let $a$ be.\n\\begin{equation*}\na\n  \\end{equation*}", [("Let $a$ be.", (1, 1))]),
        # no words
        ("[[file:a.org][A]]\n\n- [[id:1][B]]\n- [[https://e.org]]\n\nOne [[id:1][B]].", [("One B.", (6, 6))]),
        ("https://e.org\n\n{{{toc}}}\n\n<<a>>\n\n- [[a.png]]\n\nOne.", [("One.", (9, 9))]),
        ("- [[file:a.org][A]]\n- one\n- [[a.png]]", [("- A\n- one", (1, 3))]),
        # footnotes
        ("One[fn:1].\n\n[fn:1] A note\nof two lines.\n\nTwo[fn:: so].", [("One.", (1, 1)), ("Two.", (6, 6))]),
        # tags
        ("- tags :: [[a][Rope]]\n  [[b][Tar]]\n- one", [("- one", (3, 3))]),
        ("- tags :: a\nOne.", [("One.", (2, 2))]),
        ("#a #b\nOne.\n#c", [("One.", (1, 3))]),
        ("- one /and/\n  *more*[fn:1]\n- [[a][b]]", [("- one and\n  more\n- b", (1, 3))]),
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
        ("* Of *maps* [2/3] and [[a][cities]] [50%] :a:", "Of maps and cities", ("a",)),
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
    with work_of_at_most(20):
        body = org.read(f"#+title: {'x' * 58}\n" * 118_000, "a.org")
    assert len(body.meta["title"]) == 118_000 * 59 - 1


ROAM = """\
#+title: Roam
#+roam_tags: rope tar

- tags :: [[file:rope.org][Hemp]], [[id:1][Old tar]] #ships

The roam note.
"""


def test_tags_of_a_note_in_org_roam() -> None:
    """The bullet was a passage, and the note had no tags."""
    body = org.read(ROAM, "a.org")
    assert (body.meta["tags"], body.tags) == (["rope", "tar"], ("Hemp", "Old tar", "ships"))
    assert found(ROAM) == [("The roam note.", (6, 6))]
    assert [(each.why, each.lines) for each in body.left_out] == [
        ("metadata", (1, 1)),
        ("metadata", (2, 2)),
        ("metadata", (4, 4)),
    ]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        (
            '#+title: Note\n#+hugo_tags: rope "old tar"\n#+hugo_categories: logs\n\nThe tar was old.',
            ("rope", "old tar", "logs"),
        ),
        (ROAM, ("rope", "tar", "Hemp", "Old tar", "ships")),
        ("#+TITLE: A log\n#+TAGS: rope, tar\n\nThe rope was tarred.", ("rope", "tar")),
    ],
)
def test_tags_of_a_garden_s_notes(tmp_path: Path, text: str, tags: tuple[str, ...]) -> None:
    (tmp_path / "a.org").write_text(text, encoding="utf-8")
    (passage,) = read_essay(tmp_path / "a.org", tmp_path, tmp_path).passages
    assert passage.tags == tags


def test_what_is_left_out_and_why() -> None:
    text = (
        "#+title: T\nOne[fn:1]. #a\n\n[fn:1] Note.\n* TODO H :b:\n:LOGBOOK:\nx\n:END:\n| t |\n| u |\n# c\n: d\n"
        "#+begin_src e\nf\n#+end_src\n#+begin_verse\ng\n#+end_verse\n\\begin{h}\n\\end{h}\n* COMMENT I\nj\n"
    )
    assert [(each.why, each.text, each.lines) for each in org.read(text, "a.org").left_out] == [
        ("metadata", "#+title: T", (1, 1)),
        ("tags", "#a", (2, 2)),
        ("footnote", "[fn:1]", (2, 2)),
        ("footnote", "[fn:1] Note.", (4, 4)),
        ("tags", ":b:", (5, 5)),
        ("metadata", "TODO", (5, 5)),
        ("metadata", ":LOGBOOK:\nx\n:END:", (6, 8)),
        ("table", "| t |", (9, 9)),
        ("table", "| u |", (10, 10)),
        ("comment", "# c", (11, 11)),
        ("code", ": d", (12, 12)),
        ("code", "#+begin_src e\nf\n#+end_src", (13, 15)),
        ("metadata", "#+begin_verse", (16, 16)),
        ("metadata", "#+end_verse", (18, 18)),
        ("formula", "\\begin{h}\n\\end{h}", (19, 20)),
        ("hidden", "* COMMENT I\nj\n", (21, 23)),
    ]


PIECES = (
    *(
        "* ",
        "** H ",
        "TODO ",
        ":a:\n",
        "COMMENT ",
        "[1/2]",
        "[#A] ",
        "#+title: t\n",
        "#+tags: a, b\n",
        "# c\n",
        ": d\n",
    ),
    *(
        "| e |\n",
        "-----\n",
        "- ",
        "1. ",
        "  ",
        "#a",
        "#b c",
        ",",
        "[fn:1]",
        "[fn:: x]",
        "[[a]]",
        "[[a][b]]",
        "[[c.png]]",
    ),
    *("[[id:9]]", "*", "/", "=", "~", "_", "+", "$", "$$\n", "\\[\n", "\\]\n", "<<t>>", "{{{m}}}", "@@html:x@@"),
    *(
        "#+begin_quote\n",
        "#+end_quote\n",
        "#+begin_src\n",
        "#+end_src\n",
        "#+begin: x\n",
        "#+end:\n",
        ":p:\n",
        ":end:\n",
    ),
    *(
        "\\begin{x}\n",
        "\\end{x}\n",
        "- tags :: z\n",
        "SCHEDULED: <1>\n",
        "https://e.org",
        "One",
        " two. ",
        "é",
        "\n",
        "\n\n",
    ),
)


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_no_letter_is_lost_and_none_is_new(text: str) -> None:
    body = org.read(text, "a.org")
    read = Counter("".join(each.text for each in (*body.blocks, *body.left_out)))
    assert {key: n for key, n in read.items() if key.isalnum()} == {
        key: n for key, n in Counter(text).items() if key.isalnum()
    }


@pytest.mark.parametrize(
    "within", [":PROPERTIES:\n:ID: x\n:END:", "# not this", "#+begin_src c\nx\n#+end_src", "| a |"]
)
def test_a_quotation_without_words_is_no_passage(within: str) -> None:
    """Reading failed."""
    assert [text for text, _ in found(f"#+begin_quote\n{within}\n#+end_quote\nOne.")] == ["One."]


@pytest.mark.parametrize(
    "line",
    [
        '- State "DONE"       from "TODO"       [2024-03-05 Tue 10:00]',
        "- Note taken on [2024-03-05 Tue 10:00] \\\\",
        '- Rescheduled from "[2024-03-05 Tue]" on [2024-03-06 Wed 09:00]',
    ],
)
def test_org_s_log_outside_a_drawer_is_no_prose(line: str) -> None:
    body = org.read(f"* A quay :ATTACH:walls:\n  {line}\n  Words.\n", "a.org")
    assert [(block.text, block.tags) for block in body.blocks] == [("A quay", ("walls",)), ("Words.", ())]
    assert ("metadata", f"  {line}") in [(part.why, part.text) for part in body.left_out]
