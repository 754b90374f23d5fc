"""The files of a run's folder: strangers among them, what the manifest lists, reviews and edits, the request."""

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
from remix.outputs import reviews
from remix.outputs.bounds import MOST_ENTRIES, MOST_MANIFEST, MOST_REQUEST, NAMED
from remix.outputs.form import body_bytes
from remix.outputs.layout import FAILURES, HOLDER, INDEX, LOCK, MANIFEST, REQUEST, RESUMED
from remix.outputs.refusals import LEADS_OUT, is_outside
from remix.outputs.run import RunFolder
from remix.records import Edit, Run, Task, record_id, sha256
from remix.templates.template import reads_of
from remix.util.files import DEEPEST, TEMPORARY, entries, read_bounded
from remix.util.names import leads_out
from remix.verification.finding import Finding, unreadable
from remix.verification.signature import SIGNATURE

LATER = frozenset({FAILURES, LOCK, HOLDER, SIGNATURE, reviews.REVIEWS, reviews.LOCK, INDEX})
"""Files that may come to lie beside those of the manifest."""

LATER_SUFFIXES = (".trace.json", ".measures.json")
"""The same for each output: its name, and one of these. The names of edited texts are in the reviews."""

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def foreign_files(folder: RunFolder, wanted: Collection[str]) -> Iterator[Finding]:
    """Files that no run leaves, or outputs that this one wasn't to have."""
    ids = {task.id for task in folder.run.tasks}
    for id_ in wanted:
        if id_ not in ids:
            yield Finding(f"{id_}.json", "not one of the run's outputs")
    if wanted:
        return
    suffixes = (".md", ".json", *LATER_SUFFIXES)
    known = {REQUEST, RESUMED, MANIFEST, *LATER, *(f"{id_}{suffix}" for id_ in ids for suffix in suffixes)}
    known |= {edit.file for edit in _edits(folder)}
    temporary = []
    for entry in entries(folder.path, MOST_ENTRIES):
        path = Path(entry.path)
        name = _name(folder.path, path)
        if entry.is_dir(follow_symlinks=False):
            continue
        if name not in known and path.name.startswith(".") and path.name.endswith(TEMPORARY):
            temporary.append(path)
        elif name not in known and not _is_left_over(folder.path, name, ids):
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
    """Pipes and devices, links to them, and more folders and files than any run has."""
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
    """Files under the names that files have while they are written: anything could be hidden there.

    Where the run is being written, or its writer crashed, they may well be there.
    """
    if not paths or folder.is_being_written():
        return
    ours = folder.half_written(paths)
    for path in paths:
        name = _name(folder.path, path)
        if path not in ours or path.is_symlink():
            yield Finding(name, "not part of the run: a temporary file, perhaps another program's")
        # What was written meanwhile, an edited text for one, has its own name now.
        elif (folder.path / MANIFEST).is_file() and os.path.lexists(path):
            yield Finding(name, "left half-written by a crash, or hidden there; nothing needs it: delete it")


def _name(folder: Path, path: Path) -> str:
    """Of a file, below its folder. It needn't be UTF-8, and a report must be."""
    return path.relative_to(folder).as_posix().encode(errors="replace").decode()


def _is_left_over(folder: Path, name: str, tasks: Collection[str]) -> bool:
    """Whether a file is an edited text of one of the tasks that was never told of."""
    of_a_task = name.removesuffix(reviews.EDITED).rpartition(".")[0] in tasks
    return of_a_task and reviews.is_left_over(folder, folder / name)


def _reviews(folder: RunFolder) -> Iterator[Finding]:
    """Whether each line of the reviews is one, and each edited text what was kept."""
    try:
        broken = reviews.read(folder.path).broken
    except RunError:
        yield Finding(reviews.REVIEWS, "can't be read")
        return
    yield from (Finding(reviews.REVIEWS, f"line {number} isn't a review") for number in broken)
    # Each file is read once, however many reviews name it.
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
    """The edited texts that the reviews speak of, as far as those can be read."""
    with suppress(RunError):
        return [each.edit for each in reviews.read(folder.path).reviews if each.edit]
    return []


def listed_files(folder: RunFolder, tasks: Collection[Task], finished: bool) -> Iterator[Finding]:
    """What the manifest says, if there is one and if there should be."""
    if finished:
        resumed = [RESUMED] if (folder.path / RESUMED).exists() else []
        names = [REQUEST, *resumed, *(f"{task.id}{suffix}" for task in tasks for suffix in (".md", ".json"))]
        whole = len(tasks) == len(folder.run.tasks)
        yield from manifest_findings(folder.path, names, whole)
    elif folder.is_complete:
        yield Finding(MANIFEST, "missing, though all texts are there; `remix resume` writes it")
    elif (folder.path / SIGNATURE).exists():
        yield Finding(SIGNATURE, "what it signs isn't there: the run was worked on since, or lost its manifest")


def manifest_findings(path: Path, names: Collection[str] | None, whole: bool = True) -> Iterator[Finding]:
    """What isn't as the manifest says; `names` are the files it must name, all of them if it is `whole`.

    Where nobody knows what it must name, those it does are looked at.
    """
    try:
        *lines, rest = read_bounded(path / MANIFEST, MOST_MANIFEST, within=path).decode().split("\n")
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
            if broken <= NAMED:
                yield Finding(MANIFEST, f"line {number} isn't a sha256 and the name of another file")
        else:
            hashes[parts[2]] = parts[1]
    if broken > NAMED:
        yield Finding(MANIFEST, f"{broken} lines aren't a sha256 and the name of another file")
    strangers: Collection[str] = ()
    if names is None:
        strangers = {name for name in hashes if leads_out(name)}
        names = [name for name in hashes if name != REQUEST and name not in strangers]
    elif whole:
        strangers = hashes.keys() - set(names)
    yield from (Finding(MANIFEST, f"names {name!r}, no part of the run") for name in sorted(strangers))
    yield from (each for name in names for each in _hashed(path, name, hashes.get(name)))


def _hashed(path: Path, name: str, recorded: str | None) -> Iterator[Finding]:
    """Whether a file is the one that the manifest means."""
    if recorded is None:
        yield Finding(MANIFEST, f"doesn't name {name}")
    try:
        if recorded not in (None, sha256(read_bounded(path / name, MOST_REQUEST, within=path))):
            yield Finding(name, f"not what {MANIFEST} says: one of the two was changed")
    except FileNotFoundError:
        yield Finding(name, "missing")
    except OSError as error:
        yield Finding(name, unreadable(error))
    except ValueError as error:
        yield Finding(name, f"can't be read ({error})")


def request_findings(run: Run) -> Iterator[Finding]:
    """Whether `run.json` agrees with itself."""
    passages = [passage for essay in run.essays for passage in essay.passages]
    for passage in passages:
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
    try:
        planned, there = Counter(plan_of(run)), Counter(run.tasks)
    except RunError as error:
        yield Finding(REQUEST, f"its passages and options make other tasks ({error.message.rstrip('.')})")
        return
    for task in (planned - there) + (there - planned):
        yield Finding(REQUEST, f"its passages and options make other tasks ({task.id})")
