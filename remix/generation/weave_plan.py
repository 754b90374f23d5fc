"""Plans of woven essays as files: small TOML that a person can read, edit and give back.

Takes an essay's plan, gives TOML with the title and the first words of each passage as comments; and the other way
round. Knows nothing of models.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import shorten
from typing import NamedTuple

from pydantic import Field, ValidationError

from remix.errors import SeedError
from remix.records import Run
from remix.records.bounds import MOST_STEPS
from remix.records.values import Count, Frozen, Many, Sha256
from remix.records.weave import Weave, WeaveGroup
from remix.util import frontmatter, toml
from remix.util.names import readable
from remix.util.validation import first_problem

MOST_BYTES = 2**20
"""Bytes of a plan file."""

LONGEST_COMMENT = 90
"""Letters of a comment."""

HEAD = """\
# The plan of an essay: a paragraph from each group of passages, one after another. Move passages, leave some out,
# write other numbers of words; then `remix weave --from-plan FILE` weaves the essay.
"""


_ORDERS = {"essay": "as they stand in their essays", "closest": "each next to the most similar", "given": "as given"}


class PlannedParagraph(Frozen):
    """A paragraph of a plan file."""

    words: int = Field(100, ge=1, le=10_000)
    """Words that the paragraph is asked to have."""
    passages: Many[str] = ()
    """Ids of passages."""
    texts: Many[Sha256] = ()
    """Ids of the records of accepted texts, which are read in place of passages."""


class EssayPlan(Frozen):
    """A plan file."""

    length: Count = 600
    """Words of the essay."""
    dialectic: bool = False
    """Whether each paragraph gets an objection and a synthesis."""
    paragraph: Many[PlannedParagraph] = Field(min_length=1, max_length=MOST_STEPS)
    """The paragraphs."""


class Labels(NamedTuple):
    """What a plan says of each passage or text in a comment, by id."""

    of_passages: Mapping[str, str]
    of_texts: Mapping[str, str]


def labels_of(run: Run) -> Labels:
    """What a plan says of a run's passages and earlier outputs: essay and first words."""
    return Labels(
        {id_: f"{essay.title}: {passage.text}" for id_, (essay, passage) in run.pairs.items()},
        {
            each.record.id: f"{each.record.output.task_id}: {each.text if each.edited is None else each.edited}"
            for each in run.earlier
        },
    )


def written(weave: Weave, labels: Labels, notes: tuple[str, ...] = ()) -> str:
    """A plan as a file; notes become comments."""
    return "\n".join(_lines(weave, labels, notes)) + "\n"


def _lines(weave: Weave, labels: Labels, notes: tuple[str, ...]) -> Iterator[str]:
    yield HEAD.rstrip("\n")
    yield from (f"# {readable(note, keep='')}" for note in notes)
    yield ""
    yield f"# Order of the passages: {_ORDERS[weave.order]}."
    yield f"length = {weave.length} # words of the essay"
    yield f"dialectic = {json.dumps(weave.dialectic)} # whether each paragraph gets an objection and a synthesis"
    for group in weave.groups:
        yield ""
        yield "[[paragraph]]"
        yield f"words = {group.words}"
        yield "texts = [" if group.records else "passages = ["
        yield from _members(group, labels)
        yield "]"


def _members(group: WeaveGroup, labels: Labels) -> Iterator[str]:
    """The passages or texts of a group, each with a comment."""
    of, ids = (labels.of_texts, group.records) if group.records else (labels.of_passages, group.passages)
    for id_ in ids:
        label = shorten(readable(of.get(id_, ""), keep=""), LONGEST_COMMENT, placeholder=" …")
        by = "by its summary: " if id_ in group.summarised else ""
        yield f"  {json.dumps(id_, ensure_ascii=False)}, # {by}{label}"


def place_of(path: Path, id_: str) -> str:
    """File and line of a passage or text in a plan file, for errors."""
    return f"{path}:{_line_of_word(_source(path), id_)}"


def read(path: Path) -> EssayPlan:
    """The plan in a file. Raises `SeedError`, naming file and line."""
    source = _source(path)
    try:
        plan = EssayPlan.model_validate(toml.loads(source))
    except toml.TomlError as error:
        raise SeedError(f"{path}:{error.line}: not TOML ({error.problem}).", _HINT) from error
    except ValidationError as error:
        problem = first_problem(error)
        line = _line(source, problem.place)
        raise SeedError(f"{path}:{line}: `{problem.key}`: {problem.words}.", _HINT) from error
    _check(plan, path, source)
    return plan


def _source(path: Path) -> str:
    try:
        source = frontmatter.read_bytes(path, MOST_BYTES, within=path.parent).decode()
    except frontmatter.FrontMatterError as error:
        raise SeedError(error.message, error.hint) from error
    except UnicodeDecodeError as error:
        raise SeedError(f"{path}: not UTF-8 at byte {error.start}.", "Save the file as UTF-8.") from error
    return source.removeprefix("\ufeff")


_HINT = "`remix weave --plan` prints a whole plan, with the options that choose passages."


def _check(plan: EssayPlan, path: Path, source: str) -> None:
    """Raise `SeedError` for a paragraph without passages, with passages and texts, or with a passage used before."""
    seen: set[str] = set()
    for at, paragraph in enumerate(plan.paragraph):
        line = _line(source, ("paragraph", at))
        if bool(paragraph.passages) == bool(paragraph.texts):
            raise SeedError(
                f"{path}:{line}: paragraph {at + 1} has {'both' if paragraph.texts else 'neither'} passages "
                f"{'and' if paragraph.texts else 'nor'} texts.",
                "Each paragraph needs `passages` or `texts`; take out a paragraph that has nothing to say.",
            )
        for id_ in (*paragraph.passages, *paragraph.texts):
            if id_ in seen:
                raise SeedError(
                    f"{path}:{_line_of_word(source, id_)}: '{id_}' stands in the plan twice.",
                    "A passage belongs to one paragraph.",
                )
            seen.add(id_)


def _line(source: str, place: tuple[int | str, ...]) -> int:
    """The line of a value, from 1; of a paragraph's, counted from the paragraph's own line on."""
    if len(place) < 2 or place[0] != "paragraph" or not isinstance(place[1], int):
        return toml.line_of(source, place)
    lines = source.split("\n")
    heads = [at for at, line in enumerate(lines) if line.replace(" ", "").startswith("[[paragraph]]")]
    if place[1] >= len(heads):
        return 1
    begin = heads[place[1]]
    keys = place[2:3]
    return begin + toml.line_of("\n".join(lines[begin:]), keys) if keys else begin + 1


def _line_of_word(source: str, word: str) -> int:
    """The last line on which a word stands in quotes, from 1."""
    quoted = (json.dumps(word, ensure_ascii=False), f"'{word}'")
    found = [at for at, line in enumerate(source.split("\n"), 1) if any(each in line for each in quoted)]
    return found[-1] if found else 1
