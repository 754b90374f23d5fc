"""Which files may lie in a run's folder: a table of all kinds of file, with writer, largest size and check.

Takes names of files and ids of tasks, gives kinds and bounds. Reads no file. A file of no kind is foreign.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

# Names of files in the run's folder.
REQUEST = "run.json"
RESUMED = "resumed.json"
FAILURES = "failures.json"
MANIFEST = "MANIFEST.sha256"
SIGNATURE = "MANIFEST.sha256.sig"
INDEX = "index.md"
ESSAY = "essay.md"
REVIEWS = "reviews.jsonl"
LOCK = ".lock"
HOLDER = ".lock.json"
REVIEWS_LOCK = ".reviews.lock"

# Endings of an output's files, after the task's id.
TEXT = ".md"
RECORD = ".json"
TRACE = ".trace.json"
MEASURES = ".measures.json"
READING = ".reading.json"
LINEAGE = ".lineage.json"
EDITED = ".edited.md"

MOST_ENTRIES = 1_000_000
"""Files and folders in a run's folder: six for each of 150,000 texts."""

_MIB = 2**20
_MARKDOWN, _JSON, _PLAIN = "text/markdown", "application/json", "text/plain"
_DIGEST = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class FileKind:
    """A kind of file, with the facts by which remix writes, reads, checks, removes and exports files of the kind."""

    name: str
    """The file's name in the run's folder; of an output's file the ending of the name, after the task's id."""
    writer: str
    """The module that writes the file."""
    most: int
    """Bytes: a larger file is neither written nor read.

    A run's folder may be a stranger's. JSON of many small values takes up to 25 times the file's bytes as Python's
    values: each bound keeps the values below 1 GB."""
    media_type: str | None
    """The format, as a crate names it; null if crates don't take the file."""
    checked: str
    """In words: the content that verification compares the file with."""
    of_output: bool = False
    """Whether each output has a file of the kind."""
    listed: bool = False
    """Whether the manifest lists the file. Other files may be added or changed after the manifest was written."""
    optional: bool = False
    """Whether a finished run may lack a file that the manifest would list."""
    renamed: bool = True
    """Whether the file is written under a temporary name (`util.files.temporary_of`), which a crash may leave."""
    is_edit: bool = False
    """Whether a person wrote the text. Then the name has 12 digits of the content's sha256 between id and ending."""

    def task_in(self, name: str) -> str | None:
        """The task's id in the name of an output's file; null if the name isn't of this kind."""
        if not self.of_output or not name.endswith(self.name):
            return None
        stem = name.removesuffix(self.name)
        if not self.is_edit:
            return stem
        task, _, digest = stem.rpartition(".")
        return task if _DIGEST.fullmatch(digest) else None


KINDS: tuple[FileKind, ...] = (
    # Five times what a run of 10,000 texts has.
    FileKind(REQUEST, "outputs.run", 32 * _MIB, _JSON, "itself: its texts, templates, plan", listed=True),
    # At 300 bytes an entry, 100,000 entries.
    FileKind(RESUMED, "outputs.run", 32 * _MIB, _JSON, "its form", listed=True, optional=True),
    FileKind(FAILURES, "outputs.run", 32 * _MIB, _JSON, "its form"),
    # At 100 bytes a file, 150,000 texts.
    FileKind(MANIFEST, "outputs.run", 32 * _MIB, _PLAIN, "the names and hashes of the files that it lists"),
    # At 1,000 letters a paragraph, 8,000 paragraphs.
    FileKind(ESSAY, "outputs.essay", 8 * _MIB, _MARKDOWN, "the essay's texts", listed=True, optional=True),
    # The largest key that OpenSSH takes makes a signature of 3,000 bytes.
    FileKind(SIGNATURE, "verification.signature", 2**16, _PLAIN, "the manifest, with --signers"),
    FileKind(INDEX, "outputs.index", 32 * _MIB, _MARKDOWN, "nothing: made from the rest, and anybody may change it"),
    # At 300 bytes a review, 100,000 reviews.
    FileKind(REVIEWS, "outputs.reviews", 32 * _MIB, "application/jsonl", "its form, line by line", renamed=False),
    FileKind(LOCK, "outputs.lock", 0, None, "nothing: it is empty", renamed=False),
    FileKind(HOLDER, "outputs.lock", 2**16, None, "nothing"),
    FileKind(REVIEWS_LOCK, "outputs.reviews", 0, None, "nothing: it is empty", renamed=False),
    # 20 times a text of 100,000 tokens.
    FileKind(TEXT, "outputs.run", 8 * _MIB, _MARKDOWN, "its record", of_output=True, listed=True),
    # Half of the bound holds 99 candidates of 8,000 tokens with texts.
    FileKind(RECORD, "outputs.run", 16 * _MIB, _JSON, "the request and its own id", of_output=True, listed=True),
    # At 500 bytes a token, 130,000 tokens.
    FileKind(TRACE, "outputs.run", 64 * _MIB, _JSON, "the sha256 and tokens in the record", of_output=True),
    # Names the sentences of a text and of its passage.
    FileKind(MEASURES, "analysis.run_ledgers", 16 * _MIB, _JSON, "the record's id", of_output=True),
    # Names the words of a passage and the tokens of a text.
    FileKind(READING, "reader.run_readings", 16 * _MIB, _JSON, "the record's id", of_output=True),
    # Names the sentences of a text, and for each some sentences of its passages.
    FileKind(LINEAGE, "analysis.run_lineages", 16 * _MIB, _JSON, "the record's id", of_output=True),
    # A person's own version has 4 MiB at most.
    FileKind(EDITED, "outputs.reviews", 8 * _MIB, _MARKDOWN, "the reviews", of_output=True, is_edit=True),
)


class FilePlace(NamedTuple):
    """Kind and task of a file."""

    kind: FileKind
    task: str
    """Id of the task to whose output the file belongs; empty for a file of the whole run."""


def place_of(name: str, tasks: Collection[str]) -> FilePlace | None:
    """Kind and task of a file by name, given the ids of the run's tasks; null for a foreign name."""
    for kind in KINDS:
        if not kind.of_output:
            if kind.name == name:
                return FilePlace(kind, "")
        elif (task := kind.task_in(name)) is not None and task in tasks:
            return FilePlace(kind, task)
    return None


def bound_of(name: str) -> int:
    """The most bytes of a file, by name alone. Raises `LookupError` for a foreign name."""
    fitting = [kind for kind in KINDS if kind.name == name or kind.task_in(name)]
    if not fitting:
        raise LookupError(f"{name}: no kind of file of a run")
    # `x.trace.json` ends in `.json`, too.
    return max(fitting, key=lambda kind: len(kind.name)).most


def listed_bound() -> int:
    """The most bytes of any file that a manifest lists."""
    return max(kind.most for kind in KINDS if kind.listed)


def files_of_output(task: str) -> list[str]:
    """The names of an output's files, without edited texts, whose names depend on the content."""
    return [f"{task}{kind.name}" for kind in KINDS if kind.of_output and not kind.is_edit]


def renamed_files(tasks: Iterable[str]) -> Iterator[str]:
    """The names of files that are first written under a temporary name, without edited texts."""
    yield from (kind.name for kind in KINDS if kind.renamed and not kind.of_output)
    endings = [kind.name for kind in KINDS if kind.renamed and kind.of_output and not kind.is_edit]
    yield from (f"{task}{ending}" for task in tasks for ending in endings)


def listed_files(folder: Path, tasks: Iterable[str]) -> list[str]:
    """The names of the files that a manifest lists, in the manifest's order."""
    own = [kind for kind in KINDS if kind.listed and not kind.of_output]
    endings = [kind.name for kind in KINDS if kind.listed and kind.of_output]
    there = [kind.name for kind in own if not kind.optional or (folder / kind.name).is_file()]
    return [*there, *sorted(f"{task}{ending}" for task in tasks for ending in endings)]
