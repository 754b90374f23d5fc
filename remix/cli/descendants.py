"""What `remix why --of` prints: all texts from a passage, and the sentences in which the passage is heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remix.cli.printing import note, print_json, print_table

if TYPE_CHECKING:
    from remix.outputs.lineage import Step
    from remix.workspace import Workspace


def print_descendants(workspace: Workspace, passage: str, as_json: bool) -> None:
    """Print the texts from a passage, in all runs. Raises `RunError` if there are none."""
    from remix.errors import RunError
    from remix.outputs.lineage import descendants

    steps = list(descendants(workspace.outputs, passage, lambda error: note(f"Left out: {error.message}")))
    if not steps:
        raise RunError(
            f"no text comes from a passage '{passage}'.", "Write essay/NNN; `remix passages` lists the ids."
        )
    heard = [_heard(step, passage) for step in steps]
    if as_json:
        print_json(
            [
                {
                    "run": step.run.name,
                    "output": step.task,
                    "record": step.record.id,
                    "passages_sha256": list(step.record.derivation.passages),
                    "flags": list(step.record.flags),
                    **({} if sentences is None else {"heard": sentences}),
                }
                for step, sentences in zip(steps, heard, strict=True)
            ]
        )
        return
    print_table(
        ["output", "run", "record", "flags"],
        [(step.task, step.run.name, step.record.id[:12], ", ".join(step.record.flags)) for step in steps],
    )
    rows = [
        (step.task if at == 0 else "", str(each["number"]), f"{each['share']:.0%}", str(each["sentence"]))
        for step, sentences in zip(steps, heard, strict=True)
        for at, each in enumerate(sentences or ())
    ]
    if rows:
        note("", "Of texts made from several passages, the sentences in which the passage is heard, by words:")
        print_table(["output", "sentence", "share", "words"], rows)
    sources = (source for step in steps for source in step.record.sources)
    if (texts := len({source.text for source in sources if source.passage == passage})) > 1:
        note(f"{texts} different passages had this id: the essay was edited between the runs.")


def _heard(step: Step, passage: str) -> list[dict[str, Any]] | None:
    """The sentences of a text in which a passage is heard; null for a text of a single passage."""
    from remix.analysis.run_lineages import lineage_of
    from remix.outputs import RunFolder

    if len(step.record.sources) < 2:
        return None
    found = lineage_of(RunFolder.open(step.run), step.task, step.record, step.text).words
    return [
        {"number": number, "sentence": each.sentence, "share": behind.share}
        for number, each in enumerate(found.sentences, 1)
        for behind in each.behind
        if behind.passage == passage
    ]
