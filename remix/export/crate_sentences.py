"""Sentences and the woven essay in an RO-Crate: each sentence with the passages behind it, and their shares.

Takes verified outputs, gives entities of JSON-LD. A sentence's id is the record's id and the sentence's number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from remix.export.noted_essay import essay_texts
from remix.export.reviewed_outputs import line
from remix.export.sentences import has_lineage, lineages
from remix.outputs.essay import heading_of
from remix.records.lineage import Lineage
from remix.records.weave import WEAVES
from remix.verification.finding import FoundOutput

Entity = dict[str, Any]


def woven_essay(found: Sequence[FoundOutput]) -> Entity | None:
    """The woven essay with its texts in reading order, the title first; null as long as a text isn't written."""
    texts = essay_texts(found)
    if not texts:
        return None
    return {
        "@id": f"#essay-{WEAVES}",
        "@type": "CreativeWork",
        "name": heading_of(line(texts[0].text)),
        "hasPart": [{"@id": quote(each.text_file)} for each in texts],
    }


class Sentences(NamedTuple):
    """The sentences of a text, as entities."""

    sentences: list[Entity]
    shares: list[Entity]
    """For each sentence and method the share of each passage behind the sentence, or that the sentence is added."""


def sentences(found: FoundOutput) -> Sentences | None:
    """The sentences of a text of several passages; null for other texts."""
    if not has_lineage(found):
        return None
    by_method = lineages(found)
    numbers = range(1, len(by_method[0].sentences) + 1)
    shares = [share for each in by_method for number in numbers for share in _shares(found, each, number)]
    return Sentences([_sentence(found, by_method, number) for number in numbers], shares)


def _shares(found: FoundOutput, lineage: Lineage, number: int) -> Iterator[Entity]:
    sentence = lineage.sentences[number - 1]
    by = f"the model {lineage.reader} (sha256 {lineage.reader_sha256})" if lineage.reader else lineage.method
    about = {"@type": "PropertyValue", "measurementTechnique": f"{by}, version {lineage.version}"}
    if sentence.added:
        yield {"@id": _added(found, lineage, number), "name": "added", "value": "true", **about}
    for behind in sentence.behind:
        yield {
            "@id": _share(found, lineage, number, behind.passage),
            "name": "share",
            "value": str(behind.share),
            "description": behind.sentence,
            "valueReference": {"@id": f"#passage-{quote(behind.passage)}"},
            **about,
        }


def _sentence(found: FoundOutput, by_method: Sequence[Lineage], number: int) -> Entity:
    at = [each.sentences[number - 1] for each in by_method]
    passages = dict.fromkeys(behind.passage for each in at for behind in each.behind)
    told = [
        _share(found, each, number, behind.passage)
        for each, sentence in zip(by_method, at, strict=True)
        for behind in sentence.behind
    ]
    told += [_added(found, each, number) for each in by_method if each.sentences[number - 1].added]
    entity: Entity = {
        "@id": f"#sentence-{_id(found, number)}",
        "@type": "CreativeWork",
        "name": f"Sentence {number} of {found.task.id}",
        "text": at[0].sentence,
        "position": number,
        "isPartOf": {"@id": quote(found.text_file)},
        "additionalProperty": [{"@id": each} for each in told],
    }
    return entity | ({"isBasedOn": [{"@id": f"#passage-{quote(each)}"} for each in passages]} if passages else {})


def _share(found: FoundOutput, lineage: Lineage, number: int, passage: str) -> str:
    return f"#share-{_id(found, number)}-{lineage.method}-{quote(passage)}"


def _added(found: FoundOutput, lineage: Lineage, number: int) -> str:
    return f"#added-{_id(found, number)}-{lineage.method}"


def _id(found: FoundOutput, number: int) -> str:
    return f"{found.id}-{number}"
