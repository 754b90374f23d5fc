"""Those that are measured, one a function: `Work` in, `Measure` out.

Each runs in a process of its own (`python -m benchmarks.contenders NAME`, its work on standard input, its measure the
last line of its output), so it imports what it needs when it runs: whoever loads llama.cpp first settles how its
threads wait. All use the same tokens, samplers, seeds, context, threads and rule for when a text has ended, but for
what the functions say. Loading and a warm-up of 20 tokens are not timed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from benchmarks.work import Measure, Task, Work
from remix.records import Dry, Grammar, MinP, Request, Sampling, Temperature, TopK, TopP

CLIENTS = 16
"""Requests that llama-server works on at once; as many as the engine has rows."""


# -- remix --------------------------------------------------------------------------------------------------


def remix(work: Work) -> Measure:
    """remix's engine, exact, in its shape for the model: a slot for each row, and as many more for prompts."""
    return _engine(work, trace=False)


def traced(work: Work) -> Measure:
    """The same, noting for every token how it was chosen."""
    return _engine(work, trace=True)


def _engine(work: Work, trace: bool) -> Measure:
    from remix.engine.engine import Engine
    from remix.engine.llama import LlamaDecoder, LlamaModel

    shape = work.shape
    with (
        LlamaModel(work.model, config=shape) as model,
        LlamaDecoder(model, shape.rows, work.n_ctx_seq, shape, work.threads, prefix_slots=shape.rows) as decoder,
    ):
        with Engine(decoder) as engine:
            engine.submit(work.warm_up).result()
        # A new engine knows no prompts. The warm-up's was too short to be kept.
        with Engine(decoder, trace=trace) as engine:
            memory = _Memory()
            begun = time.perf_counter()
            futures = [engine.submit(task.request) for task in work.tasks]
            texts = [memory.after(future.result()) for future in futures]
            seconds = time.perf_counter() - begun
            return Measure(
                seconds=seconds,
                tasks=len(texts),
                generated=sum(len(text.token_ids) for text in texts),
                given=work.given,
                computed=engine.computed,
                rss=memory.seen(),
            )


def generate(work: Work) -> Measure:
    """The command `remix generate`, all of it: starting Python, loading the model, writing every file and record.

    What remix finds out about a model when it first meets it is known from before, as it is after any earlier run.
    """
    return _command(work, "--model", str(work.model))


def default(work: Work) -> Measure:
    """The same on the default model as `make demo` leaves it: with a prepared copy, and not tuned."""
    with TemporaryDirectory(prefix="remix-benchmark-") as cache, _environment(REMIX_CACHE=cache):
        subprocess.run([sys.executable, "-m", "remix", "models", "prepare"], check=True, capture_output=True)
        return _command(work)


@contextlib.contextmanager
def _environment(**more: str) -> Iterator[None]:
    """Variables for the commands that are run meanwhile."""
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _command(work: Work, *model: str) -> Measure:
    from remix.workspace import init

    with TemporaryDirectory(prefix="remix-benchmark-") as folder:
        init(Path(folder) / "garden")
        command = [sys.executable, "-m", "remix", "generate", "--all", "--quiet", "--steps", "1"]
        command += ["--limit", str(work.passages), "--max-tokens", str(work.max_tokens)]
        command += ["--threads", str(work.threads), *model]
        place: dict[str, Any] = {"cwd": Path(folder) / "garden"}
        first = ["--limit", "1", "--max-tokens", "1", "--out", str(Path(folder) / "first")]
        subprocess.run([*command, *first], check=True, capture_output=True, **place)
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, **place)
        seconds = time.perf_counter() - begun
        records = [json.loads(path.read_text()) for path in Path(folder).glob("garden/outputs/*/*/*/*.1.json")]
    return Measure(
        seconds=seconds,
        tasks=len(records),
        generated=sum(len(record["output"]["token_ids"]) for record in records),
        given=sum(len(record["derivation"]["prompt"]["token_ids"]) for record in records),
    )


# -- llama-cpp-python ---------------------------------------------------------------------------------------


def loop(work: Work) -> Measure:
    """llama-cpp-python's `Llama`, one text after another, keeping what a prompt shares with the one before it."""
    return _one_after_another(work, clear=False)


def cleared(work: Work) -> Measure:
    """The same with its cache cleared before each text: the way to get the same bytes twice."""
    return _one_after_another(work, clear=True)


def _one_after_another(work: Work, clear: bool) -> Measure:
    # `Llama.generate` is what `create_completion` runs on; used itself, it takes token ids and gives them back.
    # It has no DRY sampler, so its chain is replaced by the very one that remix makes for the request.
    import llama_cpp

    from remix.engine.llama import LlamaModel, samplers
    from remix.engine.reasoning import Sampled
    from remix.engine.sequence import Sequence

    words = LlamaModel(work.model, vocab_only=True)
    counts = {"computed": 0, "generated": 0}

    class Loop(llama_cpp.Llama):
        request: Request

        def _init_sampler(self, *_: Any, **__: Any) -> Any:
            made = llama_cpp.internals.LlamaSampler()
            for sampler in self.request.sampling.chain:
                handle = samplers.create(words, sampler, self.request.sampling.seed)
                llama_cpp.llama_sampler_chain_add(made.sampler, handle)
            return made

        def eval(self, tokens: list[int]) -> None:
            counts["computed"] += len(tokens)
            super().eval(tokens)

        def write(self, request: Request) -> None:
            if clear:
                self.empty()
            self.request = request
            sequence = Sequence(request)
            for token in self.generate(request.token_ids):
                piece = words.piece(token)
                if sequence.accept(Sampled(token, piece, piece), words.is_end(token)):
                    break
            # Every token but the last has been read too.
            counts["computed"] -= len(sequence.token_ids) - 1
            counts["generated"] += len(sequence.token_ids)

        def empty(self) -> None:
            self.reset()
            self._ctx.kv_cache_clear()

    llama = Loop(
        str(work.model), n_ctx=work.n_ctx_seq, n_threads=work.threads, n_threads_batch=work.threads, verbose=False
    )
    llama.write(work.warm_up)
    llama.empty()
    counts.update(computed=0, generated=0)
    begun = time.perf_counter()
    for task in work.tasks:
        llama.write(task.request)
    return Measure(seconds=time.perf_counter() - begun, tasks=len(work.tasks), given=work.given, **counts)


def langchain(work: Work) -> Measure:
    """LangChain's `ChatLlamaCpp`, one message after another.

    It differs where it can't be told: it takes messages, so the model's own template ends the answer's opening
    and begins a new turn, and has no DRY sampler. The tokens of its texts are counted afterwards.
    """
    chat = importlib.import_module("langchain_community.chat_models").ChatLlamaCpp(
        model_path=str(work.model),
        n_ctx=work.n_ctx_seq,
        n_threads=work.threads,
        n_batch=512,
        top_p=1.0,
        verbose=False,
    )
    chat.invoke("Hello", max_tokens=4)
    begun = time.perf_counter()
    texts = [_chat(chat, task) for task in work.tasks]
    seconds = time.perf_counter() - begun
    words = [chat.client.tokenize(text.encode(), add_bos=False) for text in texts]
    return Measure(seconds=seconds, tasks=len(texts), generated=sum(map(len, words)), given=work.given)


def _chat(chat: Any, task: Task) -> str:
    sampling = task.request.sampling
    given = values(sampling)
    answer = chat.invoke(
        [(message.role, message.content) for message in task.messages],
        stop=list(sampling.stop),
        seed=sampling.seed % 2**31,
        max_tokens=sampling.max_tokens,
        temperature=given["temperature"],
        top_k=given["top_k"],
        min_p=given["min_p"],
    )
    return str(answer.content)


# -- llama-server -------------------------------------------------------------------------------------------


def server(work: Work) -> Measure:
    """llama-server with 16 slots and as many clients, all else as it comes; `LLAMA_SERVER` says where it is.

    It differs in two things: DRY hears the prompt as well as the text, and a stop string ends a text even before
    its first word.
    """
    with serving(work) as (url, _), ThreadPoolExecutor(CLIENTS) as clients:
        _ask(url, work.warm_up)
        begun = time.perf_counter()
        answers = list(clients.map(lambda task: _ask(url, task.request), work.tasks))
        seconds = time.perf_counter() - begun
    return Measure(
        seconds=seconds,
        tasks=len(answers),
        generated=sum(answer["tokens_predicted"] for answer in answers),
        given=work.given,
        computed=sum(answer["timings"]["prompt_n"] for answer in answers),
    )


@contextlib.contextmanager
def serving(work: Work, slots: int = CLIENTS) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """llama-server's address and process, while it serves a model with so many slots."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [os.environ["LLAMA_SERVER"], "--model", str(work.model), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--parallel", str(slots), "--ctx-size", str(slots * work.n_ctx_seq)]
    command += ["--threads", str(work.threads), "--threads-batch", str(work.threads)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process)
            yield url, process
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"llama-server ended at once (status {process.returncode})")
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{url}/health", timeout=5).close()
            return
        time.sleep(0.1)
    raise RuntimeError("llama-server doesn't answer")


def _ask(url: str, request: Request) -> dict[str, Any]:
    sampling = request.sampling
    body = {
        "prompt": list(request.token_ids),
        "n_predict": sampling.max_tokens,
        "seed": sampling.seed,
        "stop": list(sampling.stop),
        "cache_prompt": True,
        **values(sampling),
    }
    return complete(url, body)


def complete(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """llama-server's answer to a request for a completion."""
    data = json.dumps(body).encode()
    post = urllib.request.Request(f"{url}/completion", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(post, timeout=600) as answer:
        result: dict[str, Any] = json.load(answer)
    return result


def values(sampling: Sampling) -> dict[str, Any]:
    """A chain's parameters by the names llama.cpp's tools give them, everything else turned off."""
    found: dict[str, Any] = {"temperature": 0.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "dry_multiplier": 0.0}
    found["samplers"] = ["dry", "top_k", "top_p", "min_p", "temperature"]
    for sampler in sampling.chain:
        match sampler:
            case Grammar():
                found["grammar"] = sampler.source
            case Dry():
                found |= {
                    "dry_multiplier": sampler.multiplier,
                    "dry_base": sampler.base,
                    "dry_allowed_length": sampler.allowed_length,
                    "dry_penalty_last_n": sampler.last_n,
                    "dry_sequence_breakers": list(sampler.breakers),
                }
            case TopK():
                found["top_k"] = sampler.k
            case TopP():
                found["top_p"] = sampler.p
            case MinP():
                found["min_p"] = sampler.p
            case Temperature():
                found["temperature"] = sampler.t
    return found


# -- being a process ----------------------------------------------------------------------------------------


class _Memory:
    """The process's memory, after each hundredth text and at the end."""

    def __init__(self) -> None:
        self._texts = 0
        self._rss: list[int] = []

    def after(self, text: Any) -> Any:
        """Count a text, and give it back."""
        self._texts += 1
        if self._texts % 100 == 0:
            self._rss.append(_rss())
        return text

    def seen(self) -> tuple[int, ...]:
        """All readings."""
        return (*self._rss, _rss()) if self._texts % 100 else tuple(self._rss)


def _rss() -> int:
    return int(psutil.Process().memory_info().rss)


CONTENDERS: dict[str, Callable[[Work], Measure]] = {
    each.__name__: each for each in (remix, traced, loop, cleared, langchain, server, generate, default)
}

if __name__ == "__main__":
    print(CONTENDERS[sys.argv[1]](Work.model_validate_json(sys.stdin.read())).model_dump_json())
