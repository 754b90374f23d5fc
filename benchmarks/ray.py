"""Workers of a Ray cluster on this machine: what the run's process costs, a run of 100,000 texts, and two workers
beside one.

`python -m benchmarks.ray pace`, `... many FOLDER` and `... ratio` (see `--help`). `pace` and `many` write fake texts,
so that remix's own cost remains; `many` kills the run's process once and resumes. `ratio` runs the bundled model on
one thread a worker.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
import psutil

from benchmarks.children import ROOT
from benchmarks.fake_model import load_fake
from remix.cluster.messages import Order
from remix.cluster.pool import RayWriter
from remix.cluster.ray_cluster import LOCAL, RayCluster, Wants
from remix.cluster.remote import Wanted
from remix.engine.local import LoadOptions
from remix.generation import execute, prepare
from remix.generation.writer import Progress
from remix.outputs.run import RunFolder
from remix.records import Greedy, Message, Options, Prompt, Sampling
from remix.util.garbage import collect_seldom
from remix.verification.verify import verify
from remix.workspace import open_workspace

PASSAGES, VARIANTS = 500, 100
"""Of the run of many texts: with two steps, 100,000."""

TEMPLATE = "---\ndescription: Says it again.\n---\n{{ previous or passage }}\n\nSay it again.\n"


@contextmanager
def fake_pool(workers: int) -> Iterator[RayWriter]:
    """Workers with fake models."""
    cluster = RayCluster(LOCAL, Wants(workers, 1), load_fake)
    order = Order(None, LoadOptions((2048,), None, threads=1))
    with closing(RayWriter(cluster, Wanted(workers, order, None))) as pool:
        yield pool


@click.group()
def main() -> None:
    """Measure workers on a Ray cluster of this machine."""
    # As the command `remix` does.
    collect_seldom()


@main.command()
@click.option("--rate", default=1000, show_default=True, help="Texts asked for in a second.")
@click.option("--seconds", default=20, show_default=True)
@click.option("--workers", default=4, show_default=True)
def pace(rate: int, seconds: int, workers: int) -> None:
    """The share of a core that the run's process takes to give texts away and get them back."""
    prompt = Prompt(
        template="0" * 64, messages=(Message(role="user", content="A short prompt. " * 20),), keep_opening=False
    )
    samplings = [Sampling(seed=seed, chain=(Greedy(),), max_tokens=12, stop=()) for seed in range(1, rate + 1)]
    with fake_pool(workers) as pool:
        writers = [pool.at(f"essay/{number:03}") for number in range(100)]
        begun, used = time.monotonic(), time.process_time()
        futures = []
        for second in range(seconds):
            # Asked for in tenths of a second, as finished texts come in.
            for tenth in range(10):
                time.sleep(max(0.0, begun + second + tenth / 10 - time.monotonic()))
                part = samplings[tenth * rate // 10 : (tenth + 1) * rate // 10]
                futures += [writers[number % 100].submit(prompt, sampling) for number, sampling in enumerate(part)]
        texts = {future.result().text for future in futures}
        took, used = time.monotonic() - begun, time.process_time() - used
    print(f"{len(futures)} texts ({len(texts)} different) in {took:.1f} s: {len(futures) / took:.0f} a second,")
    print(f"with {used:.2f} s of a processor: {used / took:.1%} of a core, {1e6 * used / len(futures):.0f} µs a text")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--passages", default=PASSAGES, show_default=True)
@click.option("--workers", default=4, show_default=True)
def many(folder: Path, passages: int, workers: int) -> None:
    """Write 100,000 fake texts below FOLDER; the run's process is killed after a third, then the run is resumed."""
    (folder / "seeds").mkdir(parents=True)
    (folder / "prompts").mkdir()
    essay = "\n\n".join(f"The clock number {number} runs fast. #clocks" for number in range(passages))
    (folder / "seeds" / "clocks.md").write_text(f"---\ntitle: Clocks\n---\n\n{essay}\n", encoding="utf-8")
    (folder / "prompts" / "again.md.j2").write_text(TEMPLATE, encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.ray", "part", str(folder), "--workers", str(workers)]
    begun = time.monotonic()
    wanted = passages * VARIANTS * 2 // 3
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        for line in first.stdout:
            print(line, end="", flush=True)
            if int(line.split()[0]) >= wanted:
                break
        first.send_signal(signal.SIGKILL)
    print(f"killed after {time.monotonic() - begun:.0f} s", flush=True)
    subprocess.run([*command, "--resume"], cwd=ROOT, check=True)
    print(f"{passages * VARIANTS * 2} texts in {time.monotonic() - begun:.0f} s")
    (path,) = (folder / "outputs").iterdir()
    begun = time.monotonic()
    findings = verify(path).findings
    print(f"verified in {time.monotonic() - begun:.0f} s: {len(findings)} findings")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--workers", default=4)
@click.option("--resume", "is_resumed", is_flag=True)
def part(folder: Path, workers: int, is_resumed: bool) -> None:
    """A part of the run of many texts: this process's memory and processor time at every thousandth text."""
    own, said, begun = psutil.Process(), -1, time.monotonic()

    def watch(now: Progress) -> None:
        nonlocal said
        if now.done // 1000 != said:
            said = now.done // 1000
            took, used = time.monotonic() - begun, sum(own.cpu_times()[:2])
            memory = own.memory_info().rss / 2**20
            print(f"{now.done} texts, {memory:.0f} MiB, {took:.0f} s, {used:.0f} s of a processor", flush=True)

    workspace = open_workspace(folder)
    with fake_pool(workers) as pool:
        if is_resumed:
            (path,) = workspace.outputs.iterdir()
            execute.resume(RunFolder.open(path), watch=watch, writer=pool)
        else:
            job = prepare.prepare_for(workspace, Options(steps=2, variants=VARIANTS), pool)
            execute.generate(job, workspace.outputs, watch, writer=pool)
        print(f"{pool.given_again} given again, {[each.texts for each in pool.workers]} texts by worker")


@main.command()
@click.option("--passages", default=24, show_default=True)
@click.option("--max-tokens", default=48, show_default=True)
@click.argument("folder", type=click.Path(path_type=Path))
def ratio(passages: int, max_tokens: int, folder: Path) -> None:
    """Texts a minute on two workers of one thread, and on one, in turns; outputs below FOLDER."""
    workspace = open_workspace(folder)
    job = prepare.prepare(workspace, Options(sample=passages, steps=2, max_tokens=max_tokens, threads=1), {})
    assert job.run.model
    assert job.model
    for workers in (1, 2, 1, 2):
        cluster = RayCluster(LOCAL, Wants(workers, 1))
        order = Order(job.run.model, execute.load_options(job.run))
        with closing(RayWriter(cluster, Wanted(workers, order, job.model.absolute()))) as pool:
            while any(each.state == "joining" for each in pool.workers):
                time.sleep(0.1)  # a pool tells of its workers only if asked
            begun, used = time.monotonic(), time.process_time()
            outcome = execute.generate(job, workspace.outputs, writer=pool)
            took, used = time.monotonic() - begun, time.process_time() - used
            texts, tokens = len(outcome.folder.done), pool.sampled
        print(f"{workers} workers: {texts} texts, {tokens} tokens in {took:.1f} s: {60 * texts / took:.1f} a minute,")
        print(f"  the run's process {used / took:.1%} of a core", flush=True)


if __name__ == "__main__":
    main()
