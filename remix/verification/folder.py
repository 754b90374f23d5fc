"""Checks of a run's folder as a whole: foreign files, the manifest, reviews and edited texts, the request.

Takes a run's folder, gives findings. `output.py` checks single outputs.
"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from remix.errors import RunError
from remix.generation.plan import plan_of
from remix.generation.weave_tasks import weave_tasks
from remix.outputs import layout, reviews
from remix.outputs.form import body_bytes
from remix.outputs.layout import FAILURES, MANIFEST, MOST_ENTRIES, RECORD, REQUEST, RESUMED, REVIEWS, SIGNATURE
from remix.outputs.refusals import LEADS_OUT, is_outside
from remix.outputs.run import RunFolder
from remix.records import Edit, Run, Task, record_id, sha256
from remix.templates.template import reads_of
from remix.util.files import DEEPEST, TEMPORARY, entries, read_bounded
from remix.util.names import leads_out
from remix.verification import branches, redo
from remix.verification.finding import Finding, unreadable

_NAMED = 100
"""Faulty lines of the manifest reported singly; further faulty lines are only counted."""

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def foreign_files(folder: RunFolder, wanted: Collection[str]) -> Iterator[Finding]:
    """Files that don't belong to the run; if only some outputs are wanted, wanted outputs that weren't planned."""
    ids = {task.id for task in folder.run.tasks}
    for id_ in wanted:
        if id_ not in ids:
            yield Finding(f"{id_}{RECORD}", "not one of the run's outputs")
    if wanted:
        return
    edits = {edit.file for edit in _edits(folder)}
    temporary = []
    for entry in entries(folder.path, MOST_ENTRIES):
        path = Path(entry.path)
        name = _name(folder.path, path)
        if entry.is_dir(follow_symlinks=False):
            continue
        place = layout.place_of(name, ids)
        if place is None and path.name.startswith(".") and path.name.endswith(TEMPORARY):
            temporary.append(path)
        # A crash may leave an edited text not named by any review.
        elif not place or (place.kind.is_edit and name not in edits and not reviews.is_left_over(folder.path, path)):
            yield Finding(name, "not part of the run")
        elif entry.is_symlink() and is_outside(folder.path, path):
            yield Finding(name, LEADS_OUT)
    yield from _temporary(folder, temporary)
    yield from _reviews(folder)
    try:
        folder.failures()
    except RunError:
        yield Finding(FAILURES, "can't be read")
    try:
        folder.resumptions()
    except RunError:
        yield Finding(RESUMED, "can't be read")


def irregular_files(path: Path) -> Iterator[Finding]:
    """Pipes, devices, links to pipes and devices; and too many folders and files for a run."""
    count = 0
    for entry in entries(path, MOST_ENTRIES):
        count += 1
        with suppress(OSError):
            mode = entry.stat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                yield Finding(_name(path, Path(entry.path)), "not a regular file; nothing here has been read")
            elif entry.is_dir(follow_symlinks=False) and _name(path, Path(entry.path)).count("/") >= DEEPEST:
                yield Finding(_name(path, Path(entry.path)), f"within {DEEPEST} folders; nothing here has been read")
    if count >= MOST_ENTRIES:
        yield Finding(".", f"more than {MOST_ENTRIES} files and folders; nothing here has been read")


def _temporary(folder: RunFolder, paths: Collection[Path]) -> Iterator[Finding]:
    """Files with temporary names, which could hide any content.

    While a run is being written, and after a crash, the folder may have the run's own temporary files.
    """
    if not paths or folder.is_being_written():
        return
    ours = folder.half_written(paths)
    for path in paths:
        name = _name(folder.path, path)
        if path not in ours or path.is_symlink():
            yield Finding(name, "not part of the run: a temporary file, perhaps another program's")
        # A file written meanwhile, for example an edited text, has the final name by now.
        elif (folder.path / MANIFEST).is_file() and os.path.lexists(path):
            yield Finding(name, "left half-written by a crash, or hidden there; nothing needs the file: delete it")


def _name(folder: Path, path: Path) -> str:
    """A file's name below a folder, as UTF-8: file names needn't be UTF-8, and reports must be."""
    return path.relative_to(folder).as_posix().encode(errors="replace").decode()


def _reviews(folder: RunFolder) -> Iterator[Finding]:
    """Lines of the reviews file that aren't reviews, and edited texts that were changed."""
    try:
        broken = reviews.read(folder.path).broken
    except RunError:
        yield Finding(REVIEWS, "can't be read")
        return
    yield from (Finding(REVIEWS, f"line {number} isn't a review") for number in broken)
    # Each file is read once, even if several reviews name the file.
    kept: dict[str, Edit] = {}
    for edit in _edits(folder):
        if kept.setdefault(edit.file, edit).sha256 != edit.sha256:
            yield Finding(edit.file, "not the text that was kept")
    for edit in kept.values():
        try:
            reviews.edited_text(folder.path, edit)
        except RunError as error:
            yield Finding(edit.file, error.message.removeprefix(f"{folder.path / edit.file}: ").rstrip("."))


def _edits(folder: RunFolder) -> list[Edit]:
    """The edited texts named by the reviews; none if the reviews can't be read."""
    with suppress(RunError):
        return [each.edit for each in reviews.read(folder.path).reviews if each.edit]
    return []


def listed_files(folder: RunFolder, tasks: Collection[Task], finished: bool) -> Iterator[Finding]:
    """Files that differ from the manifest; in an unsealed run, a missing manifest or a signature without manifest."""
    if finished:
        names = layout.listed_files(folder.path, (task.id for task in tasks))
        whole = len(tasks) == len(folder.run.tasks)
        yield from manifest_findings(folder.path, names, whole)
    elif folder.is_complete:
        yield Finding(MANIFEST, "missing, though all texts are there; `remix resume` writes the manifest")
    elif (folder.path / SIGNATURE).exists():
        yield Finding(SIGNATURE, "the manifest that it signs is missing: deleted, or the run was continued")


def manifest_findings(path: Path, names: Collection[str] | None, whole: bool = True) -> Iterator[Finding]:
    """Files that differ from the manifest.

    `names`: the files to be listed in the manifest; with `whole`, no further file may be listed. If the request can't
    be read, `names` is null, and the files in the manifest are checked.
    """
    try:
        *lines, rest = read_bounded(path / MANIFEST, layout.bound_of(MANIFEST), within=path).decode().split("\n")
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError):
        yield Finding(MANIFEST, "can't be read")
        return
    hashes: dict[str, str] = {}
    broken = 0
    for number, line in enumerate([*lines, rest] if rest else lines, 1):
        parts = _LINE.fullmatch(line)
        if not parts or parts[2] in hashes or (rest and number > len(lines)):
            broken += 1
            if broken <= _NAMED:
                yield Finding(MANIFEST, f"line {number} isn't a sha256 and the name of another file")
        else:
            hashes[parts[2]] = parts[1]
    if broken > _NAMED:
        yield Finding(MANIFEST, f"{broken} lines aren't a sha256 and the name of another file")
    foreign: Collection[str] = ()
    if names is None:
        foreign = {name for name in hashes if leads_out(name)}
        names = [name for name in hashes if name != REQUEST and name not in foreign]
    elif whole:
        foreign = hashes.keys() - set(names)
    yield from (Finding(MANIFEST, f"names {name!r}, no part of the run") for name in sorted(foreign))
    yield from (each for name in names for each in _hashed(path, name, hashes.get(name)))


def _hashed(path: Path, name: str, recorded: str | None) -> Iterator[Finding]:
    """A finding if a file's sha256 differs from the manifest."""
    if recorded is None:
        yield Finding(MANIFEST, f"doesn't name {name}")
    try:
        if recorded not in (None, sha256(read_bounded(path / name, layout.listed_bound(), within=path))):
            yield Finding(name, f"not what {MANIFEST} says: one of the two was changed")
    except FileNotFoundError:
        yield Finding(name, "missing")
    except OSError as error:
        yield Finding(name, unreadable(error))
    except ValueError as error:
        yield Finding(name, f"can't be read ({error})")


def request_findings(run: Run) -> Iterator[Finding]:
    """Contradictions within `run.json`: hashes of passages and templates, and the plan."""
    for _, passage in run.corpus:
        if sha256(passage.text) != passage.sha256:
            yield Finding(REQUEST, f"the text of {passage.id} isn't the one of its sha256")
    for template in run.templates:
        if sha256(template.source) != template.sha256:
            yield Finding(REQUEST, f"the template {template.name} isn't the one of its sha256")
        elif reads_of(template.source, template.name) != template.reads:
            yield Finding(REQUEST, f"the template {template.name} doesn't read what {REQUEST} says")
    for earlier in run.earlier:
        record = earlier.record
        if record_id(record.derivation, sha256(body_bytes(earlier.text))) != record.id:
            yield Finding(REQUEST, f"the text of the earlier output {record.id[:12]} isn't the one of its record")
    if any(task.branch for task in run.tasks):
        yield from branches.plan_findings(run)
        return
    if run.redoes:
        yield from redo.plan_findings(run)
        return
    try:
        planned = Counter(weave_tasks(run, run.weave) if run.weave else plan_of(run))
    except RunError as error:
        yield Finding(REQUEST, f"its passages and options make other tasks ({error.message.rstrip('.')})")
        return
    there = Counter(run.tasks)
    for task in (planned - there) + (there - planned):
        yield Finding(REQUEST, f"its passages and options make other tasks ({task.id})")
