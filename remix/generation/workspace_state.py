"""The present state of a workspace, against which the texts of a run are compared; and questions to its essays.

Takes a workspace and a run's request, gives essays, templates and the model of today, as far as they can be read.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from remix.corpus import Answer, consult
from remix.corpus import Corpus as Seeds
from remix.corpus.error_collector import ErrorCollector
from remix.corpus.essays import below_folder
from remix.errors import ModelError, PromptError, RunError
from remix.generation.staleness import WorkspaceState
from remix.models import prepared
from remix.records import ModelFile, Run
from remix.templates.folder import read_template, template_files
from remix.templates.template import Template
from remix.workspace import Workspace, shipped


def state_of(workspace: Workspace, run: Run, collector: ErrorCollector) -> WorkspaceState:
    """The present essays, templates and model, as far as they can be read."""
    essays = ask(workspace, lambda seeds: seeds.essays(), collector)
    files = template_files(workspace.prompts)
    if run.weave:
        # If the workspace lacks a kind of a woven essay, the shipped template serves.
        files = template_files(shipped("prompts")) | files
    templates: dict[str, Template] = {}
    broken = set()
    for kind in (used.kind for used in run.templates if used.kind in files):
        try:
            templates[kind] = read_template(files[kind])
        except PromptError as error:
            collector.note(error)
            broken.add(kind)
    names_below = {essay.slug: below_folder(essay.path, workspace.seeds, workspace.root) for essay in run.essays}
    unread = frozenset(slug for slug, name in names_below.items() if name and collector.of_file(name))
    return WorkspaceState(essays, templates, _model_now(workspace, run), frozenset(broken), unread)


def ask(workspace: Workspace, question: Callable[[Seeds], Answer], collector: ErrorCollector) -> Answer:
    """Ask all essays that can be read; the errors of the others are collected."""
    with collector.explaining():
        return consult(workspace.seeds, workspace.root, question, collector.note, workspace.exclude)


def _model_now(workspace: Workspace, run: Run) -> ModelFile | None:
    """The model that now has the name of the run's model; null if no model has the name."""
    if run.model is None:
        return None
    with suppress(ModelError):
        return prepared.resolve(run.options.model, workspace.model_folders)[1]
    return None


def refuse_uncompared(run: Run, state: WorkspaceState, collector: ErrorCollector) -> None:
    """Raise `RunError` if nothing stale was found, but an essay or template of the run can't be read."""
    if state.broken or state.unread:
        with collector.explaining():
            raise RunError(
                f"{run.name}: no text is stale, as far as essays and templates can be read.",
                "Mend what was left out, and ask again.",
            )


def model_it_began_with(run: Run) -> ModelFile:
    """The GGUF file that a run began with. Raises `RunError` for a run by a LangChain model."""
    if run.model is None:
        raise RunError(
            f"{run.name}: was written by a LangChain model ({run.options.model}).",
            "Resume it from Python: remix.resume(folder, writer=…).",
        )
    return run.model
