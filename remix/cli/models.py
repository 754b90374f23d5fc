"""`remix models`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remix.cli.printing import json_option, note, print_json, print_table, size

if TYPE_CHECKING:
    from remix.workspace import Workspace


@click.group()
def models() -> None:
    """The models on this machine."""


@models.command(name="list")
@json_option
@click.pass_obj
def list_(workspace: Workspace, as_json: bool) -> None:
    """List the GGUF files that are here, and whether each fits the memory.

    Looks into the folders named under `models` in remix.toml, and where Hugging Face, LM Studio and Ollama keep
    theirs.
    """
    from remix import models as library
    from remix.errors import ModelError

    rows: list[dict[str, Any]] = []
    for found in library.available(workspace.model_folders):
        row = {"name": found.name, "size": found.size, "fits": library.fits(found), "origin": found.origin}
        try:
            facts = library.inspect(found.path)
        except ModelError as error:
            note(f"Left out: {error.message}")
            continue
        rows.append(row | {"type": facts.file_type, "context": facts.context, "path": str(found.path)})
    if as_json:
        print_json(rows)
        return
    print_table(
        ["name", "size", "type", "context", "fits", "from"],
        [
            (
                row["name"],
                size(row["size"]),
                row["type"] or "?",
                row["context"],
                "yes" if row["fits"] else "no",
                row["origin"],
            )
            for row in rows
        ],
    )
    if not rows:
        note("No models here. One comes with remix: pip install '.[smollm2]'")


COMMANDS = (models,)
