"""Preferences as JSON lines: what was liked better of two answers to the same prompt.

Takes outputs with their reviews, gives a text: an object a line with `prompt`, `chosen` and `rejected`, each a list
of messages, as the trainers of preferences read it (TRL's conversational preference format; Rafailov et al. 2023,
"Direct Preference Optimization").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

from remix.export.item import Item
from remix.records import Message, Verdict
from remix.util.names import in_json

_RANKS: dict[Verdict, int] = {"reject": 0, "accept": 1, "star": 2}


def dpo(items: Iterable[Item], is_wanted: Callable[[Item], bool] = lambda item: True) -> str:
    """All lines as a text."""
    return "".join(lines(items, is_wanted))


def lines(items: Iterable[Item], is_wanted: Callable[[Item], bool] = lambda item: True) -> Iterator[str]:
    """A line for each pair whose better text is wanted.

    Of answers to one prompt the one with the better verdict goes first, and what a person made of an output before
    that output. Who said nothing of an output prefers nothing to it.
    """
    by_prompt: dict[tuple[Message, ...], list[Item]] = {}
    for item in items:
        by_prompt.setdefault(item.found.record.derivation.prompt.messages, []).append(item)
    for messages, answers in by_prompt.items():
        for row in _rows(messages, answers, is_wanted):
            yield in_json(json.dumps(row, ensure_ascii=False)) + "\n"


def _rows(
    messages: tuple[Message, ...], answers: Sequence[Item], is_wanted: Callable[[Item], bool]
) -> Iterator[dict[str, Any]]:
    for item in filter(is_wanted, answers):
        # A rejected output that was edited first is not what its editor wants said.
        if item.edited is not None and item.standing.verdict != "reject" and item.edited != item.found.text:
            yield _row(messages, (item.edited, "edit"), (item.found.text, "output"), (item, item))
    judged = [(item, verdict) for item in answers if (verdict := item.standing.verdict)]
    for (better, one), (worse, other) in product(judged, judged):
        if _RANKS[one] > _RANKS[other] and is_wanted(better) and better.text != worse.found.text:
            yield _row(messages, (better.text, one), (worse.found.text, other), (better, worse))


def _row(
    messages: tuple[Message, ...], chosen: tuple[str, str], rejected: tuple[str, str], items: tuple[Item, Item]
) -> dict[str, Any]:
    """`chosen` and `rejected` are texts with what they come by: a verdict, an edit, or the output that was edited."""
    # The beginning of an answer that the template gave is the answer's, not the prompt's.
    asked = messages[:-1] if messages[-1].role == "assistant" else messages
    return {
        "prompt": [message.model_dump() for message in asked],
        "chosen": [{"role": "assistant", "content": chosen[0]}],
        "rejected": [{"role": "assistant", "content": rejected[0]}],
        "chosen_by": chosen[1],
        "rejected_by": rejected[1],
        "chosen_record": items[0].found.id,
        "rejected_record": items[1].found.id,
    }
