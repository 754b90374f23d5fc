"""Whether a run's folder is what was written. Takes a folder, gives findings; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.layout import MANIFEST, REQUEST
from remix.outputs.run import RunFolder
from remix.records import Run, Task
from remix.verification.finding import KEPT, Finding, Found
from remix.verification.folder import (
    foreign_files,
    irregular_files,
    listed_files,
    manifest_findings,
    request_findings,
)
from remix.verification.lineage import RenderedAgain, lineage_findings, resuming_models
from remix.verification.output import OutputCheck, output_findings, read_output


class Report(NamedTuple):
    """What came of looking."""

    path: Path
    """The run's folder."""
    run: Run | None
    """Its request, where it can be read."""
    finished: bool
    """Whether there is a manifest."""
    found: tuple[Found, ...]
    """The outputs that could be read."""
    total: int
    """How many there should be, of those that were asked about."""
    findings: tuple[Finding, ...]
    """What isn't as it was written."""
    unrecorded: tuple[str, ...] = ()
    """Files of texts without a record, below the run's folder, if it is unfinished: nobody knows what was written. A
    crash may leave one."""


def verify(path: Path, wanted: Collection[str] = ()) -> Report:
    """Check a run's folder, or only those of its tasks that are wanted, with the steps they come from."""
    finished = (path / MANIFEST).is_file()
    if endless := tuple(irregular_files(path)):
        return Report(path, None, finished, (), 0, endless)
    try:
        folder = RunFolder.open(path)
    except RunError as error:
        what = error.message.removeprefix(f"{path / REQUEST}: ") if (path / REQUEST).exists() else "missing"
        return Report(path, None, finished, (), 0, (Finding(REQUEST, what), *manifest_findings(path, None)))
    tasks = _with_what_was_read(folder.run, wanted) if wanted else folder.run.tasks
    findings = [*foreign_files(folder, wanted), *request_findings(folder.run)]
    listed = list(listed_files(folder, tasks, finished))
    # Against a request that was changed itself nothing can be held.
    run = None if any(each.file == REQUEST for each in (*findings, *listed)) else folder.run
    found: dict[str, Found] = {}
    unrecorded, left = [], KEPT
    asked, others = RenderedAgain(folder.run), set(resuming_models(folder))
    for task in {task.id: task for task in tasks}.values():
        output = read_output(folder, task)
        if isinstance(output, Finding):
            findings.append(output)
        elif output:
            findings += output_findings(OutputCheck(output, folder, run, asked, others))
            left -= output.size
            found[task.id] = output if left >= 0 else replace(output, kept=None)
        elif os.path.lexists(folder.text_path(task.id)):
            unrecorded.append(f"{task.id}.md")
    bad = {finding.file for finding in (*findings, *listed)}
    findings += [each for output in found.values() for each in lineage_findings(output, found, bad, asked)]
    findings += asked.findings
    # Where it is known what is wrong with a file, it needn't be said that something is.
    findings += [each for each in listed if each.file not in {finding.file for finding in findings}]
    told = tuple(sorted(set(findings)))
    return Report(path, folder.run, finished, tuple(found.values()), len(tasks), told, tuple(unrecorded))


def verified(path: Path) -> Report:
    """The same of a whole run that is as it was written. Raises `RunError`, naming the first file that isn't."""
    report = verify(path)
    if report.findings:
        first = report.findings[0]
        raise RunError(f"{path / first.file}: {first.what}.", "`remix verify` lists all that is wrong.")
    return report


def _with_what_was_read(run: Run, wanted: Collection[str]) -> tuple[Task, ...]:
    """The tasks that are wanted, and those whose texts they were made from."""
    needed = set(wanted)
    for task in reversed(run.tasks):
        if task.id in needed:
            needed.update(task.reads)
    return tuple(task for task in run.tasks if task.id in needed)
