"""The two files of an output, text and record: found, read, and noticed when changed.

Takes run folders, gives `OpenOutput`s and the contents of an output's files. Knows nothing of reviews and pages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from remix.outputs.facts import passages_behind
from remix.outputs.layout import MOST_ENTRIES, RECORD, TEXT
from remix.outputs.run import RunFolder
from remix.records import Passage, Task, canonical_sha256
from remix.studio.listing import Content
from remix.studio.output_detail import read_output
from remix.util.files import entries
from remix.util.names import readable

OPENING = 90
"""Characters of an output shown in the list."""

SEVERAL = ("", "")
"""Stands for an essay's slug and title in place of the essays of several passages."""


@dataclass(frozen=True)
class OpenOutput:
    """An output of an open run, finished or planned."""

    folder: RunFolder
    passages: tuple[Passage, ...]
    """The passages that the text is made from."""
    task: Task

    @property
    def is_woven(self) -> bool:
        """Whether the text is part of an essay that the run weaves."""
        return self.folder.run.weave is not None and self.task.is_woven

    @property
    def text_before(self) -> str:
        """The words of the passages."""
        return "\n\n".join(passage.text for passage in self.passages)

    @cached_property
    def names(self) -> tuple[str, str]:
        """Names of text and record, relative to the run's folder."""
        return f"{self.task.id}{TEXT}", f"{self.task.id}{RECORD}"

    @cached_property
    def files(self) -> tuple[Path, Path]:
        """Paths of text and record."""
        return self.folder.text_path(self.task.id), self.folder.record_path(self.task.id)


class ReadOutput(NamedTuple):
    """Contents of an output's files, kept in memory."""

    state: tuple[int, ...]
    """As from `state_of`, to notice changed files."""
    version: int
    """Version of the studio's state that added the contents."""
    content: Content
    text: str
    """The text in lower case, to be searched."""


def key_of(folder: Path, task: str) -> str:
    """An output's name in addresses: a hash, so that a blind judge learns nothing of model, variant and step."""
    return canonical_sha256([str(folder.absolute()), task])[:20]


def outputs_by_passage(
    folders: Sequence[RunFolder],
) -> Iterator[tuple[tuple[Passage, ...], list[tuple[int, OpenOutput]]]]:
    """The outputs of each passage, and of each group of passages, with the numbers of their runs: essay by essay, the
    groups last, kind by kind."""
    essays: dict[tuple[str, str], dict[tuple[str, ...], list[tuple[int, OpenOutput]]]] = {}
    for number, folder in enumerate(folders):
        pairs = folder.run.pairs
        behind = passages_behind(folder.run)
        for task in folder.run.tasks:
            passages = tuple(pairs[id_][1] for id_ in behind[task.id])
            essay = (passages[0].essay, passages[0].title) if len(passages) == 1 else SEVERAL
            same = tuple(part for passage in passages for part in (passage.id, passage.sha256))
            outputs = essays.setdefault(essay, {}).setdefault(same, [])
            outputs.append((number, OpenOutput(folder, passages, task)))
    for essay in sorted(essays, key=lambda each: each == SEVERAL):
        for outputs in essays[essay].values():
            # The sort is stable: runs, variants and steps stay in order.
            yield outputs[0][1].passages, sorted(outputs, key=lambda each: each[1].task.kind)


def equal_texts(read: Mapping[str, ReadOutput]) -> Iterator[str]:
    """Keys of outputs with the same record as an earlier output."""
    seen: set[str] = set()
    for key, each in read.items():
        if each.content.output in seen:
            yield key
        elif each.content.output:
            seen.add(each.content.output)


def files_of(folder: Path) -> set[str]:
    """Names of all files in a run's folder, with forward slashes."""
    start = len(os.path.join(folder, ""))  # noqa: PTH118 (what `entries` begins each path with)
    below = (entry.path[start:] for entry in entries(folder, MOST_ENTRIES) if not entry.is_dir(follow_symlinks=False))
    return {name.replace(os.sep, "/") for name in below}


def state_of(output: OpenOutput) -> tuple[int, ...]:
    """Times and sizes of an output's files; empty if a file is missing."""
    try:
        stats = [path.stat() for path in output.files]
    except OSError:
        return ()
    return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_size))


def content_of(output: OpenOutput) -> tuple[Content, str]:
    """Contents of an output's files, and the text in lower case."""
    text, record, _ = read_output(output.folder, output.task)
    content = Content(
        output=record.id if record else None,
        model=readable(record.circumstances.model) if record else None,
        flags=tuple(map(readable, record.flags)) if record else (),
        opening=readable(" ".join(text[: 2 * OPENING].split())[:OPENING]),
    )
    return content, " ".join(text.casefold().split())
