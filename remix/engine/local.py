"""A GGUF on this machine as a writer: weights, chat template and engine together.

Takes prompts and sampling parameters, gives futures of `Generation`s with a `WriterInfo`. Knows nothing of runs.
"""

from __future__ import annotations

import platform
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from remix.engine import llama, load_check, memory, probe, tune
from remix.engine.chat import ChatTemplate
from remix.engine.chunks import cut
from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.engine.memory import MemoryUse
from remix.engine.probe import ChosenConfig
from remix.engine.remembered import RememberingTokenizer
from remix.errors import ModelError
from remix.models.open_file import OpenModelFile
from remix.records import (
    Answers,
    EngineUsed,
    Fork,
    Generation,
    Grammar,
    Message,
    ModelFile,
    ModelUsed,
    Options,
    Prompt,
    PromptSize,
    Request,
    Sampling,
    Score,
    WriterInfo,
)
from remix.util import environment

USUAL_TOKEN = 16
"""Characters a token. Prompts with no more are tokenised; for longer prompts the longest token is looked up first."""


class LocalTokens:
    """Counts the tokens of prompts with a GGUF's own tokenizer and chat template: a `TokenCounter`."""

    def __init__(self, model: LlamaModel, chat: ChatTemplate, name: str, context: int, config: BatchConfig) -> None:
        self.name = name
        self.context = context
        self._model = model
        self._tokenizer = RememberingTokenizer(model)
        self._chat = chat
        self._config = config

    def may_fit(self, messages: Sequence[Message], most: int) -> bool:
        """Whether messages may make a prompt of at most `most` tokens: no, if the messages would be longer even with
        the longest tokens.

        Tokenising 8 MB of words takes seconds, and counting characters takes none.
        """
        letters = sum(len(message.content.strip()) for message in messages)
        return letters <= most * USUAL_TOKEN or letters <= most * self._model.longest_token

    def measure(self, messages: Sequence[Message], most: int) -> PromptSize:
        """The numbers of the prompt's tokens and chunks. Raises `PromptError` if the chat template refuses the
        messages."""
        tokens = self._chat.tokenize(messages, self._tokenizer)
        return PromptSize(len(tokens), cut(tokens, self._config.chunk, self._model.piece))

    def count(self, messages: Sequence[Message]) -> int:
        """The number of the prompt's tokens. Raises the same errors as `measure`."""
        return len(self._chat.tokenize(messages, self._tokenizer))

    def count_text(self, text: str) -> int:
        """The number of a text's tokens, without a chat template."""
        return len(self._tokenizer.tokenize_text(text))


class Vocabulary(LocalTokens):
    """A GGUF's tokenizer and chat template without the weights, for planning a run. To be closed after use."""

    def __init__(self, path: Path, file: ModelFile, think: bool = False) -> None:
        load_check.check(path, file)
        tuned = tune.recall(file)
        chat = ChatTemplate(file.chat_template, file.name, think)
        model = LlamaModel(path, vocab_only=True)
        super().__init__(model, chat, file.name, file.context, tuned.config if tuned else BatchConfig())

    def close(self) -> None:
        """Free the tokenizer."""
        self._model.close()


class LoadOptions(NamedTuple):
    """Requirements for the engine: lengths and number of sequences, threads, memory."""

    contexts: tuple[int, ...]
    """Tokens of a sequence, prompt and output together, by classes of length: the longest last."""
    parallel: int | None
    """Most sequences in a batch; as many as the batch configuration allows, if null."""
    threads: int
    """Threads to compute with."""
    chains: int = 2**31
    """Most sequences ready at the same time; no slots are created for more."""
    memory: int | None = None
    """Bytes for the KV cache; if null, half of the memory that is free after loading the weights."""
    gpu_layers: int = 0
    """Layers to compute on a GPU."""
    fast: bool = False
    """Take the fastest batch configuration, although a text's bytes then depend on the rest of the batch."""
    think: bool = False
    """Let the model think before the text."""
    config: BatchConfig | None = None
    """The batch configuration, if already settled by a run to be finished or replayed."""


class LocalModel:
    """A loaded model: a `generation.writer.Writer`. To be closed after use, or used in a `with`.

    Raises `ModelError` if the file can't be loaded or isn't the expected model, or if memory is missing.
    """

    def __init__(self, path: Path, file: ModelFile, needs: LoadOptions) -> None:
        self.path = path
        self.file = file
        self._chat = ChatTemplate(file.chat_template, file.name, needs.think)
        self._closing = threading.Lock()
        self._running = ExitStack()
        with ExitStack() as stack:
            self._held = stack.enter_context(closing(OpenModelFile(path, file)))
            load_check.check(path, file)
            chosen = _chosen(path, file, needs)
            self.config = chosen.config
            # Before the weights are loaded: `layouts` counts the weights as memory still to be taken.
            layouts, _ = memory.layouts(file, llama.context_cost(path, self.config), self.config, needs)
            self._model = stack.enter_context(LlamaModel(path, config=self.config))
            self._held.check_place()
            stack.callback(lambda: self._running.close())
            self._start_engine(layouts, needs, chosen)
            self._stack = stack.pop_all()

    def _start_engine(self, layouts: Sequence[KVCacheLayout], needs: LoadOptions, chosen: ChosenConfig) -> None:
        first, *larger = layouts
        with ExitStack() as stack:
            decoder = LlamaDecoder(
                self._model, first.slots, first.n_ctx_seq, self.config, needs.threads, first.prefix_slots
            )
            stack.enter_context(decoder)
            self.engine = stack.enter_context(
                Engine(decoder, needs.parallel, True, larger, lambda: self.info, self._chat.marks)
            )
            self._info = self._describe(chosen.exact, chosen.how, needs.threads)
            self._running = stack.pop_all()

    def stop_engine(self) -> None:
        """Cancel unfinished texts and free the KV cache; the weights stay loaded for `serve_again`."""
        self._running.close()

    def serve_again(self, needs: LoadOptions) -> bool:
        """Meet the requirements of a further run with the loaded weights; false if the weights must be loaded anew.

        Unfinished texts are cancelled, as by `stop_engine`. The weights must be loaded anew for a different batch
        configuration, and if the memory left by the weights seems to hold fewer sequences than wanted.
        """
        self.stop_engine()
        chosen = _chosen(self.path, self.file, needs)
        if chosen.config != self.config:
            return False
        try:
            self._held.check()
            cost = llama.context_cost(self.path, self.config)
            layouts, use = memory.layouts(self.file, cost, self.config, needs)
        except ModelError:
            return False
        if use.layout.slots < use.wanted:
            return False
        self._chat = ChatTemplate(self.file.chat_template, self.file.name, needs.think)
        self._start_engine(layouts, needs, chosen)
        return True

    def submit(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        *,
        fork: Fork | None = None,
    ) -> Future[Generation]:
        """Queue a prompt; the engine's thread calls `on_text` with each piece of new text.

        With `fork` the text begins with given tokens. Raises `PromptError` if the prompt doesn't fit, and
        `ModelError` if the model is closed.
        """
        request = self.request(prompt.messages, sampling)
        return self.engine.submit(request.model_copy(update={"fork": fork}), on_text)

    def request(self, messages: Iterable[Message], sampling: Sampling) -> Request:
        """The engine's request for a prompt. With a grammar the model can't think, since the grammar would bind the
        thoughts."""
        is_free = not any(isinstance(each, Grammar) for each in sampling.chain)
        tokens, opened = self._chat.request(list(messages), self._model, may_think=is_free)
        return Request(token_ids=tuple(tokens), sampling=sampling, opened=opened)

    def score(self, messages: Iterable[Message], text: str) -> Future[Score]:
        """Queue a text to be scored as the model's answer to messages, without thoughts before the answer.

        Raises `PromptError` if both don't fit or the text is empty, and `ModelError` if the model is closed.
        """
        prompt, _ = self._chat.request(list(messages), self._model, may_think=False)
        return self.engine.score(prompt, self.tokenize_text(text))

    def score_text(self, before: str, *parts: str | Answers) -> Future[Score]:
        """Queue a text to be scored as the continuation of the text `before`, perhaps empty, without a chat template.

        The parts of the text are tokenised separately. Of `Answers` the text has the first, and `Score.others`
        has all. Raises the same errors as `score`.
        """
        text: list[int] = []
        others: dict[int, list[int]] = {}
        for part in parts:
            if isinstance(part, str):
                text += self.tokenize_text(part)
            else:
                others[len(text)] = [self.tokenize_text(answer)[0] for answer in part]
                text += others[len(text)][:1]
        return self.engine.score([self._model.first_token, *self.tokenize_text(before)], text, others)

    def tokenize(self, messages: Iterable[Message]) -> tuple[int, ...]:
        """The token ids of a prompt."""
        return tuple(self._chat.tokenize(list(messages), self._model))

    def tokenize_text(self, text: str) -> list[int]:
        """The token ids of a text alone, without a chat template."""
        return self._model.tokenize_text(text)

    def close(self) -> None:
        """Stop the engine and free all memory: at once, or, if called by a callback, in a separate thread."""
        if self.engine.is_calling_back:
            # Memory may be freed only after the engine's thread has ended, and no thread can wait for itself.
            threading.Thread(target=self.close, name="remix-close", daemon=True).start()
            return
        with self._closing:
            self._stack.close()

    def __enter__(self) -> LocalModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- the writer's info ----------------------------------------------------------------------------------

    @property
    def info(self) -> WriterInfo:
        """The writer's info for records. Raises `WeightsChangedError` if the model's file was changed while the model
        was in use."""
        self._held.check()
        return self._info.model_copy(update={"parallel": self.engine.parallel})

    @property
    def sampled(self) -> int:
        """Number of tokens sampled."""
        return self.engine.sampled

    @property
    def counter(self) -> LocalTokens:
        """Counts the tokens of prompts."""
        return LocalTokens(self._model, self._chat, self.file.name, self.engine.longest, self.config)

    @property
    def scorer(self) -> LocalModel:
        """Gives probabilities of given texts: the model itself."""
        return self

    def _describe(self, exact: bool, exactness: str, threads: int) -> WriterInfo:
        """The parts of the writer's info that stay the same while the model is loaded."""
        file, config = self.file, self.config
        return WriterInfo(
            name=file.name,
            model=ModelUsed(sha256=file.sha256, metadata_sha256=file.metadata_sha256),
            file=file,
            engine=EngineUsed(
                llama_cpp_python=llama.version(),
                libraries=llama.library_sha256s(),
                libc=" ".join(platform.libc_ver()).strip() or None,
                system_info=llama.system_info(),
                chunk=config.chunk,
                paragraphs=config.paragraphs,
                rows=config.label,
                type_k="f16",
                type_v="f16",
                flash_attn=config.flash_attn,
                repack=config.repack,
                n_gpu_layers=config.gpu_layers,
                exact=exact,
            ),
            chat_template_sha256=self._chat.sha256,
            exactness=exactness,
            host=environment.host(),
            threads=threads,
            n_ctx_seq=self.engine.longest,
        )


def _chosen(path: Path, file: ModelFile, needs: LoadOptions) -> ChosenConfig:
    """The batch configuration to use, whether the configuration is exact, and how exactness was established."""
    if needs.gpu_layers and not llama.has_gpu():
        raise ModelError(
            "--gpu-layers: this build of llama.cpp knows no GPU, or finds none.",
            "Leave the option out, or install llama-cpp-python built for your GPU.",
        )
    if needs.fast:
        fast = probe.fast_config(file, needs.gpu_layers)
        return fast._replace(config=needs.config or fast.config)
    if needs.config:
        return probe.confirm(path, file, needs.config, needs.threads)
    return tune.choose(path, file, needs.threads, needs.gpu_layers)


def memory_use(path: Path, file: ModelFile, needs: LoadOptions) -> MemoryUse:
    """The memory needed for a model, before the model is loaded or probed.

    Raises `ModelError` for lack of memory.
    """
    if needs.config or needs.fast:
        config = needs.config or probe.fast_config(file, needs.gpu_layers).config
    else:
        config = tune.expected(path, file, needs.gpu_layers)
    return memory.layouts(file, llama.context_cost(path, config), config, needs)[1]


def check_memory(path: Path, file: ModelFile, contexts: tuple[int, ...], options: Options) -> None:
    """Raises `ModelError` if the memory holds too few sequences of the given contexts for a run."""
    memory_use(
        path,
        file,
        LoadOptions(
            contexts,
            options.parallel,
            threads=1,
            memory=options.memory,
            gpu_layers=options.gpu_layers,
            fast=options.fast,
        ),
    )


def config_of(used: EngineUsed) -> BatchConfig | None:
    """The batch configuration of a record or a run; null if none is named."""
    found = re.fullmatch(r"(free<=|fixed |by 8<=)(\d+)", used.rows or "")
    if not found or used.chunk is None:
        return None
    rows = int(found[2])
    return BatchConfig(
        chunk=used.chunk,
        paragraphs=bool(used.paragraphs),
        rows=rows,
        multiple={"free<=": 1, "fixed ": rows, "by 8<=": 8}[found[1]],
        flash_attn=bool(used.flash_attn),
        repack=bool(used.repack),
        gpu_layers=used.n_gpu_layers or 0,
    )
