"""How many texts a minute: remix beside the other ways to run the same prompts through the same GGUF.

`python -m benchmarks.throughput --help`. All contenders take turns, round after round, so that what slows the machine
slows all of them; ratios are taken within a round, and their median is given.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks import ceiling, seeds
from benchmarks.children import MeasuringError, measure
from benchmarks.machine import describe, in_words
from benchmarks.report import blank, number, save, show, spread
from benchmarks.work import Measure, Work

TITLES = {
    "remix": "remix",
    "traced": "remix, with a trace",
    "loop": "llama-cpp-python loop",
    "cleared": "the same, cache cleared",
    "langchain": "LangChain ChatLlamaCpp",
    "server": "llama-server, 16 slots",
    "generate": "`remix generate`, whole",
    "default": "`remix generate` after `make demo`",
}

Results = dict[str, dict[str, list[Measure]]]
"""By model, then by contender: a measure a round."""


@click.command()
@click.option("--passages", type=click.IntRange(1), default=24, show_default=True, help="How many, in 3 kinds each.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="How often each takes its turn.")
@click.option("--max-tokens", type=click.IntRange(1), default=96, show_default=True, help="Tokens a text.")
@click.option("--model", "models", multiple=True, help="A GGUF's path or name; repeatable. Default: the bundled.")
@click.option("--type", "file_types", multiple=True, help="The first model in this weight type too; repeatable.")
@click.option("--only", multiple=True, type=click.Choice(list(TITLES)), help="Only this contender; repeatable.")
@click.option("--tune", is_flag=True, help="Tune remix for each model first: some minutes more.")
@click.option("--threads", type=click.IntRange(1), help="For all; by default one for each physical core.")
@click.option("--llama-server", "server", type=click.Path(exists=True, dir_okay=False), help="Measure it too.")
@click.option("--batched-bench", type=click.Path(exists=True, dir_okay=False), help="Measure its speed and remix's.")
@click.option("--patience", type=float, default=0, help="Seconds to wait for a quiet machine before each turn.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(
    passages: int,
    rounds: int,
    max_tokens: int,
    models: tuple[str, ...],
    file_types: tuple[str, ...],
    only: tuple[str, ...],
    tune: bool,
    threads: int | None,
    server: str | None,
    batched_bench: str | None,
    patience: float,
    target: Path | None,
) -> None:
    """Measure remix beside the other ways to run many prompts through one GGUF."""
    machine, console = describe(), Console(stderr=True)
    contenders = present(only, server, console)
    with seeds.opened(models, file_types, threads or machine.cores) as opened:
        if tune:
            seeds.tune(opened, threads or machine.cores, console.print)
        corpus = seeds.corpus(passages)
        works = {each.file.name: seeds.work(each, corpus, max_tokens, threads=threads) for each in opened}
        results = take_turns(
            works, contenders, rounds, lambda name, work: measure(name, work, server, patience), console
        )
        ceilings = ceiling.compare(list(works.values()), batched_bench, rounds, patience) if batched_bench else []
    show(table(results[name], work) for name, work in works.items())
    show(ceiling.table(each) for each in ceilings)
    print(in_words(machine))
    save(target, machine, [in_json(works[name], results[name]) for name in works], ceilings=ceilings)


def present(only: Sequence[str], server: str | None, console: Console) -> list[str]:
    """The contenders that are wanted and here; says aloud which aren't."""
    missing = {} if server else {"server": "no --llama-server given"}
    if importlib.util.find_spec("langchain_community") is None:
        missing["langchain"] = "langchain_community isn't installed"
    for name, reason in missing.items():
        console.print(f"[yellow]left out: {TITLES[name]} ({reason})[/yellow]")
    return [name for name in TITLES if name not in missing and (not only or name in only)]


def take_turns(
    works: dict[str, Work],
    contenders: Sequence[str],
    rounds: int,
    take_turn: Callable[[str, Work], Measure],
    console: Console,
) -> Results:
    """Every contender on every model, then all again."""
    results: Results = {name: {each: [] for each in contenders} for name in works}
    for turn in range(1, rounds + 1):
        for name, work in works.items():
            for contender in contenders:
                try:
                    measured = take_turn(contender, work)
                except MeasuringError as error:
                    console.print(f"{TITLES[contender]} failed: {error}", style="red", markup=False)
                    continue
                results[name][contender].append(measured)
                console.print(
                    f"{turn}/{rounds} {name}: {TITLES[contender]} {measured.per_minute:.1f} texts a minute, "
                    f"{measured.others:.2f} cores busy with other things"
                )
    return results


def ratios(results: dict[str, list[Measure]], contender: str, against: str) -> list[float]:
    """How many times as many texts a minute, round by round."""
    pairs = zip(results.get(contender, ()), results.get(against, ()), strict=False)
    return [one.per_minute / other.per_minute for one, other in pairs]


def table(results: dict[str, list[Measure]], work: Work) -> Table:
    """A model's results."""
    made = blank(
        f"{work.name}: {len(work.tasks)} texts of at most {work.max_tokens} tokens, {work.threads} threads; "
        f"remix: {work.shape.label}, chunks of {work.shape.chunk}" + ", flash attention" * work.shape.flash_attn,
        "",
        "texts a minute",
        "lowest…highest",
        "× loop",
        "× cleared",
        "tokens a second",
        "tokens a text",
        "prompt tokens given",
        "computed",
        "cores busy otherwise",
    )
    for contender, measures in results.items():
        if not measures:
            continue
        made.add_row(
            TITLES[contender],
            number(median(each.per_minute for each in measures), 1),
            spread([each.per_minute for each in measures]),
            _ratio(results, contender, "loop"),
            _ratio(results, contender, "cleared"),
            number(median(each.speed for each in measures), 0),
            number(median(each.length for each in measures), 1),
            str(measures[0].given),
            str(measures[0].computed or "?"),
            number(max(each.others for each in measures), 2),
        )
    return made


def _ratio(results: dict[str, list[Measure]], contender: str, against: str) -> str:
    found = ratios(results, contender, against)
    return number(median(found), 2) if found else ""


def in_json(work: Work, results: dict[str, list[Measure]]) -> dict[str, Any]:
    """A model's results, all rounds."""
    return {
        "model": work.name,
        "sha256": work.sha256,
        "file_type": work.file_type,
        "threads": work.threads,
        "passages": work.passages,
        "max_tokens": work.max_tokens,
        "n_ctx_seq": work.n_ctx_seq,
        "shape": work.shape.model_dump(),
        "contenders": {
            name: {
                "rounds": [each.model_dump() for each in measures],
                "texts_a_minute": median(each.per_minute for each in measures),
                "tokens_a_second": median(each.speed for each in measures),
                "tokens_a_text": median(each.length for each in measures),
                "ratio_to": {
                    against: median(found) for against in results if (found := ratios(results, name, against))
                },
            }
            for name, measures in results.items()
            if measures
        },
    }


if __name__ == "__main__":
    main()
