"""Tuning: the fastest exact batch config for a model on this machine.

Takes a GGUF and the number of texts in a run, gives the measurements, and keeps the winner in the user's cache for
`choose`. A child process for each way to load the weights times prompts per chunk size and decode calls per number of
rows, in turns, so that a disturbance slows all alike; the speed of each batch config is computed from the times. Only
a config that passes the probe can win. Knows nothing of runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import groupby, product
from pathlib import Path
from statistics import median

from remix.engine import llama, probe, spin
from remix.engine.comparison import in_words
from remix.engine.decoder import BatchConfig, Row
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.engine.memo import memo_key
from remix.engine.probe import ChosenConfig
from remix.errors import ModelError
from remix.records import Frozen, Greedy, ModelFile, Sampling
from remix.util import processes
from remix.util.cache import MemoStore

ROWS = (probe.FEW_ROWS, 8, 16, 32)
PLAIN_ROWS = (probe.FEW_ROWS, probe.MULTIPLE - 1)
"""Any number of rows up to these is tried with K-quants that aren't repacked: below 8 rows llama.cpp computes each
row by itself, which is slow in a batch and fast for a single text."""

CHUNKS = (32, 64, 128)

SHARED, OWN, KINDS, TEXT = 170, 27, 3, 60
"""Averages for a passage of the shipped essays: tokens shared by the passage's prompts, further tokens of each
prompt, number of kinds (prompts), and tokens of a text."""

TEXTS = 72
"""Texts of a run, unless the user says otherwise. At a run's end rows fall idle, the more the more rows: on average
13.2 of 16 rows were active, and 22.8 of 32."""

ROUNDS, PATIENCE = 4, 25.0
"""Turns of each measurement, and seconds after which no further turn begins."""

LEAST_SPEED_BESIDE = 1 / 3
"""Share of the speed that a wait policy must keep beside a busy process."""

UNBOUNDED = processes.Bounds(seconds=None)
"""No deadline: a large model may take minutes for a prompt, and the user can press Ctrl-C."""

LEAST_GAIN = 1.05
"""Least factor, in speed, of a wait policy to replace the short spin."""


class Timed(Frozen):
    """The measured speed of a batch config."""

    config: BatchConfig
    texts_a_minute: float
    """Average texts a minute, computed from the measured times."""
    prompt: float
    """Prompt tokens computed per second."""
    decode: float
    """Tokens decoded per second, with as many rows active as on average in a run of `Tuned.texts`."""
    exact: bool | None = None
    """Whether the config passed the probe; None if a faster config had passed before."""


class Waiting(Frozen):
    """The winner's speed with a wait policy, in texts per minute."""

    policy: dict[str, str]
    """Environment variables."""
    idle: float
    """On the machine as is."""
    beside: float
    """Beside a process with a busy loop."""


class Tuned(Frozen):
    """The result of tuning."""

    texts: int
    """Texts of a run to be fast for."""
    config: BatchConfig
    """The fastest exact batch config."""
    fastest: BatchConfig
    """The fastest batch config, exact or not."""
    how: str
    """The evidence for `config`'s exactness."""
    timed: tuple[Timed, ...]
    """All measured batch configs, the fastest first."""
    waiting: tuple[Waiting, ...]
    """The measured wait policies; none if the user's environment sets the policy."""


_MEMOS = MemoStore("tuned", Tuned)
_PROCEDURE = f"remix/tune/2 by {probe.PROBE}"


# -- using the result -----------------------------------------------------------------------------------


def choose(path: Path, file: ModelFile, threads: int, gpu_layers: int = 0) -> ChosenConfig:
    """The batch config to run a model with: as tuned on this machine, else the first batch config that passes the
    probe.

    Tuned configs are for the CPU alone. Raises `ModelError` if the model can't be loaded.
    """
    tuned = None if gpu_layers else recall(file)
    if tuned:
        return ChosenConfig(tuned.config, True, f"{tuned.how}; tuned")
    return probe.choose_config(path, file, threads, gpu_layers)


def is_known(file: ModelFile, gpu_layers: int = 0) -> bool:
    """Whether `choose` finds the batch config in the cache."""
    return (not gpu_layers and recall(file) is not None) or probe.is_known(file, gpu_layers)


def expected(path: Path, file: ModelFile, gpu_layers: int = 0) -> BatchConfig:
    """The expected result of `choose`, by the cache."""
    tuned = None if gpu_layers else recall(file)
    return tuned.config if tuned else probe.expected(path, file, gpu_layers)


def recall(file: ModelFile) -> Tuned | None:
    """The result of an earlier tuning of a model on this machine."""
    return _MEMOS.read(memo_key(_PROCEDURE, file))


def save(file: ModelFile, tuned: Tuned) -> None:
    """Use the result of tuning from now on. Raises `RunError` if the cache can't be written."""
    _MEMOS.write(memo_key(_PROCEDURE, file), tuned)


def forget(file: ModelFile) -> None:
    """Forget the result of tuning a model."""
    _MEMOS.forget(memo_key(_PROCEDURE, file))


# -- measuring ------------------------------------------------------------------------------------------


def tune(path: Path, file: ModelFile, threads: int, say: Callable[[str], None], texts: int = TEXTS) -> Tuned:
    """Measure, choose and keep the winner for runs of `texts` texts; `say` gets progress messages.

    Raises `ModelError` if the model can't be loaded or no batch config is exact, `RunError` if the cache can't be
    written.
    """
    say(f"{file.name}: measuring prompts and decoding.")
    timed: list[Timed] = []
    # Each way to load the weights has a process of its own: memory may not hold the weights twice.
    for _, configs in groupby(_candidates(file), key=lambda config: config.repack):
        timed += _child(_Work(path=path, threads=threads, configs=tuple(configs), texts=texts, rounds=ROUNDS), {})
    # Of configs equally fast for few texts, the one with more rows is faster for many.
    timed.sort(key=lambda each: (-each.texts_a_minute, -each.config.rows))
    for place, each in enumerate(timed):
        attention = ", flash attention" if each.config.flash_attn else ""
        label = f"{each.config.label} rows, chunks of {each.config.chunk}{attention}"
        say(f"{label}: {each.texts_a_minute:.0f} texts a minute; probing these settings.")
        verdict = probe.probe(path, file, each.config, threads)
        passed = verdict is not None and verdict.passed
        timed[place] = each.model_copy(update={"exact": passed})
        if passed:
            break
    else:
        raise ModelError(f"{file.name}: no batch config is exact.", "See what `remix models probe` says.")
    winner = timed[place].config
    waiting: tuple[Waiting, ...] = ()
    if not spin.is_set_by_user():
        say("measuring how threads best wait for each other, on the idle machine and beside a busy process.")
        waiting = _wait(_Work(path=path, threads=threads, configs=(winner,), texts=texts, rounds=1))
    tuned = Tuned(
        texts=texts,
        config=winner,
        fastest=timed[0].config,
        how=f"probed on this machine: same logits {in_words(winner)}",
        timed=tuple(timed),
        waiting=waiting,
    )
    save(file, tuned)
    if waiting:
        spin.save(best_policy(waiting))
    return tuned


def best_policy(waiting: tuple[Waiting, ...]) -> dict[str, str]:
    """The wait policy to use: the first, unless a different policy is faster, also beside a busy process."""
    first = waiting[0]
    others = [
        each
        for each in waiting[1:]
        if each.idle > first.idle * LEAST_GAIN and each.beside > each.idle * LEAST_SPEED_BESIDE
    ]
    return max(others, key=lambda each: each.idle, default=first).policy


def _candidates(file: ModelFile) -> list[BatchConfig]:
    """All batch configs that may be exact with a model's weight types."""
    guess = llama.exact_config(*file.weight_types)
    free: list[dict[str, object]] = [{"rows": rows, "multiple": 1} for rows in ROWS]
    if probe.is_hopeless(file):
        free = [{"rows": rows, "multiple": 1, "repack": False} for rows in PLAIN_ROWS if not probe.is_float(file)]
    by_eight: list[dict[str, object]] = [{"rows": rows, "multiple": probe.MULTIPLE} for rows in ROWS if rows > 8]
    fixed: list[dict[str, object]] = [{"rows": rows, "multiple": rows} for rows in ROWS]
    # With flash attention a single row is computed differently: rows must be fixed.
    flash: list[dict[str, object]] = [{**each, "flash_attn": True} for each in fixed]
    kinds = [*free, *by_eight, *fixed, *flash]
    if probe.is_single(file):
        kinds = [{"rows": 1, "multiple": 1}]
    return [guess.model_copy(update={**kind, "chunk": chunk}) for kind, chunk in product(kinds, CHUNKS)]


# -- measuring ----------------------------------------------------------------------------------------------


class _Work(Frozen):
    """The child process's task."""

    path: Path
    threads: int
    configs: tuple[BatchConfig, ...]
    """Batch configs with the same `repack`."""
    texts: int
    """Texts of a run."""
    rounds: int


def _wait(work: _Work) -> tuple[Waiting, ...]:
    """The speed with each wait policy, idle and beside a busy process: measured in turns, the better of two."""

    def speeds(policy: dict[str, str]) -> tuple[float, float]:
        idle = _child(work, policy)[0].texts_a_minute
        with _busy():
            return idle, _child(work, policy)[0].texts_a_minute

    turns = [[speeds(policy) for policy in spin.POLICIES] for _ in range(2)]
    found = [[max(speed) for speed in zip(*seen, strict=True)] for seen in zip(*turns, strict=True)]
    return tuple(
        Waiting(policy=policy, idle=idle, beside=beside)
        for policy, (idle, beside) in zip(spin.POLICIES, found, strict=True)
    )


def _child(work: _Work, policy: Mapping[str, str]) -> list[Timed]:
    """Measure in a child process, since llama.cpp's library reads the wait policy on loading."""
    variables: dict[str, str | None] = dict.fromkeys(spin.VARIABLES) if policy else {}
    ended = processes.run_python(
        "remix.engine.tune:main", [], UNBOUNDED, work.model_dump_json().encode(), {**variables, **policy}
    )
    if ended.status:
        reason = (ended.complaint.strip().splitlines() or [f"status {ended.status}"])[-1]
        raise ModelError(
            f"{work.path}: can't be measured ({reason}).", "Close other programs, or take a smaller model."
        )
    return [Timed.model_validate(each) for each in json.loads(ended.output.splitlines()[-1])]


_BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"


@contextmanager
def _busy() -> Iterator[None]:
    """Run a process with a busy loop, which also ends if this process dies."""
    command = [*processes.python(), "-S", "-c", _BUSY]
    with subprocess.Popen(command, env=processes.clean_environment()) as process:
        try:
            yield
        finally:
            process.kill()


def measure(work: _Work) -> list[Timed]:
    """Time prompts and decode calls in turns, and compute each batch config's speed."""
    with ExitStack() as stack:
        model = stack.enter_context(LlamaModel(work.path, config=work.configs[0]))
        benches = {
            flash_attn: _Bench(stack, model, work, flash_attn)
            for flash_attn in sorted({config.flash_attn for config in work.configs})
        }
        parts = [(bench, part) for bench in benches.values() for part in bench.parts]
        started = time.perf_counter()
        for turn in range(work.rounds + 1):
            if turn > 1 and time.perf_counter() - started > PATIENCE:
                break
            for bench, part in parts:
                bench.time(part, keep=turn > 0)
        return [benches[config.flash_attn].timed(config) for config in work.configs]


class _Bench:
    """A decoder with timed calls."""

    def __init__(self, stack: ExitStack, model: LlamaModel, work: _Work, flash_attn: bool) -> None:
        configs = [config for config in work.configs if config.flash_attn == flash_attn]
        rows = max(config.rows for config in configs)
        chunk = max(config.chunk for config in configs)
        widest = configs[0].model_copy(update={"rows": rows, "chunk": chunk, "multiple": 1})
        context = SHARED + OWN + TEXT
        self._decoder = stack.enter_context(LlamaDecoder(model, rows, context, widest, work.threads, prefix_slots=1))
        self._texts = work.texts
        counts = {config.rows_for(_active(config, work.texts)) for config in configs}
        self.parts = [("prompts", size) for size in sorted({config.chunk for config in configs})]
        self.parts += [("decode", count) for count in sorted(counts)]
        self._seconds: dict[tuple[str, int], list[float]] = {part: [] for part in self.parts}

    def time(self, part: tuple[str, int], keep: bool) -> None:
        """Run a part once; `keep` is False for the warm-up."""
        name, size = part
        begun = time.perf_counter()
        if name == "prompts":
            self._prompts(size)
        else:
            begun = self._decode(size)
        if keep:
            self._seconds[part].append(time.perf_counter() - begun)

    def timed(self, config: BatchConfig) -> Timed:
        """The speed of a batch config, from the measured times."""
        active = _active(config, self._texts)
        prompts = median(self._seconds["prompts", config.chunk])
        call = median(self._seconds["decode", config.rows_for(active)])
        return Timed(
            config=config,
            texts_a_minute=round(60 * KINDS / (prompts + KINDS * TEXT * call / active), 1),
            prompt=round((SHARED + KINDS * OWN) / prompts),
            decode=round(active / call),
        )

    def _prompts(self, chunk: int) -> None:
        """Compute a passage's prompts, the shared part once."""
        self._open(0)
        for start in range(0, SHARED, chunk):
            self._decoder.prefill(0, [1] * min(chunk, SHARED - start), start)
        self._decoder.copy(0, self._decoder.slots, SHARED)
        for _ in range(KINDS):
            self._decoder.copy(self._decoder.slots, 0, SHARED)
            for start in range(SHARED, SHARED + OWN, chunk):
                self._decoder.prefill(0, [1] * min(chunk, SHARED + OWN - start), start)

    def _decode(self, rows: int) -> float:
        """Decode a token of each of `rows` sequences after a prompt; gives the start time of the call."""
        self._open(0)
        step = min(size for name, size in self.parts if name == "prompts")
        for start in range(0, SHARED, step):
            self._decoder.prefill(0, [1] * min(step, SHARED - start), start)
        for slot in range(1, rows):
            self._decoder.copy(0, slot, SHARED)
        # The first call also does the copies' work: the second call is timed.
        for position in (SHARED, SHARED + 1):
            begun = time.perf_counter()
            self._decoder.decode([Row(slot, 1, position) for slot in range(rows)])
        return begun

    def _open(self, slot: int) -> None:
        self._decoder.clear(slot)
        sampling = Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=())
        self._decoder.open(slot, sampling, [1] * (SHARED + OWN))


def _active(config: BatchConfig, texts: int) -> int:
    """Average number of active rows in a run; at the end of the run rows become idle."""
    return max(1, round(config.rows / (1 + config.rows / texts)))


def main() -> None:
    """The child process: a `_Work` on standard input, `Timed`s on standard output."""
    print(json.dumps([each.model_dump() for each in measure(_Work.model_validate_json(sys.stdin.read()))]))
