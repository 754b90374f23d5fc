"""Export to JSON lines: a flat object for each output, for dataset readers.

Takes outputs with their reviews, gives a text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from remix.export.reviewed_outputs import ReviewedOutput, branch_row
from remix.export.sentences import has_lineage, lineages
from remix.records import Reading, Source, sha256
from remix.records.lineage import Lineage
from remix.util.names import in_json


def jsonl(outputs: Iterable[ReviewedOutput]) -> str:
    """A line for each output. All objects have the same keys, with the same types; unknown values are null.

    `lineage` is among the keys if any of the texts was written from several passages.
    """
    rows = []
    for each in outputs:
        # Of the text as it was written: by words, then by a model if one was asked.
        behind = lineages(each.found) if has_lineage(each.found) else ()
        rows.append(_row(each) | {"lineage": [_lineage(own) for own in behind]})
    if not any(row["lineage"] for row in rows):
        for row in rows:
            del row["lineage"]
    # The text may be printed to a terminal: control characters are written as JSON escapes.
    return "".join(in_json(json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)


def _lineage(lineage: Lineage) -> dict[str, Any]:
    return {
        "method": lineage.method,
        "version": lineage.version,
        "reader": lineage.reader,
        "reader_sha256": lineage.reader_sha256,
        "unheard": list(lineage.unheard),
        "sentences": [each.model_dump(mode="json") for each in lineage.sentences],
    }


def _row(output: ReviewedOutput) -> dict[str, Any]:
    found, standing = output.found, output.standing
    record = found.record
    task, derivation, sampling = record.task, record.derivation, record.derivation.sampling
    return {
        "id": record.id,
        "run": record.circumstances.run,
        "output": found.task.id,
        "passages": [_passage(source) for source in record.sources],
        "kind": task.kind,
        "step": task.step,
        "variant": task.variant,
        "reads": list(task.reads),
        "parents": list(derivation.parents),
        "branch": branch_row(task.branch),
        "messages": [message.model_dump() for message in derivation.prompt.messages],
        "text": found.text,
        "sha256": record.output.sha256,
        "finish": record.output.finish,
        "flags": list(record.flags),
        "not_looked_for": list(record.not_looked_for),
        "tokens": len(record.output.token_ids) if record.output.token_ids is not None else None,
        "candidates": derivation.selection.candidates if derivation.selection else 1,
        "model": record.circumstances.model,
        "model_sha256": derivation.model.sha256,
        "template_sha256": derivation.prompt.template,
        "seed": sampling.seed if sampling else None,
        "max_tokens": sampling.max_tokens if sampling else None,
        "exact": derivation.engine.exact,
        "started": record.circumstances.started.isoformat(),
        "finished": record.circumstances.finished.isoformat(),
        "remix": record.circumstances.remix,
        **_reading(output.reading),
        "verdict": standing.verdict,
        "loss": standing.loss,
        "note": standing.note,
        "edited": output.edited,
    }


def _reading(reading: Reading | None) -> dict[str, Any]:
    """What a model found in the text beside its passage; the bits of single words are in the reading's own file."""
    return {
        "reader": reading.reader if reading else None,
        "reader_sha256": reading.reader_sha256 if reading else None,
        "bits_kept": round(reading.kept, 4) if reading else None,
        "sentences": [
            {
                "sentence": each.sentence,
                "label": each.label,
                "said": each.said,
                "turned_round": each.turned_round,
                "against": each.against,
            }
            for each in (reading.sentences if reading else ())
        ],
    }


def _passage(source: Source) -> dict[str, Any]:
    return {
        "id": source.passage,
        "essay": source.essay,
        "section": source.section,
        "path": source.path,
        "first_line": source.lines[0],
        "last_line": source.lines[1],
        "tags": list(source.tags),
        "text": source.text,
        "sha256": sha256(source.text),
    }
