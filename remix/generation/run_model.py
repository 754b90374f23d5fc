"""The model that resumes a run: the run's first model, found by content, or another model.

Takes a run and perhaps a model's name, gives the path of a GGUF file. Loads no weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from remix.corpus.error_collector import ErrorCollector
from remix.errors import ModelError
from remix.generation.prepare import RunInputs, measure_prompts
from remix.generation.workspace_state import model_it_began_with
from remix.models import catalog, identity, prepared
from remix.records import ModelFile, Run
from remix.templates.template import templates_of


def model_of(run: Run, model: str | None = None, model_folders: Sequence[Path] = ()) -> Path:
    """The present path of a run's model: `model` if given, or else any known file with the same content.

    Raises `ModelError` if no such file is found or the file is damaged, or if `model` has another content.
    """
    began = model_it_began_with(run)
    if model is not None:
        return _the_same(
            run.name,
            began,
            catalog.find(model, model_folders),
            "Leave --model out to have the first one looked for, or go on with the other by --anyway: each record "
            "says which model wrote it.",
        )
    found = _by_content(began, run.options.model, model_folders)
    if found is None:
        raise ModelError(
            f"{run.name}: its model {_lost(began, model_folders)}.",
            "Say where it is with --model; `remix models list` shows what is there. To go on with another: "
            "--model OTHER --anyway.",
        )
    return found


def reader_of(run: Run, reader: str | None = None, model_folders: Sequence[Path] = ()) -> Path:
    """The present path of the model that reads a run's candidates: `reader` if given, or else any known file with the
    same content.

    Raises `ModelError` if no such file is found or the file is damaged, or if `reader` has another content.
    """
    if run.reader is None:
        raise ModelError(f"{run.name}: no other model reads its candidates.", "Leave --reader out.")
    if reader is not None:
        hint = "Leave --reader out to have the run's reader looked for."
        return _the_same(run.name, run.reader.file, catalog.find(reader, model_folders), hint)
    found = _by_content(run.reader.file, run.options.reader, model_folders)
    if found is None:
        raise ModelError(
            f"{run.name}: the reader of its candidates {_lost(run.reader.file, model_folders)}.",
            "Say where it is with --reader; `remix models list` shows what is there.",
        )
    return found


def _known(model_folders: Sequence[Path]) -> list[catalog.LocatedModel]:
    return [*prepared.copies(), *catalog.seen(), *catalog.available(model_folders)]


def _by_content(began: ModelFile, name: str | None, model_folders: Sequence[Path]) -> Path | None:
    """The path of any known file with a model's content, first that of the model's name; null if there is none."""
    candidates = _known(model_folders)
    with suppress(ModelError):
        candidates.insert(0, catalog.find(name, model_folders))
    # Hashing takes a second for each GB of a file, reading the size takes no time.
    same_size = [found for found in candidates if found.size == began.size]
    found = catalog.find_by_sha256(began.sha256, same_size)
    return found.path if found else None


def _lost(began: ModelFile, model_folders: Sequence[Path]) -> str:
    """In words that a model isn't here. Raises `ModelError` if a file of its name is damaged."""
    namesake = next((found for found in _known(model_folders) if found.name == began.name), None)
    if namesake:
        identity.inspect(namesake.path)
    replaced = f"; {namesake.path} has another content" if namesake else ""
    return f"{began.name} (sha256 {began.sha256[:12]}…) isn't here{replaced}"


def another_model(run: Run, model: str, model_folders: Sequence[Path] = ()) -> Path:
    """The path of another model to resume a run with; each record names the model that wrote the text.

    Raises `ModelError` for an unknown name.
    """
    model_it_began_with(run)
    return prepared.resolve(model, model_folders)[0]


def _the_same(run: str, began: ModelFile, named: catalog.LocatedModel, hint: str) -> Path:
    """The path of the named model or of its prepared copy. Raises `ModelError`, with a hint, for another content."""
    for path in (named.path, *prepared.copies_of(named.path)):
        if identity.identify(path).sha256 == began.sha256:
            return path
    raise ModelError(
        f"{run}: began with {began.name} (sha256 {began.sha256[:12]}…), and {named.path} is another model "
        f"(sha256 {identity.identify(named.path).sha256[:12]}…).",
        hint,
    )


def as_done_by(run: Run, path: Path | None) -> Run:
    """The request of a run, adapted to the model at a path; unchanged for the run's first model.

    Another model may have another tokenizer, context and batch configuration. Raises `PromptError` if a passage
    exceeds the context, and `ModelError` for a run of branches.
    """
    if run.model is None or path is None:
        return run
    if identity.identify(path).sha256 == run.model.sha256:
        return run
    if any(task.branch for task in run.tasks):
        raise ModelError(
            f"{run.name}: holds branches, whose given tokens are those of {run.model.name}.",
            "Resume the run with that model; say where it is with --model.",
        )
    if run.weave:
        raise ModelError(
            f"{run.name}: weaves an essay, whose lengths were planned for {run.model.name}.",
            "Resume the run with that model; say where it is with --model. For another model weave the essay anew.",
        )
    name = next((found.name for found in catalog.available() if found.path == path), None)
    file = prepared.identify(path, name)
    templates = templates_of(run)
    reader = (Path(), run.reader.file) if run.reader else None
    inputs = RunInputs(run.options, run.corpus, templates, refreshes=run.refreshes, reader=reader)
    lengths, _, _ = measure_prompts((path, file), inputs, ErrorCollector(strict=True))
    longest = max(lengths.contexts, default=0)
    return run.model_copy(update={"model": file, "engine": None, "n_ctx_seq": longest, "contexts": lengths.contexts})
