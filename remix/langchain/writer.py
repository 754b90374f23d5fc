"""Any LangChain chat model as a run's writer.

Takes prompts, gives generations whose records say that they aren't exact.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage

from remix.errors import ModelError, RemixError
from remix.generation import execute, prepare
from remix.langchain.messages import to_langchain
from remix.records import EngineUsed, Generation, ModelFile, ModelUsed, Options, Prompt, Sampling
from remix.workspace import Workspace

_LENGTH = ("length", "max_tokens")
_FINISHES = ("finish_reason", "stop_reason", "done_reason")
_PRIVATE = re.compile(r"(?:^|_)(?:key|secret|token|password|credentials?|headers?|path|dir)$", re.IGNORECASE)
"""Parameters that no record should show: what is secret, and what only says where things lie."""

_LARGEST = 2**53
"""Canonical JSON has no larger integers."""


class ChatModelWriter:
    """Lets a LangChain chat model write a run's outputs; a `pipeline.Writer`.

    Only the messages are sent. Temperature, length, stop strings and the rest are the model's own business: set
    them on the model; the records show what it says of itself, and that nothing here is exact. Calls under way
    when a run is stopped are waited for when Python ends.

    An opening (the template's beginning of the answer) is sent as a last message by the assistant, and not
    left out: the record must show what the model was asked, and it shows these messages. Models that can be
    led so go on from it, others begin anew; where one repeats the opening first, it is taken off again, since
    the pipeline puts it in front. Some providers refuse such a message, and the task then fails saying so.
    The shipped templates have openings only for small local models, so it takes a template's author to ask
    for one here.
    """

    file: ModelFile | None = None
    threads: int | None = None
    n_ctx_seq: int | None = None
    chat_template_sha256: str | None = None

    def __init__(self, model: BaseChatModel, parallel: int = 4) -> None:
        """Ask `model`, with at most `parallel` calls under way at once."""
        self.parallel = parallel
        self.sampled = 0
        """Tokens written so far, by those models that count them."""
        self.name = _name(model)
        self.model_used = ModelUsed(
            sha256=None,
            metadata_sha256=None,
            parameters={"class": type(model).__name__, **_plain(model._identifying_params)},
        )
        self._model = model
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(parallel, "remix-langchain")

    @property
    def engine_used(self) -> EngineUsed:
        """Nothing that could be known."""
        return EngineUsed(exact=False)

    @property
    def exactness(self) -> str:
        """That there is none."""
        return "not exact: a LangChain chat model wrote this, and may write something else the next time"

    def submit(self, prompt: Prompt, sampling: Sampling) -> Future[Generation]:
        """Queue a prompt. The future's error is a `ModelError`, whatever the model raised."""
        try:
            return self._pool.submit(self._write, prompt, sampling)
        except RuntimeError as error:
            raise ModelError("the writer has been closed.", "Make another one.") from error

    def close(self) -> None:
        """Take back what hasn't been sent, and wait for nothing."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _write(self, prompt: Prompt, sampling: Sampling) -> Generation:
        started = datetime.now(UTC)
        try:
            answer = self._model.invoke(to_langchain(prompt.messages))
            generation = Generation(
                text=_continuation(str(answer.text), prompt.opening),
                finish="length" if _was_cut(answer) else "stop",
                token_ids=None,
                prompt_token_ids=None,
                sampling=None,
                choices=None,
                started=started,
                finished=datetime.now(UTC),
            )
        except RemixError:
            raise
        # A stranger's client may raise whatever it likes; one text less is no reason to stop the run.
        except Exception as error:
            reason = " ".join(str(error).split())[:300] or "it gives no reason"
            raise ModelError(
                f"{self.name}: failed to write ({type(error).__name__}: {reason}).",
                "See to the model (its key, its limits, what it accepts), then resume the run with it.",
            ) from error
        self._count(answer)
        return generation

    def _count(self, answer: AIMessage) -> None:
        if answer.usage_metadata:
            with self._lock:
                self.sampled += answer.usage_metadata["output_tokens"]


def generate_with(
    chat_model: BaseChatModel, workspace: Workspace, options: Options | None = None, outputs: Path | None = None
) -> execute.Outcome:
    """Make a run with a LangChain chat model, in the workspace's `outputs` unless another folder is given.

    `options.parallel` calls are under way at once (4, unless given). Raises what `prepare` and `generate` do;
    what the model raises becomes a failed task. To go on afterwards:
    `pipeline.resume(outcome.folder, writer=ChatModelWriter(chat_model))`.
    """
    options = options or Options()
    writer = ChatModelWriter(chat_model, options.parallel or 4)
    with closing(writer):
        job = prepare.prepare_for(workspace, options, writer)
        return execute.generate(job, outputs or workspace.outputs, writer=writer)


def _name(model: BaseChatModel) -> str:
    """What the model calls itself, else its class: LangChain has no one name for the name."""
    names = (getattr(model, field, None) for field in ("model_name", "model", "model_id"))
    return next((_placeless(name) for name in names if isinstance(name, str) and name), type(model).__name__)


def _was_cut(answer: AIMessage) -> bool:
    return any(str(answer.response_metadata.get(key)).casefold() in _LENGTH for key in _FINISHES)


def _continuation(text: str, opening: str) -> str:
    """The new words: without the opening, where the model said it again."""
    return text.lstrip().removeprefix(opening) if opening and text.lstrip().startswith(opening) else text


def _placeless(text: str) -> str:
    """Of a path on this machine the last part alone: what was used, not where it lay."""
    path = PurePath(text)
    return path.name if path.is_absolute() and len(path.parts) > 2 else text


def _plain(value: Any) -> Any:
    """A parameter as JSON, the same for the same value: no addresses, no secrets, no numbers JSON hasn't."""
    match value:
        case None | bool():
            return value
        case str():
            return _placeless(str(value))
        case int() if abs(value) < _LARGEST:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case int() | float():
            return repr(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items() if not _PRIVATE.search(str(key))}
        case list() | tuple():
            return [_plain(item) for item in value]
    return type(value).__name__
