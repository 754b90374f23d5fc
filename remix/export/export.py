"""From a run's folder to a file or a folder elsewhere, in one of the forms.

Takes the folder and checks it first: what isn't as it was written goes to nobody. Never writes over what is there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from remix.errors import RemixError, RunError
from remix.export import jsonl, page, prov, rocrate
from remix.files import TEMPORARY, make_new_folder, temporary_of, write_whole
from remix.outputs.run import HOLDER, LOCK
from remix.outputs.verify import Report, verified
from remix.records import Run, sha256

CRATE = "ro-crate"
"""A folder; the other forms are a text each."""


class ExportError(RemixError):
    """A run can't be exported."""


def export(folder: Path, target: Path, form: str, license_: str | None = None) -> Report:
    """Write a run to a new file, or a new folder for `ro-crate`. Gives what was found in it.

    `license_` is the address of the terms that a crate is given under.

    Raises `RunError` where the run isn't as it was written, `ExportError` where the target is there already, or can't
    be written.
    """
    report, run = _checked(folder)
    if os.path.lexists(target):
        raise ExportError(f"{target} already exists.", "Take another name; nothing has been written.")
    try:
        if form == CRATE:
            _write_crate(report, run, target, license_)
        else:
            write_whole(target, _TEXTS[form](report, run).encode())
    except RunError as error:
        raise ExportError(error.message, "Take another place with --to, or make room there.") from error
    return report


def text(folder: Path, form: str) -> str:
    """A run in one of the forms that are a text. Raises `RunError` where it isn't as it was written."""
    return _TEXTS[form](*_checked(folder))


def _checked(folder: Path) -> tuple[Report, Run]:
    report = verified(folder)
    if report.run is None or not report.found:
        raise ExportError(f"{folder}: no text is finished yet.", "`remix resume` goes on with it.")
    return report, report.run


def _prov(report: Report, run: Run) -> str:
    return str(prov.document(run, report.found).serialize(format="json", indent=1)) + "\n"


_TEXTS: dict[str, Callable[[Report, Run], str]] = {
    "prov-json": _prov,
    "jsonl": lambda report, run: jsonl.jsonl(report.found),
    "html": lambda report, run: page.page(run, report.found),
}

FORMATS = (CRATE, *_TEXTS)


def _write_crate(report: Report, run: Run, target: Path, license_: str | None) -> None:
    """A copy of the run's folder with its metadata and a page to read, under its name when it is whole."""
    draft = temporary_of(target)
    shutil.rmtree(draft, ignore_errors=True)
    make_new_folder(draft)
    try:
        files = []
        for name in _names(report.path):
            data = (report.path / name).read_bytes()
            write_whole(draft / name, data)
            files.append(rocrate.File(name, sha256(data), len(data)))
        write_whole(draft / rocrate.PREVIEW, page.page(run, report.found).encode())
        write_whole(draft / rocrate.METADATA, rocrate.metadata(run, report.found, files, license_).encode())
        draft.rename(target)
    except OSError as error:
        raise ExportError(
            f"{target}: can't be written ({error.strerror}).", "Take another place with --to."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _names(folder: Path) -> list[str]:
    """The files of a run, but those of whoever is writing it."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(TEMPORARY))
    names = sorted(path.relative_to(folder).as_posix() for path in paths)
    return [name for name in names if name not in (LOCK, HOLDER)]
