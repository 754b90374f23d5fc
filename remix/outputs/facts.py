"""Titles of runs, and a record's facts (model, template, sampling …) as terms with values, for people.

Takes runs and records, gives words. Reads no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import shorten

from remix.records import Branch, Record, RecordInput, Run, Task, TaskUsed
from remix.util.languages import name_of

LONGEST_LABEL = 32
"""Characters of words in the label of a branch."""


def about(run: Run) -> str:
    """A run's passages in a line: the requested tags or essays, else the query, or the text compared with."""
    options = run.options
    if run.weave:
        woven = run.model_copy(update={"weave": None})
        material = f"{len(run.earlier)} accepted texts" if run.earlier else about(woven)
        return f"Essay: {material}"
    if run.redoes and run.tasks:
        return f"Another variant of {run.tasks[0].place}/{run.tasks[0].kind}.{run.tasks[0].step}"
    if asked := ", ".join(options.tags or options.essays) or options.where:
        return asked
    if options.like:
        return f"Passages like “{shorten(options.like, 60, placeholder=' …')}”"
    if options.passages or options.sample or options.limit or options.min_words or run.refreshes:
        count = len(run.corpus)
        return f"{count} passage{'s' * (count != 1)}"
    return "All passages"


def lines_in_words(lines: tuple[int, int]) -> str:
    """The first and the last line of a passage in its file: `line 4`, or `lines 4 to 7`."""
    first, last = lines
    return f"line {first}" if first == last else f"lines {first} to {last}"


def not_looked_for_in_words(record: Record) -> str:
    """The facts that can't be found in the language of a record's passages, and the language."""
    languages = dict.fromkeys(name_of(source.language) for source in record.sources if source.language)
    return f"{', '.join(record.not_looked_for)} (in {' and '.join(languages)})"


def shown_under(run: Run) -> dict[str, str]:
    """For each task the passage under which the text is shown: the first passage that the text was made from."""
    return {task: passages[0] for task, passages in passages_behind(run).items()}


def passages_behind(run: Run) -> dict[str, tuple[str, ...]]:
    """For each task the passages behind the task's text: the passages among the task's inputs; without any, the
    passages behind input texts of earlier runs; without any, the passages behind input texts of the same run."""
    found: dict[str, tuple[str, ...]] = {}
    earlier = {each.record.id: [source.passage for source in each.record.sources] for each in run.earlier}
    held = run.pairs
    for task in run.tasks:
        records = (id_ for each in task.inputs if isinstance(each, RecordInput) for id_ in earlier[each.record])
        of_records = tuple(dict.fromkeys(id_ for id_ in records if id_ in held))
        of_tasks = dict.fromkeys(passage for id_ in task.reads for passage in found[id_])
        found[task.id] = task.passages or of_records or tuple(of_tasks) or tuple(held)[:1]
    return found


def retried_in_words(times: int) -> str:
    """How many texts were given up before the kept one."""
    return f"after {times} {'copies' if times > 1 else 'copy'} that {'were' if times > 1 else 'was'} given up"


def branch_label(branch: Branch) -> str:
    """A branch in a few words, for lists: `branch at “few”: “many”`."""
    place = f"at “{_short(branch.was)}”" if branch.was else "at the end"
    edited = "edited " if branch.edit else ""
    return f"{edited}branch {place}" + (f": “{_short(branch.put)}”" if branch.put else "")


def variant_label(task: Task | TaskUsed) -> str:
    """The variant of a text, in words that follow kind and step; empty for the first variant."""
    if task.branch:
        return f" · {branch_label(task.branch)} (variant {task.variant})"
    return f", variant {task.variant}" if task.variant > 1 else ""


def fork_in_words(branch: Branch) -> str:
    """Word and token at which a branch leaves its original, the branch's own words, and the random numbers after."""
    number = f"(token {branch.token}, character {branch.character})"
    place = f"at the word “{branch.was}” {number}" if branch.was else f"at the end {number}"
    instead = f": “{branch.put}” instead" if branch.was else f": “{branch.put}”"
    seed = branch.fork.seed
    numbers = f"new random numbers (seed {seed})" if seed else "the original's random numbers"
    edit = f", as edited by {branch.edit.editor} (sha256 {branch.edit.sha256[:12]})" if branch.edit else ""
    return f"{place}{instead if branch.put else ''}{edit}, then {numbers}"


def trunk_in_words(branch: Branch, records: Iterable[Record]) -> str:
    """The output that a branch leaves: its record, and its name and run if the record is among some records."""
    original = next((each for each in records if each.id == branch.original), None)
    candidate = f"candidate {branch.candidate} of " if branch.candidate else ""
    record = f"record {branch.original[:12]}"
    if original is None:
        return f"{candidate}{record}"
    return f"{candidate}{original.output.task_id} of {original.circumstances.run} ({record})"


def _short(words: str) -> str:
    """The first words of a text, in a line."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1].rstrip()}…"


def facts(record: Record) -> Iterator[tuple[str, str]]:
    """A record's facts as terms with values, the most important first."""
    derivation, circumstances = record.derivation, record.circumstances
    yield "record", record.id
    if branch := record.task.branch:
        candidate = f"candidate {branch.candidate} of " if branch.candidate else ""
        yield "branches from", f"{candidate}record {branch.original}, {fork_in_words(branch)}"
    else:
        for name, parent in zip(record.task.reads, derivation.parents, strict=False):
            yield "made from", parent if name == parent else f"{name}, record {parent}"
    weights = f", sha256 {derivation.model.sha256}" if derivation.model.sha256 else ""
    yield "model", circumstances.model + weights
    yield "template", f"{record.task.template}, sha256 {derivation.prompt.template}"
    if sampling := derivation.sampling:
        chain = ", ".join(sampler.name for sampler in sampling.chain)
        yield "sampling", f"seed {sampling.seed}, at most {sampling.max_tokens} tokens, {chain}"
    if selection := derivation.selection:
        read_by = f", read by {circumstances.reader}" if circumstances.reader else ""
        yield "chosen", f"of {selection.candidates} by {selection.chooser.name}{read_by}"
    if derivation.retried:
        yield "tried again", retried_in_words(derivation.retried.times)
    if thoughts := record.output.thoughts:
        yield "thoughts", f"{thoughts.in_words}, kept in the record"
    if record.not_looked_for:
        yield "not looked for", not_looked_for_in_words(record)
    if record.output.trimmed:
        yield "cut off", record.output.trimmed
    yield "written", f"{circumstances.finished:%Y-%m-%d %H:%M:%S} UTC"
    yield "exact", "yes" if derivation.engine.exact else "no: bytes may depend on what ran beside it"
