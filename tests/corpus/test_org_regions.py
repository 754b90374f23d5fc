"""Org's regions: where blocks, drawers and formulas end."""

from __future__ import annotations

import pytest

from remix.corpus.org_regions import regions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#+begin_quote\na\n#+END_QUOTE", {0: (2, None)}),
        ("#+begin_quote\n#+begin_src\n#+end_quote\n#+end_src\n#+end_quote", {0: (4, None), 1: (3, "code")}),
        ("#+begin_a\n#+begin_a\n#+end_a\n#+end_a", {0: (3, None), 1: (2, None)}),
        ("#+begin_a\n#+begin_b\n#+end_a\n#+end_b", {0: (2, None)}),
        ("#+begin_src\n#+begin_quote", {}),
        ("#+end_quote\n:end:", {}),
        ("#+begin: x\n#+end:\n:a:\n:END:", {0: (1, "shortcode"), 2: (3, "metadata")}),
        ("#+begin_comment\n#+end_comment\n#+begin_export x\n#+end_export", {0: (1, "comment"), 2: (3, "code")}),
        ("\\begin{a}\n\\begin{b}\n\\end{b}\\end{a}", {0: (2, "formula")}),
        ("\\[\na\\]\n$$\nb\n$$ (1)\n$$ c $$", {0: (1, "formula"), 2: (4, "formula")}),
        ("\\[\na \\] b", {}),
    ],
)
def test_regions(text: str, found: dict[int, tuple[int, str | None]]) -> None:
    assert regions(text.split("\n")) == found
