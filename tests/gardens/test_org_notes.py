"""Org notes: blocks within blocks, keywords, drawers, and the tags of org-roam, ox-hugo and static blogs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gardens.reading import read_text

HUGO = '#+title: Note\n#+hugo_tags: rope "old tar"\n#+hugo_categories: logs\n\nThe tar was old.\n'
TAGS = "#+TITLE: A log\n#+TAGS: rope, tar\n\nThe rope was tarred.\n"
ROAM = "#+title: Roam\n#+roam_tags: rope tar\n\n- tags :: [[file:rope.org][Rope]]\n\nThe roam note.\n"


@pytest.mark.parametrize(
    ("text", "tags", "passages"),
    [
        (HUGO, {"rope", "old tar", "logs"}, ["The tar was old."]),
        (TAGS, {"rope", "tar"}, ["The rope was tarred."]),
        (ROAM, {"rope", "tar", "Rope"}, ["The roam note."]),
        ("#+filetags: :rope:tar:\n\nOne.", {"rope", "tar"}, ["One."]),
        ("#+FILETAGS: rope tar\n\nOne.", {"rope", "tar"}, ["One."]),
        ('#+roam_tags: rope, "old tar"\n\nOne.', {"rope", "old tar"}, ["One."]),
        (":PROPERTIES:\n:ID: 1\n:ROAM_TAGS: rope tar\n:END:\n#+title: T\n\nOne.", {"rope", "tar"}, ["One."]),
        ("#+title: T\n- tags :: [[id:1][Rope]], [[id:2][Old Tar]]\n- source :: [[https://example.org]]\n\nOne.",
         {"Rope", "Old Tar"}, ["One."]),
        ("#+title: T\n- tags :: rope\n\nOne.", {"rope"}, ["One."]),
        ("#+hugo_tags: канат смола\n\nКанат просмолён.", {"канат", "смола"}, ["Канат просмолён."]),
        ("#+filetags: :縄:港:\n\n縄は古い。", {"縄", "港"}, ["縄は古い。"]),
        ("#+TAGS: { @work(w) @home(h) }\n#+TAGS: laptop(l)\n\nOne.", set(), ["One."]),
        ("#+startup: overview\n#+options: toc:nil\n#+author: Ada\n#+description: A note.\n\nOne.", set(), ["One."]),
    ],
)  # fmt: skip
def test_tags_of_a_note(tmp_path: Path, text: str, tags: set[str], passages: list[str]) -> None:
    found = read_text(tmp_path, text, "note.org")
    assert found.passages == passages
    assert {tag.lower() for tag in found.essay.tags} == {tag.lower() for tag in tags}


@pytest.mark.parametrize(
    ("text", "passages", "left"),
    [
        ("#+begin_quote\nSo it was.\n#+begin_src sh\nls # rope\n#+end_src\nSo it is.\n#+end_quote",
         "So it was. So it is.", {"code": {"ls", "rope"}}),
        ("#+begin_note\n- one rope\n- two ropes\n#+end_note", "one rope two ropes", {}),
        ("#+begin_quote\n#+begin_verse\nA rope\n a tar\n#+end_verse\n#+end_quote", "A rope a tar", {}),
        ("- a list:\n  #+begin_src c\n  int rope;\n  #+end_src\n- its end", "a list: its end", {"code": {"rope"}}),
        ("- a list:\n  #+begin_quote\n  A rope, quoted.\n  #+end_quote\n- its end",
         "a list: A rope, quoted. its end", {}),
        ("#+begin_example\n#+begin_quote\nno rope\n#+end_quote\n#+end_example\n\nOne.", "One.", {"code": {"rope"}}),
        ("#+begin_details\n#+begin_summary\nMore rope\n#+end_summary\nRope.\n#+end_details", "More rope Rope.", {}),
        ("#+caption: A rope\n#+attr_html: :width 300\n#+name: fig\n[[file:rope.png]]\n\nOne.", "One.",
         {"metadata": {"caption", "width", "fig"}}),
        ("Before.\n#+name: x\n#+begin_src sh :results output\nls\n#+end_src\n\n#+RESULTS: x\n: rope\n\nAfter.",
         "Before. After.", {"code": {"ls"}}),
        ("| rope | tar |\n|------+-----|\n| 1    | 2   |\n\nOne.", "One.", {"table": {"rope", "tar"}}),
        ("\\begin{equation}\nh = a\n\\end{equation}\nOne.", "One.", {"formula": {"h"}}),
        ("\\[\nh = a\n\\]\n\nOne.", "One.", {"formula": {"h"}}),
        ("* Rope\n:PROPERTIES:\n:ID: 1\n:END:\n:LOGBOOK:\nCLOCK: [2024-01-01 Mon]\n:END:\nOne.", "One.",
         {"metadata": {"ID", "CLOCK"}}),
        ("* Rope\nSCHEDULED: <2024-05-01 Wed>\nOne.", "One.", {"metadata": {"SCHEDULED"}}),
        ("* COMMENT Rope\nSecret.\n* Tar\nOne.", "One.", {"hidden": {"Secret"}}),
        ("* Rope :noexport:\nSecret.\n** Deeper\nSecrets.\n* Tar\nOne.", "One.", {"hidden": {"Secret", "Secrets"}}),
        ("# a comment\nOne.\n\n#+begin_comment\nSecret.\n#+end_comment", "One.", {"comment": {"a", "Secret"}}),
        ("One.[fn:1]\n\n[fn:1] A note.", "One.", {"footnote": {"fn", "1", "A", "note"}}),
        ("One[fn:: of two] more.", "One more.", {"footnote": {"of", "two"}}),
        ("One.\n\n* Footnotes\n[fn:1] A note.\n[fn:2] A second.", "One.", {"footnote": {"second"}}),
    ],
)  # fmt: skip
def test_blocks_keywords_and_drawers(tmp_path: Path, text: str, passages: str, left: dict[str, set[str]]) -> None:
    found = read_text(tmp_path, text, "note.org")
    assert " ".join(found.passages) == passages
    for why, parts in left.items():
        assert parts <= set(found.left(why).split())


@pytest.mark.parametrize(
    ("text", "passage"),
    [
        ("A *bold*, /slanted/, _underlined_ and +struck+ rope.", "A bold, slanted, underlined and struck rope."),
        ("The =rope= and the ~tar~.", "The rope and the tar."),
        ("See [[file:rope.org][the rope]].", "See the rope."),
        ("See [[https://example.org][the *old* rope]].", "See the old rope."),
        ("See [[https://example.org]].", "See https://example.org."),
        ("A rope <<here>> ends.", "A rope ends."),
        ("A rope @@html:<b>@@ends@@html:</b>@@.", "A rope ends."),
        ("A path/to/rope and 2 * 3 * 4.", "A path/to/rope and 2 * 3 * 4."),
        ("Канат *старый*, см. [[id:1][смолу]].", "Канат старый, см. смолу."),
    ],
)
def test_words_of_org_as_a_reader_sees_them(tmp_path: Path, text: str, passage: str) -> None:
    assert read_text(tmp_path, text, "note.org").passages == [passage]


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("* TODO [#A] Tar the *rope* [1/2] :work:", "Tar the rope"),
        ("* [[id:1][Rope]] and tar", "Rope and tar"),
        ("* DONE Rope [50%]", "Rope"),
    ],
)
def test_headings_of_org(tmp_path: Path, heading: str, section: str) -> None:
    found = read_text(tmp_path, f"{heading}\nOne.", "note.org")
    assert [each.section for each in found.essay.passages] == [section]
    assert found.headings == (section,)
