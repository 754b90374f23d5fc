"""A scorer without a model: words as tokens, with probabilities that can be worked by hand."""

from __future__ import annotations

import math
import re
from concurrent.futures import Future
from types import TracebackType

from remix.reader.questions import QUESTION
from remix.records import Answers, Score


class FakeScorer:
    """Finds a word that stands in the text before 8 times as probable as another, and answers with 3 in 4 that a
    claim is true if it stands in the passage, or else that it isn't. The hidden state is 1, 2 if the claim stands in
    the passage, or else 0, 2."""

    def __init__(self, *_: object) -> None:
        self.asked: list[str] = []

    def score_text(self, before: str, *parts: str | Answers) -> Future[Score]:
        """Score a text after another."""
        text = "".join(part for part in parts if isinstance(part, str))
        self.asked.append(f"{before}|{text}")
        known = set(before.rpartition("Passage: ")[2].split())
        pieces: list[bytes] = []
        logprobs: list[float] = []
        for part in parts:
            if part is parts[-1]:
                known |= set(b"".join(pieces).decode().split())
            for word in re.findall(r"\s*\S+|\s+", part) if isinstance(part, str) else part[:1]:
                pieces.append(word.encode())
                logprobs.append(math.log(0.5 if word.strip() in known else 1 / 16))
        claim = text.removesuffix(QUESTION).strip()
        others = [
            tuple(math.log(0.75 if is_first == (claim in before) else 1 / 8) for is_first in (True, False))
            for part in parts
            if not isinstance(part, str)
        ]
        states = [(float(claim in before), 2.0)] * len(others)
        return _done(Score(tuple(pieces), tuple(logprobs), tuple(others), tuple(states)))

    def __enter__(self) -> FakeScorer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


def _done(score: Score) -> Future[Score]:
    future: Future[Score] = Future()
    future.set_result(score)
    return future
