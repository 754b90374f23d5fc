"""What is told of pydantic's errors, and of a setting's line."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from remix.records import Options
from remix.util.toml import line_of
from remix.util.validation import first_problem


@pytest.mark.parametrize(
    ("values", "key", "is_unknown", "words"),
    [
        ({"steps": 0, "seed": 2**60}, "steps", False, "input should be greater than or equal to 1"),
        ({"kinds": ["once", 1]}, "kinds.1", False, "input should be a valid string"),
        ({"step": 1}, "step", True, "extra inputs are not permitted"),
        ({"memory": "4 apples"}, "memory", False, "'4 apples' is not a size: write 4G or 512M"),
        ([], "", False, "input should be a valid dictionary or instance of Options"),
    ],
)
def test_the_first_problem(values: object, key: str, is_unknown: bool, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Options.model_validate(values)
    problem = first_problem(caught.value)
    assert (problem.key, problem.is_unknown, problem.words) == (key, is_unknown, words)


@pytest.mark.parametrize(
    ("source", "place", "line"),
    [
        ("a = 1\nsteps = 2\n[generate]\n\nsteps = 0", ("generate", "steps"), 5),
        ("a = 1\n  generate . steps = 0", ("generate", "steps"), 2),
        ("\n[ 'generate' ]\n'steps'=0", ("generate", "steps"), 3),
        ("\ngenerate = {steps = 0}", ("generate", "steps"), 2),
        ("\nmodels = [\n'a',\n1]", ("models", 1), 2),
        ("# steps = 1\nsteps_more = 1\nsteps = 0", ("steps",), 3),
        ("a = 1", ("b",), 1),
        ("a = 1", (), 1),
    ],
)
def test_the_line_of_a_setting(source: str, place: tuple[int | str, ...], line: int) -> None:
    assert line_of(source, place) == line


def test_the_line_of_a_setting_in_a_file_full_of_dots_and_brackets_is_found() -> None:
    """In time that grows with the file, not with its square."""
    source = "\n".join(["[" * 200_000, "a." * 100_000, "a . " * 100_000, " " * 200_000, "steps = 0"])
    assert line_of(source, ("generate", "steps")) == 5
