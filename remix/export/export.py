"""From a run's folder to a file or a folder elsewhere, in one of the forms.

Takes the folder and checks it first: what isn't as it was written goes to nobody. Never writes over what is there.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from remix.errors import RemixError, RunError
from remix.export import book, dpo, jsonl, page, prov, rocrate
from remix.export.item import Item, items
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
"""A folder; the other forms are a file each."""

PREFERENCES = "dpo"
"""Of the whole run: what was liked less is in it as well."""

MOST_EXPORTED = 256 * 2**20
"""Bytes of the records and texts of an export, which is made in memory: a run of 17,000 usual texts."""

Only = Literal["accepted", "edited", "reviewed"]
"""What people said of an output; to be starred is to be accepted."""


class ExportError(RemixError):
    """A run can't be exported."""


class Wanted(NamedTuple):
    """What is to be exported, and how."""

    form: str
    """One of `FORMATS`."""
    only: Only | None = None
    """Only outputs of which people said so; all, if nothing is named."""
    license: str | None = None
    """Address of the terms that a crate is given under."""


def export(folder: Path, target: Path, wanted: Wanted) -> int:
    """Write a run to a new file, or a new folder for `ro-crate`. Gives how many outputs are in it.

    Raises `RunError` where the run isn't as it was written, `ExportError` where nothing in it is wanted, or the
    target is there already, or can't be written.
    """
    report, run, chosen = _chosen(folder, wanted)
    if os.path.lexists(target):
        raise _taken(target)
    if is_within(target, folder):
        raise ExportError(
            f"{target} lies in the run's own folder.", "Take another place with --to; nothing has been written."
        )
    if wanted.form == CRATE:
        _write_crate(report, run, target, wanted.license)
    else:
        _write_file(target, _made(run, chosen, wanted))
    return len(chosen)


def exported(folder: Path, wanted: Wanted) -> bytes:
    """A run in one of the forms that are a file. Raises as `export` does."""
    _, run, chosen = _chosen(folder, wanted)
    return _made(run, chosen, wanted)


def _made(run: Run, chosen: Sequence[Item], wanted: Wanted) -> bytes:
    if wanted.form == PREFERENCES:
        rows: list[str] = []
        left = MOST_EXPORTED
        for row in dpo.lines(chosen, _IS[wanted.only] if wanted.only else lambda item: True):
            rows.append(row)
            left -= len(row)
            if left < 0:
                raise ExportError(
                    f"{run.name}: its pairs of texts have more than {size(MOST_EXPORTED)}.",
                    "Each is paired with all that were liked less of the same prompt: export a part with --only.",
                )
        data = "".join(rows).encode()
    else:
        data = _FORMS[wanted.form](run, chosen)
    if not data:
        raise ExportError(
            f"{run.name}: nobody has preferred one text to another.",
            "Judge answers to the same prompt, as variants are, with `remix verdict`; or edit one.",
        )
    return data


def _chosen(folder: Path, wanted: Wanted) -> tuple[Report, Run, list[Item]]:
    """The outputs that are wanted of a run that is as it was written."""
    report = verified(folder)
    if report.run is None or not report.found:
        raise ExportError(f"{folder}: no text is finished yet.", "`remix resume` goes on with it.")
    found = items(report)
    chosen = [item for item in found if wanted.only is None or _IS[wanted.only](item)]
    if not chosen:
        raise ExportError(f"{folder}: no text is {wanted.only}.", "`remix verdict` says whether to keep one.")
    taken = found if wanted.form in (PREFERENCES, CRATE) else chosen
    whole = sum(each.found.size + len(each.edited or "") for each in taken)
    if whole > MOST_EXPORTED:
        raise ExportError(
            f"{folder}: its texts and records have {size(whole)}; at most {size(MOST_EXPORTED)} can be exported.",
            "Export a part of it with --only, or make several runs.",
        )
    return report, report.run, found if wanted.form == PREFERENCES else chosen


_IS: dict[Only, Callable[[Item], bool]] = {
    "accepted": lambda item: item.standing.is_accepted,
    "edited": lambda item: item.edited is not None,
    "reviewed": lambda item: item.standing.verdict is not None,
}


def _prov(run: Run, chosen: Sequence[Item]) -> bytes:
    document = prov.document(run, [item.found for item in chosen])
    return f"{document.serialize(format='json', indent=1)}\n".encode()


_FORMS: dict[str, Callable[[Run, Sequence[Item]], bytes]] = {
    "prov-json": _prov,
    "jsonl": lambda run, chosen: jsonl.jsonl(chosen).encode(),
    "html": lambda run, chosen: page.page(run, chosen).encode(),
    "markdown": lambda run, chosen: book.markdown(run, chosen).encode(),
    "epub": book.epub,
}

FORMATS = (CRATE, PREFERENCES, *_FORMS)


def _write_file(target: Path, data: bytes) -> None:
    try:
        write_new(target, data)
    except OSError as error:
        # It may have come to be there since we looked.
        raise (_taken(target) if os.path.lexists(target) else _unwritable(target, error)) from error


def _taken(target: Path) -> ExportError:
    return ExportError(f"{target} already exists.", "Take another name; nothing has been written.")


def _unwritable(target: Path, error: OSError | RunError) -> ExportError:
    message = error.message if isinstance(error, RunError) else unwritable(target, error).message
    return ExportError(message, "Take another place with --to, or make room there.")


def _write_crate(report: Report, run: Run, target: Path, license_: str | None) -> None:
    """A copy of the run's folder with its metadata and a page to read, under its name when it is whole."""
    # Not named after the target: that name could be a folder of the user's, and be too long.
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
    write_whole(draft / rocrate.PREVIEW, page.page(run, items(report)).encode())
    write_whole(draft / rocrate.METADATA, rocrate.metadata(run, report.found, files, license_).encode())


def _read(folder: Path, name: str) -> bytes:
    try:
        return read_bounded(folder / name, bound_of(name), within=folder)
    except OSError as error:
        raise ExportError(
            f"{folder / name}: can't be read ({error.strerror or error}).", "`remix verify` lists all that is wrong."
        ) from error


def _parts(folder: Path, run: Run) -> Iterator[tuple[str, str, str | None]]:
    """The files of a run that a crate takes: name, format, and the text that the file is about, if any."""
    ids = {task.id for task in run.tasks}
    files = (Path(entry.path) for entry in entries(folder) if entry.is_file())
    for name in sorted(path.relative_to(folder).as_posix() for path in files):
        place = place_of(name, ids)
        if place and place.kind.media_type:
            about = f"{place.task}{TEXT}" if place.task and place.kind.name != TEXT else None
            yield name, place.kind.media_type, about
