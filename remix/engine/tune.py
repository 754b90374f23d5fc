"""Tuning: the exact shape that runs a model fastest on this machine.

Takes a GGUF, gives what was measured and keeps the winner in the user's cache, where `choose` finds it. What can be
measured apart is (how long a passage's prompts take by chunk, how long a decode call takes by rows), in a process of
its own, in turns, so that what slows the machine slows all; how fast each shape would write is worked out from that.
Only a shape that passes the probe can win. It doesn't know what will be written.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from statistics import median

from remix.engine import llama, probe, spin
from remix.engine.decoder import Row, Shape
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.engine.memo import memo_key
from remix.engine.probe import Chosen
from remix.errors import ModelError
from remix.records import Frozen, Greedy, ModelFile, Sampling
from remix.util import processes
from remix.util.cache import MemoStore

ROWS = (8, 16, 32)
CHUNKS = (32, 64, 128)

SHARED, OWN, KINDS, TEXT = 170, 27, 3, 60
"""A passage of the shipped seeds in three kinds, on average: tokens its prompts share, tokens each has of its own,
how many there are, and tokens a text has."""

TEXTS = 72
"""Texts of a run. The more rows there are, the longer some of them have nothing to do at its end: of 16 rows 13.2
were active on average, of 32 rows 22.8."""

ROUNDS, PATIENCE = 4, 25.0
"""Turns each part gets, and seconds after which no further one begins."""

FAIR = 1 / 3
"""Beside a process that keeps a core busy, a way to wait must keep so much of its speed."""

UNBOUNDED = processes.Bounds(seconds=None)
"""No deadline: a large model may take minutes for a prompt, and the user can end it with Ctrl-C."""

WORTH = 1.05
"""Another way to wait than a short spin must be so much faster."""


class Timed(Frozen):
    """A shape, and how fast it writes."""

    shape: Shape
    texts_a_minute: float
    """Of average ones, by what was measured."""
    prompt: float
    """Prompt tokens computed a second."""
    decode: float
    """Tokens decoded a second, most rows active."""
    exact: bool | None = None
    """Whether it passed the probe; nothing where a faster one did before."""


class Waiting(Frozen):
    """A way for threads to wait, and what it makes of the winner's speed, in texts a minute."""

    way: dict[str, str]
    """Environment variables."""
    idle: float
    """On the machine as it is."""
    beside: float
    """Beside a process that keeps a core busy."""


class Tuned(Frozen):
    """What tuning found."""

    shape: Shape
    """The winner."""
    fastest: Shape
    """The fastest, exact or not."""
    how: str
    """How the winner is known to be exact."""
    timed: tuple[Timed, ...]
    """All that were measured, the fastest first."""
    waiting: tuple[Waiting, ...]
    """Ways for threads to wait; none where the user has settled that."""


_MEMOS = MemoStore("tuned", Tuned)
_PROCEDURE = f"remix/tune/1 by {probe.PROBE}"


# -- using it -----------------------------------------------------------------------------------------------


def choose(path: Path, file: ModelFile, threads: int, gpu_layers: int = 0) -> Chosen:
    """The shape to run a model with: as it was tuned here, else the first usual one that passes its probe.

    Tuning knows nothing of GPUs. Raises `ModelError` where the model can't be loaded.
    """
    tuned = None if gpu_layers else recall(file)
    if tuned:
        return Chosen(tuned.shape, True, f"{tuned.how}; tuned")
    return probe.choose_shape(path, file, threads, gpu_layers)


def is_known(file: ModelFile, gpu_layers: int = 0) -> bool:
    """Whether `choose` costs nothing."""
    return (not gpu_layers and recall(file) is not None) or probe.is_known(file, gpu_layers)


def recall(file: ModelFile) -> Tuned | None:
    """What tuning found for a model on this machine, if it was tuned."""
    return _MEMOS.read(memo_key(_PROCEDURE, file))


def keep(file: ModelFile, tuned: Tuned) -> None:
    """Use what tuning found from now on. Raises `RunError` if the cache can't be written."""
    _MEMOS.write(memo_key(_PROCEDURE, file), tuned)


def forget(file: ModelFile) -> None:
    """Go back to the usual shape."""
    _MEMOS.forget(memo_key(_PROCEDURE, file))


# -- finding it ---------------------------------------------------------------------------------------------


def tune(path: Path, file: ModelFile, threads: int, say: Callable[[str], None]) -> Tuned:
    """Measure, choose, and keep what was chosen; `say` hears what is being done.

    Raises `ModelError` where the model can't be loaded or no shape is exact, `RunError` where the cache can't be
    written.
    """
    say(f"{file.name}: measuring prompts and decoding.")
    candidates = _candidates(file)
    timed = sorted(_time(path, candidates, threads), key=lambda each: -each.texts_a_minute)
    for place, each in enumerate(timed):
        say(f"{_in_words(each.shape)}: {each.texts_a_minute:.0f} texts a minute; probing it.")
        verdict = probe.probe(path, file, each.shape, threads)
        passed = verdict is not None and verdict.passed
        timed[place] = each.model_copy(update={"exact": passed})
        if passed:
            break
    else:
        raise ModelError(f"{file.name}: no shape is exact.", "`remix models probe` says what is left to do.")
    winner = timed[place].shape
    waiting: tuple[Waiting, ...] = ()
    if not spin.is_given():
        say("measuring how threads best wait for each other, alone and beside a busy process.")
        waiting = _wait(path, winner, threads)
    tuned = Tuned(
        shape=winner,
        fastest=timed[0].shape,
        how=f"probed on this machine: same logits {probe.in_words(winner)}",
        timed=tuple(timed),
        waiting=waiting,
    )
    keep(file, tuned)
    if waiting:
        spin.keep(best_way(waiting))
    return tuned


def best_way(waiting: tuple[Waiting, ...]) -> dict[str, str]:
    """The first, unless another is faster and bears company."""
    first = waiting[0]
    others = [each for each in waiting[1:] if each.idle > first.idle * WORTH and each.beside > each.idle * FAIR]
    return max(others, key=lambda each: each.idle, default=first).way


def _candidates(file: ModelFile) -> list[Shape]:
    """All shapes that may be exact with a model's weight types."""
    guess = llama.exact_shape(*file.weight_types)
    # With flash attention a lone row is computed otherwise, so rows must be fixed; and where one row or sixteen are
    # computed otherwise anyway, free ones needn't be tried.
    kinds = [*([] if probe.is_hopeless(file) else [(False, False)]), (True, False), (True, True)]
    return [
        guess.model_copy(update={"rows": rows, "chunk": chunk, "fixed": fixed, "flash_attn": flash_attn})
        for (fixed, flash_attn), rows, chunk in product(kinds, ROWS, CHUNKS)
    ]


def _in_words(shape: Shape) -> str:
    attention = ", flash attention" if shape.flash_attn else ""
    return f"{shape.label} rows, chunks of {shape.chunk}{attention}"


# -- measuring ----------------------------------------------------------------------------------------------


class _Work(Frozen):
    """What a child is to time."""

    path: Path
    threads: int
    shapes: tuple[Shape, ...]
    rounds: int


def _time(path: Path, shapes: list[Shape], threads: int) -> list[Timed]:
    return _child(_Work(path=path, threads=threads, shapes=tuple(shapes), rounds=ROUNDS), {})


def _wait(path: Path, shape: Shape, threads: int) -> tuple[Waiting, ...]:
    """How each way for threads to wait does, alone and beside a busy process: in turns, the better of two."""
    work = _Work(path=path, threads=threads, shapes=(shape,), rounds=1)

    def speeds(way: dict[str, str]) -> tuple[float, float]:
        idle = _child(work, way)[0].texts_a_minute
        with _busy():
            return idle, _child(work, way)[0].texts_a_minute

    turns = [[speeds(way) for way in spin.WAYS] for _ in range(2)]
    found = [[max(speed) for speed in zip(*seen, strict=True)] for seen in zip(*turns, strict=True)]
    return tuple(
        Waiting(way=way, idle=idle, beside=beside) for way, (idle, beside) in zip(spin.WAYS, found, strict=True)
    )


def _child(work: _Work, way: Mapping[str, str]) -> list[Timed]:
    """Let another process measure: how threads wait is settled when llama.cpp loads."""
    variables: dict[str, str | None] = dict.fromkeys(spin.VARIABLES) if way else {}
    ended = processes.run_python(
        "remix.engine.tune:main", [], UNBOUNDED, work.model_dump_json().encode(), {**variables, **way}
    )
    if ended.status:
        reason = (ended.complaint.strip().splitlines() or [f"status {ended.status}"])[-1]
        raise ModelError(
            f"{work.path}: can't be measured ({reason}).", "Close other programs, or take a smaller model."
        )
    return [Timed.model_validate(each) for each in json.loads(ended.output.splitlines()[-1])]


@contextmanager
def _busy() -> Iterator[None]:
    """A process that keeps a core busy."""
    command = [*processes.python(), "-S", "-c", "while True: pass"]
    with subprocess.Popen(command, env=processes.clean_environment()) as process:
        try:
            yield
        finally:
            process.kill()


def measure(work: _Work) -> list[Timed]:
    """Time each part of some shapes, in turns, and work out how fast each shape writes."""
    with ExitStack() as stack:
        model = stack.enter_context(LlamaModel(work.path, shape=work.shapes[0]))
        benches = {
            flash_attn: _Bench(stack, model, work, flash_attn)
            for flash_attn in sorted({shape.flash_attn for shape in work.shapes})
        }
        parts = [(bench, part) for bench in benches.values() for part in bench.parts]
        started = time.perf_counter()
        for turn in range(work.rounds + 1):
            if turn > 1 and time.perf_counter() - started > PATIENCE:
                break
            for bench, part in parts:
                bench.time(part, keep=turn > 0)
        return [benches[shape.flash_attn].timed(shape) for shape in work.shapes]


class _Bench:
    """A decoder, and how long its calls take."""

    def __init__(self, stack: ExitStack, model: LlamaModel, work: _Work, flash_attn: bool) -> None:
        shapes = [shape for shape in work.shapes if shape.flash_attn == flash_attn]
        rows = max(shape.rows for shape in shapes)
        chunk = max(shape.chunk for shape in shapes)
        widest = shapes[0].model_copy(update={"rows": rows, "chunk": chunk, "fixed": False})
        self._decoder = stack.enter_context(LlamaDecoder(model, rows, SHARED + OWN + TEXT, widest, work.threads))
        counts = {count for shape in shapes for count in (shape.rows, _active(shape))}
        self.parts = [("prompts", size) for size in sorted({shape.chunk for shape in shapes})]
        self.parts += [("decode", count) for count in sorted(counts)]
        self._seconds: dict[tuple[str, int], list[float]] = {part: [] for part in self.parts}

    def time(self, part: tuple[str, int], keep: bool) -> None:
        """Run a part once; the first time only warms up."""
        name, size = part
        begun = time.perf_counter()
        if name == "prompts":
            self._prompts(size)
        else:
            begun = self._decode(size)
        if keep:
            self._seconds[part].append(time.perf_counter() - begun)

    def timed(self, shape: Shape) -> Timed:
        """A shape's speeds."""
        active = _active(shape)
        prompts = median(self._seconds["prompts", shape.chunk])
        call = median(self._seconds["decode", shape.rows if shape.fixed else active])
        return Timed(
            shape=shape,
            texts_a_minute=round(60 * KINDS / (prompts + KINDS * TEXT * call / active), 1),
            prompt=round((SHARED + KINDS * OWN) / prompts),
            decode=round(active / call),
        )

    def _prompts(self, chunk: int) -> None:
        """A passage's prompts, shared part first."""
        self._open(0)
        for start in range(0, SHARED, chunk):
            self._decoder.prefill(0, [1] * min(chunk, SHARED - start), start)
        for _ in range(KINDS):
            for start in range(SHARED, SHARED + OWN, chunk):
                self._decoder.prefill(0, [1] * min(chunk, SHARED + OWN - start), start)
            self._decoder.truncate(0, SHARED)

    def _decode(self, rows: int) -> float:
        """One token of each of so many sequences, as long as prompts are; gives when it began."""
        self._open(0)
        step = min(size for name, size in self.parts if name == "prompts")
        for start in range(0, SHARED, step):
            self._decoder.prefill(0, [1] * min(step, SHARED - start), start)
        for slot in range(1, rows):
            self._decoder.copy(0, slot, SHARED)
        # What was copied is paid for by the first call.
        for position in (SHARED, SHARED + 1):
            begun = time.perf_counter()
            self._decoder.decode([Row(slot, 1, position) for slot in range(rows)])
        return begun

    def _open(self, slot: int) -> None:
        self._decoder.clear(slot)
        sampling = Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=())
        self._decoder.open(slot, sampling, [1] * (SHARED + OWN))


def _active(shape: Shape) -> int:
    """Rows that are active on average: all, but for a last round in which one after another falls idle."""
    return max(1, round(shape.rows / (1 + shape.rows / TEXTS)))


def main() -> None:
    """What the process does that measures: its work is on standard input, what it found on standard output."""
    print(json.dumps([each.model_dump() for each in measure(_Work.model_validate_json(sys.stdin.read()))]))
