"""A repository of a model hub: the files, grouped into models, and the choice of a model.

Takes a hub's list of files, and the choice of a person: a weight type, a file, or none. Gives the files of a single
model. Knows no network and no disk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, NamedTuple
from urllib.parse import unquote

from pydantic import Field

from remix.errors import ModelError
from remix.models.download import MOST_BYTES
from remix.models.parts import PART
from remix.records import Frozen, Sha256
from remix.util.names import is_plain, leads_out, quoted

ORDER = (
    *("Q4_K_M", "Q4_K", "Q4_K_S", "Q5_K_M", "Q5_K_S", "Q6_K", "Q8_0", "Q4_0", "Q4_1", "IQ4_XS", "IQ4_NL", "Q3_K_M"),
    *("MXFP4", "BF16", "F16", "F32"),
)
"""Weight types in the order of preference, if a person names none."""

MOST_FILES = 10_000
"""Files of a repository; the largest known have a few thousand."""

_LONGEST_NAME = 500
_MOST_SHOWN = 8

_NAME = r"(?P<name>\w[\w.-]{0,95}/\w[\w.-]{0,95})"
_ADDRESS = re.compile(rf"(?:hf\.co/|huggingface\.co/)?{_NAME}(?::(?P<choice>.{{1,500}}))?", re.ASCII | re.DOTALL)
_PAGE = re.compile(
    rf"https://(?:huggingface\.co|hf\.co)/{_NAME}(?:/(?:blob|resolve|tree)/main(?:/(?P<choice>[^?#]{{1,500}}))?)?/?(?:\?.*)?",
    re.ASCII,
)
"""The address of a repository's page, or of a file's page, as copied from a browser."""

_HUBS = ("https://huggingface.co/", "https://hf.co/")
_LONGEST_REPOSITORY = 96
_NOT_ALLOWED = re.compile(r"\.\.|--|[.-](?:/|\Z)|\.git\Z")
"""Parts forbidden by the hub in names of repositories, or ambiguous in the name of a folder."""


class Wanted(NamedTuple):
    """A person's choice: `OWNER/NAME`, `OWNER/NAME:WEIGHT_TYPE` or `OWNER/NAME:FILE`."""

    repository: str
    choice: str | None


class ListedFile(Frozen):
    """A file in a hub's list."""

    name: str
    """The path within the repository, with forward slashes."""

    size: Annotated[int, Field(ge=0, le=MOST_BYTES)] | None
    """In bytes; None if the list has no sizes, as on some mirrors."""

    sha256: Sha256 | None
    """None if the list names none."""


class Repository(Frozen):
    """A repository's files at a commit."""

    name: str
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    files: Annotated[tuple[ListedFile, ...], Field(max_length=MOST_FILES)]


Model = tuple[ListedFile, ...]
"""The files of a model: a single file, or all parts in order."""


def parse(text: str) -> Wanted:
    """Raises `ModelError` unless the text names a repository, or is the address of a repository's or file's page."""
    found = _ADDRESS.fullmatch(text) or _PAGE.fullmatch(text)
    name = found["name"] if found else ""
    if text.startswith("ollama:"):
        raise ModelError(f"{quoted(text)} is Ollama's.", f"`ollama pull {text[7:60]}`: remix finds Ollama's models.")
    if found is None or len(name) > _LONGEST_REPOSITORY or _NOT_ALLOWED.search(name):
        raise ModelError(
            f"{quoted(text)} names no repository.",
            "Write OWNER/NAME, OWNER/NAME:Q4_K_M or OWNER/NAME:FILE.gguf; `remix models pull` alone lists some.",
        )
    return Wanted(name, unquote(found["choice"]) if found.re is _PAGE and found["choice"] else found["choice"])


def is_elsewhere(text: str) -> bool:
    """Whether a text is an https address of a server different from the hub."""
    return text.startswith("https://") and not text.startswith(_HUBS)


def choose(repository: Repository, choice: str | None) -> Model:
    """The files of the model asked for. Raises `ModelError` if no model or several models fit."""
    models = _models(repository)
    if not models:
        raise ModelError(
            f"{repository.name} has no GGUF file.", "Look for a repository of the same model whose name ends in GGUF."
        )
    fitting = _fitting(models, choice)
    if not fitting:
        raise ModelError(
            f"{repository.name} has no {quoted(choice or '')}, only {_listed(models)}.", _name_one(repository)
        )
    if len(fitting) > 1:
        alike = f"of type {quoted(choice)}" if choice else "to choose from"
        problem = f"{repository.name} has {len(fitting)} models {alike}: {_listed(fitting)}."
        raise ModelError(problem, _name_one(repository))
    return _complete(repository.name, fitting[0])


def _models(repository: Repository) -> list[Model]:
    """The models by name; files that are no models (projectors, importance matrices) are left out."""
    groups: dict[tuple[str, str], dict[str, ListedFile]] = {}
    for file in repository.files:
        # The name comes from a stranger, and becomes a path below a folder of this machine.
        is_safe = len(file.name) <= _LONGEST_NAME and is_plain(file.name) and not leads_out(file.name)
        name = file.name.lower()
        if is_safe and name.endswith(".gguf") and "mmproj" not in name and "imatrix" not in name:
            part = PART.search(file.name)
            groups.setdefault((PART.sub("", file.name), part[2] if part else ""), {})[file.name] = file
    return [tuple(file for _, file in sorted(files.items())) for _, files in sorted(groups.items())]


def _fitting(models: list[Model], choice: str | None) -> list[Model]:
    """The models with a file of the chosen name, with or without the folder, or of the chosen weight type.

    Without a choice the models of the first weight type in `ORDER` found; all models, if no model's type is in
    `ORDER`.
    """
    if choice is None:
        by_type = ([model for model in models if _has_type(model, each)] for each in ORDER)
        return next(filter(None, by_type), models)
    name = choice.lower()
    if not name.endswith(".gguf"):
        return [model for model in models if _has_type(model, choice)]
    paths = ((model, [file.name.lower() for file in model]) for model in models)
    return [model for model, own in paths if any(name in (path, path.rpartition("/")[2]) for path in own)]


def _has_type(model: Model, weight_type: str) -> bool:
    """Whether a file name contains a weight type as a separate word, in upper or lower case."""
    word = rf"(?<![A-Za-z0-9]){re.escape(weight_type)}(?![A-Za-z0-9_])"
    return re.search(word, model[0].name.rpartition("/")[2], re.IGNORECASE) is not None


def _complete(repository: str, model: Model) -> Model:
    """The model, if no part is missing. Raises `ModelError`."""
    numbered = [match for file in model if (match := PART.search(file.name))]
    parts = int(numbered[0][2]) if numbered else 0
    missing = set(range(1, parts + 1)) - {int(part[1]) for part in numbered}
    if missing or len(numbered) != parts:
        raise ModelError(
            f"{repository} lacks part {min(missing, default=0)} of the {parts} parts of {quoted(model[0].name)}.",
            "Take another weight type, or another repository.",
        )
    return model


def _listed(models: Sequence[Model]) -> str:
    """The names of a few models."""
    shown = ", ".join(quoted(model[0].name) for model in models[:_MOST_SHOWN])
    return f"{shown} …" if len(models) > _MOST_SHOWN else shown


def _name_one(repository: Repository) -> str:
    return f"Name the file: `remix models pull {repository.name}:FILE.gguf`."
