"""The text behind a piece of a draft: an output of a run, as written or in an edited version.

Takes run folders and `Origin`s, gives texts; reads the runs alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from remix.drafts.pieces import put
from remix.errors import RunError
from remix.outputs import RunFolder, reviews
from remix.outputs.facts import shown_under
from remix.records import Standing, sha256
from remix.records.draft import Origin
from remix.util.names import leads_out, quoted

RunOf = Callable[[str], RunFolder]
"""The run of a name. Raises `RunError` if there is none."""


def runs_in(outputs: Path) -> RunOf:
    """Runs by the names of their folders. Each run is opened once."""
    opened: dict[str, RunFolder] = {}

    def run_of(name: str) -> RunFolder:
        if name not in opened:
            if leads_out(name) or "/" in name:
                raise RunError(f"{quoted(name)}: not the name of a run.", "Choose the text anew.")
            opened[name] = RunFolder.open(outputs / name)
        return opened[name]

    return run_of


def origin_of(folder: RunFolder, task: str) -> tuple[Origin, str]:
    """The source for an output in force, with the text to put into a draft: an edited version, or else the output.

    Raises `RunError` if the output or its edited version was changed since it was written.
    """
    record, text = folder.read(task)
    standing = reviews.standings(reviews.read(folder.path).reviews).get(record.id, Standing())
    words = put(reviews.edited_text(folder.path, standing.edit) if standing.edit else text)
    passage = shown_under(folder.run)[task]
    behind = dict.fromkeys(source.passage for source in record.sources)
    origin = Origin(
        record=record.id,
        run=folder.path.name,
        task=task,
        passage=passage,
        further=tuple(each for each in behind if each != passage),
        sha256=sha256(words),
        edit=standing.edit.sha256 if standing.edit else None,
    )
    return origin, words


def original_text(origin: Origin, run_of: RunOf) -> str:
    """The text of a source, as it was put into a draft. Raises `RunError` if the text isn't there any more."""
    folder = run_of(origin.run)
    if all(task.id != origin.task for task in folder.run.tasks):
        raise RunError(f"{folder.path}: has no text {quoted(origin.task)}.", "`remix show` lists the texts.")
    record, text = folder.read(origin.task)
    if record.id != origin.record:
        raise RunError(f"{folder.record_path(origin.task)}: not the draft's record.", "Choose the text anew.")
    if origin.edit:
        text = _edited(folder, origin)
    words = put(text)
    if sha256(words) != origin.sha256:
        raise RunError(f"{folder.text_path(origin.task)}: another text than the draft's.", "Choose the text anew.")
    return words


def _edited(folder: RunFolder, origin: Origin) -> str:
    for review in reviews.read(folder.path).reviews:
        if review.output == origin.record and review.edit and review.edit.sha256 == origin.edit:
            return reviews.edited_text(folder.path, review.edit)
    raise RunError(f"{folder.path}: no such edited version of {quoted(origin.task)}.", "Choose the text anew.")
