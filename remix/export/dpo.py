"""Export to DPO: preference pairs as JSON lines, the better and the worse of two texts from the same prompt.

Takes outputs with their reviews, gives a text: each line an object with `prompt`, `chosen` and `rejected`, lists of
messages (TRL's conversational preference format; Rafailov et al. 2023, "Direct Preference Optimization").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

from remix.export.reviewed_outputs import ReviewedOutput, branch_row
from remix.records import Message, Verdict
from remix.util.names import in_json

_RANKS: dict[Verdict, int] = {"reject": 0, "accept": 1, "star": 2}


def lines(outputs: Iterable[ReviewedOutput], is_wanted: Callable[[ReviewedOutput], bool]) -> Iterator[str]:
    """A line for each pair, if `is_wanted` chooses the better output.

    Of two texts from one prompt the text with the better verdict is chosen; an edited version is chosen over the
    original. Outputs without a verdict are in no pair with different outputs.
    """
    by_prompt: dict[tuple[Message, ...], list[ReviewedOutput]] = {}
    for output in outputs:
        by_prompt.setdefault(output.found.record.derivation.prompt.messages, []).append(output)
    for messages, answers in by_prompt.items():
        for row in _rows(messages, answers, is_wanted):
            yield in_json(json.dumps(row, ensure_ascii=False)) + "\n"


def _rows(
    messages: tuple[Message, ...], answers: Sequence[ReviewedOutput], is_wanted: Callable[[ReviewedOutput], bool]
) -> Iterator[dict[str, Any]]:
    for output in filter(is_wanted, answers):
        # If an output was edited, then rejected, the reviewer doesn't prefer the edited version either.
        if output.edited is not None and output.standing.verdict != "reject" and output.edited != output.found.text:
            yield _row(messages, (output.edited, "edit"), (output.found.text, "output"), (output, output))
    judged = [(output, verdict) for output in answers if (verdict := output.standing.verdict)]
    for (better, one), (worse, other) in product(judged, judged):
        if _RANKS[one] > _RANKS[other] and is_wanted(better) and better.text != worse.found.text:
            yield _row(messages, (better.text, one), (worse.found.text, other), (better, worse))


def _row(
    messages: tuple[Message, ...],
    chosen: tuple[str, str],
    rejected: tuple[str, str],
    outputs: tuple[ReviewedOutput, ReviewedOutput],
) -> dict[str, Any]:
    """`chosen` and `rejected`: a text, and a verdict, `edit` or `output` (the original of an edited version)."""
    # A beginning of the answer given by the template belongs to the answer.
    asked = messages[:-1] if messages[-1].role == "assistant" else messages
    return {
        "prompt": [message.model_dump() for message in asked],
        "chosen": [{"role": "assistant", "content": chosen[0]}],
        "rejected": [{"role": "assistant", "content": rejected[0]}],
        "chosen_by": chosen[1],
        "rejected_by": rejected[1],
        "chosen_record": outputs[0].found.id,
        "rejected_record": outputs[1].found.id,
        # A branch begins with words that were given to the model: a trainer may want to leave such pairs out.
        "chosen_branch": branch_row(outputs[0].found.record.task.branch),
        "rejected_branch": branch_row(outputs[1].found.record.task.branch),
    }
