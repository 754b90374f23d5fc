"""The home page's values: essays, tags, runs and accepted texts of the workspace; and lists of passages.

Takes the workspace's essays and the studio's runs, gives frozen values for JSON; strings are safe to show. Knows
nothing of HTTP.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Literal

from remix.corpus import Answer, Corpus, chooser, consult
from remix.errors import SeedError
from remix.models import catalog
from remix.outputs.run import RunFolder
from remix.records import Essay, Frozen, Options, Passage, Standing
from remix.studio.listing import Listing, Row
from remix.studio.open_runs import OpenRuns
from remix.util.names import one_line, readable
from remix.util.units import size
from remix.workspace import Workspace

MOST_SHOWN = 500
"""Passages, tags and accepted texts listed in an answer."""

MODELS_KEPT = 10.0
"""Seconds until the model folders are searched again."""

OPENING = 90
"""Characters of a passage shown in a list."""

Texts = Mapping[str, Collection[str]]
"""Keys of the finished texts of each passage, by the passage's id."""

RunState = Literal["writing", "stopped", "finished"]


class EssayLine(Frozen):
    """An essay."""

    id: str
    """The slug."""
    title: str
    passages: int
    tags: tuple[str, ...]
    """All tags of the essay's passages, the most frequent first."""
    texts: int
    """Finished texts of the essay's passages, in all runs."""


class TagLine(Frozen):
    """A tag, and the number of passages with the tag."""

    tag: str
    passages: int


class RunLine(Frozen):
    """A run."""

    name: str
    about: str
    """The request in words."""
    planned: int
    finished: int
    weaves: bool
    """Whether the run weaves an essay."""
    state: RunState
    """`writing` while any process writes the run; `stopped` if texts are missing and no process writes the run."""
    writer_here: bool
    """Whether the studio itself is writing the run."""
    reviewed: int
    """Texts with a verdict."""
    accepted: int


class AcceptedLine(Frozen):
    """A text accepted or starred by a reviewer."""

    key: str
    run: str
    place: str
    """The passage's id; of several passages the first one's."""
    task: str
    """Id of the output's task."""
    is_woven: bool
    """Whether the text is part of an essay that the run weaves."""
    kind: str
    step: int
    variant: int
    starred: bool
    first_words: str


class ModelLine(Frozen):
    """A model file on the studio's machine."""

    name: str
    size: str
    """With unit."""
    fits: bool
    """Whether the model fits into memory."""


class Home(Frozen):
    """The content of the home page."""

    essays: tuple[EssayLine, ...]
    tags: tuple[TagLine, ...]
    """The most frequent first."""
    runs: tuple[RunLine, ...]
    """The latest first."""
    accepted: tuple[AcceptedLine, ...]
    """Of the latest runs first, at most `MOST_SHOWN`."""
    all_accepted: int
    unread: int
    """Finished texts that the studio hasn't read yet and whose verdicts are unknown."""
    drafts: tuple[str, ...]
    """Names of the drafts."""
    models: tuple[ModelLine, ...]
    problem: str
    """In words, why no essays are listed; empty if essays are listed."""
    left_out: tuple[str, ...]
    """Errors of unreadable essays."""


class PassageLine(Frozen):
    """A passage in a list."""

    id: str
    essay: str
    """The essay's slug."""
    title: str
    """The essay's title."""
    tags: tuple[str, ...]
    first_words: str
    texts: int
    """Finished texts in all runs."""


class Passages(Frozen):
    """The answer to a query for passages."""

    passages: tuple[PassageLine, ...]
    """At most `MOST_SHOWN`, in the order of the essays, or the closest match first."""
    found: int
    """Number of all passages found."""


class Garden:
    """The essays of a workspace, and the texts written from the essays."""

    def __init__(self, workspace: Workspace, runs: OpenRuns, active_run: Callable[[], str | None]) -> None:
        """`active_run` gives the name of the run that the studio itself is writing."""
        self._workspace, self._runs, self._active_run = workspace, runs, active_run
        self._models_seen: tuple[float, tuple[ModelLine, ...]] | None = None
        """Time of the last search for models (seconds of a monotonic clock), and the models found."""

    def home(self) -> Home:
        """The home page."""
        self._runs.find_runs()
        listing, problem = self._runs.listing(), ""
        errors: list[SeedError] = []
        essays: list[Essay] = []
        tags: list[tuple[str, int]] = []
        try:
            essays, tags = self._ask(lambda corpus: (corpus.essays(), corpus.tags()), errors)
        except SeedError as error:
            problem = readable(f"{error.message} {error.hint}")
        texts = self._texts_by_passage(listing)
        accepted = list(self._accepted(listing))
        return Home(
            essays=tuple(_essay_line(essay, texts) for essay in essays),
            tags=tuple(TagLine(tag=readable(tag), passages=count) for tag, count in tags[:MOST_SHOWN]),
            runs=tuple(reversed(list(self._run_lines(listing)))),
            accepted=tuple(accepted[:MOST_SHOWN]),
            all_accepted=len(accepted),
            unread=listing.changes.unread,
            drafts=tuple(readable(path.stem) for path in sorted((self._workspace.root / "drafts").glob("*.md"))),
            models=self._models(),
            problem=problem,
            left_out=tuple(one_line(error.message) for error in errors),
        )

    def _models(self) -> tuple[ModelLine, ...]:
        """The models here, looked for again after a while: the page asks often while texts are written."""
        now = time.monotonic()
        if not self._models_seen or now - self._models_seen[0] > MODELS_KEPT:
            here = catalog.available(self._workspace.model_folders)
            lines = (
                ModelLine(name=readable(each.name), size=size(each.size), fits=catalog.fits(each)) for each in here
            )
            self._models_seen = now, tuple(lines)
        return self._models_seen[1]

    def passages(self, options: Options) -> Passages:
        """The passages chosen by options. Raises `SeedError`, with suggestions, if no passage matches."""
        found = self._ask(chooser(options), [])
        texts = self._texts_by_passage(self._runs.listing())
        lines = [_passage_line(passage, len(texts.get(passage.id, ()))) for _, passage in found.pairs[:MOST_SHOWN]]
        return Passages(passages=tuple(lines), found=len(found.pairs))

    def passage(self, id_: str) -> Passage | None:
        """A passage as the essay's file has the passage now; None if no essay has the id."""

        def question(corpus: Corpus) -> Passage | None:
            hit = corpus.named(id_)
            return corpus.pairs([hit])[0][1] if hit else None

        try:
            return self._ask(question, [])
        except SeedError:
            return None

    def neighbours(self, id_: str) -> tuple[str | None, str | None]:
        """Ids of the passages before and after a passage in its essay; None at either end."""
        essay, _, number = id_.rpartition("/")
        if not number.isdecimal() or len(number) > 9:
            return None, None
        around = [f"{essay}/{each:03}" for each in (int(number) - 1, int(number) + 1)]

        def question(corpus: Corpus) -> tuple[str | None, str | None]:
            before, after = (each if corpus.named(each) else None for each in around)
            return before, after

        try:
            return self._ask(question, [])
        except SeedError:
            return None, None

    def _ask(self, question: Callable[[Corpus], Answer], errors: list[SeedError]) -> Answer:
        """Ask the essays; errors of unreadable files are added to `errors`."""
        workspace = self._workspace
        return consult(workspace.seeds, workspace.root, question, errors.append, workspace.exclude)

    def _run_lines(self, listing: Listing) -> Iterator[RunLine]:
        """The runs, in the order of the listing."""
        reviewed, accepted = Counter[int](), Counter[int]()
        for output, standing in _standings(listing):
            reviewed[output.run] += standing.verdict is not None
            accepted[output.run] += standing.is_accepted
        active = self._active_run()
        for number, (run, folder) in enumerate(zip(listing.runs, self._runs.folders, strict=False)):
            yield RunLine(
                name=run.name,
                about=run.about,
                planned=run.total,
                finished=run.done,
                weaves=folder.run.weave is not None,
                state=state_of(folder, run.done),
                writer_here=run.name == active,
                reviewed=reviewed[number],
                accepted=accepted[number],
            )

    def _accepted(self, listing: Listing) -> Iterator[AcceptedLine]:
        """The accepted texts, of the latest runs first; of outputs with the same record the first alone."""
        twins = set(listing.changes.twins)
        reviewed = sorted(_standings(listing), key=lambda each: -each[0].run)
        for row, standing in reviewed:
            if standing.is_accepted and row.key not in twins:
                output = self._runs.planned.outputs.get(row.key)
                yield AcceptedLine(
                    key=row.key,
                    run=listing.runs[row.run].name,
                    place=listing.passages[row.passage].id,
                    task=readable(output.task.id) if output else "",
                    is_woven=bool(output and output.is_woven),
                    kind=row.kind,
                    step=row.step,
                    variant=row.variant,
                    starred=standing.verdict == "star",
                    first_words=listing.changes.contents[row.key].opening,
                )

    def _texts_by_passage(self, listing: Listing) -> Texts:
        """The finished texts of each passage."""
        finished = {row.key for row in listing.outputs}.difference(listing.changes.twins)
        return {id_: finished.intersection(keys) for id_, keys in self._runs.planned.of_passage.items()}


def state_of(folder: RunFolder, done: int) -> RunState:
    """State of a run, from its number of finished texts."""
    if done >= len(folder.run.tasks):
        return "finished"
    return "writing" if folder.is_being_written() else "stopped"


def _standings(listing: Listing) -> Iterator[tuple[Row, Standing]]:
    """The reviewed outputs with their standings, including outputs that share a record."""
    for row in listing.outputs:
        content = listing.changes.contents.get(row.key)
        standing = content and content.output and listing.changes.standings.get(content.output)
        if standing:
            yield row, standing


def _essay_line(essay: Essay, texts: Texts) -> EssayLine:
    tags = Counter(tag for passage in essay.passages for tag in passage.tags)
    return EssayLine(
        id=readable(essay.slug),
        title=readable(essay.title),
        passages=len(essay.passages),
        tags=tuple(readable(tag) for tag, _ in tags.most_common()),
        texts=len(set[str]().union(*(texts.get(passage.id, ()) for passage in essay.passages))),
    )


def _passage_line(passage: Passage, texts: int) -> PassageLine:
    return PassageLine(
        id=readable(passage.id),
        essay=readable(passage.essay),
        title=readable(passage.title),
        tags=tuple(map(readable, passage.tags)),
        first_words=readable(" ".join(passage.text[: 2 * OPENING].split())[:OPENING]),
        texts=texts,
    )
