"""remix inside LangChain, and LangChain inside remix. The only file that imports `langchain_core`.

Takes LangChain's messages, gives LangChain's: `TagRetriever` finds passages by their tags, `ChatRemix` is the
exact batched engine as a chat model. The other way round, `ChatModelWriter` lets any LangChain chat model
write a run's outputs, with records that say so. It knows the pipeline's `Writer` protocol and the engine's
front (`engine/local.py`), nothing of slots, rows or llama.cpp.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import queue
import re
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForLLMRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import get_config_list
from pydantic import Field, PrivateAttr, ValidationError

from remix import environment, models, pipeline
from remix.corpus import read_seeds, select, tag_key
from remix.errors import ModelError, PromptError, RemixError
from remix.prompts import SamplingSettings
from remix.records import (
    EngineUsed,
    Generation,
    Message,
    ModelFile,
    ModelUsed,
    Options,
    Passage,
    Prompt,
    Request,
    Sampling,
)
from remix.workspace import FILE, Workspace, read_settings

if TYPE_CHECKING:
    from remix.engine.local import LocalModel

# -- passages as documents ----------------------------------------------------------------------------------


class TagRetriever(BaseRetriever):
    """Finds passages by tag: `invoke("convergence")`, or `invoke("maps, #generic pastness")` for any of several.

    Documents come in the order of the corpus, which is read anew at each question. A tag that no passage has
    finds nothing and is no error, as retrievers promise; the command line is stricter and names near ones.
    Raises `SeedError` where the seeds themselves can't be read. (`tags`, which every retriever has, are labels
    for LangChain's callbacks and have nothing to do with the passages'.)
    """

    workspace: Path
    """A workspace, or just a folder of seeds."""

    k: int | None = Field(None, ge=0)
    """Most passages to return; `invoke(query, k=…)` goes before it."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        found = self._passages([tag for part in query.split(",") if (tag := part.strip().removeprefix("#"))])
        return [_document(passage) for passage in itertools.islice(found, self.k if k is None else k)]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        # The inherited one takes no `k`.
        return await asyncio.to_thread(self._get_relevant_documents, query, run_manager=run_manager.get_sync(), k=k)

    def _passages(self, tags: Sequence[str]) -> list[Passage]:
        essays = read_seeds(*_seeds_and_root(self.workspace.expanduser().absolute()))
        known = {tag_key(tag) for essay in essays for passage in essay.passages for tag in passage.tags}
        wanted = [tag for tag in tags if tag_key(tag) in known]
        return select(essays, wanted) if wanted else []


def _seeds_and_root(folder: Path) -> tuple[Path, Path]:
    """The folder of seeds that is meant, and what their paths are relative to."""
    if (folder / FILE).is_file():
        return Workspace(folder, read_settings(folder / FILE)).seeds, folder
    if (folder / "seeds").is_dir():
        return folder / "seeds", folder
    return folder, folder.parent


def _document(passage: Passage) -> Document:
    metadata = passage.model_dump(mode="json", exclude={"id", "text"})
    return Document(page_content=passage.text, id=passage.id, metadata=metadata)


# -- a model that is loaded when it is needed ---------------------------------------------------------------


class _Wanted(NamedTuple):
    """What decides which model is loaded, and with how much room."""

    model: str | None
    folders: tuple[Path, ...]
    context: int
    parallel: int
    threads: int | None


class _Weights:
    """A model that is looked for when its name is asked for, and loaded when it first has to write.

    Thread-safe. Freed when closed, when nobody holds it any more, or when Python ends; asked again after
    `close`, it is loaded again.
    """

    def __init__(self, wanted: _Wanted) -> None:
        self.wanted = wanted
        self._lock = threading.RLock()
        self._identity: tuple[Path, ModelFile] | None = None
        self._local: LocalModel | None = None
        self._free: Callable[[], object] = lambda: None

    def __reduce__(self) -> tuple[type[_Weights], tuple[_Wanted]]:
        """Copy and pickle what is wanted, never what is loaded."""
        return _Weights, (self.wanted,)

    @property
    def file(self) -> ModelFile:
        """What the file is. Hashes it, the first time anybody asks on this machine. Raises `ModelError`."""
        return self._identify()[1]

    @property
    def is_loaded(self) -> bool:
        """Whether `submit` would answer at once."""
        return self._local is not None

    def load(self) -> LocalModel:
        """Load it, if it isn't. Raises `ModelError`."""
        from remix.engine.local import LocalModel, Needs

        with self._lock:
            if self._local is None:
                path, file = self._identify()
                threads = self.wanted.threads or environment.physical_cores()
                needs = Needs(min(self.wanted.context, file.context), self.wanted.parallel, threads)
                self._local = LocalModel(path, file, needs)
                self._free = weakref.finalize(self, _close, self._local)
            return self._local

    def submit(
        self, messages: Sequence[Message], sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Future[Generation]:
        """Queue a conversation; `on_text` hears the new words, from the engine's thread."""
        # Within the lock, for a vocabulary that `close` had freed would be read all the same.
        with self._lock:
            local = self.load()
            return local.engine.submit(Request(token_ids=local.tokenize(messages), sampling=sampling), on_text)

    def close(self) -> None:
        """Free it; whoever still waits for an answer gets a `ModelError`."""
        with self._lock:
            self._local = None
            self._free()

    def _identify(self) -> tuple[Path, ModelFile]:
        with self._lock:
            if self._identity is None:
                found = models.find(self.wanted.model, self.wanted.folders)
                self._identity = found.path, models.identify(found.path, found.name)
            return self._identity


def _close(local: LocalModel) -> None:
    """Close a model that nobody holds any more, from whichever thread the garbage collector happens to run on."""
    # The engine's own thread can't wait for itself to end.
    if threading.current_thread().name == "remix-engine":
        threading.Thread(target=local.close, name="remix-close", daemon=True).start()
    else:
        local.close()


# -- the engine as a chat model -----------------------------------------------------------------------------

_USUAL = SamplingSettings()
_CALLABLE = ("temperature", "max_tokens", "top_k", "top_p", "min_p", "seed")
"""Fields that a call may override: `model.bind(temperature=0)`, `model.invoke(…, seed=7)`."""

_HOLDING = threading.Lock()


class ChatRemix(BaseChatModel):
    """remix's exact batched engine as a LangChain chat model.

    The same messages, sampling and seed give the same text, alone or among others, in whatever order. The
    model is loaded at the first call and freed by `close()`, at the end of a `with`, or with the object;
    copies share it. To sample otherwise for a call, `bind` the fields to change rather than make another
    `ChatRemix`: all calls of one share a batch. A last message by the assistant is the beginning of the
    answer; what comes back are the new words alone.

    Raises `PromptError` for messages that aren't text, or don't fit `context`, and `ModelError` where the
    model can't be found, loaded or used. Tools and structured output aren't there.
    """

    model: str | Path | None = None
    """Path or name of a GGUF; the bundled one, if none is named."""
    models: tuple[Path, ...] = ()
    """Folders to look for a named one in."""
    temperature: float = Field(_USUAL.temperature, ge=0)
    """0 takes the likeliest token."""
    max_tokens: int = Field(300, ge=1)
    """The text is cut after so many tokens."""
    top_k: int = Field(_USUAL.top_k, ge=0)
    """Only so many of the likeliest; 0 is all."""
    top_p: float = Field(_USUAL.top_p, gt=0, le=1)
    """Only the likeliest that together reach this probability."""
    min_p: float = Field(_USUAL.min_p, ge=0, le=1)
    """Only those at least so probable, relative to the likeliest."""
    seed: int = Field(1, ge=1, le=2**32 - 2)
    """For drawing. The same for every call, so that a text never depends on how many were asked for before."""
    stop: tuple[str, ...] = ()
    """Strings that end the text; those given with a call go before them."""
    context: int = Field(2048, ge=1)
    """Tokens for prompt and answer together; no more than the model was trained for."""
    parallel: int = Field(16, ge=1)
    """Most conversations decoded together; others wait."""
    threads: int | None = Field(None, ge=1)
    """Threads to compute with; as many as there are physical cores, unless given."""

    _held: _Weights | None = PrivateAttr(None)

    # -- the model behind it --------------------------------------------------------------------------------

    @property
    def _weights(self) -> _Weights:
        name = None if self.model is None else str(self.model)
        wanted = _Wanted(name, self.models, self.context, self.parallel, self.threads)
        with _HOLDING:
            # A copy with other fields has been handed what belongs to the original.
            if self._held is None or self._held.wanted != wanted:
                self._held = _Weights(wanted)
            return self._held

    @property
    def model_name(self) -> str:
        """The model's name, never its path. Raises `ModelError` where there is no such model."""
        return self._weights.file.name

    @property
    def _llm_type(self) -> str:
        return "remix"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """All that decides what comes back; LangChain's caches go by it."""
        file = self._weights.file
        sampling = {name: getattr(self, name) for name in _CALLABLE}
        return {"model_name": file.name, "sha256": file.sha256, **sampling, "stop": list(self.stop)}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        # The inherited one would show a path.
        name = kwargs.get("model") or self.model_name
        return {**super()._get_ls_params(stop=stop, **kwargs), "ls_model_name": name}

    def close(self) -> None:
        """Free the model; whoever still waits gets a `ModelError`. The next call would load it again."""
        self._weights.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- one conversation -----------------------------------------------------------------------------------

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        sampling = self._sampling(stop, kwargs)
        future = self._weights.submit(_from_langchain(messages), sampling)
        try:
            return self._result(_outcome(future), sampling)
        finally:
            # Whoever stops waiting (Ctrl-C) takes the request back, unless it is being decoded already.
            future.cancel()

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        sampling = self._sampling(stop, kwargs)
        weights = await self._loaded()
        future = weights.submit(_from_langchain(messages), sampling)
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        future.add_done_callback(lambda _: _tell(loop, done.set))
        try:
            await done.wait()
            return self._result(_outcome(future), sampling)
        finally:
            future.cancel()

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        sampling = self._sampling(stop, kwargs)
        heard: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        future = self._weights.submit(_from_langchain(messages), sampling, heard.put)
        future.add_done_callback(lambda _: heard.put(None))
        try:
            while (text := heard.get()) is not None:
                yield ChatGenerationChunk(message=AIMessageChunk(content=text))
            yield self._last_chunk(_outcome(future), sampling)
        finally:
            future.cancel()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        sampling = self._sampling(stop, kwargs)
        weights = await self._loaded()
        loop = asyncio.get_running_loop()
        heard: asyncio.Queue[str | None] = asyncio.Queue()
        future = weights.submit(_from_langchain(messages), sampling, lambda text: _tell(loop, heard.put_nowait, text))
        future.add_done_callback(lambda _: _tell(loop, heard.put_nowait, None))
        try:
            while (text := await heard.get()) is not None:
                yield ChatGenerationChunk(message=AIMessageChunk(content=text))
            yield self._last_chunk(_outcome(future), sampling)
        finally:
            future.cancel()

    async def _loaded(self) -> _Weights:
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
        """Answer all, decoding `parallel` of them together, or as many as `max_concurrency` in the config says.

        `abatch` needs no help: it starts all at once by itself.
        """
        configs = self._crowded(config, len(inputs))
        return super().batch(inputs, configs, return_exceptions=return_exceptions, **kwargs)

    def batch_as_completed(
        self,
        inputs: Sequence[LanguageModelInput],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> Iterator[tuple[int, Any]]:
        """As `batch`, each answer with its number as soon as it is there."""
        configs = self._crowded(config, len(inputs))
        if return_exceptions:
            return super().batch_as_completed(inputs, configs, return_exceptions=True, **kwargs)
        return super().batch_as_completed(inputs, configs, return_exceptions=False, **kwargs)

    def _crowded(self, config: RunnableConfig | Sequence[RunnableConfig] | None, count: int) -> list[RunnableConfig]:
        """The configs, with enough threads waiting that the engine never does.

        LangChain's own default is a few more than there are cores, which would leave most rows empty.
        """
        enough = max(1, min(count, 4 * self.parallel))
        configs = get_config_list(config, count)
        return [{**each, "max_concurrency": each.get("max_concurrency") or enough} for each in configs]

    # -- forms ----------------------------------------------------------------------------------------------

    def _sampling(self, stop: list[str] | None, given: Mapping[str, Any]) -> Sampling:
        """The fields, with what the call says laid over them."""
        unknown = given.keys() - {*_CALLABLE, "stream"}
        if unknown:
            raise ModelError(
                f"ChatRemix doesn't know {', '.join(f'`{name}`' for name in sorted(unknown))}.",
                f"A call may change {', '.join(_CALLABLE)} and stop; tools and structured output aren't there.",
            )
        values = {name: given.get(name, getattr(self, name)) for name in _CALLABLE}
        seed, max_tokens = values.pop("seed"), values.pop("max_tokens")
        ends = tuple(end for end in (self.stop if stop is None else stop) if end)
        try:
            chain = SamplingSettings(**values).chain()
            return Sampling(seed=seed, chain=chain, max_tokens=max_tokens, stop=ends)
        except ValidationError as error:
            first: Any = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise ModelError(f"`{key}`: {first['msg'].lower()}.", "Mend the value.") from error

    def _result(self, generation: Generation, sampling: Sampling) -> ChatResult:
        message = AIMessage(
            content=generation.text,
            usage_metadata=_usage(generation),
            response_metadata=self._metadata(generation, sampling),
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _last_chunk(self, generation: Generation, sampling: Sampling) -> ChatGenerationChunk:
        message = AIMessageChunk(
            content="",
            usage_metadata=_usage(generation),
            response_metadata=self._metadata(generation, sampling),
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message)

    def _metadata(self, generation: Generation, sampling: Sampling) -> dict[str, Any]:
        return {"model_name": self.model_name, "finish_reason": generation.finish, "seed": sampling.seed}


def _outcome(future: Future[Generation]) -> Generation:
    """Wait for an answer. Raises `ModelError`, and where the engine has been closed meanwhile as well."""
    try:
        return future.result()
    except CancelledError as error:
        raise ModelError("the model was closed before it had answered.", "Ask again.") from error


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[..., object], *arguments: object) -> None:
    """Call back in an event loop from the engine's thread."""
    # The loop may have ended before the text did: nobody listens then, and the engine has others to serve.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, *arguments)


def _usage(generation: Generation) -> UsageMetadata:
    read, written = len(generation.prompt_token_ids or ()), len(generation.token_ids or ())
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)


# -- messages -----------------------------------------------------------------------------------------------

_ROLES = {"human": "user", "ai": "assistant", "user": "user", "assistant": "assistant", "system": "system"}


def _from_langchain(messages: Sequence[BaseMessage]) -> list[Message]:
    """LangChain's messages as ours. Raises `PromptError` for what isn't words."""
    if not messages:
        raise PromptError("there are no messages.", "Send at least one.")
    turns = [_turn(message) for message in messages]
    # An answer that hasn't begun is none.
    return turns[:-1] if turns[-1].role == "assistant" and not turns[-1].content and turns[:-1] else turns


def _turn(message: BaseMessage) -> Message:
    role = _ROLES.get(getattr(message, "role", message.type))
    if role is None or getattr(message, "tool_calls", None):
        raise PromptError(
            f"a message of type '{message.type}' can't be read, nor one that calls tools.",
            "ChatRemix takes system, human and AI messages of text.",
        )
    return Message.model_validate({"role": role, "content": _text(message)})


def _text(message: BaseMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    texts: list[str] = []
    for block in message.content:
        if isinstance(block, str):
            texts.append(block)
        elif block.get("type") == "text" and isinstance(block.get("text"), str):
            texts.append(block["text"])
        else:
            raise PromptError(
                f"a message holds a block of type '{block.get('type')}'.", "ChatRemix reads text alone."
            )
    return "".join(texts)


_TYPES: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}


def _to_langchain(messages: Sequence[Message]) -> list[BaseMessage]:
    return [_TYPES[message.role](content=message.content) for message in messages]


# -- any chat model as a writer -----------------------------------------------------------------------------

_LENGTH = ("length", "max_tokens")
_FINISHES = ("finish_reason", "stop_reason", "done_reason")
_PRIVATE = re.compile(r"(?:^|_)(?:key|secret|token|password|credentials?|headers?|path|dir)$", re.IGNORECASE)
"""Parameters that no record should show: what is secret, and what only says where things lie."""

_LARGEST = 2**53
"""Canonical JSON has no larger integers."""


class ChatModelWriter:
    """Lets a LangChain chat model write a run's outputs; a `pipeline.Writer`.

    Sent are the messages and the template's stop strings. Temperature, length, seed and the rest are the
    model's own business: set them on the model; the records show what it says of itself, and that nothing
    here is exact. Calls under way when a run is stopped are waited for when Python ends.

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
        return EngineUsed(
            llama_cpp_python=None,
            libraries={},
            system_info=None,
            chunk=None,
            rows=None,
            type_k=None,
            type_v=None,
            flash_attn=None,
            repack=None,
            n_gpu_layers=None,
            exact=False,
        )

    @property
    def exactness(self) -> str:
        """That there is none, and what the sampling in the record is worth."""
        return (
            "not exact: a LangChain chat model wrote this, and may write something else the next time; "
            "of the recorded sampling only the stop strings were sent to it"
        )

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
            answer = self._model.invoke(_to_langchain(prompt.messages), stop=list(sampling.stop) or None)
            generation = Generation(
                text=_continuation(str(answer.text), prompt.opening),
                finish="length" if _was_cut(answer) else "stop",
                token_ids=None,
                prompt_token_ids=None,
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
) -> pipeline.Outcome:
    """Make a run with a LangChain chat model, in the workspace's `outputs` unless another folder is given.

    `options.parallel` calls are under way at once (4, unless given). Raises what `prepare` and `generate` do;
    what the model raises becomes a failed task. To go on afterwards:
    `pipeline.resume(outcome.folder, writer=ChatModelWriter(chat_model))`.
    """
    options = options or Options()
    writer = ChatModelWriter(chat_model, options.parallel or 4)
    job = pipeline.prepare_for(workspace, options, writer)
    return pipeline.generate(job, outputs or workspace.outputs, writer=writer)


def _name(model: BaseChatModel) -> str:
    """What the model calls itself, else its class: LangChain has no one name for the name."""
    names = (getattr(model, field, None) for field in ("model_name", "model", "model_id"))
    return next((name for name in names if isinstance(name, str) and name), type(model).__name__)


def _was_cut(answer: AIMessage) -> bool:
    return any(str(answer.response_metadata.get(key)).casefold() in _LENGTH for key in _FINISHES)


def _continuation(text: str, opening: str) -> str:
    """The new words: without the opening, where the model said it again."""
    return text.lstrip().removeprefix(opening) if opening and text.lstrip().startswith(opening) else text


def _plain(value: Any) -> Any:
    """A parameter as JSON, the same for the same value: no addresses, no secrets, no numbers JSON hasn't."""
    match value:
        case None | bool():
            return value
        case str():
            return str(value)
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
