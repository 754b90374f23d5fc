"""How near remix's decoder comes to what llama.cpp can do: beside `llama-batched-bench`, sampling left out.

Takes `Work` and the tool's path, gives tokens a second of prompts and of decoding, 16 rows, `-ub` equal to the chunk.
Run as a module it is the decoder's half, in a process of its own.
"""

from __future__ import annotations

import json
import sys
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.table import Table

from benchmarks.children import run, wait_for_quiet
from benchmarks.report import blank, number
from benchmarks.work import Work

if TYPE_CHECKING:
    from remix.engine.llama import LlamaDecoder

PROMPT, TEXT, CONTEXT = 256, 96, 512
"""Tokens of each sequence: read, decoded, and room for both."""

Speeds = dict[str, float]
"""Tokens a second: `prompt` and `decode`."""


def compare(works: list[Work], tool: str, rounds: int, patience: float) -> list[dict[str, Any]]:
    """Both, in turns, for each model."""
    results = []
    for work in works:
        turns = []
        for _ in range(rounds):
            wait_for_quiet(patience)
            turns.append({"remix": _decoder(work), "tool": _tool(work, tool)})
        results.append({"model": work.name, "rows": work.shape.rows, "rounds": turns})
    return results


def table(result: dict[str, Any]) -> Table:
    """One model's."""
    made = blank(
        f"{result['model']}: tokens a second, {result['rows']} rows",
        "",
        "remix's decoder",
        "llama-batched-bench",
        "ratio",
    )
    for what in ("prompt", "decode"):
        ours = [turn["remix"][what] for turn in result["rounds"]]
        theirs = [turn["tool"][what] for turn in result["rounds"]]
        ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
        made.add_row(what, number(median(ours), 0), number(median(theirs), 0), number(ratio, 2))
    return made


def _decoder(work: Work) -> Speeds:
    said = run([sys.executable, "-m", "benchmarks.ceiling"], work.model_dump_json())
    speeds: Speeds = json.loads(said.splitlines()[-1])
    return speeds


def _tool(work: Work, tool: str) -> Speeds:
    shape = work.shape
    command = [tool, "--model", str(work.model), "-npp", str(PROMPT), "-ntg", str(TEXT), "-npl", str(shape.rows)]
    command += ["--ctx-size", str(shape.rows * CONTEXT), "--ubatch-size", str(shape.chunk)]
    command += ["--flash-attn", "on" if shape.flash_attn else "off", "--output-format", "jsonl"]
    command += ["--threads", str(work.threads), "--threads-batch", str(work.threads)]
    line = next(line for line in run(command).splitlines() if line.startswith("{"))
    found = json.loads(line)
    return {"prompt": found["speed_pp"], "decode": found["speed_tg"]}


def decode(work: Work) -> Speeds:
    """Prompts in chunks into every slot, then a token of each, over and over."""
    from remix.engine.llama import LlamaDecoder, LlamaModel

    shape = work.shape
    stream = [token for task in work.tasks for token in task.request.token_ids]
    stream *= 1 + shape.rows * PROMPT // len(stream)
    prompts = [stream[at : at + PROMPT] for at in range(0, shape.rows * PROMPT, PROMPT)]
    with LlamaModel(work.model, config=shape) as model:
        with LlamaDecoder(model, shape.rows, CONTEXT, shape, work.threads) as cold:
            cold.open(0, work.warm_up.sampling, prompts[0])
            cold.prefill(0, prompts[0][: shape.chunk], 0)
        with LlamaDecoder(model, shape.rows, CONTEXT, shape, work.threads) as decoder:
            return _speeds(decoder, work, prompts, stream)


def _speeds(decoder: LlamaDecoder, work: Work, prompts: list[list[int]], stream: list[int]) -> Speeds:
    from remix.engine.decoder import Row

    shape = decoder.config
    for slot, prompt in enumerate(prompts):
        decoder.open(slot, work.warm_up.sampling, prompt)
    begun = time.perf_counter()
    for slot, prompt in enumerate(prompts):
        for start in range(0, PROMPT, shape.chunk):
            decoder.prefill(slot, prompt[start : start + shape.chunk], start)
    read = time.perf_counter()
    for position in range(PROMPT, PROMPT + TEXT):
        decoder.decode([Row(slot, stream[position], position) for slot in range(shape.rows)])
    done = time.perf_counter()
    return {"prompt": shape.rows * PROMPT / (read - begun), "decode": shape.rows * TEXT / (done - read)}


if __name__ == "__main__":
    print(json.dumps(decode(Work.model_validate_json(sys.stdin.read()))))
