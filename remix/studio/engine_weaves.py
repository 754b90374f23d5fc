"""Essays to be woven by the studio's engine process: the run's plan, and its paragraphs as the page shows them.

Takes options and what is asked of the essay, gives a `Job`. Loads no model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from remix.generation.job import Job
from remix.generation.weave import WeaveOptions, prepare_weave
from remix.records import Options, Run
from remix.studio.engine_messages import PlannedParagraph, PlannedPassage, WeaveChoices
from remix.util.names import readable
from remix.workspace import Workspace

FIRST_WORDS = 90
"""Characters of a passage that are shown."""

CHOOSING = ("tags", "essays", "passages", "where", "like", "sample")
"""Options that choose passages."""


def plan_weave(workspace: Workspace, options: Options, given: Mapping[str, object], asked: WeaveChoices) -> Job:
    """The plan of an essay. Raises the errors of planning."""
    return prepare_weave(
        workspace,
        options,
        WeaveOptions(
            order=asked.order,
            length=asked.length,
            dialectic=asked.dialectic,
            accepted=asked.accepted,
            everything=not any(getattr(options, name) for name in CHOOSING),
        ),
        dict(given),
    )


def paragraphs_of(run: Run) -> Iterator[PlannedParagraph]:
    """The paragraphs of a run that weaves an essay, each with its passages."""
    pairs = run.pairs
    for group in run.weave.groups if run.weave else ():
        passages = (pairs[id_][1] for id_ in group.passages if id_ in pairs)
        yield PlannedParagraph(
            words=group.words,
            passages=tuple(
                PlannedPassage(
                    id=readable(passage.id),
                    title=readable(passage.title),
                    first_words=readable(" ".join(passage.text[: 2 * FIRST_WORDS].split())[:FIRST_WORDS]),
                )
                for passage in passages
            ),
        )
