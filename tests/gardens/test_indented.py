"""Indented prose: lists below a heading, paragraphs of a typewriter, further paragraphs of items and footnotes.

CommonMark takes text that is indented by four blanks for code. In gardens most is prose.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gardens.reading import read_text

HARBOUR = """\
## Weekly
\t- review the harbour #review
\t- write down what left

After a line:

\t- a list that is indented by a tab
\t- and a second item

An essay.

    A paragraph that a typewriter indented by four spaces.

　　中文段落以两个全角空格开头。 #港口
"""


def test_indented_lists_and_paragraphs(tmp_path: Path) -> None:
    found = read_text(tmp_path, HARBOUR)
    assert found.passages == [
        "review the harbour #review write down what left",
        "After a line: a list that is indented by a tab and a second item",
        "An essay.",
        "A paragraph that a typewriter indented by four spaces.",
        "中文段落以两个全角空格开头。",
    ]
    assert found.tags == [("review",), (), (), (), ("港口",)]
    assert [each.lines for each in found.essay.passages] == [(2, 3), (5, 8), (10, 10), (12, 12), (14, 14)]
    assert found.left("indented") == ""


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("A list:\n\n    1. mend the net\n    2. sell the boat", ["A list: 1. mend the net 2. sell the boat"]),
        ("# Net\n    * mend the net\n    * sell the boat", ["mend the net sell the boat"]),
        ("    Erster Absatz, eingerückt wie bei Fontane.\n\n    Zweiter Absatz, ebenso.",
         ["Erster Absatz, eingerückt wie bei Fontane.", "Zweiter Absatz, ebenso."]),
        ("Начало.\n\n\tАбзац с отступом, как в книге. #книги", ["Начало.", "Абзац с отступом, как в книге."]),
        ("　　第一段，说的是船。\n\n　　第二段，说的是港。", ["第一段，说的是船。", "第二段，说的是港。"]),
        ("　港には古い灯台がある。\n\n　誰も登らない。", ["港には古い灯台がある。", "誰も登らない。"]),
        ("    مقدمة عن الميناء القديم.", ["مقدمة عن الميناء القديم."]),
        ("Ворота.\n\n    причал пуст.", ["Ворота.", "причал пуст."]),
        ("- The first paragraph of an item.\n\n  The second paragraph of the item.\n- Another item.",
         ["The first paragraph of an item. The second paragraph of the item. Another item."]),
        ("1. The first paragraph of an item.\n\n    The second, indented by four.\n\n2. Another item.",
         ["1. The first paragraph of an item. The second, indented by four. 2. Another item."]),
        ("A verse:\n\n    The boats are in,\n    the nets are out,\n    the gulls have gone to bed.",
         ["A verse:", "The boats are in, the nets are out, the gulls have gone to bed."]),
    ],
)  # fmt: skip
def test_indented_prose_is_read(tmp_path: Path, text: str, passages: list[str]) -> None:
    found = read_text(tmp_path, text)
    assert " ".join(found.passages) == " ".join(passages)
    assert found.left("indented") == ""


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("    def lift(x):\n        return x + 1  # not a tag", "def lift x return x 1 not a tag"),
        ("    for boat in boats:\n        boat.leave()", "for boat in boats boat leave"),
        ("    $ git add .\n    $ git commit -m 'quay'", "git add git commit m quay"),
        ('    {\n      "quay": 1,\n      "pier": [2, 3]\n    }', "quay 1 pier 2 3"),
        ("    #include <stdio.h>\n    int main(void) { return 0; }", "include stdio h int main void return 0"),
        ("    for (let i = 0; i < n; i++) {\n      ship(i);\n    }", "for let i 0 i n i ship i"),
        ("\tSELECT name FROM ships WHERE year = 1901;", "SELECT name FROM ships WHERE year 1901"),
    ],
)
def test_indented_code_is_left_out(tmp_path: Path, code: str, left: str) -> None:
    found = read_text(tmp_path, f"Before.\n\n{code}\n\nAfter.")
    assert found.passages == ["Before.", "After."]
    assert found.tags == [(), ()]
    assert f"{found.left('indented')}{found.left('code')}" == left


def test_a_footnote_s_further_paragraphs_are_read(tmp_path: Path) -> None:
    text = (
        "The tide[^1] is late.\n\n"
        "[^1]: Of the year 1901.\n    As the log has it.\n\n"
        "    The log was kept by a man who feared water. #logs\n\n"
        "The tide came."
    )
    found = read_text(tmp_path, text)
    assert found.passages == ["The tide is late.", "The log was kept by a man who feared water.", "The tide came."]
    assert found.tags == [(), ("logs",), ()]
    assert found.left("footnote") == "1 1 Of the year 1901 As the log has it"
