"""What `remix why --sentences` prints: for each sentence of a text the parts of the passage behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remix.cli.printing import note, print_json, print_table
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.reader.leave_one_out import Support, Supported
    from remix.workspace import Workspace

LEAST, MOST = 1.0, 3
"""Bits from which a part of the passage is shown behind a sentence, and the most parts shown."""


def print_support(workspace: Workspace, output: str, reader: str | None, as_json: bool) -> None:
    """Ask a model what stands behind each sentence of a text, and print it. Raises `RunError`, `ModelError` and
    `PromptError`."""
    from remix.outputs import find_output
    from remix.reader import output_support, run_readings

    folder, task = find_output(workspace.outputs, output)
    record, text = folder.read(task)
    model = run_readings.find_reader(reader, workspace.model_folders)
    found = output_support.support_of(record, text, model)
    if as_json:
        of_reader = {"name": model[1].name, "sha256": model[1].sha256}
        print_json({"run": folder.run.name, "output": task, "reader": of_reader, **found.model_dump(mode="json")})
        return
    rows = [row for each in found.sentences for row in _rows(each, found)]
    print_table(["sentence", "bits", "most of it from"], rows)
    note(
        "",
        f"Read by {model[1].name}. Bits tell how much more probable a part of the passage makes the sentence: 1 bit "
        f"twice, 10 bits a thousand times. At most {MOST} parts are shown, with at least {LEAST:g} bit.",
        f"Run: {quoted(folder.path.name)}",
    )


def _rows(each: Supported, found: Support) -> list[tuple[str, str, str]]:
    """A sentence with the parts behind it, the strongest first."""
    order = sorted(range(len(each.bits)), key=lambda at: -each.bits[at])[:MOST]
    shown = [(f"{each.bits[at]:.1f}", found.parts[at]) for at in order if each.bits[at] >= LEAST]
    return [
        (each.sentence if not number else "", bits, words)
        for number, (bits, words) in enumerate(shown or [("-", "nothing in the passage")])
    ]
