"""Check of a woven essay's file: whether `essay.md` is what the essay's texts make.

Takes a run's folder, gives findings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from remix.errors import RunError
from remix.outputs.essay import woven
from remix.outputs.layout import ESSAY, TEXT
from remix.outputs.run import RunFolder
from remix.verification.finding import Finding, unreadable


def essay_findings(folder: RunFolder, bad: Collection[str]) -> Iterator[Finding]:
    """An essay that differs from its texts, or that is there although a text is missing, or missing in a sealed run.

    `bad` names the files with findings: an essay of changed texts gets no finding of its own.
    """
    try:
        written = folder.read_bytes(ESSAY)
    except FileNotFoundError:
        if folder.run.weave and folder.is_sealed:
            yield Finding(ESSAY, "missing")
        return
    except OSError as error:
        yield Finding(ESSAY, unreadable(error))
        return
    if folder.run.weave is None:
        yield Finding(ESSAY, "here, though the run weaves no essay")
    elif any(f"{task.id}{TEXT}" in bad for task in folder.run.tasks):
        return
    elif not folder.is_complete:
        yield Finding(ESSAY, "here, though some of its texts aren't")
    else:
        try:
            if woven(folder).markdown.encode() != written:
                yield Finding(ESSAY, "not what the essay's texts make")
        except (RunError, ValueError):
            yield Finding(ESSAY, "its texts make no essay")
