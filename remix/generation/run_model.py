"""The model that resumes a run: the run's first model, found by content, or another model.

Takes a run and perhaps a model's name, gives the path of a GGUF file. Loads no weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from remix.corpus.error_collector import ErrorCollector
from remix.errors import ModelError
from remix.generation.prepare import RunInputs, measure_prompts, model_it_began_with
from remix.models import catalog, identity, prepared
from remix.records import ModelFile, Run
from remix.templates.template import templates_of


def model_of(run: Run, model: str | None = None, model_folders: Sequence[Path] = ()) -> Path:
    """The present path of a run's model: `model` if given, or else any known file with the same content.

    Raises `ModelError` if no such file is found or the file is damaged, or if `model` has another content.
    """
    began = model_it_began_with(run)
    if model is not None:
        return _the_same(run.name, began, catalog.find(model, model_folders))
    candidates = [*prepared.copies(), *catalog.seen(), *catalog.available(model_folders)]
    with suppress(ModelError):
        candidates.insert(0, catalog.find(run.options.model, model_folders))
    # Hashing takes a second for each GB of a file, reading the size takes no time.
    same_size = [found for found in candidates if found.size == began.size]
    found = catalog.find_by_sha256(began.sha256, same_size)
    if found is None:
        namesake = next((found for found in candidates if found.name == began.name), None)
        if namesake:
            # If the file is damaged, that is the error.
            identity.inspect(namesake.path)
        replaced = f"; {namesake.path} has another content" if namesake else ""
        raise ModelError(
            f"{run.name}: its model {began.name} (sha256 {began.sha256[:12]}…) isn't here{replaced}.",
            "Say where it is with --model; `remix models list` shows what is there. To go on with another: "
            "--model OTHER --anyway.",
        )
    return found.path


def another_model(run: Run, model: str, model_folders: Sequence[Path] = ()) -> Path:
    """The path of another model to resume a run with; each record names the model that wrote the text.

    Raises `ModelError` for an unknown name.
    """
    model_it_began_with(run)
    return prepared.resolve(model, model_folders)[0]


def _the_same(run: str, began: ModelFile, named: catalog.LocatedModel) -> Path:
    """The path of the named model or of its prepared copy. Raises `ModelError` for another content."""
    for path in (named.path, *prepared.copies_of(named.path)):
        if identity.identify(path).sha256 == began.sha256:
            return path
    raise ModelError(
        f"{run}: began with {began.name} (sha256 {began.sha256[:12]}…), and {named.path} is another model "
        f"(sha256 {identity.identify(named.path).sha256[:12]}…).",
        "Leave --model out to have the first one looked for, or go on with the other by --anyway: each record says "
        "which model wrote it.",
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
    name = next((found.name for found in catalog.available() if found.path == path), None)
    file = prepared.identify(path, name)
    inputs = RunInputs(run.options, run.corpus, templates_of(run), refreshes=run.refreshes)
    lengths, _, _ = measure_prompts((path, file), inputs, ErrorCollector(strict=True))
    longest = max(lengths.contexts, default=0)
    return run.model_copy(update={"model": file, "engine": None, "n_ctx_seq": longest, "contexts": lengths.contexts})
