"""Export to RO-Crate: the metadata of a folder that is a Process Run Crate.

Takes a run, verified outputs and the crate's files, gives the JSON-LD of `ro-crate-metadata.json` after RO-Crate 1.1
(https://w3id.org/ro/crate/1.1) and the profile Process Run Crate 0.5 (https://w3id.org/ro/wfrun/process/0.5): an
action for each output; the action's objects are the passages, the template and the texts read, the instruments are
remix and the model. Sentences of texts of several passages are made in `crate_sentences.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from remix.export.crate_sentences import Sentences, sentences, woven_essay
from remix.outputs.facts import about, fork_in_words, trunk_in_words
from remix.records import EarlierOutput, Essay, Passage, Record, RecordInput, Run, Source, TemplateUsed, sha256
from remix.verification.finding import FoundOutput

METADATA = "ro-crate-metadata.json"
PREVIEW = "ro-crate-preview.html"

CRATE = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
"""Context with the term `sha256`, missing in RO-Crate's own context."""

Entity = dict[str, Any]


class File(NamedTuple):
    """A file of the crate."""

    name: str
    """Path relative to the crate's folder."""
    sha256: str
    size: int
    """In bytes."""
    media_type: str
    text: str | None
    """The text that the file is about; None for texts and for files of the whole run."""


def metadata(run: Run, found: Sequence[FoundOutput], files: Sequence[File], license_: str | None = None) -> str:
    """The text of `ro-crate-metadata.json`. `license_`: the licence's address."""
    # RO-Crate requires a licence, so a missing licence is stated.
    missing = ("#terms", "no licence stated", "No licence was stated: ask the author before using this crate.")
    id_, name, description = (license_, license_, "The licence of this crate.") if license_ else missing
    terms = {"@id": id_, "@type": "CreativeWork", "name": name, "description": description}
    root = _root(run, found, files) | {"license": _to(terms["@id"])}
    descriptor = {"@id": METADATA, "@type": "CreativeWork", "about": _to("./"), "conformsTo": _to(CRATE)}
    graph = [descriptor, root, terms, _profile(), *_instruments(found), *_objects(run, found)]
    graph += [_action(each) for each in found]
    by_file = {each.text_file: known for each in found if (known := sentences(each))}
    graph += _files(found, files, by_file)
    graph += [entity for each in by_file.values() for entity in (*each.sentences, *each.shares)]
    if woven := woven_essay(found):
        graph.append(woven)
        root["mentions"].append(_to(woven["@id"]))
    return json.dumps({"@context": [f"{CRATE}/context", TERMS], "@graph": graph}, ensure_ascii=False, indent=2) + "\n"


def _profile() -> Entity:
    return {
        "@id": PROFILE,
        "@type": "CreativeWork",
        "name": "Process Run Crate",
        "version": PROFILE.rpartition("/")[2],
    }


def _root(run: Run, found: Sequence[FoundOutput], files: Iterable[File]) -> Entity:
    # The time of the last text instead of the export's: the same run gives the same crate.
    written = max((each.record.circumstances.finished for each in found), default=run.created)
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"remix run {run.name}",
        "description": f"{len(found)} of {len(run.tasks)} texts by a language model from passages: {about(run)}.",
        "datePublished": _time(written),
        "conformsTo": _to(PROFILE),
        "hasPart": [_to(_path(file.name)) for file in files],
        "mentions": [_to(_action_id(each)) for each in found],
    }


# -- instruments and actions --------------------------------------------------------------------------------


def _instruments(found: Iterable[FoundOutput]) -> list[Entity]:
    """Each version of remix, and each model."""
    entities: dict[str, Entity] = {}
    for each in found:
        for entity in (_remix(each.record), _model(each.record)):
            entities.setdefault(entity["@id"], entity)
    return list(entities.values())


def _remix(record: Record) -> Entity:
    circumstances, engine = record.circumstances, record.derivation.engine
    runs_on = f"llama-cpp-python {engine.llama_cpp_python}" if engine.llama_cpp_python else "LangChain"
    return {
        "@id": f"#remix-{circumstances.remix}",
        "@type": "SoftwareApplication",
        "name": "remix",
        "softwareVersion": circumstances.remix,
        "softwareRequirements": runs_on,
        "operatingSystem": circumstances.host,
    }


def _model(record: Record) -> Entity:
    """A model. The profile requires instruments to be software; the weights' sha256 is the version."""
    circumstances, model = record.circumstances, record.derivation.model
    entity: Entity = {
        "@id": f"#model-{model.sha256 or quote(circumstances.model, safe='')}",
        "@type": "SoftwareApplication",
        "name": circumstances.model,
        "applicationCategory": "language model",
    }
    if model.sha256:
        entity |= {
            "version": model.sha256,
            "sha256": model.sha256,
            "fileSize": str(circumstances.size),
            "fileFormat": "GGUF",
        }
    return entity


def _action(found: FoundOutput) -> Entity:
    record = found.record
    circumstances = record.circumstances
    return {
        "@id": _action_id(found),
        "@type": "CreateAction",
        "name": f"Writing {found.task.id}",
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "description": _description(found),
        "startTime": _time(circumstances.started),
        "endTime": _time(circumstances.finished),
        "instrument": [_to(_remix(record)["@id"]), _to(_model(record)["@id"])],
        "object": [*_sources(found), _to(f"#template-{quote(found.task.kind)}")],
        "result": _to(_path(found.text_file)),
        "identifier": record.id,
    }


def _description(found: FoundOutput) -> str:
    record, branch = found.record, found.record.task.branch
    if branch is None:
        return f"{record.circumstances.model} went on from a prompt by {record.task.template}."
    trunk = trunk_in_words(branch, (each.record for each in found.folder.run.earlier))
    return f"{record.circumstances.model} branched from {trunk} {fork_in_words(branch)}."


def _action_id(found: FoundOutput) -> str:
    return f"#write-{quote(found.task.id)}"


# -- objects ------------------------------------------------------------------------------------------------


def _objects(run: Run, found: Sequence[FoundOutput]) -> Iterator[Entity]:
    """Essays, passages and templates used by any output."""
    passages = {source.passage for each in found for source in each.record.sources}
    kinds = {each.task.kind for each in found}
    for essay in run.essays:
        used = [passage for passage in essay.passages if passage.id in passages]
        if used:
            yield _essay(essay)
            yield from (_passage(passage) for passage in used)
    here = run.pairs
    elsewhere = {each.passage: each for output in found for each in output.record.sources if each.passage not in here}
    yield from map(_passage_elsewhere, elsewhere.values())
    yield from (_template(each) for each in run.templates if each.kind in kinds)
    read = {each.record for output in found for each in _earlier(output)}
    yield from (_earlier_output(each) for each in run.earlier if each.record.id in read)


def _earlier_output(output: EarlierOutput) -> Entity:
    record = output.record
    return {
        "@id": f"#record-{record.id}",
        "@type": "CreativeWork",
        "name": f"{record.output.file} of {record.circumstances.run}",
        "text": output.text,
        "identifier": record.id,
    }


def _essay(essay: Essay) -> Entity:
    known = {"author": essay.author, "dateCreated": essay.date, "keywords": ", ".join(essay.tags)}
    return {
        "@id": f"#essay-{quote(essay.slug)}",
        "@type": "CreativeWork",
        "name": essay.title,
        "identifier": essay.path,
        **{key: value for key, value in known.items() if value},
    }


def _passage(passage: Passage) -> Entity:
    first, last = passage.lines
    return {
        "@id": f"#passage-{quote(passage.id)}",
        "@type": "CreativeWork",
        "name": f"{passage.title}, lines {first} to {last}",
        "text": passage.text,
        "sha256": passage.sha256,
        "keywords": ", ".join(passage.tags),
        "isPartOf": _to(f"#essay-{quote(passage.essay)}"),
    }


def _passage_elsewhere(source: Source) -> Entity:
    """A passage of an earlier run, which the request doesn't hold."""
    first, last = source.lines
    return {
        "@id": f"#passage-{quote(source.passage)}",
        "@type": "CreativeWork",
        "name": f"{source.essay}, lines {first} to {last}",
        "text": source.text,
        "sha256": sha256(source.text),
        "keywords": ", ".join(source.tags),
    }


def _template(template: TemplateUsed) -> Entity:
    return {
        "@id": f"#template-{quote(template.kind)}",
        "@type": "CreativeWork",
        "name": template.name,
        "text": template.source,
        "sha256": template.sha256,
    }


def _sources(found: FoundOutput) -> list[Entity]:
    """The passages, and the texts read; outputs of earlier runs are named by record id."""
    passages = [_to(f"#passage-{quote(source.passage)}") for source in found.record.sources]
    texts = [_to(_path(f"{each}.md")) for each in found.task.reads]
    return [*passages, *texts, *(_to(f"#record-{each.record}") for each in _earlier(found))]


def _earlier(found: FoundOutput) -> list[RecordInput]:
    return [each for each in found.task.inputs if isinstance(each, RecordInput)]


# -- files --------------------------------------------------------------------------------------------------


def _files(
    found: Iterable[FoundOutput], files: Iterable[File], sentences_of: Mapping[str, Sentences]
) -> Iterator[Entity]:
    outputs = {each.text_file: each for each in found}
    for file in files:
        entity: Entity = {
            "@id": _path(file.name),
            "@type": "File",
            "name": file.name,
            "encodingFormat": file.media_type,
            "contentSize": str(file.size),
            "sha256": file.sha256,
        }
        if output := outputs.get(file.name):
            sources = _sources(output)
            entity["isBasedOn"] = sources if len(sources) > 1 else sources[0]
            entity |= {"keywords": ", ".join(output.record.flags)} if output.record.flags else {}
            if known := sentences_of.get(file.name):
                entity["hasPart"] = [_to(each["@id"]) for each in known.sentences]
        elif file.text in outputs:
            entity["about"] = _to(_path(file.text))
        yield entity


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _path(name: str) -> str:
    return quote(name)


def _to(id_: str) -> Entity:
    return {"@id": id_}
