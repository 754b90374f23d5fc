"""The exact batched engine as a LangChain chat model.

Takes and gives LangChain's messages. Knows the engine's front (`engine/local.py`), but no slots, rows or llama.cpp.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import get_config_list
from pydantic import BaseModel, Field, PrivateAttr, ValidationError

from remix.errors import ModelError
from remix.langchain import structured
from remix.langchain.chunks import Call, Chunks
from remix.langchain.logprobs import MOST as MOST_LOGPROBS
from remix.langchain.logprobs import NAMES as LOGPROBS
from remix.langchain.logprobs import in_metadata, logprobs_of, wanted_top
from remix.langchain.messages import from_langchain, thoughts_of, usage_of
from remix.langchain.weights import LoadRequest, Weights
from remix.records import Choice, Generation, Sampling, SamplingSettings
from remix.util.validation import first_problem

_USUAL = SamplingSettings()
_CALLABLE = ("temperature", "max_tokens", "max_thoughts", "max_string", "top_k", "top_p", "min_p", "seed")
"""Fields that a call may override: `model.bind(temperature=0)`, `model.invoke(…, seed=7)`."""

_HOLDING = threading.Lock()


class ChatRemix(BaseChatModel):
    """remix's exact batched engine as a LangChain chat model.

    The same messages, sampling parameters and seed give the same text; the rest of the batch and the order of calls
    have no effect. The model is loaded at the first call and freed by `close()`, at the end of a `with`, or with the
    object; copies share the loaded model. To change sampling parameters for a call, use `bind` instead of a second
    `ChatRemix`: only calls of the same loaded model share a batch. A last `AIMessage` is the beginning of the answer
    (prefill); the answer then holds the new words alone, and continues as if the model had written the beginning
    (`continued.py`). `with_structured_output` gives JSON that fits a schema. Token counts
    (`get_num_tokens_from_messages`, `trim_messages`) are computed with the model's own tokenizer and chat template.

    Raises `PromptError` for messages that aren't text or don't fit `context`, and `ModelError` if the model can't be
    found, loaded or used. `bind_tools` isn't supported.
    """

    model: str | Path | None = None
    """Path or name of a GGUF; the bundled model, if null."""
    models: tuple[Path, ...] = ()
    """Folders to look for a named model in."""
    temperature: float = Field(_USUAL.temperature, ge=0)
    """Divides the logits; at 0 the most probable token is taken."""
    max_tokens: int = Field(300, ge=1)
    """Most new tokens; a longer answer is cut, with the `finish_reason` "length"."""
    think: bool = False
    """Let a reasoning model think before the answer. The thoughts are the message's `reasoning_content`."""
    max_thoughts: int = Field(0, ge=0)
    """Most tokens of thoughts, besides `max_tokens`; at 0 thoughts take from `max_tokens`."""
    max_string: int | None = Field(None, ge=1, le=1000)
    """In JSON, most characters of a string whose schema has no `maxLength`; small models may never end a string."""
    top_k: int = Field(_USUAL.top_k, ge=0)
    """Sample from the `top_k` most probable tokens; 0 is all tokens."""
    top_p: float = Field(_USUAL.top_p, gt=0, le=1)
    """Sample from the most probable tokens up to a total probability of `top_p`."""
    min_p: float = Field(_USUAL.min_p, ge=0, le=1)
    """Sample from tokens with at least this share of the most probable token's probability."""
    seed: int = Field(1, ge=1, le=2**32 - 2)
    """Sampling seed, equal for all calls, so that a text doesn't depend on the number of earlier calls."""
    stop: tuple[str, ...] = ()
    """Strings that end the text; a call's own `stop` replaces the field."""
    logprobs: bool = False
    """Tell the log-probability of each token, before any sampler, in `response_metadata["logprobs"]`."""
    top_logprobs: int = Field(0, ge=0, le=MOST_LOGPROBS)
    """With `logprobs`, how many of the most probable tokens are told in the place of each."""
    context: int = Field(2048, ge=1)
    """Most tokens of prompt and answer together; at most the model's training context is used."""
    parallel: int = Field(16, ge=1)
    """Most conversations in a batch; further conversations wait."""
    threads: int | None = Field(None, ge=1)
    """Threads to compute with; as many as physical cores, if null."""

    _held: Weights | None = PrivateAttr(None)

    # -- the local model --------------------------------------------------------------------------------

    @property
    def _weights(self) -> Weights:
        name = None if self.model is None else str(self.model)
        request = LoadRequest(name, self.models, self.context, self.parallel, self.threads, self.think)
        with _HOLDING:
            # A copy with changed fields still holds the original's weights.
            if self._held is None or self._held.request != request:
                self._held = Weights(request)
            return self._held

    @property
    def model_name(self) -> str:
        """The model's name, never the path. Raises `ModelError` for an unknown model."""
        return self._weights.file.name

    @property
    def _llm_type(self) -> str:
        return "remix"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """All conditions of an answer except the messages: the key of LangChain's caches."""
        file = self._weights.file
        fields = {name: getattr(self, name) for name in ("think", *_CALLABLE, *LOGPROBS)}
        return {"model_name": file.name, "sha256": file.sha256, **fields, "stop": list(self.stop)}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        # The inherited method would show a path.
        name = kwargs.get("model") or self.model_name
        return {**super()._get_ls_params(stop=stop, **kwargs), "ls_model_name": name}

    def close(self) -> None:
        """Free the model; unfinished calls end with a `ModelError`. A later call loads the model again."""
        self._weights.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- a conversation -------------------------------------------------------------------------------------

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call = self._call(stop, kwargs)
        future = self._weights.submit(from_langchain(messages), call.sampling)
        try:
            return self._result(_outcome(future), call)
        finally:
            # Ctrl-C while waiting withdraws the request, unless decoding has begun.
            future.cancel()

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call = self._call(stop, kwargs)
        weights = await self._loaded()
        future = weights.submit(from_langchain(messages), call.sampling)
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        future.add_done_callback(lambda _: _tell(loop, done.set))
        try:
            await done.wait()
            return self._result(_outcome(future), call)
        finally:
            future.cancel()

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        call = self._call(stop, kwargs)
        heard: queue.SimpleQueue[str | Choice | None] = queue.SimpleQueue()
        future = self._weights.submit(from_langchain(messages), call.sampling, heard.put, call.hear(heard.put))
        future.add_done_callback(lambda _: heard.put(None))
        chunks = Chunks(call)
        try:
            while (item := heard.get()) is not None:
                yield from chunks.of(item)
            yield self._last_chunk(_outcome(future), call, chunks)
        finally:
            future.cancel()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call = self._call(stop, kwargs)
        weights = await self._loaded()
        heard: asyncio.Queue[str | Choice | None] = asyncio.Queue()
        put = partial(_tell, asyncio.get_running_loop(), heard.put_nowait)
        future = weights.submit(from_langchain(messages), call.sampling, put, call.hear(put))
        future.add_done_callback(lambda _: put(None))
        chunks = Chunks(call)
        try:
            while (item := await heard.get()) is not None:
                for chunk in chunks.of(item):
                    yield chunk
            yield self._last_chunk(_outcome(future), call, chunks)
        finally:
            future.cancel()

    async def _loaded(self) -> Weights:
        """The model, loaded without holding up the event loop."""
        weights = self._weights
        if not weights.is_loaded:
            await asyncio.to_thread(weights.load)
        return weights

    # -- many conversations ---------------------------------------------------------------------------------

    def batch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[AIMessage]:
        """Answer all inputs, in batches of up to `parallel` inputs, or up to the config's `max_concurrency`.

        (`abatch` isn't overridden, because LangChain's `abatch` starts all calls at once anyway.)
        """
        configs = self._concurrent(config, len(inputs))
        return super().batch(inputs, configs, return_exceptions=return_exceptions, **kwargs)

    def batch_as_completed(
        self,
        inputs: Sequence[LanguageModelInput],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> Iterator[tuple[int, Any]]:
        """Answer all inputs as `batch` does; yield each finished answer at once, with the input's index."""
        configs = self._concurrent(config, len(inputs))
        if return_exceptions:
            return super().batch_as_completed(inputs, configs, return_exceptions=True, **kwargs)
        return super().batch_as_completed(inputs, configs, return_exceptions=False, **kwargs)

    def _concurrent(
        self, config: RunnableConfig | Sequence[RunnableConfig] | None, count: int
    ) -> list[RunnableConfig]:
        """The configs with `max_concurrency` set to keep the batch full.

        LangChain's default is the number of cores and four more, which would leave most rows of the batch empty.
        """
        enough = max(1, min(count, 4 * self.parallel))
        configs = get_config_list(config, count)
        return [{**each, "max_concurrency": each.get("max_concurrency") or enough} for each in configs]

    # -- tokens ---------------------------------------------------------------------------------------------

    def get_token_ids(self, text: str) -> list[int]:
        """Return the token ids of a text by the model's own tokenizer, or by `custom_get_token_ids`."""
        return super().get_token_ids(text) if self.custom_get_token_ids else self._weights.tokenize_text(text)

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """Count the tokens of the prompt made from messages with the model's own chat template."""
        if tools or self.custom_get_token_ids:
            return super().get_num_tokens_from_messages(messages, tools)
        return len(self._weights.tokenize(from_langchain(messages)))

    # -- JSON -----------------------------------------------------------------------------------------------

    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        include_raw: bool = False,
        method: Literal["json_schema", "json_mode", "function_calling"] = "json_schema",
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Return the model with answers in JSON that fits a pydantic class, a `TypedDict` or a JSON schema.

        A grammar constrains decoding: an uncut answer always fits. `max_tokens` may cut an answer; the parser then
        raises an `OutputParserException`; `max_string` or the schema's own `maxLength` and `maxItems` keep small
        models from writing strings without end. The schema isn't added to the prompt: describe the schema in a
        message. All values of `method` have the same effect, and `strict` is always true; with "json_mode" the schema
        may be left out, for any JSON object. "function_calling" calls no tools.

        Raises `ModelError` for a schema without a grammar (with `pattern`, for example), and `ValueError` for a value
        that isn't a schema.
        """
        if kwargs:
            raise ValueError(f"Received unsupported arguments {kwargs}")
        if method not in structured.METHODS:
            raise ValueError(f"Unrecognized method argument {method!r}; there are {', '.join(structured.METHODS)}.")
        if schema is None and method != "json_mode":
            raise ValueError(f"The method {method!r} needs a schema.")
        wanted = structured.response_format(schema)
        # A schema without a possible grammar is refused here, not at the first call.
        structured.grammar(wanted)
        shown = {"kwargs": {"method": method}, "schema": schema or {}}
        answers = self.bind(response_format=wanted, ls_structured_output_format=shown)
        return structured.parsed(answers, schema, include_raw)

    # -- forms ----------------------------------------------------------------------------------------------

    def _call(self, stop: list[str] | None, given: Mapping[str, Any]) -> Call:
        """A call's parameters: the call's arguments, else the model's fields."""
        fields = {name: getattr(self, name) for name in LOGPROBS}
        return Call(self._sampling(stop, given), wanted_top(fields, given))

    def _sampling(self, stop: list[str] | None, given: Mapping[str, Any]) -> Sampling:
        unknown = given.keys() - {*_CALLABLE, *LOGPROBS, "response_format", "stream"}
        if unknown:
            raise ModelError(
                f"ChatRemix doesn't know {', '.join(f'`{name}`' for name in sorted(unknown))}.",
                f"A call may change {', '.join((*_CALLABLE, *LOGPROBS))}, response_format and stop. "
                "Tools aren't supported.",
            )
        values = {name: given.get(name, getattr(self, name)) for name in _CALLABLE}
        longest = values.pop("max_string")
        bounds = {name: values.pop(name) for name in ("seed", "max_tokens", "max_thoughts")}
        ends = tuple(end for end in (self.stop if stop is None else stop) if end)
        wanted = given.get("response_format")
        grammar = () if wanted is None else (structured.grammar(wanted, longest),)
        try:
            chain = (*grammar, *SamplingSettings(**values).chain())
            return Sampling(chain=chain, stop=ends, **bounds)
        except ValidationError as error:
            problem = first_problem(error)
            raise ModelError(f"`{problem.key}`: {problem.words}.", "Mend the value.") from error

    def _result(self, generation: Generation, call: Call) -> ChatResult:
        told = None if call.top is None else logprobs_of(generation, call.top)
        message = AIMessage(
            content=generation.text,
            additional_kwargs=thoughts_of(generation),
            usage_metadata=usage_of(generation),
            response_metadata=self._metadata(generation, call, told),
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _last_chunk(self, generation: Generation, call: Call, chunks: Chunks) -> ChatGenerationChunk:
        message = AIMessageChunk(
            content="",
            additional_kwargs=thoughts_of(generation),
            usage_metadata=usage_of(generation),
            response_metadata=self._metadata(generation, call, chunks.rest(generation)),
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message)

    def _metadata(self, generation: Generation, call: Call, told: list[dict[str, Any]] | None) -> dict[str, Any]:
        about = {"model_name": self.model_name, "finish_reason": generation.finish, "seed": call.sampling.seed}
        return about | in_metadata(told)


def _outcome(future: Future[Generation]) -> Generation:
    """Wait for an answer. Raises `ModelError`, also if the engine is closed meanwhile."""
    try:
        return future.result()
    except CancelledError as error:
        raise ModelError("the model was closed before it had answered.", "Ask again.") from error


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[..., object], *arguments: object) -> None:
    """Call a function in an event loop, from the engine's thread."""
    # A loop that has ended needs no answer, and must not stop the engine's thread.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, *arguments)
