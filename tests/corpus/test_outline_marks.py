"""Outlines of Logseq and Roam: what stands between the words of a block."""

from __future__ import annotations

import pytest

from remix.corpus import markdown
from remix.corpus.blocks import passages
from remix.corpus.outline_marks import without_prose
from tests.conftest import work_of_at_most


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["Words", "SCHEDULED: <2024-03-05 Tue>"], [(1, "metadata")]),
        (["DEADLINE: <2024-03-05 Tue 10:00> SCHEDULED: <2024-03-01>", "Words"], [(0, "metadata")]),
        (["a", ":LOGBOOK:", "CLOCK: [2024-03-02]", ":END:", "b"], [(n, "metadata") for n in (1, 2, 3)]),
        ([":LOGBOOK:", "never closed"], []),
        (["#+BEGIN_QUOTE", "Words", "#+END_QUOTE"], [(0, "shortcode"), (2, "shortcode")]),
        (["#+begin_src python", "print(1)", "#+end_src", "Words"], [(n, "code") for n in (0, 1, 2)]),
        (["#+BEGIN_COMMENT", "hidden", "#+END_COMMENT"], [(n, "comment") for n in (0, 1, 2)]),
        (["#+BEGIN_SRC", "never closed"], [(0, "shortcode")]),
        (["SCHEDULED: on Tuesday", "#+1 for this", ":END: of the line"], []),
    ],
)
def test_lines_without_prose(lines: list[str], found: list[tuple[int, str]]) -> None:
    assert list(without_prose(lines)) == found


def read(body: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.text, each.tags) for each in passages(markdown.read(body, "a.md").blocks, "a.md")]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("- A\n  SCHEDULED: <2024-03-05 Tue>\n- B", [("- A\n- B", ())]),
        ("- #+BEGIN_QUOTE\n  The sea.\n  #+END_QUOTE\n- B", [("- The sea.\n- B", ())]),
        ("- collapsed:: true\n  A block.\n- B", [("- A block.\n- B", ())]),
        ("1. id:: 3f\n   A block.\n2. B", [("1. A block.\n2. B", ())]),
        ("- A ((65e2f3a1-1111-2222-3333-444455556666)) b\n- ((AbCd-EfGh))\n- c", [("- A b\n- c", ())]),
        ("We ((important)) people, ((well-bred)).", [("We ((important)) people, ((well-bred)).", ())]),
        ("We met. #[[old towns]] #x", [("We met.", ("old towns", "x"))]),
        ("In #[[old towns]] we met", [("In #old towns we met", ("old towns",))]),
        ("- We met. #[[old towns]]\n- Then", [("- We met. #old towns\n- Then", ("old towns",))]),
        ("A.\n\n#[[old towns]]", [("A.", ("old towns",))]),
        ("x#[[no]] and `#[[code]]`", [("x#no and #[[code]]", ())]),
    ],
)
def test_blocks_of_an_outline(body: str, found: list[tuple[str, tuple[str, ...]]]) -> None:
    assert read(body) == found


@pytest.mark.parametrize(
    "part", [":LOGBOOK:\n", "#+BEGIN_SRC\n", "#+BEGIN_SRC\n#+END_SRC\n", "((a-", "#[[", "#[[a]]"]
)
def test_outlines_take_no_longer_than_their_length(part: str) -> None:
    with work_of_at_most(20):
        markdown.read("- a\n  " + part * (200_000 // len(part)), "a.md")
