"""What a branch leaves: the kept text of an output of an earlier run, or a candidate that wasn't kept.

Takes records and texts as a run of branches holds them, gives the record and text that a branch's tokens go by.
Compares words without white space, since a text's own white space at the fork may differ. Reads no file.
"""

from __future__ import annotations

from remix.errors import RunError
from remix.records import Branch, EarlierOutput, Record

_OF_CANDIDATES = ("sha256", "finish", "token_ids", "trimmed", "thoughts")
"""The fields of an output that a candidate has too."""


def as_candidate(record: Record, number: int | None) -> Record:
    """A record with a candidate's tokens, seed and flags in place of the kept text's; without a number as it is.

    The id stays the kept text's. Raises `RunError` if the record has no such candidate, or doesn't tell its seed.
    """
    if number is None:
        return record
    candidate = next((each for each in record.candidates or () if each.number == number), None)
    sampling = record.derivation.sampling
    if candidate is None or candidate.seed is None or sampling is None:
        count = len(record.candidates or ())
        has = f"has {count} candidates, and no candidate {number}" if count else "was the only candidate"
        hint = (
            f"Say 1 to {count}: `remix show --candidates OUTPUT` shows them." if count else "Leave --candidate out."
        )
        raise RunError(f"{record.output.task_id} {has}.", hint)
    output = record.output.model_copy(update={name: getattr(candidate, name) for name in _OF_CANDIDATES})
    sampling = sampling.model_copy(update={"seed": candidate.seed})
    derivation = record.derivation.model_copy(update={"sampling": sampling})
    return record.model_copy(update={"output": output, "derivation": derivation, "flags": candidate.flags})


def text_of_candidate(record: Record, number: int | None, kept: str) -> str:
    """The text of a candidate; without a number the kept text."""
    return next((each.text for each in record.candidates or () if each.number == number), kept)


def before_fork(earlier: EarlierOutput, branch: Branch) -> str:
    """The original's text up to the token at which a branch leaves. Raises `RunError` as `as_candidate` does."""
    return _whole(earlier, branch)[: max(0, branch.character - 1)]


def after_fork(earlier: EarlierOutput, branch: Branch) -> str:
    """The original's text from the token on at which a branch leaves, with what was cut off from the text."""
    return _whole(earlier, branch)[max(0, branch.character - 1) :]


def begins_with(text: str, beginning: str) -> bool:
    """Whether a text begins with the words of another text."""
    return "".join(text.split()).startswith("".join(beginning.split()))


def _whole(earlier: EarlierOutput, branch: Branch) -> str:
    text = text_of_candidate(earlier.record, branch.candidate, earlier.text)
    return text + as_candidate(earlier.record, branch.candidate).output.trimmed
