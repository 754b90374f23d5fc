"""Export to PROV-JSON: which text was derived from which, when, by which model and template.

Takes a run and verified outputs, gives a W3C PROV document (PROV-DM 2013, PROV-JSON 2013), made with the package
`prov`. An output's identifier is `run:` with the task's id; passages, templates and models are identified by sha256.
Of texts of several passages each sentence is an entity, too: `sentence:` with the record's id and the sentence's
number from 1, derived from the passages behind it. A woven essay is a collection of its texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from prov.identifier import QualifiedName
from prov.model import PROV, ProvActivity, ProvDocument, ProvEntity

from remix.export.noted_essay import essay_texts
from remix.export.reviewed_outputs import line
from remix.export.sentences import has_lineage, lineages
from remix.outputs.essay import heading_of
from remix.outputs.facts import fork_in_words
from remix.records import Branch, Record, RecordInput, Run, Source, sha256
from remix.records.lineage import Behind, Lineage
from remix.records.weave import WEAVES
from remix.verification.finding import FoundOutput

NAMES = "urn:x-remix:"

About = Mapping[str | QualifiedName, str | int]
"""Attributes of an entity."""


def prov_json(run: Run, found: Iterable[FoundOutput]) -> str:
    document = ProvDocument()
    document.add_namespace("remix", f"{NAMES}term:")
    document.add_namespace("sha256", f"{NAMES}sha256:")
    document.add_namespace("record", f"{NAMES}record:")
    document.add_namespace("model", f"{NAMES}model:")
    document.add_namespace("writing", f"{NAMES}writing:{_local(run.name)}:")
    document.add_namespace("software", f"{NAMES}software:")
    document.add_namespace("run", f"{NAMES}run:{_local(run.name)}:")
    outputs = list(found)
    for each in outputs:
        _add(document, each)
        if has_lineage(each):
            _add_sentences(document, each)
    _add_essay(document, outputs)
    return f"{document.serialize(format='json', indent=1)}\n"


def _add(document: ProvDocument, found: FoundOutput) -> None:
    record = found.record
    output = _output(document, found)
    writing = _writing(document, found)
    document.wasGeneratedBy(output, writing, time=record.circumstances.finished)
    software = f"software:remix-{_local(record.circumstances.remix)}"
    if not document.get_record(software):
        document.agent(software, {PROV["type"]: PROV["SoftwareAgent"], "remix:version": record.circumstances.remix})
    document.wasAssociatedWith(writing, software)
    passages = [_passage(document, each) for each in record.sources]
    texts = [f"run:{_local(each)}" for each in found.task.reads]
    # An output of an earlier run is known by its record.
    records = [each.record for each in found.task.inputs if isinstance(each, RecordInput)]
    earlier = [
        _once(document, f"record:{each}", {PROV["type"]: "remix:Output", "remix:record": each}) for each in records
    ]
    for used in (*passages, *_template_and_model(document, record), *texts, *earlier):
        document.used(writing, used)
    for origin in (*passages, *texts, *earlier):
        document.wasDerivedFrom(output, origin, activity=writing)


def _add_sentences(document: ProvDocument, found: FoundOutput) -> None:
    """The sentences of a text, each derived from the passages behind it by each method."""
    document.add_namespace("sentence", f"{NAMES}sentence:")
    text, passages = f"run:{_local(found.task.id)}", {each.passage: each for each in found.record.sources}
    by_method = lineages(found)
    for number, sentence in enumerate(by_method[0].sentences, start=1):
        about: list[tuple[str | QualifiedName, Any]] = [
            (PROV["type"], "remix:Sentence"),
            (PROV["value"], sentence.sentence),
            ("remix:number", number),
            *((f"remix:added_by_{each.method}", each.sentences[number - 1].added) for each in by_method),
        ]
        entity = document.entity(f"sentence:{found.id}/{number}", about)
        document.hadMember(text, entity)
        for lineage in by_method:
            for behind in lineage.sentences[number - 1].behind:
                origin = f"sha256:{sha256(passages[behind.passage].text)}"
                document.wasDerivedFrom(entity, origin, other_attributes=_share(lineage, behind))


def _share(lineage: Lineage, behind: Behind) -> list[tuple[str, str | int | float]]:
    reader: list[tuple[str, str | int | float]] = []
    if lineage.reader:
        reader = [("remix:reader", lineage.reader), ("remix:reader_sha256", lineage.reader_sha256 or "")]
    return [
        ("remix:passage", behind.passage),
        ("remix:share", behind.share),
        ("remix:score", behind.score),
        ("remix:closest", behind.sentence),
        ("remix:method", lineage.method),
        ("remix:version", lineage.version),
        *reader,
    ]


def _add_essay(document: ProvDocument, outputs: Sequence[FoundOutput]) -> None:
    """The woven essay as a collection of its texts, if all are here."""
    if texts := essay_texts(outputs):
        about: list[tuple[str | QualifiedName, Any]] = [
            (PROV["type"], "remix:Essay"),
            (PROV["type"], PROV["Collection"]),
            ("remix:title", heading_of(line(texts[0].text))),
        ]
        essay = document.entity(f"run:{WEAVES}", about)
        for each in texts:
            document.hadMember(essay, f"run:{_local(each.task.id)}")


def _output(document: ProvDocument, found: FoundOutput) -> ProvEntity:
    record = found.record
    return document.entity(
        f"run:{_local(found.task.id)}",
        [
            (PROV["type"], "remix:Output"),
            *([(PROV["type"], PROV["Collection"])] if has_lineage(found) else []),
            ("remix:record", record.id),
            ("remix:file", found.text_file),
            ("remix:sha256", record.output.sha256),
            ("remix:kind", found.task.kind),
            ("remix:step", found.task.step),
            ("remix:variant", found.task.variant),
            *(("remix:flag", flag) for flag in record.flags),
            *(_branch(record.task.branch) if record.task.branch else ()),
        ],
    )


def _branch(branch: Branch) -> Iterator[tuple[str, str | int]]:
    """The fork of a branch: the place where the text leaves its original, an output of an earlier run."""
    yield "remix:branch", fork_in_words(branch)
    yield "remix:branch_token", branch.token
    if branch.candidate:
        yield "remix:branch_candidate", branch.candidate
    if branch.edit:
        yield "remix:branch_edit_sha256", branch.edit.sha256


def _writing(document: ProvDocument, found: FoundOutput) -> ProvActivity:
    record = found.record
    sampling = record.derivation.sampling
    seed = [("remix:seed", sampling.seed), ("remix:max_tokens", sampling.max_tokens)] if sampling else []
    return document.activity(
        f"writing:{_local(found.task.id)}",
        record.circumstances.started,
        record.circumstances.finished,
        [(PROV["type"], "remix:Writing"), *seed, ("remix:exact", record.derivation.engine.exact)],
    )


def _passage(document: ProvDocument, source: Source) -> str:
    about: About = {
        PROV["type"]: "remix:Passage",
        "remix:passage": source.passage,
        "remix:essay": source.essay,
        "remix:file": source.path,
        "remix:first_line": source.lines[0],
        "remix:last_line": source.lines[1],
    }
    return _once(document, f"sha256:{sha256(source.text)}", about)


def _template_and_model(document: ProvDocument, record: Record) -> Iterator[str]:
    template: About = {PROV["type"]: "remix:Template", "remix:file": record.task.template}
    yield _once(document, f"sha256:{record.derivation.prompt.template}", template)
    weights, name = record.derivation.model.sha256, record.circumstances.model
    model: About = {PROV["type"]: "remix:Model", "remix:name": name}
    yield _once(document, f"sha256:{weights}" if weights else f"model:{_local(name)}", model)


def _local(name: str) -> str:
    """A name as the local part of an identifier: characters not allowed by PROV-N are percent-encoded."""
    return re.sub(r"[^\w./-]", lambda match: quote(match[0], safe=""), name)


def _once(document: ProvDocument, name: str, about: About) -> str:
    """Add an entity unless the document has one of the same name; gives the name."""
    if not document.get_record(name):
        document.entity(name, list(about.items()))
    return name
