"""What `remix why` prints: each step from a text back to its passages, with prompt, model and seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remix.cli.printing import say, text
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.outputs.lineage import Step


def print_ancestry(steps: list[Step]) -> None:
    """Print each step from the text back to the passage, with its template, model and seed."""
    from remix.outputs.facts import fork_in_words, lines_in_words, trunk_in_words

    records = [step.record for step in steps]
    for step in steps:
        branch = step.record.task.branch
        read = step.record.task.reads or [source.passage for source in step.record.sources]
        candidate = f", candidate {step.candidate}" if step.candidate else ""
        _say_text(f"{quoted(step.task)}{candidate} (record {step.record.id[:12]})", step.text)
        if branch:
            say(f"branches from {trunk_in_words(branch, records)} {fork_in_words(branch)}.")
            read = [source.passage for source in step.record.sources]
        # A branch has the prompt of its original, which is the next step.
        if branch and branch.original in {each.id for each in records}:
            say(f"was written {_making(step)}.")
            say()
            continue
        say(f"was made from {' and '.join(map(quoted, read))}: {_making(step)}. It was asked:")
        say()
        for message in step.record.derivation.prompt.messages:
            text(f"[{message.role}] {message.content}")
            say()
    for source in dict.fromkeys(source for step in steps for source in step.record.sources):
        _say_text(quoted(source.passage), source.text)
        under = f" under “{source.section}”" if source.section else ""
        tags = f", tagged {', '.join(source.tags)}" if source.tags else ""
        say(f"is a passage of “{source.essay}”{under}{tags}: {source.path}, {lines_in_words(source.lines)}.")


def _making(step: Step) -> str:
    """Template, model and seed, in words."""
    from remix.outputs.facts import retried_in_words
    from remix.outputs.originals import as_candidate

    record = as_candidate(step.record, step.candidate)
    derivation = record.derivation
    weights = f" (sha256 {derivation.model.sha256[:12]})" if derivation.model.sha256 else ""
    selection, sampling = derivation.selection, derivation.sampling
    best = f"the best of {selection.candidates} by {selection.chooser.name}" if selection else ""
    if step.candidate and selection:
        best = f"one of {selection.candidates} candidates, not kept"
    parts = [
        f"by {record.task.template}, step {record.task.step}",
        f"on {record.circumstances.model}{weights}",
        f"seed {sampling.seed}, at most {sampling.max_tokens} tokens" if sampling else "seed unknown",
        f"after {record.output.thoughts.in_words}" if record.output.thoughts else "",
        best,
        f"read by {record.circumstances.reader}" if record.circumstances.reader else "",
        retried_in_words(derivation.retried.times) if derivation.retried else "",
        f"flags: {', '.join(record.flags)}" if record.flags else "",
    ]
    return ", ".join(part for part in parts if part)


def _say_text(heading: str, words: str) -> None:
    say(heading, bold=True)
    say()
    text(words)
    say()
