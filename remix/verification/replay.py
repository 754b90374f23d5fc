"""Replay: writes a run's texts again from the records, and compares token by token.

Takes records and the model named in the records; gives for each text whether the tokens are the same, and how engine,
libraries and processor differ from the record. The engine is set up as recorded. Writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from remix.engine import llama
from remix.engine.decoder import BatchConfig
from remix.engine.local import LoadOptions, LocalModel, config_of
from remix.errors import RemixError
from remix.generation import trim
from remix.generation.writer import Progress, Watch
from remix.models import prepared
from remix.outputs.form import body_bytes
from remix.records import (
    Dist,
    EngineUsed,
    Generation,
    Grammar,
    Greedy,
    Output,
    Prompt,
    Record,
    Request,
    Run,
    Sampling,
    sha256,
)
from remix.util import environment
from remix.verification.finding import FoundOutput

WORDS = 6
"""Number of words shown before the first difference, for finding the place in the text."""

MOST_CONFIGS = 4
"""Batch configurations of a run, at most, with which texts are replayed. A run has a single batch configuration, or
two after `--anyway`; for each batch configuration the model is loaded again."""

_MANY_CONFIGS = (
    f"the run's records name more than {MOST_CONFIGS} batch configurations, and this record names a further one"
)


class ReplayOptions(NamedTuple):
    """Options without influence on the bytes, which may differ from the run's options."""

    parallel: int | None = None
    """Most sequences active at the same time; null for as many as the batch configuration allows."""
    threads: int | None = None
    """Threads for decoding; null for a thread for each physical core."""


class Replayed(NamedTuple):
    """The result of writing an output again."""

    output: str
    """The task's id."""
    equal: bool | None
    """Whether tokens and text are the same; null if the output couldn't be replayed."""
    what: str = ""
    """The difference, or why the output couldn't be replayed."""
    token: int | None = None
    """Index of the first differing token, from 0, among the tokens of the thoughts and then of the text."""
    before: str | None = None
    """The last words before the differing token."""
    environment: tuple[str, ...] = ()
    """Differences of engine, libraries and processor from the record, in words."""
    exact: bool = True
    """Whether, by the record, the same request gives the same bytes."""

    @property
    def is_wrong(self) -> bool:
        """Whether the record is wrong. A difference on a different machine, or without exactness, proves no fault."""
        return self.equal is False and self.exact and not self.environment


class _Replayable(NamedTuple):
    """An output that can be replayed, with prompt, sampling, recorded tokens and shape of the engine."""

    found: FoundOutput
    tokens: tuple[int, ...]
    sampling: Sampling
    written: tuple[int, ...]
    config: BatchConfig


def sample(outputs: Sequence[FoundOutput], count: int | None) -> Sequence[FoundOutput]:
    """`count` of the outputs, evenly spread, and the same outputs at each call; without a number all outputs."""
    if count is None or count >= len(outputs):
        return outputs
    return [outputs[number * len(outputs) // count] for number in range(count)]


def replay(
    run: Run,
    outputs: Sequence[FoundOutput],
    find_model: Callable[[Run], Path],
    options: ReplayOptions,
    watch: Watch | None = None,
) -> list[Replayed]:
    """Write outputs of a run again, and compare; gives the results in the outputs' order.

    `find_model` gives the path of the run's model, and isn't called if no output can be replayed. Raises `ModelError`
    if the model can't be found or loaded.
    """
    results: dict[str, Replayed] = {}
    groups: dict[BatchConfig, list[_Replayable]] = {}
    for found in outputs:
        wanted = _replayable(run, found)
        if isinstance(wanted, str):
            results[found.task.id] = Replayed(found.task.id, None, wanted)
        elif wanted.config not in groups and len(groups) >= MOST_CONFIGS:
            results[found.task.id] = Replayed(found.task.id, None, _MANY_CONFIGS)
        else:
            groups.setdefault(wanted.config, []).append(wanted)
    path = find_model(run) if groups else Path()
    progress = _ReplayProgress(len(outputs), len(results), watch or (lambda _: None))
    for config, group in groups.items():
        with closing(_load(path, _needs(run, group, config, options))) as model:
            results.update((each.output, each) for each in _again(model, group, progress))
    return [results[found.task.id] for found in outputs]


class _ReplayProgress:
    """Reports progress over all batch configurations."""

    def __init__(self, total: int, done: int, watch: Watch) -> None:
        self._total, self.done, self._watch, self._before = total, done, watch, 0

    def say(self, done: int, sampled: int) -> None:
        """Report how many outputs of the current batch configuration are done, and how many tokens were sampled."""
        self._watch(Progress(self.done + done, 0, self._total, self._before + sampled))

    def end(self, done: int, sampled: int) -> None:
        """Note that the current batch configuration is finished."""
        self.done += done
        self._before += sampled


def _replayable(run: Run, found: FoundOutput) -> _Replayable | str:
    """The output, prepared for replay, or the reason why the output can't be replayed."""
    derivation, written = found.record.derivation, _sampled(found.record.output)
    if derivation.model.sha256 is None:
        return "no GGUF file wrote it, so no tokens were recorded and none can be compared"
    if run.model is None or derivation.model.sha256 != run.model.sha256:
        return "was written by another model than the one in run.json"
    tokens, sampling = derivation.prompt.token_ids, derivation.sampling
    if not tokens or not written or sampling is None:
        return "its record lacks the tokens or the sampling"
    if not sampling.chain or not isinstance(sampling.chain[-1], Dist | Greedy):
        # llama.cpp ends the process if the last sampler doesn't choose.
        return "its samplers choose no token"
    if any(isinstance(each, Grammar) for each in sampling.chain):
        # A stranger's grammar may take forever, or all memory: the number of open rules can double with each token.
        return "it was written under a grammar, which none of remix's own runs has"
    if len(tokens) + sampling.most > max((run.n_ctx_seq, *run.contexts)):
        return "asks for more tokens than its run's context has"
    try:
        config = config_of(derivation.engine)
    except ValueError:
        config = None
    if config is None:
        return "its record doesn't tell how the engine was set up"
    return _Replayable(found, tokens, sampling, written, config)


def _needs(run: Run, group: Sequence[_Replayable], config: BatchConfig, options: ReplayOptions) -> LoadOptions:
    return LoadOptions(
        contexts=run.contexts or (run.n_ctx_seq,),
        parallel=options.parallel,
        threads=options.threads or environment.default_threads(),
        chains=len(group),
        # No probe: the record says whether a text is exact, and probing a stranger's configuration may take
        # a minute.
        fast=True,
        think=run.options.think,
        config=config,
    )


def _load(path: Path, needs: LoadOptions) -> LocalModel:
    """The model, with the chat template of the model's file, even if `run.json` has a different template."""
    return LocalModel(path, prepared.identify(path), needs)


def _again(model: LocalModel, group: Sequence[_Replayable], progress: _ReplayProgress) -> list[Replayed]:
    """Write all outputs of a group in a batch, and compare."""
    results: list[Replayed] = []
    futures: list[tuple[_Replayable, Future[Generation]]] = []
    for wanted in group:
        request = _request(model, wanted)
        if isinstance(request, str):
            results.append(_judged(model, Replayed(wanted.found.task.id, False, request), wanted.found.record))
            continue
        try:
            futures.append((wanted, model.engine.submit(request)))
        # A forged record may give tokens unknown to the model.
        except RemixError as error:
            results.append(Replayed(wanted.found.task.id, None, f"can't be written again: {error.message}"))
    waiting = {future for _, future in futures}
    while waiting:
        _, waiting = wait(waiting, timeout=0.2)
        progress.say(len(group) - len(waiting), model.sampled)
    progress.end(len(group), model.sampled)
    return [*results, *(_judged(model, _compare(model, *each), each[0].found.record) for each in futures)]


def _judged(model: LocalModel, replayed: Replayed, record: Record) -> Replayed:
    """The result, with the differences of engine, libraries and processor, which may explain a different text."""
    engine = record.derivation.engine
    other = differences(engine, model.info.engine)
    if engine.n_gpu_layers and not llama.has_gpu():
        other.append("layers on a GPU then, and none is here")
    return replayed._replace(environment=tuple(other), exact=engine.exact)


def _request(model: LocalModel, wanted: _Replayable) -> Request | str:
    """The request of a recorded prompt; or in words how the model's prompt differs from the recorded prompt."""
    derivation = wanted.found.record.derivation
    prompt, info = derivation.prompt, model.info
    if derivation.model != info.model:
        return "its record describes another model than the model that is here"
    if prompt.chat_template_sha256 != info.chat_template_sha256:
        return "its record names another chat template than the model's"
    try:
        request = model.request(prompt.messages, wanted.sampling)
    except RemixError as error:
        return f"its messages make no prompt: {error.message}"
    at = _first_difference(wanted.tokens, request.token_ids)
    request = request.model_copy(update={"fork": derivation.fork})
    return request if at is None else f"its messages make another prompt than the tokens recorded, from token {at} on"


def _compare(model: LocalModel, wanted: _Replayable, future: Future[Generation]) -> Replayed:
    """Compare a text, token by token, then letter by letter."""
    output, record = wanted.found.task.id, wanted.found.record
    error = future.exception()
    if isinstance(error, RemixError):
        return Replayed(output, None, f"can't be written again: {error.message}")
    generation = future.result()
    came = _sampled(generation)
    at = _first_difference(wanted.written, came)
    if at is None:
        return Replayed(output, *_spelt(record, generation))
    # Only tokens just written by the model are decoded: a forged number may be no token of the vocabulary.
    pieces = [model.engine.decoder.piece(token) for token in came[: at + 1]]
    before = " ".join(b"".join(pieces[:at]).decode("utf-8", "replace").split()[-WORDS:])
    piece = pieces[at].decode("utf-8", "replace") or "the end" if at < len(came) else ""
    now = f"“{piece}” (token {came[at]})" if piece else "the end"
    then = f"token {wanted.written[at]}" if at < len(wanted.written) else "the end"
    what = f"token {at}, after “{before}”: {now} comes, {then} is recorded"
    return Replayed(output, False, what, at, before)


def _spelt(record: Record, generation: Generation) -> tuple[bool, str]:
    """Whether the tokens spell the recorded text, and how not. A text trimmed by an older rule counts as equal."""
    prompt, output = record.derivation.prompt, record.output
    if record.derivation.trim != trim.RULE:
        return True, ""
    asked = Prompt(template=prompt.template, messages=prompt.messages, keep_opening=prompt.keep_opening)
    text, cut = trim.trim(asked, generation)
    came = (generation.finish, cut, generation.thoughts)
    if sha256(body_bytes(text)) == output.sha256 and came == (output.finish, output.trimmed, output.thoughts):
        return True, ""
    return False, f"the same tokens come, but they spell another text: “{text[:60]}…”"


def _sampled(written: Output | Generation) -> tuple[int, ...]:
    """The tokens of the thoughts, then the tokens of the text."""
    thoughts = written.thoughts.token_ids if written.thoughts else None
    return (*(thoughts or ()), *(written.token_ids or ()))


def _first_difference(then: Sequence[int], now: Sequence[int]) -> int | None:
    """Index of the first different token, or of the first token beyond the shorter list; null for equal lists."""
    both = zip(then, now, strict=False)
    differing = next((at for at, (a, b) in enumerate(both) if a != b), None)
    if differing is None and len(then) != len(now):
        return min(len(then), len(now))
    return differing


# -- the environment ----------------------------------------------------------------------------------------


def differences(then: EngineUsed, now: EngineUsed) -> list[str]:
    """Differences between two engines that may change bytes, in words; batch configurations aren't compared."""
    both = {*then.libraries, *now.libraries}
    builds = sorted(name for name in both if then.libraries.get(name) != now.libraries.get(name))
    return [
        *_changed("llama-cpp-python", then.llama_cpp_python, now.llama_cpp_python),
        *([f"other builds of {', '.join(builds)}"] if builds else []),
        *_changed("C library", then.libc, now.libc),
        *_features(then.system_info or "", now.system_info or ""),
    ]


def _changed(name: str, then: str | None, now: str | None) -> list[str]:
    return [] if then == now else [f"{name}: {then or 'unknown'} then, {now or 'unknown'} now"]


def _features(then: str, now: str) -> list[str]:
    """llama.cpp's list of the CPU features in use: `CPU : AVX = 1 | AVX2 = 1 | …`."""
    before, after = (dict.fromkeys(part.strip() for part in info.split("|")) for info in (then, now))
    gone = [part for part in before if part not in after]
    new = [part for part in after if part not in before]
    said = [("only then", gone), ("only now", new)]
    return [f"processor features {when}: {', '.join(parts)}" for when, parts in said if any(parts)]
