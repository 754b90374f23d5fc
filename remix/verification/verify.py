"""Verification of a run: whether any file has changed since the run was written.

Takes a run's folder, gives a report with findings. Changes no file, and doesn't run the model (`replay.py` does).
"""

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
from remix.verification.essay import essay_findings
from remix.verification.finding import Finding, FoundOutput
from remix.verification.folder import (
    foreign_files,
    irregular_files,
    listed_files,
    manifest_findings,
    request_findings,
)
from remix.verification.lineage import PromptChecker, lineage_findings, resuming_models
from remix.verification.output import OutputCheck, output_findings, read_output

KEPT = 16 * 2**20
"""Bytes of output files kept in memory; as Python's values the same files may take 25 times the bytes. Outputs beyond
the bound are read again if the content is asked for."""


class Report(NamedTuple):
    """The result of verifying a run."""

    path: Path
    """The run's folder."""
    run: Run | None
    """The run's request; null if `run.json` can't be read."""
    finished: bool
    """Whether the run has a manifest."""
    found: tuple[FoundOutput, ...]
    """The readable outputs."""
    total: int
    """Number of outputs to be checked."""
    findings: tuple[Finding, ...]
    """Files that were changed, are missing or don't belong to the run."""
    unrecorded: tuple[str, ...] = ()
    """Names of text files without a record, as a crash may leave in an unfinished run; without a record a text can't
    be checked."""


def verify(path: Path, wanted: Collection[str] = ()) -> Report:
    """Check a run's folder, or only the outputs of the wanted tasks and the outputs read for the wanted tasks."""
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
    # Outputs can't be compared with a changed request.
    run = None if any(each.file == REQUEST for each in (*findings, *listed)) else folder.run
    found: dict[str, FoundOutput] = {}
    unrecorded, left = [], KEPT
    prompts, resuming = PromptChecker(folder.run), set(resuming_models(folder))
    for task in {task.id: task for task in tasks}.values():
        output = read_output(folder, task)
        if isinstance(output, Finding):
            findings.append(output)
        elif output:
            findings += output_findings(OutputCheck(output, folder, run, prompts, resuming))
            left -= output.size
            found[task.id] = output if left >= 0 else replace(output, kept=None)
        elif os.path.lexists(folder.text_path(task.id)):
            unrecorded.append(f"{task.id}.md")
    bad = {finding.file for finding in (*findings, *listed)}
    findings += [each for output in found.values() for each in lineage_findings(output, found, bad, prompts)]
    findings += prompts.findings
    if not wanted:
        findings += essay_findings(folder, {finding.file for finding in findings})
    # A file with a more precise finding needs no finding by the manifest.
    findings += [each for each in listed if each.file not in {finding.file for finding in findings}]
    told = tuple(sorted(set(findings)))
    return Report(path, folder.run, finished, tuple(found.values()), len(tasks), told, tuple(unrecorded))


def verified(path: Path) -> Report:
    """The report on an unchanged run. Raises `RunError`, naming the first file with a finding."""
    report = verify(path)
    if report.findings:
        first = report.findings[0]
        raise RunError(f"{path / first.file}: {first.what}.", "`remix verify` lists all that is wrong.")
    return report


def _with_what_was_read(run: Run, wanted: Collection[str]) -> tuple[Task, ...]:
    """The wanted tasks and all tasks whose texts were read for the wanted tasks."""
    needed = set(wanted)
    for task in reversed(run.tasks):
        if task.id in needed:
            needed.update(task.reads)
    return tuple(task for task in run.tasks if task.id in needed)
