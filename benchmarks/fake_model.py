"""A model without weights for workers of a cluster: answers at once, with a text that follows from prompt and seed.

Takes what a `LocalModel` takes. What remains of a run's cost is remix's own.
"""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

from remix.cluster.messages import Order
from remix.records import EngineUsed, Fork, Generation, ModelUsed, Prompt, Sampling, WriterInfo, canonical_sha256

INFO = WriterInfo(
    name="fake",
    model=ModelUsed(sha256=None, metadata_sha256=None, parameters={"fake": True}),
    engine=EngineUsed(exact=True),
    exactness="by construction",
    host="a benchmark",
    threads=1,
    parallel=64,
)


class FakeModel:
    """Writes texts of five words."""

    info = INFO

    def __init__(self) -> None:
        self.sampled = 0

    def submit(self, prompt: Prompt, sampling: Sampling, *, fork: Fork | None = None) -> Future[Generation]:
        """The text of a prompt, finished."""
        now = datetime.now(UTC)
        asked = canonical_sha256([prompt.model_dump(mode="json"), sampling.model_dump(mode="json")])
        text = f"The {asked[:6]} clock says {asked[6:12]}."
        self.sampled += 5
        future: Future[Generation] = Future()
        future.set_result(
            Generation(
                writer=INFO,
                text=text,
                finish="stop",
                token_ids=None,
                prompt_token_ids=None,
                sampling=sampling,
                choices=None,
                started=now,
                finished=now,
            )
        )
        return future

    def close(self) -> None:
        """Nothing is held."""


def load_fake(order: Order, path: Path | None) -> FakeModel:
    """A fake model, whatever is ordered."""
    return FakeModel()
