"""A prompt template: front matter, settings, and rendering to a `Prompt`.

Takes a template file's bytes and a passage or other texts, gives `Prompt`s (messages) and `Settings`. Counts no
tokens, and knows only labels of the model, to find settings for a family of models. Strangers' templates are compiled
and rendered with bounds by a worker process (`worker.py`).

A template is Jinja2 with front matter. The body is a single message by the user, or several turns in
`{% user %} … {% enduser %}` and `{% assistant %} … {% endassistant %}`.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, NamedTuple, cast

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from remix.errors import PromptError
from remix.records import (
    Frozen,
    Message,
    Options,
    Prompt,
    Reads,
    Run,
    SamplingSettings,
    StopString,
    TemplateUsed,
    Weights,
    sha256,
)
from remix.records.bounds import MOST_STOPS, MOST_STRENGTH, MOST_TOKENS
from remix.templates import worker
from remix.templates.reading import OF_A_GROUP, OF_AN_ESSAY, VARIABLES, PartReads, Reading, values_of_part
from remix.templates.worker import Program, RenderingError
from remix.util import frontmatter, names
from remix.util.validation import first_problem

LONGEST_KEY = 100
"""Letters of a setting's name in an error."""

_JINJA = ("turns", "range", "namespace", "self", "loop", "caller", "varargs", "kwargs", "true", "false", "none")

RESERVED = frozenset((*VARIABLES, *OF_A_GROUP, *_JINJA))
"""Names with a meaning in templates, which can't be variables for the texts of a kind."""


# -- settings -----------------------------------------------------------------------------------------------


class Settings(Frozen):
    """Settings in a template's front matter, for all models or for a family of models."""

    max_tokens: int = Field(300, ge=1, le=MOST_TOKENS)
    """Most tokens of a text."""
    sampling: SamplingSettings = SamplingSettings()
    """Parameters of the samplers."""
    stop: Annotated[
        tuple[StopString, ...],
        BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
        Field(max_length=MOST_STOPS),
    ] = ()
    """Strings that end the text; front matter may give a single string."""
    system: str | None = None
    """The system message; without one the model's own chat template may add its own."""
    opening: str | None = None
    """The beginning of the answer, which the model continues; a Jinja2 template."""
    keep_opening: bool = True
    """Whether the opening is part of the text."""
    length: float | None = Field(None, gt=0, le=MOST_STRENGTH)
    """Words that the template asks for, as a share of the words that are read; null for any length."""
    weights: Weights = Weights()
    """Weights of the measures for the choice among several candidates."""


def _checked_reads(value: object) -> Reads:
    """The value of `reads`, with kinds as a tuple. Raises `ValueError` for any further form."""
    if value in ("passage", "passages", *OF_AN_ESSAY):
        return cast("Reads", value)
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        kinds = tuple(unicodedata.normalize("NFC", each) for each in value)
        if len(set(map(variable, kinds))) == len(kinds):
            return kinds
        raise ValueError("names the same kind twice, or two kinds that templates would call the same")
    raise ValueError("is passage, passages, weave, paragraph, paragraphs or a list of kinds like [summary, counter]")


def variable(kind: str) -> str:
    """The variable for the text of a kind: Jinja2's names have no hyphens."""
    return kind.replace("-", "_")


class _FrontMatter(Settings):
    """The whole front matter."""

    description: str
    """A line about the purpose of the kind."""
    reads: Annotated[Any, AfterValidator(_checked_reads)] = "passage"
    """The inputs of a text: `passage`, `passages`, the kinds whose last steps are read, or what a part of an essay
    reads: `weave`, `paragraph` or `paragraphs`."""
    families: dict[str, dict[str, Any]] = Field({})
    """Settings by family: a pattern for the beginning of a model's name or architecture, with `*` for any letters."""

    @property
    def openings(self) -> set[str]:
        """All openings, general and by family."""
        found = {self.opening, *(settings.get("opening") for settings in self.families.values())}
        return {opening for opening in found if opening is not None}


# -- templates ----------------------------------------------------------------------------------------------


class _Spoken(NamedTuple):
    """A rendered template."""

    rest: str
    """The text outside of turns."""
    turns: list[tuple[str, str]]
    opening: str
    """The beginning of the answer; empty without one."""


class Template:
    """The template of a kind: renders prompts, and gives settings.

    Raises `PromptError`, naming file and line, if front matter or body are broken or use an unknown variable.
    """

    def __init__(self, kind: str, source: bytes, name: str) -> None:
        self.kind = kind
        self.name = name
        self.sha256 = sha256(source)
        try:
            self.source = source.decode()
        except UnicodeDecodeError as error:
            raise PromptError(f"{name}: not UTF-8 at byte {error.start}.", "Save the file as UTF-8.") from error
        self._front, body = _parse_front_matter(self.source.removeprefix("\ufeff").replace("\r\n", "\n"), name)
        self.description = self._front.description
        self.reads: Reads = self._front.reads
        self.place_of_reads = f"{name}:{frontmatter.line_of(self.source, 'reads')}"
        """File and line of `reads`, for errors."""
        self.variables = self._variables()
        self._template = self._compile(body)
        self._openings = {}
        for opening in self._front.openings:
            # After as many line ends as in the file: errors then name the file's lines.
            above = self.source.count("\n", 0, max(self.source.find(opening.split("\n")[0]), 0))
            self._openings[opening] = self._compile("\n" * above + opening)

    def settings(self, labels: Sequence[str]) -> Settings:
        """Settings for a model: general settings, overridden by the settings of each family that a label matches."""
        merged = self._front.model_dump(exclude={"description", "reads", "families"})
        for family in self._families(labels):
            for key, value in self._front.families[family].items():
                merged[key] = {**merged[key], **value} if isinstance(value, dict) else value
        return Settings.model_validate(merged)

    @property
    def used(self) -> TemplateUsed:
        """The template in the form of a run's request."""
        return TemplateUsed(kind=self.kind, name=self.name, sha256=self.sha256, source=self.source, reads=self.reads)

    @property
    def reads_kinds(self) -> tuple[str, ...]:
        """The kinds of the template's input texts."""
        return () if isinstance(self.reads, str) else self.reads

    @property
    def part_reads(self) -> PartReads | None:
        """The value of `reads` of a template for a part of a woven essay; null for any other template."""
        return next((each for each in OF_AN_ESSAY if each == self.reads), None)

    def steps(self, steps: int) -> int:
        """The number of the kind's steps: 1 unless the template has `reads: passage`, because only a template with
        `reads: passage` can read the text of a previous step."""
        return steps if self.reads == "passage" else 1

    def render(self, read: Reading, step: int, steps: int, labels: Sequence[str]) -> Prompt:
        """The prompt for a step. Raises `PromptError` if the template fails on the inputs."""
        (prompt,) = self.render_all([read], step, steps, labels)
        if isinstance(prompt, PromptError):
            raise prompt
        return prompt

    def render_all(
        self, reads: Sequence[Reading], step: int, steps: int, labels: Sequence[str]
    ) -> list[Prompt | PromptError]:
        """The prompts for a step of many texts; an error where the template fails on the inputs."""
        settings = self.settings(labels)
        same = {"step": step, "steps": self.steps(steps), "family": next(iter(self._families(labels)), None)}
        contexts = [same | self._context(read) for read in reads]
        bodies = self._render(self._template, contexts, reads)
        spoken: dict[int, _Spoken | PromptError] = {
            at: body if isinstance(body, PromptError) else _Spoken(body.text.strip(), body.turns, "")
            for at, body in enumerate(bodies)
        }
        if settings.opening is not None:
            fine = {at: each for at, each in spoken.items() if isinstance(each, _Spoken)}
            after = [{**contexts[at], "turns": each.turns} for at, each in fine.items()]
            openings = self._render(self._openings[settings.opening], after, [reads[at] for at in fine])
            for (at, each), opening in zip(fine.items(), openings, strict=True):
                if isinstance(opening, PromptError):
                    spoken[at] = opening
                else:
                    spoken[at] = _Spoken(each.rest, opening.turns, opening.text.strip())
        return [self._prompt(settings, each) for each in spoken.values()]

    def _prompt(self, settings: Settings, spoken: _Spoken | PromptError) -> Prompt | PromptError:
        if isinstance(spoken, PromptError):
            return spoken
        try:
            messages = self._messages(settings, spoken)
        except PromptError as error:
            return error
        return Prompt(template=self.sha256, messages=messages, keep_opening=settings.keep_opening)

    def _context(self, read: Reading) -> dict[str, Any]:
        """The passages and texts as variables."""
        shown = {"id", "section", "tags", "text", "language"}
        passages = [passage.model_dump(include=shown) for _, passage in read.passages]
        about = {"language": read.language, "model": {"languages": list(read.card)}}
        if self.reads == "passages":
            return {"passages": passages, **about}
        if self.part_reads:
            own = {} if self.part_reads == "paragraphs" else {"passages": passages}
            return {**own, **about, **values_of_part(self.part_reads, read, self.kind)}
        essay = read.passages[0][0].model_dump(include={"slug", "title", "author", "date", "tags"})
        if missing := [kind for kind in self.reads_kinds if kind not in read.texts]:
            raise PromptError(
                f"{self.name}: there is no text of the kind '{missing[0]}' to read.",
                "A task of this kind reads a text of each kind that `reads` names.",
            )
        texts = {variable(kind): read.texts[kind] for kind in self.reads_kinds} or {"previous": read.previous}
        return {"passage": passages[0], "essay": essay, **about, **texts}

    def _variables(self) -> tuple[str, ...]:
        """The template's variables. Raises `PromptError` for a kind that reads itself or can't be a variable."""
        if self.reads == "passages":
            return OF_A_GROUP
        if self.part_reads:
            return OF_AN_ESSAY[self.part_reads]
        for kind in self.reads_kinds:
            if kind == self.kind:
                raise PromptError(
                    f"{self.place_of_reads}: `reads`: '{kind}' can't read itself.",
                    "Leave `reads` out: then each step reads the text of the step before, as `previous`.",
                )
            called = variable(kind)
            if not called.isidentifier() or called in RESERVED or keyword.iskeyword(called):
                raise PromptError(
                    f"{self.place_of_reads}: `reads`: a template can't speak of a kind called '{kind}'.",
                    "That name means something else in templates, or is no name there: rename the kind's file.",
                )
        own = tuple(map(variable, self.reads_kinds))
        return (*(name for name in VARIABLES if name != "previous" or not own), *own)

    def _messages(self, settings: Settings, rendered: _Spoken) -> tuple[Message, ...]:
        rest, turns, opening = rendered
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

    def _compile(self, body: str) -> Program:
        """Compile a body. Raises `PromptError` for broken syntax and for unknown variables."""
        program = Program("prompt", self.name, body, self.variables)
        try:
            worker.compile_(program)
        except RenderingError as error:
            raise self._broken(error) from error
        return program

    def _broken(self, error: RenderingError) -> PromptError:
        where = self._where(error)
        if error.trouble != "unknown":
            return PromptError(f"{where}: broken template ({error.reason}).", "Fix it; templates are Jinja2.")
        near = names.similar(error.reason, self.variables, most=1)
        also = f"Did you mean `{near[0]}`? " if near else ""
        return PromptError(f"{where}: unknown variable `{error.reason}`.", f"{also}{self._known}.")

    @property
    def _known(self) -> str:
        whose = "Templates know" if self.reads == "passage" else "This template knows"
        return f"{whose} {', '.join(self.variables)}"

    def _render(
        self, program: Program, contexts: Sequence[dict[str, Any]], reads: Sequence[Reading]
    ) -> list[worker.Rendered | PromptError]:
        results = worker.render_all(program, contexts)
        return [
            self._failure(result, read) if isinstance(result, RenderingError) else result
            for result, read in zip(results, reads, strict=True)
        ]

    def _failure(self, error: RenderingError, read: Reading) -> PromptError:
        failure = PromptError(
            f"{self._where(error)}: the template fails on {read.name} ({error.reason}).", f"Mend it. {self._known}."
        )
        failure.__cause__ = error
        return failure

    def _where(self, error: RenderingError) -> str:
        return self.name if error.line is None else f"{self.name}:{error.line}"


def reads_of(source: str, name: str) -> Reads | None:
    """The value of `reads` in a template's front matter; null for broken front matter. Compiles no template."""
    try:
        reads: Reads = _parse_front_matter(source.removeprefix("\ufeff").replace("\r\n", "\n"), name)[0].reads
    except PromptError:
        return None
    return reads


def _parse_front_matter(source: str, name: str) -> tuple[_FrontMatter, str]:
    """The front matter, and the body after empty lines for the front matter: errors then name the file's lines."""
    try:
        parts = frontmatter.split(source, name)
        front = _FrontMatter.model_validate(parts.meta)
        for settings in front.families.values():
            Settings.model_validate(settings)
    except frontmatter.FrontMatterError as error:
        raise PromptError(error.message, error.hint) from error
    except ValidationError as error:
        problem = first_problem(error)
        key = names.shortened(problem.key, LONGEST_KEY)
        line = frontmatter.line_of(source, str(problem.place[0]))
        known = [*_FrontMatter.model_fields, *SamplingSettings.model_fields, *Weights.model_fields]
        raise PromptError(
            f"{name}:{line}: `{key}`: {problem.words}.", f"The front matter knows {', '.join(dict.fromkeys(known))}."
        ) from error
    return front, "\n" * (parts.body_line - 1) + parts.body


def settings_for(template: Template, options: Options, labels: Sequence[str]) -> Settings:
    """A template's settings for a model, overridden by the user's options."""
    settings = template.settings(labels)
    if options.max_tokens is not None:
        settings = settings.model_copy(update={"max_tokens": options.max_tokens})
    if options.temperature is not None:
        sampling = settings.sampling.model_copy(update={"temperature": options.temperature})
        settings = settings.model_copy(update={"sampling": sampling})
    return settings


def templates_of(run: Run) -> dict[str, Template]:
    """A run's templates by kind, in the form of the run's request, whatever the workspace holds now."""
    return {used.kind: Template(used.kind, used.source.encode(), used.name) for used in run.templates}
