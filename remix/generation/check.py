"""`remix check`: finds every problem of a workspace that would make a run fail.

Takes a workspace and options, gives all problems and not the first alone: essays and templates that can't be read,
prompts that can't be rendered or that the model's chat template refuses, passages too long for the model. Reads the
model's vocabulary, but no weights; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from remix.corpus import read_seeds, select
from remix.engine.local import Vocabulary, check_memory
from remix.errors import PromptError, RemixError, SeedError
from remix.generation.lengths import Lengths
from remix.models import prepared
from remix.records import Essay, Message, ModelFile, Options, Passage
from remix.templates.folder import read_all_templates, read_templates
from remix.templates.template import Reading, Template
from remix.workspace import Workspace

Corpus = list[tuple[Essay, Passage]]


class Problem(NamedTuple):
    """A reason why a run would fail."""

    message: str
    """The error and its place: in an essay, or in a template with the first of the passages."""
    hint: str
    """The next step."""
    passages: tuple[str, ...]
    """Ids of the passages that the run would fail on; empty if no passage is the reason."""


class Report(NamedTuple):
    """The problems of a workspace, and how much was checked."""

    problems: list[Problem]
    """In the order of the pipeline: seeds, templates, model, prompts, lengths."""
    passages: int
    """Passages that could be read."""
    kinds: tuple[str, ...]
    """Kinds whose templates could be read."""
    model: str | None
    """The model's name; null if the model couldn't be used: then no tokens were counted."""
    longest: int
    """Tokens that the longest fitting prompt needs, together with the output."""
    context: int
    """The model's context in tokens; 0 without a model."""


def check(workspace: Workspace, options: Options) -> Report:
    """Read all inputs, and render each prompt of each passage, kind and step. Writes no text."""
    found = _Problems()
    corpus = _passages(workspace, options.min_words, found)
    templates = _templates(workspace, options, found)
    model = None
    with found.noted():
        model = prepared.resolve(options.model, workspace.model_folders)
    longest = 0
    with found.noted():
        longest = _prompts(model, templates, options, corpus, found)
    return Report(
        problems=found.problems,
        passages=len(corpus),
        kinds=tuple(templates),
        model=model[1].name if model else None,
        longest=longest,
        context=model[1].context if model else 0,
    )


class _Problems:
    """Collects errors. A template's error is listed once, with all passages that the template fails on."""

    def __init__(self) -> None:
        self._errors: dict[str, RemixError] = {}
        self._passages: dict[str, list[str]] = {}

    def note(self, error: RemixError, passage: str = "") -> None:
        """Keep an error; `passage` is the id of the passage with the error."""
        same = error.message.replace(passage, "", 1) if passage else error.message
        self._errors.setdefault(same, error)
        self._passages.setdefault(same, []).extend([passage] if passage else [])

    @contextmanager
    def noted(self, passage: str = "") -> Iterator[None]:
        """Keep a `RemixError` raised in the `with` block."""
        try:
            yield
        except RemixError as error:
            self.note(error, passage)

    @property
    def count(self) -> int:
        """The number of different errors."""
        return len(self._errors)

    @property
    def problems(self) -> list[Problem]:
        """All problems, in the order in which each was found first."""
        return [
            Problem(error.message, error.hint, tuple(dict.fromkeys(self._passages[same])))
            for same, error in self._errors.items()
        ]


def _passages(workspace: Workspace, min_words: int, found: _Problems) -> Corpus:
    """The readable passages of at least `min_words` words."""
    essays: list[Essay] = []
    try:
        essays = read_seeds(workspace.seeds, workspace.root, found.note, workspace.exclude)
    except SeedError as error:
        # "No passage is left" adds nothing if the reasons are already listed.
        if not found.count:
            found.note(error)
    by_slug = {essay.slug: essay for essay in essays}
    return [(by_slug[passage.essay], passage) for passage in select(essays, min_words=min_words)]


def _templates(workspace: Workspace, options: Options, found: _Problems) -> dict[str, Template]:
    """The readable templates, of all kinds or of the kinds that the options name."""
    templates: dict[str, Template] = {}
    for kind in options.kinds or (None,):
        before = found.count
        try:
            if kind is None:
                templates |= read_all_templates(workspace.prompts, found.note)
            else:
                templates |= read_templates(workspace.prompts, [kind], found.note)
        except PromptError as error:
            if found.count == before:
                found.note(error)
    return templates


def _prompts(
    model: tuple[Path, ModelFile] | None,
    templates: dict[str, Template],
    options: Options,
    corpus: Corpus,
    found: _Problems,
) -> int:
    """Render each prompt and count tokens, if a model is known; gives the most tokens of a prompt with output."""
    if model is None:
        _rendering(_Trial(options, (), None), templates, corpus, found)
        return 0
    file = model[1]
    with closing(Vocabulary(*model)) as vocabulary:
        fine = _rendering(_Trial(options, file.labels, vocabulary), templates, corpus, found)
        lengths = Lengths(templates, options, file.labels, vocabulary, fine)
        for pair in corpus:
            name = pair[1].id
            if any((name, kind) in fine for kind in templates):
                with found.noted(name):
                    lengths.fitting([pair], partial(found.note, passage=name))
        with found.noted():
            check_memory(vocabulary.cell_bytes, lengths.contexts, options.memory)
    return max(lengths.contexts, default=0)


def _rendering(
    trial: _Trial, templates: dict[str, Template], corpus: Corpus, found: _Problems
) -> set[tuple[str, str]]:
    """Pairs of passage id and kind for all prompts that can be rendered."""
    fine = set()
    for essay, passage in corpus:
        for kind, template in templates.items():
            with found.noted(passage.id):
                if all((passage.id, read) in fine for read in template.reads_kinds):
                    trial.make(template, essay, passage)
                    fine.add((passage.id, kind))
    return fine


class _Trial:
    """Renders prompts as a run would, with a placeholder for the texts of earlier steps."""

    def __init__(self, options: Options, labels: Sequence[str], vocabulary: Vocabulary | None) -> None:
        self._steps = options.steps
        self._labels = labels
        self._vocabulary = vocabulary
        self._roles: set[tuple[str, ...]] = set()

    def make(self, template: Template, essay: Essay, passage: Passage) -> None:
        """Render all of a template's prompts for a passage. Raises the same errors as a run."""
        previous = ""
        texts = dict.fromkeys(template.reads_kinds, "A text.")
        for step in range(1, template.steps(self._steps) + 1):
            prompt = template.render(Reading(((essay, passage),), previous, texts), step, self._steps, self._labels)
            previous = f"{prompt.opening} A text."
            roles = tuple(message.role for message in prompt.messages)
            # A chat template refuses messages because of their roles only, so each order of roles is tokenised once.
            if self._vocabulary and roles not in self._roles:
                self._vocabulary.measure([Message(role=role, content="A text.") for role in roles], 0)
                self._roles.add(roles)
