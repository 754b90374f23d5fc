"""A run as its refreshes left the run: texts that a refresh wrote again take the place of the stale texts.

Takes the report and outputs of a run, and the folders of the run's refreshes; gives a request and outputs, from which
formats to read are made. Verdicts stay with the texts that no refresh wrote again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from remix.export.reviewed_outputs import ReviewedOutput, reviewed_outputs
from remix.outputs.facts import shown_under
from remix.outputs.run import RunFolder
from remix.outputs.runs import written_again
from remix.records import Passage, Run
from remix.verification.verify import verified


def with_refreshes(
    folder: RunFolder, outputs: Sequence[ReviewedOutput], refreshes: Sequence[Path]
) -> tuple[Run, list[ReviewedOutput]]:
    """The request with the newest passages, and the newest texts, in the order of the run.

    Raises `RunError` if a refresh was changed since it was written.
    """
    run = folder.run
    later = {path: reviewed_outputs(verified(path)) for path in refreshes}
    newer = {(path, each.found.task.id): each for path, each_run in later.items() for each in each_run}
    again = written_again(folder, [RunFolder.open(path) for path in refreshes])
    own = {each.found.task.id: each for each in outputs}
    places = shown_under(run)
    passages: dict[str, Passage] = {}
    found: list[ReviewedOutput] = []
    for task in run.tasks:
        refreshed = again.get((task.place, task.kind))
        output = newer.get((refreshed.folder.path, refreshed.task_of(task).id)) if refreshed else None
        if refreshed and output:
            found.append(output._replace(under=places[task.id]))
            here = refreshed.folder.run.pairs
            if refreshed.place in here:
                passages[task.place] = here[refreshed.place][1]
            else:  # a text of several passages
                passages |= {
                    source.passage: here[source.passage][1]
                    for source in output.found.record.sources
                    if source.passage in here
                }
        elif task.id in own:
            found.append(own[task.id])
    essays = []
    for essay in run.essays:
        # The newest passages, under the ids that the run has for them.
        newest = (passages.get(each.id, each).model_copy(update={"id": each.id}) for each in essay.passages)
        essays.append(essay.model_copy(update={"passages": tuple(newest)}))
    return run.model_copy(update={"essays": tuple(essays)}), found
