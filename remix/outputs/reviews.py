"""Reviews of a run's outputs: a line for each review in `reviews.jsonl`, which only grows.

Takes a run's folder and `Review`s, appends them; gives the standing of each output. Each line is on the disk before
`append` returns, and several processes may append at once. Knows nothing of browsers and commands.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from getpass import getuser
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import yaml
from filelock import FileLock

from remix.errors import RunError
from remix.outputs.form import body_bytes, body_of, text_of
from remix.outputs.layout import EDITED, MOST_ENTRIES, REVIEWS, REVIEWS_LOCK, bound_of
from remix.outputs.refusals import refuse_link
from remix.outputs.run import RunFolder
from remix.records import Edit, Review, Standing, sha256
from remix.util import git, json_values, names
from remix.util.files import (
    TEMPORARY,
    check_plain,
    entries,
    open_to_append,
    read_bounded,
    remove,
    sync_folder,
    unwritable,
    write_whole,
)
from remix.util.json_values import JsonError
from remix.util.units import size

_FENCE = b"---\n"

LONGEST = 2**20
"""Characters of a note or an edited text."""

MOST_BROKEN = 1000
"""Largest number of broken lines; a file with more broken lines is no list of reviews."""


class ReviewError(RunError):
    """A review can't be read or written."""


class Reviews(NamedTuple):
    """The reviews of a run, as read from the disk."""

    reviews: tuple[Review, ...]
    """All reviews, the earliest first."""
    broken: tuple[int, ...]
    """Numbers, from 1, of lines that aren't reviews."""


def read(folder: Path) -> Reviews:
    """The reviews of a run; empty if nobody reviewed the run. Raises `ReviewError` if the file can't be read."""
    try:
        data = read_bounded(folder / REVIEWS, bound_of(REVIEWS), within=folder)
    except FileNotFoundError:
        return Reviews((), ())
    except OSError as error:
        raise ReviewError(
            f"{folder / REVIEWS}: can't be read ({error.strerror}).", "Check its permissions."
        ) from error
    found: list[Review] = []
    broken: list[int] = []
    # A last line without a line feed is being written now, or was cut off by a crash.
    for number, line in enumerate(BytesIO(data[: data.rfind(b"\n") + 1]), 1):
        if len(broken) > MOST_BROKEN:
            raise ReviewError(
                f"{folder / REVIEWS}: more than {MOST_BROKEN} of its lines aren't reviews.",
                "Bring it back from a copy.",
            )
        try:
            review = json_values.read(Review, line)
        except JsonError:
            broken.append(number)
            continue
        # Edited texts lie beside outputs; a stranger's list could name any file.
        if review.edit and (names.leads_out(review.edit.file) or not review.edit.file.endswith(EDITED)):
            broken.append(number)
        else:
            found.append(review)
    return Reviews(tuple(found), tuple(broken))


def append(folder: Path, review: Review) -> None:
    """Add a review, and flush the line to disk. Raises `RunError` if writing fails."""
    path = folder / REVIEWS
    refuse_link(folder, path)
    line = review.model_dump_json(by_alias=True, exclude_none=True).encode() + b"\n"
    try:
        with _locked(folder):
            is_new = not path.exists()
            with open_to_append(path) as file:
                _drop_half_a_line(file)
                if file.tell() + len(line) > (most := bound_of(REVIEWS)):
                    raise OSError(errno.EFBIG, f"it would be larger than {size(most)}")
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                sync_folder(folder)
    except OSError as error:
        raise unwritable(path, error) from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Be the only one who writes reviews and edited texts of a run. Raises `OSError`."""
    check_plain(folder / REVIEWS_LOCK)
    with FileLock(folder / REVIEWS_LOCK):
        yield


def _drop_half_a_line(file: BinaryIO) -> None:
    """Remove an incomplete last line, left by a crash or a full disk: the review was never confirmed.

    Leaves the file's position at the end. Raises `OSError` for a file larger than its bound.
    """
    file.seek(0)
    most = bound_of(REVIEWS)
    data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"larger than {size(most)}")
    if not data.endswith(b"\n"):
        file.truncate(data.rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)


# -- standings ----------------------------------------------------------------------------------------------


def in_force(reviews: Sequence[Review]) -> list[Review]:
    """The reviews that weren't withdrawn; withdrawing a withdrawal restores the review."""
    undone: set[tuple[str, str]] = set()
    found: list[Review] = []
    for review in reversed(reviews):
        if (review.reviewer, review.id) in undone:
            continue
        if review.undoes:
            undone.add((review.reviewer, review.undoes))
        else:
            found.append(review)
    return found[::-1]


def standings(reviews: Sequence[Review]) -> dict[str, Standing]:
    """The standing of each reviewed output, by the record's id."""
    found: dict[str, dict[str, Any]] = {}
    # For each output the reviewers, in order and without repetition.
    reviewers: dict[str, dict[str, None]] = {}
    for review in in_force(reviews):
        reviewers.setdefault(review.output, {})[review.reviewer] = None
        found.setdefault(review.output, {}).update(
            {
                name: value
                for name in ("verdict", "loss", "note", "edit")
                if (value := getattr(review, name)) is not None
            }
        )
    return {
        output: Standing().model_copy(update={**said, "reviewers": tuple(reviewers[output])})
        for output, said in found.items()
    }


def last_of(reviews: Sequence[Review], reviewer: str, output: str | None = None) -> Review | None:
    """A reviewer's last review in force, of one output or of any: the review that `undo` withdraws."""
    own = [each for each in in_force(reviews) if each.reviewer == reviewer and output in (None, each.output)]
    return own[-1] if own else None


# -- writing reviews ----------------------------------------------------------------------------------------


def say(folder: RunFolder, task: str, reviewer: str, **said: Any) -> Review:
    """Add a review of an output: a `verdict`, a `loss`, a `note`, or several of the three.

    Raises `RunError` if the output was changed since it was written, or the review can't be written.
    """
    record, _ = folder.read(task)
    _check(task, "note", said.get("note") or "")
    _check(task, "reviewer's name", reviewer)
    review = _review(task, record.id, reviewer, **said)
    append(folder.path, review)
    return review


def _review(task: str, output: str, reviewer: str, **said: Any) -> Review:
    return Review(id=uuid.uuid4().hex, at=datetime.now(UTC), reviewer=reviewer, output=output, task=task, **said)


def undo(folder: RunFolder, reviewer: str, output: str | None = None) -> Review | None:
    """Withdraw a reviewer's last review, of one output or of any; gives the review, or null if there is none."""
    last = last_of(read(folder.path).reviews, reviewer, output)
    if last:
        withdraw(folder.path, last)
    return last


def withdraw(folder: Path, review: Review) -> Review:
    """Withdraw a review in the reviewer's name. Raises `RunError` if writing fails."""
    undoing = _review(review.task, review.output, review.reviewer, undoes=review.id)
    append(folder, undoing)
    return undoing


def edit(folder: RunFolder, task: str, reviewer: str, text: str) -> Review:
    """Keep a person's own version of an output, in a file beside the output. An earlier version stays.

    Raises `RunError` if the output was changed since it was written, or the version can't be written.
    """
    record, _ = folder.read(task)
    _check(task, "text", text)
    _check(task, "reviewer's name", reviewer)
    body = body_bytes(text.strip())
    # The new version's parent is the edited version in force, or else the output.
    before = standings(read(folder.path).reviews).get(record.id, Standing()).edit
    head = {
        "schema": "remix/edit/1",
        "parent": before.sha256 if before else record.id,
        "record": record.id,
        "editor": reviewer,
    }
    front = yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=1000).encode()
    # The name has the content's hash, so that no version overwrites an earlier version.
    file = f"{task}.{sha256(front + body)[:12]}{EDITED}"
    refuse_link(folder.path, (folder.path / file).parent)
    try:
        with _locked(folder.path):
            write_whole(folder.path / file, _FENCE + front + _FENCE + body)
    except OSError as error:
        raise unwritable(folder.path / file, error) from error
    said = _review(task, record.id, reviewer, edit=Edit(file=file, sha256=sha256(body)))
    append(folder.path, said)
    return said


def _check(task: str, what: str, words: str) -> None:
    """Raise `ReviewError` for words that are too long, or can't be written as UTF-8."""
    if len(words) > LONGEST:
        raise ReviewError(f"{task}: the {what} has more than {LONGEST} characters.", "Use fewer words.")
    try:
        words.encode()
    except UnicodeEncodeError as error:
        raise ReviewError(
            f"{task}: the {what} isn't UTF-8.", "Write it in a terminal that is set to UTF-8."
        ) from error


def is_left_over(folder: Path, path: Path) -> bool:
    """Whether a file is an edited text that no review names, because of a crash before the review was written.

    The text was never confirmed to the reviewer. The file's name has the sha256 of the content.
    """
    if not path.name.endswith(EDITED):
        return False
    try:
        data = read_bounded(path, bound_of(EDITED), within=folder)
    except OSError:
        return False
    body = body_of(data)
    front = data[len(_FENCE) : len(data) - len(_FENCE) - len(body)]
    return path.name.endswith(f".{sha256(front + body)[:12]}{EDITED}")


def remove_half_written(folder: RunFolder) -> None:
    """Remove edited texts that a crash left half-written; they were never confirmed. Raises `RunError`."""
    if not (folder.path / REVIEWS_LOCK).exists():
        return
    try:
        with _locked(folder.path):
            paths = [
                Path(each.path) for each in entries(folder.path, MOST_ENTRIES) if each.is_file(follow_symlinks=False)
            ]
            for path in folder.half_written([path for path in paths if path.name.endswith(f"{EDITED}{TEMPORARY}")]):
                remove(path)
    except OSError as error:
        raise unwritable(folder.path, error) from error


def edited_text(folder: Path, edit: Edit) -> str:
    """The text of an edited version. Raises `ReviewError` if the file is missing or was changed."""
    path = folder / edit.file
    try:
        body = body_of(read_bounded(path, bound_of(EDITED), within=folder))
    except OSError as error:
        raise ReviewError(f"{path}: can't be read ({error.strerror}).", "Bring it back from a copy.") from error
    if sha256(body) != edit.sha256:
        raise ReviewError(f"{path}: not the text that was kept.", "The file was changed since: edit the output anew.")
    return text_of(body, path)


def default_reviewer() -> str:
    """The reviewer's name if none is given: the user's name in git's settings, or the system's user name."""
    with suppress(OSError, KeyError, ImportError):
        return git.user_name() or getuser()
    return "somebody"
