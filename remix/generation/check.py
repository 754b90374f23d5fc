"""`remix check`: finds every problem of a workspace that would make a run fail.

Takes a workspace and options, gives all problems and not the first alone: essays and templates that can't be read,
prompts that can't be rendered or that the model's chat template refuses, passages too long for the model. Reads the
model's vocabulary, but no weights; writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from typing import NamedTuple

from remix.corpus import select
from remix.corpus.essays import EssayFile, read_files
from remix.corpus.left_out import LeftOutWords, count_left_out, number_of_words
from remix.engine import reasoning
from remix.engine.local import Vocabulary, check_memory
from remix.errors import PromptError, RemixError, SeedError
from remix.generation.languages import unnamed, with_languages
from remix.generation.lengths import Lengths
from remix.generation.weave_lengths import check_parts
from remix.models import prepared
from remix.records import Essay, Message, Options, Passage, PromptSize
from remix.templates.folder import read_all_templates, read_templates
from remix.templates.template import Template
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


class Words(NamedTuple):
    """The words of all essays that could be read."""

    essays: int
    """Number of essays."""
    passages: int
    """Words in passages."""
    headings: int
    """Words in headings."""
    left_out: LeftOutWords
    """Words that aren't read."""

    @property
    def total(self) -> int:
        """All words."""
        return self.passages + self.headings + self.left_out.total


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
    """Most tokens that a fitting prompt needs together with the output: an upper bound, since a prompt of a later
    step holds a text that isn't written yet."""
    context: int
    """The model's context in tokens; 0 without a model."""
    words: Words
    """The words of the essays, and where they are."""
    notes: tuple[str, ...]
    """What was mended or left aside above essays' texts, each with file and line."""
    languages: str
    """A warning of passages in languages that the model's card doesn't name; empty if there are none."""


Watch = Callable[[int, int], None]
"""Called with the number of passages checked, and of all passages."""


def check(workspace: Workspace, options: Options, watch: Watch = lambda done, total: None) -> Report:
    """Read all inputs, and render each prompt of each passage, kind and step. Writes no text."""
    found = _Problems()
    files = _files(workspace, found)
    corpus = with_languages(_passages([file.essay for file in files], options.min_words))
    templates = _templates(workspace, options, found)
    model = None
    with found.noted():
        model = prepared.resolve(options.model, workspace.model_folders)
    longest = 0
    options = options.model_copy(update={"max_thoughts": reasoning.budget(options, model[1] if model else None)})
    with found.noted(), closing(Vocabulary(*model, options.think)) if model else nullcontext() as vocabulary:
        counter = _Counter(vocabulary) if vocabulary else None
        labels, card = (model[1].labels, model[1].languages) if model else ((), ())
        lengths = Lengths(templates, options, labels, counter, card=card)
        _measure(lengths, corpus, found, watch)
        for pair in corpus[:1]:
            for error in check_parts(templates.values(), pair, labels):
                found.note(error, pair[1].id)
        longest = max(lengths.contexts, default=0)
        if model and counter:
            check_memory(*model, lengths.contexts, options)
    return Report(
        problems=found.problems,
        passages=len(corpus),
        kinds=tuple(templates),
        model=model[1].name if model else None,
        longest=longest,
        context=model[1].context if model else 0,
        words=_words(files),
        notes=tuple(note for file in files for note in file.notes),
        languages=unnamed(model[1], (passage for _, passage in corpus)) if model else "",
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


def _files(workspace: Workspace, found: _Problems) -> list[EssayFile]:
    """The essays' files that can be read."""
    try:
        return read_files(workspace.seeds, workspace.root, found.note, workspace.exclude)
    except SeedError as error:
        # "No passage is left" adds nothing if the reasons are already listed.
        if not found.count:
            found.note(error)
    return []


def _words(files: Sequence[EssayFile]) -> Words:
    """The numbers of words: in passages, in headings, and not read."""
    passages = (passage.text for file in files for passage in file.essay.passages)
    headings = (heading for file in files for heading in file.headings)
    parts = ((file.essay.path, part) for file in files for part in file.left_out)
    return Words(
        essays=len(files),
        passages=sum(map(number_of_words, passages)),
        headings=sum(map(number_of_words, headings)),
        left_out=count_left_out(parts),
    )


def _passages(essays: list[Essay], min_words: int) -> Corpus:
    """The passages of at least `min_words` words."""
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


class _Counter:
    """Counts the tokens of prompts and doesn't cut the prompts into chunks, which takes as long: a `TokenCounter`."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.name = vocabulary.name
        self.context = vocabulary.context
        self.may_fit = vocabulary.may_fit
        self._count = vocabulary.count

    def measure(self, messages: Sequence[Message], most: int) -> PromptSize:
        """The length of a prompt."""
        return PromptSize(self._count(messages))


def _measure(lengths: Lengths, corpus: Corpus, found: _Problems, watch: Watch) -> None:
    """Make all prompts of each passage, and note what fails."""
    for done, measured in enumerate(lengths.measure(corpus), 1):
        for error in measured.problems:
            found.note(error, measured.pair[1].id)
        if measured.unfit is None:
            lengths.accept(measured)
            with found.noted(measured.pair[1].id):
                # Kinds that read a group, of the smallest group.
                lengths.of_the_group([measured.pair])
        watch(done, len(corpus))
