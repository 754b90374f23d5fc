"""Formulas: blocks of their own, neither headings, lists, titles nor passages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gardens.reading import read_text

SETEXT = """\
---
tags: [tides]
---
The height of the tide at noon follows from two numbers:
$$
h
=
a + b
$$

The balance of the lock is written

$$
\\begin{aligned}
p &= q
- r
+ s \\\\
\\end{aligned}
$$

and nobody reads it.
"""

LATEX = """\
---
tags: [tides]
---
A harbour basin obeys one law.

\\begin{equation}
  h = a \\cos(\\omega t)
\\end{equation}

\\[ h = a + b \\]

\\\\[ h = a + b \\\\]

$h = a$

$$ h = a $$ {#eq:one}

$$
h = a
$$ (1)

The law is old.
"""


def test_a_formula_makes_no_heading_of_the_prose_above(tmp_path: Path) -> None:
    """A lone `=` in `$$` underlined the paragraph above, which became the essay's title."""
    found = read_text(tmp_path, SETEXT, "setext.md")
    assert found.essay.title == "setext"
    assert found.passages == [
        "The height of the tide at noon follows from two numbers:",
        "The balance of the lock is written",
        "and nobody reads it.",
    ]
    assert found.headings == ()
    assert found.left("formula") == "h a b begin aligned p q r s end aligned"


def test_every_form_of_a_formula(tmp_path: Path) -> None:
    found = read_text(tmp_path, LATEX)
    assert found.passages == ["A harbour basin obeys one law.", "The law is old."]
    assert found.left("formula").startswith("begin equation h a cos omega t end equation h a b h a b h a h a")
    assert found.tags == [("tides",), ("tides",)]


@pytest.mark.parametrize(
    "formula",
    [
        "$$\na = b\n\nc = d\n$$",
        "$$\na\n-\nb\n$$",
        "$$\n- a\n- b\n$$",
        "$$\n# a\n> b\n$$",
        "$$a = b$$",
        "$$ a = b\n+ c $$",
        "$$\na = b \\tag{#1}\n$$",
        "\\[\na\n=\nb\n\\]",
        "\\\\[\na\n\nb\n\\\\]",
        "\\begin{align*}\na &= b \\\\\n\n=\nc\n\\end{align*}",
        "\\begin{cases}\n- a\n\\end{cases}",
        "\n$a$",
        "\n$a$, $b$",
        "```math\na = b\n```",
        "{% katex(block=true) %}\na = b\n=\n{% end %}",
        "{{< katex >}}\na = b\n-\n{{< /katex >}}",
    ],
)
def test_a_formula_is_no_passage(tmp_path: Path, formula: str) -> None:
    found = read_text(tmp_path, f"The tide rises.\n{formula}\n\nThe tide falls.", "tide.md")
    assert found.essay.title == "tide"
    assert found.passages == ["The tide rises.", "The tide falls."]
    assert found.headings == ()
    assert found.tags == [(), ()]


@pytest.mark.parametrize(
    "around", ["- The tide rises:\n\n  {}\n\n- It falls.", "> The tide rises:\n> {}\n>\n> It falls."]
)
def test_a_formula_within_a_list_or_a_quotation(tmp_path: Path, around: str) -> None:
    inner = "\n> " if around.startswith(">") else "\n  "
    found = read_text(tmp_path, around.format(inner.join(["$$", "a", "=", "b", "$$"])))
    assert found.passages == ["The tide rises: It falls."]
    assert found.left("formula") == "a b"


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("It costs $5 and $6.", ["It costs $5 and $6."]),
        ("The height $h = a*b*c$ is small.", ["The height $h = a*b*c$ is small."]),
        ("$$ is a sign of money.\n\nNothing closes it.", ["$$ is a sign of money.", "Nothing closes it."]),
        ("\\begin{quote}\n\nNothing closes it.", ["\\begin{quote}", "Nothing closes it."]),
        ("Цена: $100 за канат, $200 за якорь.", ["Цена: $100 за канат, $200 за якорь."]),
    ],
)
def test_money_and_formulas_within_a_sentence_stay(tmp_path: Path, text: str, passages: list[str]) -> None:
    assert read_text(tmp_path, text).passages == passages


def test_a_formula_in_a_block_of_code_is_code(tmp_path: Path) -> None:
    found = read_text(tmp_path, "The tide.\n\n```\n$$\nnever closed\n```\n\nIt falls.")
    assert found.passages == ["The tide.", "It falls."]
    assert found.left("code") == "never closed"
