"""Questions to a reader: is a claim said by a passage?

Takes a passage and a claim, gives messages that ask for Yes or No.

All questions begin with the same examples, then the passage, then the claim, each closed by a blank line: what they
share is computed once. The claim comes with the passage's best-matching sentences, since small models lose sight of
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from remix.measure.chrf import CHRF
from remix.records import Message

QUOTED = 2
"""Sentences of the passage that a question quotes."""

YES = "Yes"
"""The answer whose probability is asked for."""

QUESTIONS = {
    "true": "Is the claim true according to the passage?",
    "supported": "Does the passage support the claim in every detail?",
    "false": "Is the claim false according to the passage?",
}
"""The question behind each field of `Features`."""

_PASSAGE = (
    "When the mill at Rove closed in 1920, fewer people came to the fair than before. "
    "The miller’s house stood empty, and children played in it."
)
_FAIR = ("When the mill at Rove closed in 1920, fewer people came to the fair than before.",)
_HOUSE = ("The miller’s house stood empty, and children played in it.",)

_EXAMPLES = (
    (_FAIR, "After 1920 the fair at Rove drew smaller crowds.", "true", True),
    (_FAIR, "The closing of the mill brought more people to the fair.", "supported", False),
    (_FAIR, "The closing of the mill brought more people to the fair.", "false", True),
    (_HOUSE, "The house of the miller was full of tenants.", "true", False),
    (_HOUSE, "Nobody lived in the house of the miller any more.", "false", False),
    (_HOUSE, "Nobody lived in the house of the miller any more.", "supported", True),
)
"""Quoted sentences, claim, question, and whether the answer is Yes."""


def messages(passage: str, source: Sequence[str], claim: str, question: str) -> tuple[Message, ...]:
    """The prompt that asks a question of `QUESTIONS` about a claim; `source` are the passage's sentences."""
    examples = [
        message
        for quoted, said, asked, answer in _EXAMPLES
        for message in (
            Message(role="user", content=_turn(_PASSAGE, quoted, said, asked)),
            Message(role="assistant", content=YES if answer else "No"),
        )
    ]
    return (*examples, Message(role="user", content=_turn(passage, closest(source, claim), claim, question)))


def closest(source: Sequence[str], claim: str) -> list[str]:
    """The sentences that match a claim best, by letters, in the order of the passage."""
    if not source:
        return []
    scores = CHRF.scores([claim], source)[0]
    best = sorted(range(len(source)), key=lambda at: (-scores[at], at))[:QUOTED]
    return [source[at] for at in sorted(best)]


def _turn(passage: str, quoted: Iterable[str], claim: str, question: str) -> str:
    lines = " … ".join(quoted)
    return (
        f"Passage: {passage}\n\nThe passage’s words: “{lines}”\nClaim: “{claim}”\n\n"
        f"{QUESTIONS[question]} Answer Yes or No."
    )
