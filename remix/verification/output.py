"""One output: its text and record held against each other, and against the run's request."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from remix.generation import choose
from remix.measure.ledger import MeasuresFile
from remix.outputs.form import body_bytes, body_of, compose, id_of
from remix.outputs.layout import REQUEST, RESUMED
from remix.outputs.run import RunFolder
from remix.records import Candidate, Frozen, Record, Run, Source, Task, Trace, sha256
from remix.util import frontmatter, json_values
from remix.util.json_values import JsonError
from remix.verification.finding import Finding, FoundOutput, unreadable
from remix.verification.lineage import RenderedAgain


def read_output(folder: RunFolder, task: Task) -> FoundOutput | Finding | None:
    """An output; nothing where there is no record: then it isn't finished, or the manifest misses it."""
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
    """What an output's checks go by."""

    found: FoundOutput
    folder: RunFolder
    run: Run | None
    """Its request, where that can be trusted."""
    asked: RenderedAgain
    """What makes prompts anew."""
    others: Collection[str | None]
    """Models that went on with the run in place of its own."""

    @property
    def record(self) -> Record:
        return self.found.record

    def in_text(self, what: str) -> Finding:
        return Finding(self.found.text_file, what)

    def in_record(self, what: str) -> Finding:
        return Finding(self.found.record_file, what)


def output_findings(look: OutputCheck) -> Iterator[Finding]:
    for check in _CHECKS:
        yield from check(look)


def _hashes(look: OutputCheck) -> Iterator[Finding]:
    body = body_of(look.found.data)
    if sha256(body) != look.record.output.sha256:
        yield look.in_text("not the text that was recorded")
    elif body.decode(errors="ignore").encode() != body:
        yield look.in_text("not UTF-8")
    if look.found.id != look.record.id:
        yield look.in_record("its id isn't the sha256 of its derivation and text")


def _front_matter(look: OutputCheck) -> Iterator[Finding]:
    """What people read above the text; keys that remix doesn't write are theirs."""
    name, data = look.found.text_file, look.found.data
    record = look.record
    named = [word for source in record.sources for word in (source.essay, source.passage)]
    words = (*named, record.task.kind, record.circumstances.model, *record.flags)
    if sum(map(len, words)) + len(words) > frontmatter.MOST_FRONT_MATTER:
        # Writing a million flags as YAML would take minutes.
        yield look.in_record("says more than front matter may hold")
        return
    try:
        written = frontmatter.split(compose(look.record, "").decode(), name).meta
        meta, body, _ = frontmatter.split(data.decode(errors="replace"), name)
    except frontmatter.FrontMatterError:
        yield look.in_text("its front matter is broken")
        return
    # Other readers of front matter take a line like `--- ` for its end, too.
    if body != body_of(data).decode(errors="replace"):
        yield look.in_text("there are words between its front matter and its text")
    if differing := [key for key, value in written.items() if meta.get(key) != value]:
        yield look.in_text(f"its front matter says otherwise than its record ({', '.join(differing)})")


def _place(look: OutputCheck) -> Iterator[Finding]:
    """Whether it lies where it belongs, and speaks of what `run.json` has there."""
    record = look.record
    if record.output.file != look.found.text_file:
        yield look.in_record(f"belongs to another text ({record.output.file})")
    if look.run is None:
        return
    if record.circumstances.run != look.run.name:
        yield look.in_record(f"belongs to another run ({record.circumstances.run})")
    inputs, task = look.asked.inputs, look.found.task
    sources = inputs.sources(task)
    if len(sources) != len(record.sources):
        yield look.in_record(f"has {len(record.sources)} sources, and {REQUEST} has {len(sources)}")
    differing = {name for pair in zip(sources, record.sources, strict=False) for name in _differing(*pair)}
    if named := [name for name in Source.model_fields if name in differing]:
        yield look.in_record(f"its source isn't the one in {REQUEST} ({', '.join(named)})")
    if named := _differing(inputs.used(task), record.task):
        yield look.in_record(f"its task isn't the one in {REQUEST} ({', '.join(named)})")


def _differing(one: Frozen, other: Frozen) -> list[str]:
    """The fields in which two records of the same form differ."""
    return [name for name in type(one).model_fields if getattr(one, name) != getattr(other, name)]


def _derivation(look: OutputCheck) -> Iterator[Finding]:
    """Whether it was derived from what it shows, and from what `run.json` planned."""
    record, task, run = look.record, look.found.task, look.run
    derivation = record.derivation
    if tuple(sha256(source.text) for source in record.sources) != derivation.passages:
        yield look.in_record("its passage isn't the one it was derived from")
    if run is None:
        return
    if derivation.prompt.template not in {each.sha256 for each in run.templates if each.kind == task.kind}:
        yield look.in_record(f"its prompt is by another template than the one in {REQUEST}")
    if run.model and derivation.model.sha256 not in {run.model.sha256, *look.others}:
        yield look.in_record(f"was written by another model than {REQUEST} or {RESUMED} names")
    seed = record.candidates[0].seed if record.candidates else derivation.sampling and derivation.sampling.seed
    if seed not in (None, task.seed):
        yield look.in_record(f"its seed isn't the one in {REQUEST}")
    if not derivation.parents and not task.reads and not look.asked.holds(record, task, ()):
        yield look.in_record("its prompt doesn't hold the passage")


def _candidates(look: OutputCheck) -> Iterator[Finding]:
    """Whether the one that was kept is the best of them by their own numbers, and the output."""
    selection, candidates = look.record.derivation.selection, look.record.candidates or ()
    count = selection.candidates if selection else 0
    kept = [each for each in candidates if each.chosen]
    numbers = [each.number for each in candidates]
    if len(numbers) != count or numbers != list(range(1, count + 1)) or len(kept) != min(count, 1):
        yield look.in_record("its candidates aren't all here, or not one of them was kept")
        return
    for each in candidates:
        if sha256(body_bytes(each.text)) != each.sha256:
            yield look.in_record(f"the text of candidate {each.number} isn't the one of its sha256")
    if selection and kept:
        yield from _kept(look, kept[0])
        # Another rule, or another version of the rule, can't be applied here.
        if selection.chooser != choose.MEASURES:
            return
        if any(each.measures is None for each in candidates):
            yield look.in_record("the measures that one of its candidates was chosen by aren't all here")
        elif (best := choose.choose(candidates)) is not kept[0]:
            yield look.in_record(
                f"by its own numbers candidate {best.number} was to be kept ({selection.chooser.name})"
            )


def _kept(look: OutputCheck, kept: Candidate) -> Iterator[Finding]:
    record = look.record
    sampling = record.derivation.sampling
    there = (*(getattr(record.output, name) for name in _SHARED), record.flags, sampling and sampling.seed)
    if there != (*(getattr(kept, name) for name in _SHARED), kept.flags, kept.seed):
        yield look.in_record(f"candidate {kept.number}, which was kept, isn't the output")


_SHARED = ("sha256", "finish", "token_ids", "trimmed")


def _trace(look: OutputCheck) -> Iterator[Finding]:
    name = f"{look.found.task.id}.trace.json"
    try:
        data = look.folder.read_bytes(name)
    except FileNotFoundError:
        if look.record.trace:
            yield Finding(name, "missing")
        return
    except OSError as error:
        yield Finding(name, unreadable(error))
        return
    if look.record.trace not in (None, sha256(data)):
        yield Finding(name, "not the trace that was recorded")
        return
    try:
        trace = json_values.read(Trace, data)
    except JsonError:
        yield Finding(name, "not a trace")
        return
    tokens = look.record.output.token_ids
    if trace.record != look.record.id:
        yield Finding(name, "tells of another record")
    elif tokens is not None and len(tokens) != len(trace.choices):
        yield Finding(name, f"tells of {len(trace.choices)} tokens, and there are {len(tokens)}")
    kept = [each.logprob for each in look.record.candidates or () if each.chosen]
    if kept not in ([], [choose.mean_logprob(trace.choices)]):
        yield Finding(name, "tells of other probabilities than the record")


def _measures(look: OutputCheck) -> Iterator[Finding]:
    """Whether measures, which may be taken anew at any time, are of this record."""
    name = f"{look.found.task.id}.measures.json"
    try:
        measures = json_values.read(MeasuresFile, look.folder.read_bytes(name))
    except FileNotFoundError:
        return
    except OSError as error:
        yield Finding(name, unreadable(error))
        return
    except JsonError:
        yield Finding(name, "not the measures of a text; `remix measure` takes them anew")
        return
    if measures.record != look.record.id:
        yield Finding(name, "tells of another record; `remix measure` takes them anew")


_CHECKS: tuple[Callable[[OutputCheck], Iterator[Finding]], ...] = (
    _hashes,
    _front_matter,
    _place,
    _derivation,
    _candidates,
    _trace,
    _measures,
)
