"""Checks of an output: the text against the record, the record against `run.json`; candidates, trace, measures,
reading and lineage."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from remix.generation import choose
from remix.measure.ledger import MeasuresFile
from remix.outputs.form import body_bytes, body_of, compose, id_of
from remix.outputs.layout import LINEAGE, MEASURES, READING, REQUEST, RESUMED
from remix.outputs.run import RunFolder
from remix.records import Candidate, Frozen, ReadingFile, Record, Run, Selection, Source, Task, Trace, sha256
from remix.records.lineage import LineageFile
from remix.util import frontmatter, json_values
from remix.util.json_values import JsonError
from remix.verification.finding import Finding, FoundOutput, unreadable
from remix.verification.lineage import PromptChecker
from remix.verification.tries import problems


def read_output(folder: RunFolder, task: Task) -> FoundOutput | Finding | None:
    """An output as read from the disk, or a finding if a file can't be read; null if the output has no record."""
    name = f"{task.id}.json"
    try:
        source = folder.read_bytes(name)
        record = json_values.read(Record, source)
        id_ = id_of(json.loads(source))
        name = f"{task.id}.md"
        data = folder.read_bytes(name)
        hashes = sha256(source), sha256(data)
        return FoundOutput(task, id_, folder, len(source) + len(data), hashes, (record, data))
    except FileNotFoundError:
        return Finding(name, "missing, though its record is there") if name.endswith(".md") else None
    except OSError as error:
        return Finding(name, unreadable(error))
    except ValueError as error:
        return Finding(name, f"not a record ({' '.join(str(error).split())})")


@dataclass(frozen=True)
class OutputCheck:
    """An output to be checked, with the facts that the checks compare the output with."""

    found: FoundOutput
    folder: RunFolder
    run: Run | None
    """The run's request; null if the request was changed."""
    prompts: PromptChecker
    resuming: Collection[str | None]
    """sha256 of the models that continued the run in place of the run's own model."""

    @property
    def record(self) -> Record:
        return self.found.record

    def in_text(self, what: str) -> Finding:
        return Finding(self.found.text_file, what)

    def in_record(self, what: str) -> Finding:
        return Finding(self.found.record_file, what)


def output_findings(check: OutputCheck) -> Iterator[Finding]:
    """All findings about an output, apart from the texts that the output read."""
    for findings in _CHECKS:
        yield from findings(check)


def _hashes(check: OutputCheck) -> Iterator[Finding]:
    body = body_of(check.found.data)
    if sha256(body) != check.record.output.sha256:
        yield check.in_text("not the text that was recorded")
    elif body.decode(errors="ignore").encode() != body:
        yield check.in_text("not UTF-8")
    thoughts = check.record.output.thoughts
    if thoughts and sha256(thoughts.text) != thoughts.sha256:
        yield check.in_record("its thoughts aren't those of their sha256")
    if check.found.id != check.record.id:
        yield check.in_record("its id isn't the sha256 of its derivation and text")


def _front_matter(check: OutputCheck) -> Iterator[Finding]:
    """Front matter that differs from the record. People may add keys that remix doesn't write."""
    name, data = check.found.text_file, check.found.data
    record = check.record
    named = [word for source in record.sources for word in (source.essay, source.passage)]
    words = (*named, record.task.kind, record.circumstances.model, *record.flags)
    if sum(map(len, words)) + len(words) > frontmatter.MOST_FRONT_MATTER:
        # Writing a million flags as YAML would take minutes.
        yield check.in_record("says more than front matter may hold")
        return
    head = compose(record, "").removesuffix(body_bytes(""))
    if data.startswith(head) and len(body_of(data)) == len(data) - len(head):
        # As remix wrote it. To read YAML takes longer than all other checks.
        return
    try:
        written = frontmatter.split(head.decode(), name).meta
        meta, body, _ = frontmatter.split(data.decode(errors="replace"), name)
    except frontmatter.FrontMatterError:
        yield check.in_text("its front matter is broken")
        return
    # Some readers of front matter also take a line like `--- ` for the end.
    if body != body_of(data).decode(errors="replace"):
        yield check.in_text("there are words between its front matter and its text")
    if differing := [key for key, value in written.items() if meta.get(key) != value]:
        yield check.in_text(f"its front matter differs from its record ({', '.join(differing)})")


def _place(check: OutputCheck) -> Iterator[Finding]:
    """A record of another text or run, or with other sources than `run.json` has for the task."""
    record = check.record
    if record.output.file != check.found.text_file:
        yield check.in_record(f"belongs to another text ({record.output.file})")
    if check.run is None:
        return
    if record.circumstances.run != check.run.name:
        yield check.in_record(f"belongs to another run ({record.circumstances.run})")
    inputs, task = check.prompts.inputs, check.found.task
    sources = inputs.sources(task)
    if len(sources) != len(record.sources):
        yield check.in_record(f"has {len(record.sources)} sources, and {REQUEST} has {len(sources)}")
    differing = {name for pair in zip(sources, record.sources, strict=False) for name in _differing(*pair)}
    if named := [name for name in Source.model_fields if name in differing]:
        yield check.in_record(f"its source isn't the one in {REQUEST} ({', '.join(named)})")
    if named := _differing(inputs.used(task), record.task):
        yield check.in_record(f"its task isn't the one in {REQUEST} ({', '.join(named)})")


def _differing(one: Frozen, other: Frozen) -> list[str]:
    """The fields in which two records of the same form differ."""
    return [name for name in type(one).model_fields if getattr(one, name) != getattr(other, name)]


def _derivation(check: OutputCheck) -> Iterator[Finding]:
    """A derivation that differs from the record's sources, or from the plan in `run.json`."""
    record, task, run = check.record, check.found.task, check.run
    derivation = record.derivation
    if tuple(sha256(source.text) for source in record.sources) != derivation.passages:
        yield check.in_record("its passage isn't the one it was derived from")
    if run is None:
        return
    if derivation.prompt.template not in {each.sha256 for each in run.templates if each.kind == task.kind}:
        yield check.in_record(f"its prompt was made by another template than the template in {REQUEST}")
    if run.model and derivation.model.sha256 not in {run.model.sha256, *check.resuming}:
        yield check.in_record(f"was written by another model than {REQUEST} or {RESUMED} names")
    if _first_seed(record) not in (None, task.seed):
        yield check.in_record(f"its seed isn't the one in {REQUEST}")
    if not derivation.parents and not task.reads and not check.prompts.holds(record, task, ()):
        yield check.in_record("its prompt doesn't hold the passage")


def _first_seed(record: Record) -> int | None:
    """The seed of the first try at the first candidate; null if the writer doesn't tell."""
    if record.given_up and record.given_up[0].candidate == 1:
        return record.given_up[0].seed
    if record.candidates:
        return record.candidates[0].seed
    return record.derivation.sampling.seed if record.derivation.sampling else None


def _candidates(check: OutputCheck) -> Iterator[Finding]:
    """Missing candidates, and a kept candidate that isn't the output or isn't the best by the recorded numbers."""
    selection, candidates = check.record.derivation.selection, check.record.candidates or ()
    count = selection.candidates if selection else 0
    kept = [each for each in candidates if each.chosen]
    numbers = [each.number for each in candidates]
    if len(numbers) != count or numbers != list(range(1, count + 1)) or len(kept) != min(count, 1):
        yield check.in_record("its candidates aren't all here, or not one of them was kept")
        return
    for each in candidates:
        if sha256(body_bytes(each.text)) != each.sha256:
            yield check.in_record(f"the text of candidate {each.number} isn't the one of its sha256")
        if each.thoughts and sha256(each.thoughts.text) != each.thoughts.sha256:
            yield check.in_record(f"the thoughts of candidate {each.number} aren't those of their sha256")
    if selection and kept:
        yield from _kept(check, kept[0])
        yield from _reader(check, selection)
        rule = choose.RULES.get(selection.chooser)
        # Only rules of `choose.RULES` can be applied, in the present versions.
        if rule is None:
            return
        if any(each.measures is None for each in candidates):
            yield check.in_record("the measures of some of its candidates are missing")
        elif (best := rule(candidates)) is not kept[0]:
            yield check.in_record(
                f"by the recorded measures candidate {best.number} is the best ({selection.chooser.name})"
            )


def _reader(check: OutputCheck, selection: Selection) -> Iterator[Finding]:
    """A reader of the candidates that isn't the run's: by the request, another model or the model that wrote."""
    run, reader = check.run, selection.reader
    # Of a rule of another version it isn't known whether a reader goes with it.
    if selection.chooser in choose.RULES and (selection.chooser == choose.READING) != (reader is not None):
        yield check.in_record("its rule of choice and its reader don't go together")
    elif run and run.options.reads_candidates != (reader is not None):
        yield check.in_record(f"its candidates weren't chosen as {REQUEST} says")
    elif run and reader:
        wanted = run.reader.file.sha256 if run.reader else check.record.derivation.model.sha256
        if reader.model.sha256 != wanted:
            yield check.in_record(f"its candidates were read by another model than {REQUEST} names")


def _kept(check: OutputCheck, kept: Candidate) -> Iterator[Finding]:
    record = check.record
    sampling = record.derivation.sampling
    there = (*(getattr(record.output, name) for name in _SHARED), record.flags, sampling and sampling.seed)
    if there != (*(getattr(kept, name) for name in _SHARED), kept.flags, kept.seed):
        yield check.in_record(f"candidate {kept.number}, which was kept, isn't the output")


_SHARED = ("sha256", "finish", "token_ids", "trimmed", "thoughts")


def _tries(check: OutputCheck) -> Iterator[Finding]:
    """Texts given up without reason or with other seeds than those of the rule, and copies kept before their time."""
    most = check.run.options.retry_copies if check.run else None
    yield from map(check.in_record, problems(check.record, most))


def _trace(check: OutputCheck) -> Iterator[Finding]:
    name = f"{check.found.task.id}.trace.json"
    try:
        data = check.folder.read_bytes(name)
    except FileNotFoundError:
        if check.record.trace:
            yield Finding(name, "missing")
        return
    except OSError as error:
        yield Finding(name, unreadable(error))
        return
    if check.record.trace not in (None, sha256(data)):
        yield Finding(name, "not the trace that was recorded")
        return
    try:
        trace = json_values.read(Trace, data)
    except JsonError:
        yield Finding(name, "not a trace")
        return
    tokens = check.record.output.token_ids
    if trace.record != check.record.id:
        yield Finding(name, "belongs to another record")
    elif tokens is not None and len(tokens) != len(trace.choices):
        yield Finding(name, f"has {len(trace.choices)} tokens, and the text has {len(tokens)}")
    kept = [each.logprob for each in check.record.candidates or () if each.chosen]
    if kept not in ([], [choose.mean_logprob(trace.choices)]):
        yield Finding(name, "has other probabilities than the record")


_BESIDE: tuple[tuple[str, type[MeasuresFile | ReadingFile | LineageFile], str, str], ...] = (
    (MEASURES, MeasuresFile, "the measures", "`remix measure` takes them anew"),
    (READING, ReadingFile, "the reading", "`remix measure --by model` takes it anew"),
    (LINEAGE, LineageFile, "the lineage", "`remix measure` makes it anew"),
)


def _measures(check: OutputCheck) -> Iterator[Finding]:
    """Measures, a reading or a lineage of another record. All may be made again, so their numbers aren't compared."""
    for ending, form, what, command in _BESIDE:
        name = f"{check.found.task.id}{ending}"
        try:
            found = json_values.read(form, check.folder.read_bytes(name))
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Finding(name, unreadable(error))
        except JsonError:
            yield Finding(name, f"not {what} of a text; {command}")
        else:
            if found.record != check.record.id:
                yield Finding(name, f"belongs to another record; {command}")


_CHECKS: tuple[Callable[[OutputCheck], Iterator[Finding]], ...] = (
    _hashes,
    _front_matter,
    _place,
    _derivation,
    _candidates,
    _tries,
    _trace,
    _measures,
)
