"""Preparation of a refresh of a woven essay: a whole essay again, in which only what has changed is written anew.

Takes a workspace and an earlier run, gives a `Job` like `prepare.py`. A text is taken over from the earlier run if
its prompt, made from the passages and templates of today, is the prompt that it was written from. A paragraph reads
the paragraph before, so a changed passage reaches its own paragraph, all later ones, opening and title. Writes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from remix.corpus.error_collector import ErrorCollector
from remix.corpus.matching import Pair, places_of
from remix.errors import PromptError, RunError
from remix.generation import trim
from remix.generation.job import Job, TakenOver
from remix.generation.reading import TaskInputs, rebuilt
from remix.generation.recorder import Recorder, TaskRequest
from remix.generation.refreshed import stale_texts
from remix.generation.staleness import stale
from remix.generation.weave import SUMMARY, EssayInputs, essay_templates, job_of
from remix.generation.weave_material import Material, Member
from remix.generation.weave_tasks import kinds_of
from remix.generation.workspace_state import model_it_began_with, refuse_uncompared, state_of
from remix.generation.writer import Writer
from remix.outputs.run import RunFolder
from remix.records import Record, Refresh, Run, Stale
from remix.records.weave import Weave, WeaveGroup
from remix.workspace import Workspace


def prepare_weave_refresh(
    workspace: Workspace, folder: RunFolder, given: dict[str, object] | None = None, writer: Writer | None = None
) -> Job | None:
    """Plan the essay of an earlier run anew, with the passages and templates of today, in the same groups.

    Passages that are gone are left out of their groups. Gives null if no text is stale. Raises the same errors as
    `prepare_weave`, and `RunError` if no passage is left.
    """
    run = folder.run.model_copy(update={"options": folder.run.options.model_copy(update=given)})
    weave = run.weave
    assert weave is not None, "called for runs that weave an essay"
    collector = ErrorCollector(run.options.strict)
    state = state_of(workspace, run, collector)
    notes: list[str] = []

    def stale_in(run: Run) -> list[Stale]:
        changed = run.model_copy(update={"options": run.options.model_copy(update=given)})
        return stale(changed, state_of(workspace, changed, collector), notes.append)

    found = stale_texts(folder, workspace.outputs, stale_in).stale
    if not found:
        refuse_uncompared(run, state, collector)
        return None
    if not writer:
        model_it_began_with(folder.run)
    places = places_of(run.essays, state.essays, lambda message: None)
    kept = {id_: pair for id_, pair in run.pairs.items() if pair[0].slug in state.unread}
    groups, members = _of_today(run, weave, {**kept, **places})
    summary = SUMMARY if any(not group.records for group in groups) else None
    weave = weave.model_copy(update={"groups": tuple(groups), "summary": summary, "beginnings": False})
    refresh = Refresh(run=folder.run.name, request=folder.request_sha256, stale=tuple(found))
    template_notes, templates = essay_templates(workspace, kinds_of(weave))
    material = Material([each for group in members for each in group], run.rankings, [*notes, *template_notes])
    inputs = EssayInputs(run.options, weave, members, templates, material, given, refresh)
    job = job_of(workspace, inputs, collector, writer)
    return replace(job, taken=tuple(_taken_over(folder, job.run, writer.info.name if writer else "")))


def _of_today(run: Run, weave: Weave, now: dict[str, Pair]) -> tuple[list[WeaveGroup], list[list[Member]]]:
    """The groups without passages that are gone, and the groups' members. Raises `RunError` if no group is left."""
    earlier = {each.record.id: each for each in run.earlier}
    groups: list[WeaveGroup] = []
    members: list[list[Member]] = []
    for group in weave.groups:
        if group.records:
            own = [Member(*rebuilt(earlier[id_].record.sources[0]), earlier[id_]) for id_ in group.records]
            groups.append(group)
        else:
            own = [Member(*pair) for id_ in group.passages if (pair := now.get(id_))]
            there = tuple(each.id for each in own)
            if not own:
                continue
            groups.append(group.model_copy(update={"passages": there, "summarised": ()}))
        members.append(own)
    if not groups:
        raise RunError(f"{run.name}: none of the essay's passages is there any more.", "Weave another essay.")
    return groups, members


def _taken_over(folder: RunFolder, run: Run, writer: str) -> Iterator[TakenOver]:
    """The texts of an earlier run that the new run would write from the same prompt, in the same way."""
    if run.model and folder.run.model and run.model.sha256 != folder.run.model.sha256:
        return
    recorder, inputs = Recorder(run, writer), TaskInputs(run)
    before = {task.id: task for task in folder.run.tasks}
    texts: dict[str, tuple[str, str]] = {}
    for task in run.tasks:
        there = before.get(task.id)
        if not there or there.seed != task.seed or not texts.keys() >= set(task.reads):
            continue
        with suppress(RunError, PromptError):
            record, text = folder.read(task.id)
            request = recorder.ask(task, texts)
            if not _is_the_same(record, request, run):
                continue
            trace = folder.read_trace(task.id) if record.trace else None
            texts[task.id] = record.id, text
            origin = record.circumstances.taken_from or folder.run.name
            circumstances = record.circumstances.model_copy(update={"taken_from": origin})
            changes = {"sources": request.sources, "task": inputs.used(task), "circumstances": circumstances}
            yield TakenOver(task, record.model_copy(update=changes), text, trace)


def _is_the_same(record: Record, request: TaskRequest, run: Run) -> bool:
    """Whether a record's text was written as a request asks, whichever of the request's candidates was kept."""
    derivation, sampling = record.derivation, request.samplings[0]
    asked = derivation.prompt
    written = derivation.sampling and derivation.sampling.model_copy(update={"seed": sampling.seed})
    candidates = derivation.selection.candidates if derivation.selection else 1
    return (
        (asked.template, asked.messages, asked.keep_opening)
        == (request.prompt.template, request.prompt.messages, request.prompt.keep_opening)
        and derivation.parents == tuple(each.record for each in request.read)
        and written in (None, sampling)
        and candidates == run.options.best_of
        and derivation.trim == trim.RULE
    )
