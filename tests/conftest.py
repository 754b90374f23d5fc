"""What many tests need: a small workspace, the bundled model, and a writer that needs no weights."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

import remix.cli
from remix import workspace as workspaces
from remix.engine.decoder import BatchConfig
from remix.engine.engine import Engine
from remix.generation import execute, prepare
from remix.generation.writer import OnText, TokenCounter
from remix.models import catalog, identity
from remix.outputs import RunFolder, layout
from remix.reader.reader import Scorer
from remix.records import (
    EngineUsed,
    Fork,
    Generation,
    ModelFile,
    ModelUsed,
    Options,
    Prompt,
    Request,
    Sampling,
    WriterInfo,
    sha256,
)
from remix.templates import worker
from remix.util import processes
from remix.workspace import Workspace, open_workspace
from tests.fake_decoder import FakeDecoder
from tests.short_model import shorten

if TYPE_CHECKING:
    from tests.fake_local import FakeLocal

ESSAY = """\
---
title: Two Clocks
author: Nobody
date: 2026-01-02
tags: [time]
---

The first clock runs fast. It was set by the second. #clocks, #small error

## Later

The second clock runs slow. It was set by the first. #Clocks

Nobody has asked the sun.
"""

TEMPLATE = """\
---
description: Says it again.
max_tokens: 12
sampling: {temperature: 0.5}
---
{{ previous or passage }}

Say it again.
"""

FILE = ModelFile(
    name="fake",
    sha256=sha256("weights"),
    metadata_sha256=sha256("metadata"),
    size=1,
    architecture="fake",
    file_type="Q8_0",
    weight_types=("Q8_0",),
    context=2048,
    chat_template=None,
    labels=(),
)
"""A model of which nothing is there but its description."""

WRITER = WriterInfo(
    name="fake",
    model=ModelUsed(sha256=None, metadata_sha256=None),
    engine=EngineUsed(exact=False),
    exactness="not known",
    host="a test",
)
"""A writer of which nothing is there but its description."""


def python_path() -> dict[str, str]:
    """The environment in which another Python finds what this one found, whatever the current folder is."""
    return {"PYTHONPATH": os.pathsep.join(processes.search_path())}


def bound(monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    """Let files of a kind have only so many bytes."""
    kinds = tuple(replace(kind, most=most) if kind.name == name else kind for kind in layout.KINDS)
    monkeypatch.setattr(layout, "KINDS", kinds)


def eventually(holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds. Raises `AssertionError` where it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"it didn't come about within {seconds} seconds"
        time.sleep(0.02)


@contextmanager
def work_of_at_most(seconds: float) -> Iterator[None]:
    """Stop what is done meanwhile, and fail, if it takes more seconds of a processor, however busy the machine is: of
    this process, and of the processes whose end it waits for, which are not stopped.

    It finds work that would take minutes or hours, and measures no speed: it allows at least ten times what the work
    takes on a slow processor.
    """

    def stop(*_: object) -> None:
        raise AssertionError(f"it takes more than {seconds} seconds of a processor")

    before = signal.signal(signal.SIGPROF, stop)
    begun = sum(os.times()[:4])
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    assert sum(os.times()[:4]) - begun < seconds


Remix = Callable[..., Result]
Nest = Callable[[Path, int], None]


@pytest.fixture(scope="session", autouse=True)
def _hermetic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting of the machine reaches a test, nor a fixture of whatever scope: no prepared model, for one.

    Ctrl-C is heard, also where a shell started pytest in the background and had it ignored: processes would inherit
    that. And this process flushes nothing to the disk: no test takes the machine's power away, and a run of twelve
    texts flushes 61 times. That remix asks for it, and in which order, is tested where `os.fsync` is watched.

    The workers share a cache, in which one notes for all what the probe of the bundled model found, after 10 s.

    Models compute with one thread unless a test asks for more: on two cores with two of pytest's workers, two threads
    waited for each other's cores, and took half as much of their time again.

    Where the environment forbids to keep compiled modules, as containers do, each of hundreds of processes would
    compile remix anew, for half of its start: they keep what they compile in a folder of this session.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("REMIX_")]:
            patch.delenv(name)
        patch.setenv("REMIX_CACHE", str(shared_folder(tmp_path_factory, "cache")))
        patch.setenv("OMP_NUM_THREADS", "1")
        if "PYTHONDONTWRITEBYTECODE" in os.environ:
            patch.delenv("PYTHONDONTWRITEBYTECODE")
            patch.setenv("PYTHONPYCACHEPREFIX", str(shared_folder(tmp_path_factory, "compiled")))
        patch.setattr(catalog, "OLLAMA_SERVICES", ())
        patch.setattr(os, "fsync", lambda handle: None)
        # A busy machine may take long to give a template's process its two seconds of a processor.
        patch.setattr(worker._worker, "deadline", 120)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)


def shared_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder of this session of pytest that all its workers share, so that one makes what all need."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return tmp_path_factory.mktemp(name)
    folder = tmp_path_factory.getbasetemp().parent / name
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with one essay of three passages and two kinds."""
    return make_workspace(tmp_path / "garden")


def make_workspace(root: Path) -> Workspace:
    """The same anywhere."""
    for name in ("seeds", "prompts"):
        (root / name).mkdir(parents=True)
    (root / "seeds" / "two-clocks.md").write_text(ESSAY, encoding="utf-8")
    for kind in ("again", "once"):
        (root / "prompts" / f"{kind}.md.j2").write_text(TEMPLATE, encoding="utf-8")
    return open_workspace(root)


def make_noon(root: Path, passages: Sequence[str]) -> Workspace:
    """A workspace with an essay of these passages, and the shipped templates."""
    workspaces.init(root)
    for path in (root / "seeds").iterdir():
        path.unlink()
    text = "---\ntitle: Noon\n---\n\n" + "\n\n".join(f"{passage} #noon" for passage in passages)
    (root / "seeds" / "noon.md").write_text(text, encoding="utf-8")
    return open_workspace(root)


@pytest.fixture
def remix_(workspace: Workspace) -> Remix:
    """The command, in the workspace."""

    def invoke(*arguments: object, input: str | None = None, env: dict[str, str] | None = None) -> Result:
        words = ["-C", str(workspace.root), *map(str, arguments)]
        return CliRunner().invoke(remix.cli.cli, words, input=input, env=env)

    return invoke


@pytest.fixture
def local() -> Iterator[FakeLocal]:
    """A fake local model, whose texts have traces."""
    from tests.fake_local import FakeLocal  # which imports this module

    with closing(FakeLocal(trace=True)) as writer:
        yield writer


@pytest.fixture
def nest() -> Iterator[Nest]:
    """Makes a folder, levels of folders below it, deeper than a path may be long, and a seed in the lowest."""
    made: list[Path] = []

    def make(folder: Path, levels: int) -> None:
        folder.mkdir()
        made.append(folder)
        place = os.open(folder, os.O_RDONLY)
        for _ in range(levels):
            os.mkdir("d", dir_fd=place)
            below = os.open("d", os.O_RDONLY, dir_fd=place)
            os.close(place)
            place = below
        with os.fdopen(os.open("x.md", os.O_WRONLY | os.O_CREAT, dir_fd=place), "w") as file:
            file.write("Words.")
        os.close(place)

    yield make
    # pytest removes its folders by recursion, which fails where there are 1,000 levels.
    if made:
        subprocess.run(["rm", "-rf", *map(str, made)], check=True)


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The bundled SmolLM2."""
    return catalog.find(None).path


@pytest.fixture(scope="session")
def model_file(model_path: Path) -> ModelFile:
    """Its identity."""
    return identity.identify(model_path)


@pytest.fixture(scope="session")
def short_path(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled SmolLM2 with a fifth of its layers, made by the first worker that asks."""
    path = shared_folder(tmp_path_factory, "short") / model_path.name
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            shorten(model_path, path.with_suffix(".tmp")).rename(path)
    return path


@pytest.fixture(scope="session")
def short_file(short_path: Path) -> ModelFile:
    """Its identity."""
    return identity.identify(short_path)


@pytest.fixture
def short_garden(workspace: Workspace, short_path: Path) -> Workspace:
    """The workspace, in which the short model writes unless a test names another: in any process, by `remix.toml`."""
    (workspace.root / "remix.toml").write_text(f'model = "{short_path}"\n', encoding="utf-8")
    return open_workspace(workspace.root)


class Letters:
    """A tokenizer of letters."""

    bos: int | None = None

    def special_text(self, name: str) -> str:
        return f"<{name}>"

    def tokenize_text(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]

    tokenize_markup = tokenize_text


class FakeWriter:
    """A `Writer` over the engine and a decoder without weights: prompts are read byte by byte."""

    file: ModelFile | None = None
    name = "fake"
    counter: TokenCounter | None = None
    scorer: Scorer | None = None
    chunk: int | None = None
    chat_template_sha256: str | None = None
    model_used = ModelUsed(sha256=None, metadata_sha256=None, parameters={"fake": True})

    def __init__(
        self, parallel: int = 4, fail_on: Callable[[Prompt], bool] | None = None, trace: bool = False
    ) -> None:
        decoder = FakeDecoder(parallel, n_ctx_seq=4096, config=BatchConfig(chunk=64, rows=parallel))
        self.engine = Engine(decoder, trace=trace, writer=lambda: self.made_by())
        self.parallel = parallel
        self.fail_on = fail_on
        self.asked: list[Prompt] = []

    @property
    def sampled(self) -> int:
        return self.engine.sampled

    @property
    def engine_used(self) -> EngineUsed:
        return EngineUsed(exact=True, chunk=self.chunk)

    @property
    def info(self) -> WriterInfo:
        return WriterInfo(
            name=self.name,
            model=self.model_used,
            file=self.file,
            engine=self.engine_used,
            chat_template_sha256=self.chat_template_sha256,
            exactness="by construction",
            host="a test",
            threads=1,
            parallel=self.parallel,
            n_ctx_seq=4096,
        )

    def made_by(self) -> WriterInfo:
        """What the next text says of who wrote it."""
        return self.info

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        self.asked.append(prompt)
        tokens = "\n".join(message.content for message in prompt.messages).encode()
        if self.fail_on and self.fail_on(prompt):
            tokens = b""
        return self.engine.submit(Request(token_ids=tuple(tokens), sampling=sampling, fork=fork), on_text)

    def close(self) -> None:
        self.engine.close()


@pytest.fixture
def writer() -> Iterator[FakeWriter]:
    """A writer that needs no weights."""
    writer = FakeWriter()
    yield writer
    writer.close()


@pytest.fixture(scope="session")
def _finished_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = make_workspace(tmp_path_factory.mktemp("once"))
    writer = FakeWriter()
    return execute.generate(
        prepare.prepare_for(place, Options(steps=2), writer), place.outputs, writer=writer
    ).folder.path


@pytest.fixture
def finished(workspace: Workspace, _finished_once: Path) -> RunFolder:
    """A finished run below the workspace's outputs: 3 passages, 2 kinds, 2 steps."""
    return RunFolder.open(shutil.copytree(_finished_once, workspace.outputs / _finished_once.name))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """The garbage collector never searches what is there before the first test: modules, tests and their parameters
    are half a million objects. And it searches rarely, as in the program: it took 15 of 48 s of tests of essays."""
    gc.disable()
    found = yield
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()
    return found


def pytest_unconfigure() -> None:
    """llama-cpp-python opens /dev/null twice when it is imported and never closes it; Python would complain."""
    utils = sys.modules.get("llama_cpp._utils")
    for file in (utils.outnull_file, utils.errnull_file) if utils else ():
        file.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full` runs what takes longer than anyone wants to wait after each change."""
    parser.addoption("--full", action="store_true", help="exactness in all combinations, 200 kills: about an hour")


def pytest_configure(config: pytest.Config) -> None:
    """Hypothesis tries the same examples each time, and with `--full` others each time: what a change didn't break
    doesn't fail beside it. A busy machine's slowness is no failure."""
    # Not above: processes of tests import this module without Hypothesis.
    from hypothesis import HealthCheck, settings

    unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("usual", unhurried, derandomize=True, database=None)
    # Said again, because Hypothesis itself searches nothing at random where the environment has `CI`.
    settings.register_profile("full", unhurried, derandomize=False)
    settings.load_profile("full" if config.getoption("full") else "usual")
