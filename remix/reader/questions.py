"""Questions to a reader: is a claim true by a passage?

Takes a passage, gives the text before a claim, the question after the claim, and the answers to choose from. Plain
text without a chat template: the text before a claim is the same for all claims about a passage, and is computed
once.
"""

from __future__ import annotations

from remix.records import Answers

ANSWERS: Answers = (" Yes", " No")
"""The answers, in the order of `Score.others`; the first tokens are different."""

QUESTION = "\nAnswer:"
"""Behind a claim."""


def before(passage: str) -> str:
    """The text before each claim about a passage."""
    return f"Is each claim true by the passage?\n\nPassage: {passage}\n\nClaim:"
