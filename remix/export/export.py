"""The way into all exports: verifies a run, chooses outputs, and writes a file or a folder elsewhere.

A run changed since it was written isn't exported. Never overwrites a file.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from remix.errors import RemixError, RunError
from remix.export import docx, dpo, epub, html, jsonl, markdown, prov, rocrate
from remix.export.refreshed import with_refreshes
from remix.export.reviewed_outputs import ReviewedOutput, reviewed_outputs
from remix.outputs import RunFolder
from remix.outputs.layout import TEXT, bound_of, place_of
from remix.records import Run, sha256
from remix.util.files import (
    TEMPORARY,
    entries,
    is_within,
    make_new_folder,
    read_bounded,
    unwritable,
    write_new,
    write_whole,
)
from remix.util.units import size
from remix.verification.verify import Report, verified

CRATE = "ro-crate"
"""The only format that is a folder."""

PREFERENCES = "dpo"
"""The format made from all outputs of a run: a pair has an output with a worse verdict, too."""

MOST_EXPORTED = 256 * 2**20
"""Bytes of an export's records and texts, held in memory: a run of 17,000 usual texts."""

Only = Literal["accepted", "edited", "reviewed"]
"""A choice of outputs by their standing; starred outputs are accepted, too."""


class ExportError(RemixError):
    """A run can't be exported."""


class ExportOptions(NamedTuple):
    """Format and choice of an export."""

    form: str
    """One of `FORMATS`."""
    only: Only | None = None
    """Which outputs; None for all."""
    license: str | None = None
    """Address of a crate's licence."""
    with_notes: bool = True
    """Whether a woven essay has notes on the passages behind its sentences; for Markdown, EPUB and Word."""
    refreshes: tuple[Path, ...] = ()
    """Refreshes whose texts take the place of the run's stale texts; for formats that don't describe a whole run."""


def export(folder: Path, target: Path, options: ExportOptions) -> int:
    """Write a run to a new file, or to a new folder for `ro-crate`. Gives the number of exported outputs.

    Raises `RunError` if the run was changed since it was written, `ExportError` if no output fits the options, or the
    target exists or can't be written.
    """
    report, run, chosen = _chosen(folder, options)
    if os.path.lexists(target):
        raise _taken(target)
    if is_within(target, folder):
        raise ExportError(
            f"{target} is in the run's own folder.", "Take a different path with --to; nothing has been written."
        )
    if options.form == CRATE:
        _write_crate(report, run, target, options.license)
    else:
        _write_file(target, _made(run, chosen, options))
    return len(chosen)


def export_bytes(folder: Path, options: ExportOptions) -> bytes:
    """The bytes of an export in a format other than `ro-crate`. Raises the same errors as `export`."""
    _, run, chosen = _chosen(folder, options)
    return _made(run, chosen, options)


def _made(run: Run, chosen: Sequence[ReviewedOutput], options: ExportOptions) -> bytes:
    if options.form != PREFERENCES:
        return _FORMS[options.form](run, chosen, options.with_notes)
    rows: list[str] = []
    left = MOST_EXPORTED
    for row in dpo.lines(chosen, _IS[options.only] if options.only else lambda output: True):
        rows.append(row)
        left -= len(row)
        if left < 0:
            raise ExportError(
                f"{run.name}: the pairs of texts have more than {size(MOST_EXPORTED)}.",
                "Each text is paired with all worse texts of the same prompt: export a part with --only.",
            )
    if not rows:
        raise ExportError(
            f"{run.name}: no verdict prefers one text to another.",
            "Judge texts of the same prompt, such as variants, with `remix verdict`; or edit a text.",
        )
    return "".join(rows).encode()


def _chosen(folder: Path, options: ExportOptions) -> tuple[Report, Run, list[ReviewedOutput]]:
    """Verify a run and choose outputs."""
    report = verified(folder)
    if report.run is None or not report.found:
        raise ExportError(f"{folder}: no text is finished yet.", "`remix resume` goes on with it.")
    run, found = report.run, reviewed_outputs(report)
    if options.refreshes:
        run, found = with_refreshes(RunFolder.open(folder), found, options.refreshes)
    chosen = [output for output in found if options.only is None or _IS[options.only](output)]
    if not chosen:
        raise ExportError(
            f"{folder}: no text is {options.only}.", "Judge texts with `remix verdict` or `remix review`."
        )
    taken = found if options.form in (PREFERENCES, CRATE) else chosen
    whole = sum(each.found.size + len(each.edited or "") for each in taken)
    if whole > MOST_EXPORTED:
        raise ExportError(
            f"{folder}: texts and records have {size(whole)}; at most {size(MOST_EXPORTED)} can be exported.",
            "Export a part of the run with --only, or make several runs.",
        )
    return report, run, found if options.form == PREFERENCES else chosen


_IS: dict[Only, Callable[[ReviewedOutput], bool]] = {
    "accepted": lambda output: output.standing.is_accepted,
    "edited": lambda output: output.edited is not None,
    "reviewed": lambda output: output.standing.verdict is not None,
}


_FORMS: dict[str, Callable[[Run, Sequence[ReviewedOutput], bool], bytes]] = {
    "prov-json": lambda run, chosen, _: prov.prov_json(run, [output.found for output in chosen]).encode(),
    "jsonl": lambda run, chosen, _: jsonl.jsonl(chosen).encode(),
    "html": lambda run, chosen, _: html.html(run, chosen).encode(),
    "markdown": lambda run, chosen, with_notes: markdown.markdown(run, chosen, with_notes).encode(),
    "epub": epub.epub,
    "docx": docx.docx,
}

FORMATS = (CRATE, PREFERENCES, *_FORMS)


def _write_file(target: Path, data: bytes) -> None:
    try:
        write_new(target, data)
    except OSError as error:
        # The file may have been made meanwhile.
        raise (_taken(target) if os.path.lexists(target) else _unwritable(target, error)) from error


def _taken(target: Path) -> ExportError:
    return ExportError(f"{target} already exists.", "Take a different name; nothing has been written.")


def _unwritable(target: Path, error: OSError | RunError) -> ExportError:
    message = error.message if isinstance(error, RunError) else unwritable(target, error).message
    return ExportError(message, "Take a different path with --to, or free space there.")


def _write_crate(report: Report, run: Run, target: Path, license_: str | None) -> None:
    """Fill a temporary folder with the run's files, the metadata and an HTML page; rename the folder at the end."""
    # A name made from the target's could be a folder of the user's, or be too long.
    draft = target.absolute().with_name(f".remix-{secrets.token_hex(8)}{TEMPORARY}")
    try:
        make_new_folder(draft)
    except (OSError, RunError) as error:
        raise _unwritable(target, error) from error
    try:
        _fill_crate(draft, report, run, license_)
        draft.rename(target)
    except (OSError, RunError) as error:
        raise (_taken(target) if os.path.lexists(target) else _unwritable(target, error)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill_crate(draft: Path, report: Report, run: Run, license_: str | None) -> None:
    files = []
    for name, media_type, text in _parts(report.path, run):
        data = _read(report.path, name)
        write_whole(draft / name, data)
        files.append(rocrate.File(name, sha256(data), len(data), media_type, text))
    write_whole(draft / rocrate.PREVIEW, html.html(run, reviewed_outputs(report)).encode())
    write_whole(draft / rocrate.METADATA, rocrate.metadata(run, report.found, files, license_).encode())


def _read(folder: Path, name: str) -> bytes:
    try:
        return read_bounded(folder / name, bound_of(name), within=folder)
    except OSError as error:
        raise ExportError(
            f"{folder / name}: can't be read ({error.strerror or error}).", "`remix verify` lists all findings."
        ) from error


def _parts(folder: Path, run: Run) -> Iterator[tuple[str, str, str | None]]:
    """The files that belong to a crate: name, media type, and the text that the file is about, if any."""
    ids = {task.id for task in run.tasks}
    files = (Path(entry.path) for entry in entries(folder) if entry.is_file())
    for name in sorted(path.relative_to(folder).as_posix() for path in files):
        place = place_of(name, ids)
        if place and place.kind.media_type:
            about = f"{place.task}{TEXT}" if place.task and place.kind.name != TEXT else None
            yield name, place.kind.media_type, about
