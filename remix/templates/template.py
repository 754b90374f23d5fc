"""Prompt templates: what is asked of a model about a passage.

Takes the template files of a folder and a passage, gives `Prompt`s: messages and settings. Knows nothing of
tokens; of the model, only the labels that settings for its family are found by. Templates may come from strangers, so
they are compiled and rendered elsewhere, within bounds (`rendering.py`).

A template is Jinja2 with front matter. Its body is one message by the user, or several turns in
`{% user %} … {% enduser %}` and `{% assistant %} … {% endassistant %}`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from remix.errors import PromptError
from remix.records import (
    Essay,
    Frozen,
    Message,
    Options,
    Passage,
    Prompt,
    Run,
    SamplingSettings,
    StopString,
    Weights,
    sha256,
)
from remix.records.bounds import MOST_STOPS, MOST_STRENGTH, MOST_TOKENS
from remix.templates import worker
from remix.templates.worker import Program, RenderingError
from remix.util import frontmatter, names

SUFFIX = ".md.j2"

MOST_BYTES = 2**20
"""Of a template file."""

LONGEST_KEY = 100
"""Letters of a setting's name in an error."""

VARIABLES = ("passage", "previous", "step", "steps", "essay", "family")
"""What a template may speak of; `sandbox.py` gives it to them."""


# -- settings -----------------------------------------------------------------------------------------------


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Settings(Frozen):
    """What a template's front matter may say, for all models or for a family."""

    max_tokens: int = Field(300, ge=1, le=MOST_TOKENS)
    """The text is cut after so many tokens."""
    sampling: SamplingSettings = SamplingSettings()
    """How to choose each token."""
    stop: Annotated[tuple[StopString, ...], BeforeValidator(_several), Field(max_length=MOST_STOPS)] = ()
    """Strings that end the text; or just one."""
    system: str | None = None
    """The system message; without one the model's own chat template may add its own."""
    opening: str | None = None
    """The beginning of the answer, which the model goes on from; Jinja2 too."""
    keep_opening: bool = True
    """Whether that beginning is part of the text."""
    length: float | None = Field(None, gt=0, le=MOST_STRENGTH)
    """Words that are asked for, as a share of those that are read; without it a text may have any length."""
    weights: Weights = Weights()
    """How much each measure counts when one of several candidates is chosen."""


class _FrontMatter(Settings):
    """The whole front matter."""

    description: str
    """What the kind does, in a line."""
    families: dict[str, dict[str, Any]] = Field({})
    """Settings for the models whose name or architecture begins so (`*` stands for anything)."""

    @property
    def openings(self) -> set[str]:
        """All openings there are, general and by family."""
        found = {self.opening, *(settings.get("opening") for settings in self.families.values())}
        return {opening for opening in found if opening is not None}


# -- templates ----------------------------------------------------------------------------------------------


class Template:
    """One kind: how to ask for it, and the settings it asks with.

    Raises `PromptError`, naming file and line, where front matter or body are broken or speak of something
    that templates don't know.
    """

    def __init__(self, kind: str, source: bytes, name: str) -> None:
        self.kind = kind
        self.name = name
        self.sha256 = sha256(source)
        self.source = _decode(source, name)
        self._front, body = _parse_front_matter(self.source.removeprefix("\ufeff").replace("\r\n", "\n"), name)
        self.description = self._front.description
        self._template = self._compile(body)
        self._openings = {opening: self._compile(self._at_its_line(opening)) for opening in self._front.openings}

    def settings(self, labels: Sequence[str]) -> Settings:
        """Settings for a model: the general ones, and over them those of each family its labels match."""
        merged = self._front.model_dump(exclude={"description", "families"})
        for family in self._families(labels):
            for key, value in self._front.families[family].items():
                merged[key] = {**merged[key], **value} if isinstance(value, dict) else value
        return Settings.model_validate(merged)

    def render(
        self, passage: Passage, essay: Essay, previous: str, step: int, steps: int, labels: Sequence[str]
    ) -> Prompt:
        """The prompt for one step. `previous` is the text of the step before, empty for the first.

        Raises `PromptError` where the template fails on this passage.
        """
        settings = self.settings(labels)
        context = {
            "passage": passage.model_dump(include={"id", "section", "tags", "text"}),
            "essay": essay.model_dump(include={"slug", "title", "author", "date", "tags"}),
            "previous": previous,
            "step": step,
            "steps": steps,
            "family": next(iter(self._families(labels)), None),
        }
        rest, turns = self._render(self._template, context, passage)
        opening = ""
        if settings.opening is not None:
            program = self._openings[settings.opening]
            opening, turns = self._render(program, {**context, "turns": turns}, passage)
        return Prompt(
            template=self.sha256,
            messages=self._messages(settings, turns, rest.strip(), opening.strip()),
            keep_opening=settings.keep_opening,
        )

    def _messages(
        self, settings: Settings, turns: list[tuple[str, str]], rest: str, opening: str
    ) -> tuple[Message, ...]:
        if turns and rest:
            raise PromptError(
                f"{self.name}: there is text outside its turns ({rest[:40]!r}).",
                "Put all of it between {% user %} and {% enduser %}, or have no turns at all.",
            )
        system = [("system", settings.system)] if settings.system else []
        spoken = [*system, *(turns or [("user", rest)])]
        if spoken[-1][0] != "user" or not all(text for _, text in spoken):
            raise PromptError(
                f"{self.name}: a turn is empty, or the last one isn't the user's.",
                "End with what is asked for; for the beginning of the answer there is `opening:`.",
            )
        if opening:
            spoken.append(("assistant", opening))
        return tuple(Message.model_validate({"role": role, "content": text}) for role, text in spoken)

    def _families(self, labels: Sequence[str]) -> list[str]:
        return [
            family
            for family in self._front.families
            if any(fnmatchcase(label, f"{family.lower()}*") for label in labels)
        ]

    def _at_its_line(self, opening: str) -> str:
        """An opening moved down so that its lines are numbered as in the file, where it stands there as it is."""
        at = self.source.find(opening.split("\n")[0])
        return "\n" * self.source.count("\n", 0, max(at, 0)) + opening

    def _compile(self, body: str) -> Program:
        """Compile a body, refusing at once names that templates don't know."""
        program = Program("prompt", self.name, body)
        try:
            worker.compile_(program)
        except RenderingError as error:
            raise self._broken(error) from error
        return program

    def _broken(self, error: RenderingError) -> PromptError:
        where = self._where(error)
        if error.trouble != "unknown":
            return PromptError(f"{where}: broken template ({error.reason}).", "Fix it; templates are Jinja2.")
        near = difflib.get_close_matches(error.reason, VARIABLES, n=1)
        also = f"Did you mean `{near[0]}`? " if near else ""
        return PromptError(
            f"{where}: unknown variable `{error.reason}`.", f"{also}Templates know {', '.join(VARIABLES)}."
        )

    def _render(self, program: Program, context: dict[str, Any], passage: Passage) -> worker.Rendered:
        try:
            return worker.render(program, context)
        except RenderingError as error:
            raise PromptError(
                f"{self._where(error)}: the template fails on {passage.id} ({error.reason}).",
                f"Mend it; templates know {', '.join(VARIABLES)}.",
            ) from error

    def _where(self, error: RenderingError) -> str:
        return self.name if error.line is None else f"{self.name}:{error.line}"


def read_templates(
    folder: Path, kinds: Sequence[str] = (), on_error: Callable[[PromptError], None] | None = None
) -> dict[str, Template]:
    """The templates of a folder by kind; only those named, in that order, where any are.

    Raises `PromptError` where there are none, or not one that was named. A broken one goes to `on_error` and
    is left out; without one that is raised too.
    """
    files = template_files(folder)
    if not files:
        raise PromptError(f"{folder}: no templates here.", f"A template is a file like `rewrite{SUFFIX}`.")
    templates: dict[str, Template] = {}
    for kind in dict.fromkeys(kinds or files):
        if kind not in files:
            raise _no_such_kind(kind, folder, files)
        try:
            templates[kind] = read_template(files[kind])
        except PromptError as error:
            if on_error is None:
                raise
            on_error(error)
    if not templates:
        raise PromptError(f"{folder}: no template is left to work with.", "See what was left out, and why.")
    return templates


def _no_such_kind(kind: str, folder: Path, files: Iterable[str]) -> PromptError:
    near = difflib.get_close_matches(kind, files, n=1)
    also = f"Did you mean `{near[0]}`? " if near else ""
    return PromptError(
        f"no kind '{kind}' in {folder}.", f"{also}There are {', '.join(files)}; add one by adding {kind}{SUFFIX}."
    )


def read_template(path: Path) -> Template:
    """One template file. Raises `PromptError`."""
    kind = _kind(path)
    if not re.fullmatch(r"[\w-]+", kind):
        raise PromptError(f"{path}: '{kind}' can't be a kind.", "Use letters, digits, - and _ for its name.")
    if names.is_reserved(kind) or names.is_too_long(kind):
        raise PromptError(
            f"{path}: '{kind}' can't be a kind.", "Outputs are named after it: take a shorter name, no device's."
        )
    try:
        source = frontmatter.read_bytes(path, MOST_BYTES, within=path.parent)
    except frontmatter.FrontMatterError as error:
        raise PromptError(error.message, error.hint) from error
    return Template(kind, source, names.written(f"{path.parent.name}/{path.name}"))


def _kind(path: Path) -> str:
    """The kind that a file is named after: the same letters, however they are composed."""
    return unicodedata.normalize("NFC", path.name.removesuffix(SUFFIX))


def template_files(folder: Path) -> dict[str, Path]:
    """The templates of a folder by kind. Raises `PromptError` where two kinds' outputs could be the same files."""
    files: dict[str, Path] = {}
    places: dict[str, Path] = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.name.startswith("."):
            continue
        files[_kind(path)] = path
        other = places.setdefault(names.same_place(_kind(path)), path)
        if other != path:
            raise PromptError(
                f"{path}: its outputs would be named like those of {other.name}.", "Rename one of the two files."
            )
    return files


def _decode(source: bytes, name: str) -> str:
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        raise PromptError(f"{name}: not UTF-8 at byte {error.start}.", "Save the file as UTF-8.") from error


def _parse_front_matter(source: str, name: str) -> tuple[_FrontMatter, str]:
    """The front matter, and the body moved down so that its lines are numbered as in the file."""
    try:
        parts = frontmatter.split(source, name)
        front = _FrontMatter.model_validate(parts.meta)
        for settings in front.families.values():
            Settings.model_validate(settings)
    except frontmatter.FrontMatterError as error:
        raise PromptError(error.message, error.hint) from error
    except ValidationError as error:
        first: Any = error.errors()[0]
        key = names.shortened(".".join(str(part) for part in first["loc"]), LONGEST_KEY)
        line = frontmatter.line_of(source, str(first["loc"][0]))
        known = [*_FrontMatter.model_fields, *SamplingSettings.model_fields, *Weights.model_fields]
        raise PromptError(
            f"{name}:{line}: `{key}`: {first['msg'].lower()}.", f"The front matter knows {', '.join(known)}."
        ) from error
    return front, "\n" * (parts.body_line - 1) + parts.body


def settings_for(template: Template, options: Options, labels: Sequence[str]) -> Settings:
    """A template's settings for a model, with what the user asked for laid over them."""
    settings = template.settings(labels)
    if options.max_tokens is not None:
        settings = settings.model_copy(update={"max_tokens": options.max_tokens})
    if options.temperature is not None:
        sampling = settings.sampling.model_copy(update={"temperature": options.temperature})
        settings = settings.model_copy(update={"sampling": sampling})
    return settings


def templates_of(run: Run) -> dict[str, Template]:
    """A run's templates as they were when the run began, by kind."""
    return {used.kind: Template(used.kind, used.source.encode(), used.name) for used in run.templates}
