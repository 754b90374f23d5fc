"""Where a text could have gone on otherwise: its words with their tokens and the alternatives of each.

Takes the studio's runs and an output's key, gives frozen values that become JSON; strings are safe to show. Plans no
branch, and knows nothing of HTTP.
"""

from __future__ import annotations

import re

from remix.outputs.uncertain import trace_of, words
from remix.records import Choice, Frozen
from remix.studio.json_http import NotInStudio
from remix.studio.open_runs import OpenRuns
from remix.studio.output_detail import SHOWN, ShownToken, shown_token

HALF = "\ufffd"
"""In a piece, a letter that several tokens share: such an alternative can't be taken alone."""


class RoadToken(ShownToken):
    """A token that a branch may replace."""

    number: int
    """The token's number in the text, from 1."""
    ways: tuple[bool, ...]
    """For each alternative, whether a branch can take the alternative: not the end of the text, nor half a letter."""


class RoadWord(Frozen):
    """A word with its tokens."""

    index: int
    """Number of the word in the text, from 0, if words are what stands between white space."""
    shade: int
    """Uncertainty: 0 low … 3 very high."""
    tokens: tuple[RoadToken, ...]


class Roads(Frozen):
    """All roads of a text."""

    output: str
    """The output's name in requests: `RUN:essay/NNN/kind.step[.vN]`."""
    words: tuple[RoadWord, ...]
    """Words with known alternatives, in order; empty if no trace was kept."""
    end: RoadToken | None
    """The token by which the model ended the text, if it did."""


def roads_of(runs: OpenRuns, key: str) -> Roads:
    """The roads of an output. Raises `NotInStudio`, and `RunError` if the output was changed since it was written."""
    output = runs.planned.outputs.get(key)
    if output is None:
        raise NotInStudio("This text isn't in the studio.", "Reload the page.")
    folder, task = output.folder, output.task.id
    record, text = folder.read(task)
    trace = trace_of(folder, task, record)
    choices = trace.choices if trace else ()
    shown = text[:SHOWN]
    found = words(shown, choices)
    index_of = {match.start(): index for index, match in enumerate(re.finditer(r"\S+", shown))}
    ended = bool(found) and not choices[-1].piece
    return Roads(
        output=f"{folder.path.name}:{task}",
        words=tuple(
            RoadWord(
                index=index_of[word.start], shade=word.shade, tokens=tuple(map(_token, word.tokens, word.numbers))
            )
            for word in found
        ),
        end=_token(choices[-1], len(choices)) if ended else None,
    )


def _token(choice: Choice, number: int) -> RoadToken:
    shown = shown_token(choice)
    pieces = [alternative.piece for alternative in choice.alternatives[: len(shown.alternatives)]]
    ways = tuple(bool(piece) and HALF not in piece for piece in pieces)
    return RoadToken(**shown.model_dump(), number=number, ways=ways)
