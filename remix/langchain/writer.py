"""Any LangChain chat model as a run's writer.

Takes prompts, gives generations with records marked as not exact. Knows LangChain's interface alone, and no
provider.
"""

from __future__ import annotations

import logging
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

from remix.engine.reasoning import split
from remix.errors import ModelError, RemixError
from remix.generation import execute, prepare
from remix.generation.writer import OnText
from remix.langchain.messages import to_langchain
from remix.langchain.tokens import counter_of
from remix.records import EngineUsed, Fork, Generation, ModelUsed, Options, Prompt, Sampling, WriterInfo
from remix.util import environment
from remix.workspace import Workspace

_logger = logging.getLogger(__name__)

_LENGTH = ("length", "max_tokens")
_FINISHES = ("finish_reason", "stop_reason", "done_reason")
_PRIVATE = re.compile(r"(?:^|_)(?:key|secret|token|password|credentials?|headers?|path|dir)$", re.IGNORECASE)
"""Parameters kept out of records: secrets, and places on this machine."""

_LARGEST = 2**53
"""The largest integer of canonical JSON."""


class ChatModelWriter:
    """Lets a LangChain chat model write a run's outputs: a `generation.writer.Writer`.

    Only the messages are sent. Temperature, length, stop strings and all further parameters are set on the chat
    model. The records show the model's `_identifying_params`, and say that texts are not exact. When a run is
    stopped, calls in progress go on until Python ends.

    Prompts are checked against the model's context before the run begins if the model counts tokens itself
    (`get_num_tokens_from_messages`, `get_num_tokens` or `get_token_ids` overridden, or `custom_get_token_ids` given)
    and says how many tokens fit: in `num_ctx`, `n_ctx` or `context`, or in `profile["max_input_tokens"]`.

    An opening (the beginning of the answer, written by the template) is sent as a last `AIMessage`, because the
    record must show the messages sent. Models that support prefilling continue the opening, models without prefilling
    begin a new answer; if a model repeats the opening, the repetition is removed, because the opening is put before
    the text anyway. Some providers refuse a last `AIMessage`, and the task fails with the provider's error. The
    shipped templates have openings for small local models only.
    """

    def __init__(self, model: BaseChatModel, parallel: int = 4) -> None:
        """Ask `model`, with at most `parallel` calls in progress at once."""
        name = _name(model)
        self.info = WriterInfo(
            name=name,
            model=ModelUsed(
                sha256=None,
                metadata_sha256=None,
                parameters={"class": type(model).__name__, **_plain(model._identifying_params)},
            ),
            engine=EngineUsed(exact=False),
            exactness="not exact: a LangChain chat model wrote this, and may write something else the next time",
            host=environment.host(),
            parallel=parallel,
        )
        self.counter = counter_of(model, name)
        self.scorer = None
        """Null: LangChain's interface gives no probabilities of given texts."""
        self.sampled = 0
        """Number of tokens written, if the model's messages have `usage_metadata`."""
        self._model = model
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(parallel, "remix-langchain")

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        """Queue a prompt. The future's error is always a `RemixError`.

        `on_text` gets the whole text at the end. Raises `ModelError` for a branch: a LangChain model can't be given
        tokens.
        """
        if fork:
            raise ModelError(f"{self.info.name}: can't go on from given tokens.", "Branch with a local GGUF model.")
        try:
            return self._pool.submit(self._write, prompt, on_text or (lambda words: None))
        except RuntimeError as error:
            raise ModelError("the writer has been closed.", "Make another one.") from error

    def close(self) -> None:
        """Cancel the calls that haven't begun, without waiting for calls in progress."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _write(self, prompt: Prompt, on_text: OnText) -> Generation:
        started = datetime.now(UTC)
        try:
            answer = self._model.invoke(to_langchain(prompt.messages))
            reasons = [str(answer.response_metadata.get(key)).casefold() for key in _FINISHES]
            (text, thoughts), opening = split(str(answer.text)), prompt.opening
            # A model may repeat the opening before the new words.
            repeated = opening and text.lstrip().startswith(opening)
            generation = Generation(
                writer=self.info,
                text=text.lstrip().removeprefix(opening) if repeated else text,
                thoughts=thoughts,
                finish="length" if any(reason in _LENGTH for reason in reasons) else "stop",
                token_ids=None,
                prompt_token_ids=None,
                sampling=None,
                choices=None,
                started=started,
                finished=datetime.now(UTC),
            )
        except RemixError:
            raise
        # A client may raise any exception; a missing text is no reason to stop the run.
        except Exception as error:
            reason = " ".join(str(error).split())[:300] or "it gives no reason"
            raise ModelError(
                f"{self.info.name}: failed to write ({type(error).__name__}: {reason}).",
                "See to the model (its key, its limits, what it accepts), then resume the run with it.",
            ) from error
        if answer.usage_metadata:
            with self._lock:
                self.sampled += answer.usage_metadata["output_tokens"]
        on_text(generation.text)
        return generation


def generate_with(
    chat_model: BaseChatModel, workspace: Workspace, options: Options | None = None, outputs: Path | None = None
) -> execute.Outcome:
    """Make a run with a LangChain chat model, in the workspace's `outputs` unless `outputs` names a different folder.

    `options.parallel` calls are in progress at once (4, unless given). Raises the errors of `prepare_for` and
    `generate`; an error of the model becomes a failed task. Parts left out are logged as warnings. To finish an
    interrupted run: `remix.generation.execute.resume(outcome.folder, writer=ChatModelWriter(chat_model))`.
    """
    options = options or Options()
    writer = ChatModelWriter(chat_model, options.parallel or 4)
    with closing(writer):
        job = prepare.prepare_for(workspace, options, writer)
        for error in job.left_out:
            _logger.warning("Left out: %s %s", error.message, error.hint)
        return execute.generate(job, outputs or workspace.outputs, writer=writer)


def _name(model: BaseChatModel) -> str:
    """The model's name, or the class's: LangChain's chat models keep the name in different fields."""
    names = (getattr(model, field, None) for field in ("model_name", "model", "model_id"))
    return next((_placeless(name) for name in names if isinstance(name, str) and name), type(model).__name__)


def _placeless(text: str) -> str:
    """A text, or only the last part if the text is a path on this machine."""
    path = PurePath(text)
    return path.name if path.is_absolute() and len(path.parts) > 2 else text


def _plain(value: Any) -> Any:
    """A parameter as JSON, equal for equal values: no memory addresses, no secrets, no numbers unknown to JSON."""
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
