"""Checking a workspace: all that would fail, before anybody waits for it.

Takes a workspace and options, gives every problem there is and not the first alone: seeds and templates that can't be
read, prompts that can't be rendered or that the model's chat template refuses, passages too long for the model. Reads
the model's vocabulary, none of its weights; writes nothing.
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
    """What would fail."""

    message: str
    """What is wrong, and where: with a seed, or with a template on the first of these passages."""
    hint: str
    """What to do."""
    passages: tuple[str, ...]
    """Ids of the passages it would fail on; none where it isn't for one passage or another."""


class Report(NamedTuple):
    """What was looked at, and what was found."""

    problems: list[Problem]
    """In the order of the pipeline: seeds, templates, model, prompts, lengths."""
    passages: int
    """That could be read."""
    kinds: tuple[str, ...]
    """Whose templates could be read."""
    model: str | None
    """Its name; null where it couldn't be used: then no tokens were counted."""
    longest: int
    """Tokens that the longest prompt needs with its output, of those that fit."""
    context: int
    """Tokens that the model takes."""


def check(workspace: Workspace, options: Options) -> Report:
    """Try all that can be tried without writing: each prompt of each passage, kind and step."""
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
    """Collects them. What is the matter with a template is said once, however many passages meet it."""

    def __init__(self) -> None:
        self._errors: dict[str, RemixError] = {}
        self._passages: dict[str, list[str]] = {}

    def note(self, error: RemixError, passage: str = "") -> None:
        """Keep one; `passage` is the id of the passage that met it."""
        same = error.message.replace(passage, "", 1) if passage else error.message
        self._errors.setdefault(same, error)
        self._passages.setdefault(same, []).extend([passage] if passage else [])

    @contextmanager
    def noted(self, passage: str = "") -> Iterator[None]:
        """Keep what is raised in here."""
        try:
            yield
        except RemixError as error:
            self.note(error, passage)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._errors)

    @property
    def problems(self) -> list[Problem]:
        """All, in the order in which they were met first."""
        return [
            Problem(error.message, error.hint, tuple(dict.fromkeys(self._passages[same])))
            for same, error in self._errors.items()
        ]


def _passages(workspace: Workspace, min_words: int, found: _Problems) -> Corpus:
    """The passages that can be read, and have so many words."""
    essays: list[Essay] = []
    try:
        essays = read_seeds(workspace.seeds, workspace.root, found.note, workspace.exclude)
    except SeedError as error:
        # That nothing is left goes without saying once it is said why.
        if not found.count:
            found.note(error)
    by_slug = {essay.slug: essay for essay in essays}
    return [(by_slug[passage.essay], passage) for passage in select(essays, min_words=min_words)]


def _templates(workspace: Workspace, options: Options, found: _Problems) -> dict[str, Template]:
    """The templates that can be read, of all kinds or of those that were asked for."""
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
    """Try each prompt, and count its tokens where there is a model; gives those of the longest that fits."""
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
    """Ids of passages with the kinds whose prompts can be made of them."""
    fine = set()
    for essay, passage in corpus:
        for kind, template in templates.items():
            with found.noted(passage.id):
                if all((passage.id, read) in fine for read in template.reads_kinds):
                    trial.make(template, essay, passage)
                    fine.add((passage.id, kind))
    return fine


class _Trial:
    """Makes prompts as a run would, but for the texts of earlier steps."""

    def __init__(self, options: Options, labels: Sequence[str], vocabulary: Vocabulary | None) -> None:
        self._steps = options.steps
        self._labels = labels
        self._vocabulary = vocabulary
        self._roles: set[tuple[str, ...]] = set()

    def make(self, template: Template, essay: Essay, passage: Passage) -> None:
        """Make all of a template's prompts from a passage. Raises what a run would."""
        previous = ""
        texts = dict.fromkeys(template.reads_kinds, "A text.")
        for step in range(1, template.steps(self._steps) + 1):
            prompt = template.render(Reading(((essay, passage),), previous, texts), step, self._steps, self._labels)
            previous = f"{prompt.opening} A text."
            self._tokenize(prompt.messages)

    def _tokenize(self, messages: Sequence[Message]) -> None:
        """Tokenise each order of turns once: what a chat template makes of it hangs on nothing else."""
        roles = tuple(message.role for message in messages)
        if self._vocabulary and roles not in self._roles:
            self._vocabulary.measure([Message(role=role, content="A text.") for role in roles], 0)
            self._roles.add(roles)
