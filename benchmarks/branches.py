"""What branches of one text cost: sixteen in one batch, beside the text alone and beside one branch after another.

Takes a model, gives seconds: of a text of 150 tokens, of 16 branches that leave the text at tokens spread over the
text, and of the same branches one after another, through remix and through llama-server with its prompt cache, which
is how mikupad goes on from a token. No text ends before its last token, so all have the same lengths. Each
measurement is made in a process of its own; the contenders take turns, in the other order every second round.

`python -m benchmarks.branches --llama-server PATH`
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import click
import psutil
from rich.table import Table

from benchmarks import contenders
from benchmarks.children import run, wait_for_quiet
from benchmarks.report import blank, number, save, show
from benchmarks.work import Work
from remix.records import Fork, Frozen, Request

if TYPE_CHECKING:
    from remix.engine.engine import Engine

BRANCHES = 16
TITLES = {
    "text": "the text alone",
    "branches": "16 branches, one batch",
    "apart": "16 branches, one after another",
    "server_text": "llama-server: the text alone",
    "server": "llama-server: 16 branches, one after another",
}


class BranchWork(Frozen):
    """What each contender is given."""

    work: Work
    """The model, and how to load it; the first task's prompt is the text's."""
    text: tuple[int, ...] = ()
    """The tokens of the text to branch from; empty for the contender that writes the text."""
    other: int = 0
    """The token that each branch puts in the place of the text's own token."""

    @property
    def original(self) -> Request:
        """The request for the text."""
        request = self.work.tasks[0].request
        sampling = request.sampling.model_copy(update={"max_tokens": self.work.max_tokens, "stop": ()})
        return request.model_copy(update={"sampling": sampling})

    @property
    def places(self) -> tuple[int, ...]:
        """How many tokens of the text each branch keeps, the most first."""
        step = self.work.max_tokens / BRANCHES
        return tuple(round(step * (branch + 0.5)) for branch in reversed(range(BRANCHES)))

    @property
    def branches(self) -> tuple[Request, ...]:
        """The requests for the branches."""
        forks = (Fork(token_ids=(*self.text[:place], self.other)) for place in self.places)
        return tuple(self.original.model_copy(update={"fork": fork}) for fork in forks)


class BranchMeasure(Frozen):
    """What a contender did once."""

    seconds: float
    """From the first request to the last text; loading and a warm-up aren't counted."""
    processor: float
    """Seconds of all processors meanwhile: on a busy machine with one thread, the number to compare."""
    tokens: int
    """Tokens that no other text had before: sampled, or put in the place of the text's own."""
    text: tuple[int, ...] = ()
    """The tokens of the text, from the contender that writes the text."""
    other: int = 0
    """A token for the branches to put, from the same contender."""
    prompt: float = 0.0
    """Seconds for computing the prompt."""
    steps: tuple[tuple[int, float], ...] = ()
    """For each decode call the rows, and its seconds."""


@click.command()
@click.option("--model", "models", multiple=True, help="A GGUF's path or name; repeatable. Default: the bundled.")
@click.option("--type", "file_types", multiple=True, help="The first model in this weight type too; repeatable.")
@click.option(
    "--tokens", type=click.IntRange(2 * BRANCHES), default=150, show_default=True, help="Tokens of the text."
)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(list(TITLES)), help="Only this contender; repeatable.")
@click.option("--threads", type=click.IntRange(1), help="For all; by default one for each physical core.")
@click.option("--llama-server", "server", type=click.Path(exists=True, dir_okay=False), help="Measure it too.")
@click.option("--patience", type=float, default=0, help="Seconds to wait for a quiet machine before each turn.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(
    models: tuple[str, ...],
    file_types: tuple[str, ...],
    tokens: int,
    rounds: int,
    only: tuple[str, ...],
    threads: int | None,
    server: str | None,
    patience: float,
    target: Path | None,
) -> None:
    """Measure branches of one text beside the text, and beside other ways to write the same branches."""
    # Here and not above: these load llama.cpp, and a contender's process settles first how its threads wait.
    from benchmarks import seeds
    from benchmarks.machine import describe, in_words

    machine, results = describe(), {}
    names = [name for name in only or TITLES if server or not name.startswith("server")]
    with seeds.opened(models, file_types, threads or machine.cores) as opened:
        for model in opened:
            work = seeds.work(model, seeds.corpus(1), tokens, threads=threads)
            results[work.name] = take_turns(BranchWork(work=work), names, rounds, server, patience)
    show(table(name, each) for name, each in results.items())
    print(in_words(machine))
    kept = {
        name: {key: [m.model_dump() for m in some] for key, some in each.items()} for name, each in results.items()
    }
    save(target, machine, kept)


def take_turns(
    given: BranchWork, names: Sequence[str], rounds: int, server: str | None, patience: float
) -> dict[str, list[BranchMeasure]]:
    """Every contender, round after round, in turns of either order."""
    first = _measure("text", given, server)
    given = given.model_copy(update={"text": first.text, "other": first.other})
    results: dict[str, list[BranchMeasure]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names if turn % 2 == 0 else reversed(names):
            wait_for_quiet(patience)
            results[name].append(_measure(name, given, server))
            seconds = results[name][-1].seconds
            click.echo(f"{turn + 1}/{rounds} {given.work.name}: {TITLES[name]} {seconds:.2f} s", err=True)
    return results


def _measure(name: str, given: BranchWork, server: str | None) -> BranchMeasure:
    more = {"LLAMA_SERVER": server} if server else {}
    said = run([sys.executable, "-m", "benchmarks.branches", name], given.model_dump_json(), more)
    return BranchMeasure.model_validate_json(said.splitlines()[-1])


def table(name: str, results: dict[str, list[BranchMeasure]]) -> Table:
    """A model's results: medians, and medians of the ratios within a round."""
    ratios = ("× the text alone", "× 16 in one batch")
    headings = ("seconds", *ratios, "of a processor", *ratios, "tokens", "rows a call", "prompt, s", "calls, s")
    made = blank(name, "", *headings)
    for each, some in results.items():
        calls = [step for measure in some for step in measure.steps]
        made.add_row(
            TITLES[each],
            *_numbers(results, each, lambda measure: measure.seconds),
            *_numbers(results, each, lambda measure: measure.processor),
            str(some[0].tokens),
            number(sum(rows for rows, _ in calls) / len(calls), 1) if calls else "",
            number(median(measure.prompt for measure in some), 2) if calls else "",
            number(sum(spent for _, spent in calls) / len(some), 2) if calls else "",
        )
    return made


def _numbers(
    results: dict[str, list[BranchMeasure]], name: str, value: Callable[[BranchMeasure], float]
) -> Iterator[str]:
    """The median of a value, and the medians of its ratios to those of the text and of the batch."""
    yield number(median(map(value, results[name])), 2)
    for against in ("text", "branches"):
        pairs = zip(results[name], results.get(against, ()), strict=False)
        ratios = [value(one) / value(other) for one, other in pairs]
        yield number(median(ratios), 2) if ratios else ""


# -- contenders: each in a process of its own -----------------------------------------------------------------


def text(given: BranchWork) -> BranchMeasure:
    """remix: the text alone, with its trace."""
    return _remix(given, lambda engine: [engine.submit(given.original).result().token_ids or ()])


def branches(given: BranchWork) -> BranchMeasure:
    """remix: all branches in one batch."""

    def write(engine: Engine) -> list[tuple[int, ...]]:
        futures = [engine.submit(each) for each in given.branches]
        return [future.result().token_ids or () for future in futures]

    return _remix(given, write)


def apart(given: BranchWork) -> BranchMeasure:
    """remix: one branch after another; they share the prompt alone."""
    return _remix(given, lambda engine: [engine.submit(each).result().token_ids or () for each in given.branches])


def _remix(given: BranchWork, write: Callable[[Engine], list[tuple[int, ...]]]) -> BranchMeasure:
    from remix.engine.decoder import Row
    from remix.engine.engine import Engine
    from remix.engine.llama import LlamaDecoder, LlamaModel

    class Endless(LlamaDecoder):
        """Ends no text before its last token, and notes rows and seconds of each call."""

        def is_end(self, token: int) -> bool:
            return False

        def decode(self, rows: Sequence[Row]) -> None:
            begun = time.perf_counter()
            super().decode(rows)
            steps.append((len(rows), time.perf_counter() - begun))

        def prefill(self, slot: int, tokens: Sequence[int], position: int) -> None:
            begun = time.perf_counter()
            super().prefill(slot, tokens, position)
            prompts.append(time.perf_counter() - begun)

    steps: list[tuple[int, float]] = []
    prompts: list[float] = []
    work = given.work
    with LlamaModel(work.model, config=work.shape) as model:
        decoder = Endless(model, work.shape.rows, work.n_ctx_seq, work.shape, work.threads, BRANCHES)
        with decoder:
            with Engine(decoder) as engine:
                engine.submit(work.warm_up).result()
            steps.clear()
            prompts.clear()
            # A new engine knows no prompts.
            with Engine(decoder, trace=True) as engine:
                begun, used = time.perf_counter(), time.process_time()
                texts = write(engine)
                seconds, processor = time.perf_counter() - begun, time.process_time() - used
        (other, *_) = model.tokenize_text(" however")
    given_before = given.places if len(texts) == BRANCHES else (0,)
    tokens = sum(len(each) - place for each, place in zip(texts, given_before, strict=True))
    return BranchMeasure(
        seconds=seconds,
        processor=processor,
        tokens=tokens,
        text=texts[0],
        other=other,
        prompt=sum(prompts),
        steps=tuple(steps),
    )


def server_text(given: BranchWork) -> BranchMeasure:
    """llama-server with one slot: the text alone."""
    return _served(given, (), (0,))


def server(given: BranchWork) -> BranchMeasure:
    """llama-server with one slot, whose cache holds prompt and text: one branch after another.

    The latest place comes first, so that each branch finds all that it keeps of the text in the cache.
    """
    return _served(given, (len(given.text) - 1,), given.places)


def _served(given: BranchWork, before: Sequence[int], places: Sequence[int]) -> BranchMeasure:
    """Branches at some places, after others that aren't counted."""
    warm_up = given.work.warm_up
    with contenders.serving(given.work, slots=1) as (url, process):
        body = {"prompt": list(warm_up.token_ids), "n_predict": 4, **contenders.values(warm_up.sampling)}
        contenders.complete(url, body)
        for place in before:
            _complete(url, given, place)
        begun, used = time.perf_counter(), _used(process.pid)
        for place in places:
            _complete(url, given, place)
        seconds, processor = time.perf_counter() - begun, _used(process.pid) - used
    tokens = sum(given.work.max_tokens - place for place in places)
    return BranchMeasure(seconds=seconds, processor=processor, tokens=tokens)


def _used(pid: int) -> float:
    """Seconds of processors that a process used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _complete(url: str, given: BranchWork, place: int) -> None:
    """Have a branch written that keeps `place` tokens of the text; without any, the text itself.

    Raises `RuntimeError` if fewer tokens are written than asked for.
    """
    sampling = given.original.sampling
    kept = (*given.text[:place], given.other) if place else ()
    body = {
        "prompt": [*given.original.token_ids, *kept],
        "n_predict": given.work.max_tokens - len(kept),
        "seed": sampling.seed,
        "ignore_eos": True,
        "cache_prompt": True,
        **contenders.values(sampling),
    }
    written = contenders.complete(url, body)["tokens_predicted"]
    if written < body["n_predict"]:
        raise RuntimeError(f"{written} tokens of {body['n_predict']} were written")


CONTENDERS: dict[str, Callable[[BranchWork], BranchMeasure]] = {
    each.__name__: each for each in (text, branches, apart, server_text, server)
}

if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1] in CONTENDERS:
        print(json.dumps(CONTENDERS[sys.argv[1]](BranchWork.model_validate_json(sys.stdin.read())).model_dump()))
    else:
        main()
