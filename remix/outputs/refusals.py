"""Refuses requests (`run.json`) whose tasks lead out of the folder, name unknown passages, or share a name.

Takes a run's folder and its request, raises `RunError` for a request that could do harm or contradicts itself.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from remix.errors import RunError
from remix.outputs.layout import REQUEST
from remix.outputs.originals import as_candidate
from remix.records import GROUPS, RecordInput, Run, Task
from remix.util import names
from remix.util.files import is_within

LEADS_OUT = "a link that leads out of the run's folder"

BRING_BACK = (
    "It was changed or cut short: bring it back from a copy. Nothing has been touched; what is finished is safe."
)


def refuse_leading_out(path: Path, run: Run) -> None:
    """Refuse a request whose outputs would be written outside the run's folder."""
    for task in run.tasks:
        if names.leads_out(task.id):
            raise RunError(
                f"{path / REQUEST}: '{task.id}' leads out of the run's folder.",
                "Somebody has meddled with it: leave it.",
            )


def refuse_unknown(path: Path, run: Run) -> None:
    """Refuse a request whose tasks name unknown passages, kinds or texts, or read a later text."""
    passages = set(run.pairs)
    kinds = {template.kind for template in run.templates}
    earlier = {each.record.id for each in run.earlier}
    before: set[str] = set()
    for task in run.tasks:
        records = {each.record for each in task.inputs if isinstance(each, RecordInput)}
        records |= {task.branch.original} if task.branch else set()
        is_placed = task.place in task.passages or task.is_woven or task.place.startswith(f"{GROUPS}/")
        if task.kind not in kinds or not passages.issuperset(task.passages) or not passages or not is_placed:
            raise RunError(f"{path / REQUEST}: holds no passage or template for '{task.id}'.", BRING_BACK)
        if not before.issuperset(task.reads) or not records <= earlier:
            raise RunError(f"{path / REQUEST}: plans no text that '{task.id}' reads before it.", BRING_BACK)
        before.add(task.id)
        # A branch of an essay's part, in a run of branches, has the part's prompt and needs no plan.
        if task.is_woven and (run.weave or not task.branch) and not _is_part(run, task):
            raise RunError(f"{path / REQUEST}: plans no essay with the part '{task.id}'.", BRING_BACK)
        if task.branch:
            record = next(each.record for each in run.earlier if each.record.id == task.branch.original)
            try:
                as_candidate(record, task.branch.candidate)
            except RunError as error:
                raise RunError(f"{path / REQUEST}: {error.message}", BRING_BACK) from error


def _is_part(run: Run, task: Task) -> bool:
    """Whether the plan of the run's essay has a part of a task's kind and step, made of passages that are known."""
    weave = run.weave
    if weave is None or task.variant > 1:
        return False
    once = task.kind in (weave.opening, weave.title) and task.step == 1 and task.reads
    of_a_group = task.kind in (weave.paragraph, weave.objection, weave.synthesis) and task.step <= len(weave.groups)
    records = {each.record for each in task.inputs if isinstance(each, RecordInput)}
    has_sources = all(each.record.sources for each in run.earlier if each.record.id in records)
    return bool(once or (of_a_group and has_sources and (task.passages or records)))


def refuse_equal(path: Path, run: Run) -> None:
    """Refuse a request in which several passages, kinds or texts have the same name."""
    named = {
        "passage": [passage.id for _, passage in run.corpus],
        "kind": [template.kind for template in run.templates],
        "text": [task.id for task in run.tasks],
    }
    for what, ids in named.items():
        if len(set(ids)) < len(ids):
            twice, _ = Counter(ids).most_common(1)[0]
            raise RunError(f"{path / REQUEST}: holds more than one {what} '{twice}'.", BRING_BACK)


def refuse_link(folder: Path, place: Path) -> None:
    """Refuse to write through a link that leads out of a run's folder. Raises `RunError`."""
    if is_outside(folder, place):
        raise RunError(f"{place}: {LEADS_OUT}.", "Somebody has meddled with it: leave it.")


def is_outside(folder: Path, place: Path) -> bool:
    """Whether a path leads out of a folder, with links followed."""
    return not is_within(place, folder)
