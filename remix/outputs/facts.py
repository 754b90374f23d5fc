"""A record in words: what a reader may want to know of an output, a term and its value each.

Takes a record, gives pairs of words.
"""

from __future__ import annotations

from collections.abc import Iterator

from remix.records import Record


def facts(record: Record) -> Iterator[tuple[str, str]]:
    """Terms with their values, the most telling first."""
    derivation, circumstances = record.derivation, record.circumstances
    yield "record", record.id
    if derivation.parent:
        yield "made from", derivation.parent
    weights = f", sha256 {derivation.model.sha256}" if derivation.model.sha256 else ""
    yield "model", circumstances.model + weights
    yield "template", f"{record.source.template}, sha256 {derivation.prompt.template}"
    if sampling := derivation.sampling:
        chain = ", ".join(sampler.name for sampler in sampling.chain)
        yield "sampling", f"seed {sampling.seed}, at most {sampling.max_tokens} tokens, {chain}"
    if selection := derivation.selection:
        yield "chosen", f"of {selection.candidates} by {selection.chooser.name}"
    if record.output.trimmed:
        yield "cut off", record.output.trimmed
    yield "written", f"{circumstances.finished:%Y-%m-%d %H:%M:%S} UTC"
    yield "exact", "yes" if derivation.engine.exact else "no: bytes may depend on what ran beside it"
