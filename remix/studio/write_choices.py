"""What the page for writing offers: tags, essays, kinds, and the values that its fields begin with.

Takes a workspace, gives choices. Loads no model.
"""

from __future__ import annotations

from pydantic import ValidationError

from remix.corpus import Corpus, consult
from remix.corpus.error_collector import ErrorCollector
from remix.errors import RemixError
from remix.records import Frozen, Options
from remix.templates.folder import read_all_templates
from remix.util.names import readable
from remix.workspace import Workspace


class TagChoice(Frozen):
    """A tag."""

    tag: str
    passages: int
    """The number of passages with the tag."""


class EssayChoice(Frozen):
    """An essay."""

    id: str
    title: str
    passages: int


class KindChoice(Frozen):
    """A kind of text."""

    kind: str
    description: str
    reads: str
    """`passage`, `passages`, or the kinds that the kind reads."""
    is_usual: bool
    """Whether texts of the kind are written if no kinds are chosen."""


class Choices(Frozen):
    """All choices."""

    tags: tuple[TagChoice, ...]
    """The most frequent first."""
    essays: tuple[EssayChoice, ...]
    kinds: tuple[KindChoice, ...]
    steps: int
    variants: int
    best_of: int
    model: str | None
    """The model of remix.toml; null for the bundled model."""
    left_out: tuple[str, ...]
    """Files that can't be used, each with the reason."""


def choices_of(workspace: Workspace) -> Choices:
    """The choices in a workspace. Raises the errors of reading essays, if none can be read."""
    collector = ErrorCollector()

    def ask(seeds: Corpus) -> tuple[list[tuple[str, int]], list[EssayChoice]]:
        essays = [
            EssayChoice(id=readable(each.slug), title=readable(each.title), passages=len(each.passages))
            for each in seeds.essays()
            if each.passages
        ]
        return seeds.tags(), essays

    tags, essays = consult(workspace.seeds, workspace.root, ask, collector.note, workspace.exclude)
    templates = read_all_templates(workspace.prompts, collector.note)
    options = _beginning(workspace)
    return Choices(
        tags=tuple(TagChoice(tag=readable(tag), passages=count) for tag, count in tags),
        essays=tuple(essays),
        kinds=tuple(
            KindChoice(
                kind=readable(kind),
                description=readable(each.description or ""),
                reads=each.reads if isinstance(each.reads, str) else ", ".join(map(readable, each.reads)),
                is_usual=kind in options.kinds if options.kinds else each.reads == "passage",
            )
            for kind, each in templates.items()
            # Parts of an essay are written by `remix weave` alone.
            if not each.part_reads
        ),
        steps=options.steps,
        variants=options.variants,
        best_of=options.best_of,
        model=workspace.model and readable(workspace.model),
        left_out=tuple(readable(f"{each.message} {each.hint}") for each in collector.errors),
    )


def _beginning(workspace: Workspace) -> Options:
    """The options of remix.toml, with the defaults for the rest."""
    try:
        return Options.model_validate(workspace.settings.generate.given)
    except ValidationError as error:
        raise RemixError("remix.toml: its options can't be used together.", "Mend the table [generate].") from error
