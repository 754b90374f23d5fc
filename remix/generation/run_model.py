"""The model of a run that goes on: the one that it began with, or another."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from remix.errors import ModelError
from remix.generation.prepare import ErrorCollector, Wanted, measure_prompts, model_it_began_with
from remix.models import catalog, identity, prepared
from remix.records import ModelFile, Run
from remix.templates.template import templates_of


def model_of(run: Run, model: str | None = None, model_folders: Sequence[Path] = ()) -> Path:
    """Where a run's model is now: at `model`, where it was found before, or anywhere with the same content.

    Raises `ModelError` where the very model the run began with can't be found, or `model` is another one.
    """
    began = model_it_began_with(run)
    if model is not None:
        return _the_same(run.name, began, catalog.find(model, model_folders))
    candidates = [*prepared.copies(), *catalog.seen(), *catalog.available(model_folders)]
    with suppress(ModelError):
        candidates.insert(0, catalog.find(run.options.model, model_folders))
    # Reading a file to hash it takes a second for each GB, its size nothing.
    same_size = [found for found in candidates if found.size == began.size]
    found = catalog.find_by_sha256(began.sha256, same_size)
    if found is None:
        namesake = next((found for found in candidates if found.name == began.name), None)
        replaced = f"; {namesake.path} has another content" if namesake else ""
        raise ModelError(
            f"{run.name}: its model {began.name} (sha256 {began.sha256[:12]}…) isn't here{replaced}.",
            "Say where it is with --model; `remix models list` shows what is there. To go on with another: "
            "--model OTHER --anyway.",
        )
    return found.path


def another_model(run: Run, model: str, model_folders: Sequence[Path] = ()) -> Path:
    """A model to go on with, whatever the run began with: each record names the one that wrote it.

    Raises `ModelError` where there is none of that name.
    """
    model_it_began_with(run)
    return prepared.resolve(model, model_folders)[0]


def _the_same(run: str, began: ModelFile, named: catalog.LocatedModel) -> Path:
    """The path of a model that was named, or of its prepared copy; `ModelError` unless the run began with it."""
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
    """The run as the model at a path does it: itself, where it began with that one.

    Another model counts other tokens, and has a shape of its own. Raises `PromptError` where a passage can't fit it.
    """
    if run.model is None or path is None:
        return run
    if identity.identify(path).sha256 == run.model.sha256:
        return run
    name = next((found.name for found in catalog.available() if found.path == path), None)
    file = prepared.identify(path, name)
    wanted = Wanted(run.options, run.corpus, templates_of(run), refreshes=run.refreshes)
    lengths, _, _ = measure_prompts((path, file), wanted, ErrorCollector(skip=False))
    longest = max(lengths.contexts, default=0)
    return run.model_copy(update={"model": file, "engine": None, "n_ctx_seq": longest, "contexts": lengths.contexts})
