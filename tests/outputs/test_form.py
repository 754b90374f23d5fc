"""An output's file: its front matter, written line by line, is that of all entries together."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from remix.outputs.form import _line

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.one_of(WORDS, st.integers(0, 2**31), st.none(), st.lists(WORDS, max_size=4).map(tuple))


@given(st.dictionaries(st.sampled_from(["title", "aliases", "essay", "step", "flags"]), VALUES, min_size=1))
def test_lines_of_front_matter_are_those_of_all_entries_together(
    entries: dict[str, str | int | tuple[str, ...] | None],
) -> None:
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in entries.items()}
    together = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=1000)
    assert "".join(_line(key, value) for key, value in entries.items()) == together


def test_a_number_is_no_truth_value() -> None:
    assert (_line("variant", True), _line("variant", 1)) == ("variant: true\n", "variant: 1\n")
