"""What an essay is woven from: chosen passages, or texts that were accepted, across all runs.

Takes a workspace, options and perhaps a plan file; gives the passages and earlier outputs. Knows nothing of order,
groups and models. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from remix.corpus import chooser
from remix.corpus.error_collector import ErrorCollector, naming
from remix.errors import RunError, SeedError
from remix.generation import weave_plan
from remix.generation.reading import rebuilt
from remix.generation.weave_plan import EssayPlan
from remix.generation.workspace_state import ask
from remix.measure import embedding
from remix.outputs import reviews
from remix.outputs.run import RunFolder
from remix.outputs.runs import list_runs
from remix.records import EarlierOutput, Essay, Options, Passage, Ranking, Standing
from remix.workspace import Workspace


class Member(NamedTuple):
    """A passage of an essay, or an accepted text in its place."""

    essay: Essay
    passage: Passage
    """The passage; of an accepted text, the first passage behind the text."""
    accepted: EarlierOutput | None = None

    @property
    def id(self) -> str:
        """Id of the passage, or of the accepted text's record."""
        return self.accepted.record.id if self.accepted else self.passage.id

    @property
    def text(self) -> str:
        """The member's words in the prompt of a paragraph: the passage, or the accepted text as edited."""
        if self.accepted is None:
            return self.passage.text
        return self.accepted.text if self.accepted.edited is None else self.accepted.edited

    @property
    def passages(self) -> tuple[str, ...]:
        """Ids of the passages behind the text."""
        if self.accepted is None:
            return (self.passage.id,)
        return tuple(dict.fromkeys(source.passage for source in self.accepted.record.sources))


class Material(NamedTuple):
    """All that an essay is woven from."""

    members: list[Member]
    """In the order of the essays, or of the query's ranks."""
    rankings: dict[str, Ranking]
    """By passage id, if a query ranked the passages."""
    notes: list[str]
    """Parts of a query without any result."""


def chosen(workspace: Workspace, options: Options, collector: ErrorCollector) -> Material:
    """The passages that the options choose. Raises the same errors as `prepare.prepare`."""
    question = naming(chooser(options, embedding.ranking(options)), options.essays, collector)
    found = ask(workspace, question, collector)
    return Material([Member(*pair) for pair in found.pairs], found.rankings, found.notes)


def accepted(workspace: Workspace, among: Material | None) -> Material:
    """The accepted texts of all runs, in the order of the runs: edited versions, where there are any, in place of the
    texts. `among` leaves texts of other passages than these out.

    Raises `SeedError` if there are none.
    """
    wanted = None if among is None else {member.passage.id for member in among.members}
    found: dict[str, Member] = {}
    for path in list_runs(workspace.outputs):
        # `remix runs` tells which runs can't be read.
        with suppress(RunError):
            folder = RunFolder.open(path)
            standings = reviews.standings(reviews.read(path).reviews)
            for task in folder.done if any(each.is_accepted for each in standings.values()) else ():
                member = _accepted_text(folder, task.id, standings)
                if member and (wanted is None or wanted.issuperset(member.passages)):
                    found[member.id] = member
    if not found:
        of_these = " of these passages" if wanted is not None else ""
        raise SeedError(f"--accepted: no text{of_these} was accepted.", "`remix review` accepts texts.")
    return Material(list(found.values()), {}, [])


def _accepted_text(folder: RunFolder, task: str, standings: dict[str, Standing]) -> Member | None:
    """An output with its edited version, if the output was accepted and has passages behind it."""
    record, text = folder.read(task)
    standing = standings.get(record.id, Standing())
    if not standing.is_accepted or not record.sources:
        return None
    edited = reviews.edited_text(folder.path, standing.edit) if standing.edit else None
    return Member(*rebuilt(record.sources[0]), EarlierOutput(record=record, text=text, edited=edited))


def planned(workspace: Workspace, plan: EssayPlan, path: Path, collector: ErrorCollector) -> Material:
    """The passages and accepted texts that a plan file names, in the plan's order.

    Raises `SeedError`, naming the file, for a passage or an accepted text that isn't there.
    """
    passages = [id_ for paragraph in plan.paragraph for id_ in paragraph.passages]
    texts = [id_ for paragraph in plan.paragraph for id_ in paragraph.texts]
    found: dict[str, Member] = {}
    if passages:
        try:
            there = chosen(workspace, Options(passages=tuple(passages)), collector).members
        except SeedError as error:
            unknown = next((id_ for id_ in passages if f"'{id_}'" in error.message), None)
            place = weave_plan.place_of(path, unknown) if unknown else path
            raise SeedError(f"{place}: {error.message}", error.hint) from error
        found |= {member.id: member for member in there}
    if texts:
        found |= {member.id: member for member in accepted(workspace, None).members}
    for id_ in texts:
        if id_ not in found:
            place = weave_plan.place_of(path, id_)
            raise SeedError(
                f"{place}: no accepted text has the record '{id_[:12]}'.", "`remix review` accepts texts."
            )
    return Material([found[id_] for id_ in (*passages, *texts)], {}, [])


def essays_of(members: Sequence[Member]) -> tuple[Essay, ...]:
    """The essays of all passages behind the members, each with these passages alone."""
    pairs = [(member.essay, member.passage) for member in members]
    pairs += [rebuilt(source) for each in members if each.accepted for source in each.accepted.record.sources]
    essays: dict[str, Essay] = {}
    passages: dict[str, dict[str, Passage]] = {}
    for essay, passage in pairs:
        essays.setdefault(essay.slug, essay)
        passages.setdefault(essay.slug, {}).setdefault(passage.id, passage)
    return tuple(
        essay.model_copy(update={"passages": tuple(sorted(passages[slug].values(), key=lambda each: each.id))})
        for slug, essay in essays.items()
    )
