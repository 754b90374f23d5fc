"""Runs by strangers: `run.json`, records, traces, measures, reviews and the manifest, through every command.

A case is a run's folder in one file: each of its files' names behind a byte that stands nowhere else, then what is in
it. Half of the changed cases have their ids and their manifest made anew, so that they get past the hashes.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

import remix.cli
from remix.analysis import run_ledgers
from remix.errors import RemixError
from remix.generation import execute, prepare, run_model
from remix.generation.job import Job
from remix.outputs import RunFolder, list_runs, reviews
from remix.records import ModelFile, ModelUsed, Options, Resumption, canonical_sha256
from remix.studio.open_runs import OpenRuns
from remix.util.names import is_plain, leads_out
from remix.verification import replay
from remix.workspace import Workspace, open_workspace

from ..conftest import FILE, FakeWriter, make_workspace
from ..fake_local import FakeLocal
from .harness import Target

NAME = "20260102T030405Z-all-beef"
"""The run's folder."""

BEFORE_NAME, MANIFEST = b"\x1e", "MANIFEST.sha256"

FORGED = "FORGED: intact"
"""What no line of an output may begin with: it stands behind line ends in names."""

LONGEST = 400_000
"""Letters of a changed JSON."""

Tree = Any
Files = dict[str, bytes]


# -- a run as one file --------------------------------------------------------------------------------------


def pack(files: Files) -> bytes:
    """A folder as a case."""
    return b"".join(BEFORE_NAME + name.encode() + b"\n" + data for name, data in sorted(files.items()))


def unpack(case: bytes) -> Files:
    """A case as a folder."""
    parts = (part.partition(b"\n") for part in case.split(BEFORE_NAME)[1:])
    return {name.decode(errors="replace"): data for name, _, data in parts}


def corpus(folder: Path) -> list[bytes]:
    """Two finished runs, each with all kinds of files: one by a chat model, one that can be replayed."""
    chat = _run(make_workspace(folder / "chat"), FakeWriter(trace=True), None)
    local = _run(make_workspace(folder / "local"), FakeLocal(trace=True), FILE)
    return [chat, local]


def _run(workspace: Workspace, writer: FakeWriter, file: ModelFile | None) -> bytes:
    with closing(writer):
        options = Options(steps=2, best_of=2, limit=2, kinds=("again",))
        job = prepare.prepare_for(workspace, options, writer)
        run = job.run.model_copy(update={"model": file, "n_ctx_seq": 4096 if file else 0})
        job = Job(run, None, {}, 0, ())
        folder = execute.generate(job, workspace.outputs, writer=writer).folder
    first = folder.run.tasks[0].id
    reviews.say(folder, first, "ada", verdict="star", note="Well said.")
    reviews.edit(folder, first, "ada", "Said better.")
    folder.write_failures([])
    (folder.path / "failures.json").write_text('[{"task": "two-clocks/001/again.1", "error": "e", "hint": "h"}]')
    model, engine = ModelUsed(sha256="5" * 64, metadata_sha256="6" * 64), writer.engine_used
    folder.note_resumption(Resumption(at=folder.run.created, name="other", model=model, engine=engine))
    run_ledgers.measure(folder)
    files = {
        path.relative_to(folder.path).as_posix(): path.read_bytes()
        for path in folder.path.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    files = {name: data.replace(folder.run.name.encode(), NAME.encode()) for name, data in files.items()}
    return pack(_blessed(files))


def _blessed(files: Files) -> Files:
    """The same with ids and manifest made anew, as far as they can be."""
    files = dict(files)
    for name in [name for name in files if name.endswith(".json")]:
        with suppress(Exception):
            raw = json.loads(files[name])
            made_of = {"derivation": raw["derivation"], "output": {"sha256": raw["output"]["sha256"]}}
            before, raw["id"] = raw["id"], canonical_sha256(made_of)
            files[name] = json.dumps(raw).encode()
            stem = name.removesuffix(".json")
            for beside in (f"{stem}.md", f"{stem}.trace.json", f"{stem}.measures.json", "reviews.jsonl"):
                files[beside] = files[beside].replace(before.encode(), raw["id"].encode())
            raw["trace"] = raw["trace"] and sha256(files[f"{stem}.trace.json"]).hexdigest()
            files[name] = json.dumps(raw).encode()
    listed = [
        name
        for name in files
        if name.endswith((".md", ".json"))
        and not name.endswith((".trace.json", ".measures.json", ".edited.md", "failures.json", "index.md"))
    ]
    files[MANIFEST] = "".join(f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(listed)).encode()
    return files


# -- changing it --------------------------------------------------------------------------------------------

NUMBERS: list[Tree] = [0, -1, 1, 2, 99, 1000, 2**20, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**63, 2**64]
NUMBERS += [10**40, -(2**31), -(2**63), 0.5, -0.0, 5e-324, 1e308, -1e308, float("nan"), float("inf"), -float("inf")]
STRINGS = [
    "",
    ".",
    "..",
    "-",
    "../../victim",
    "/tmp/victim",
    "a/../../victim",
    "con",
    "a\\b",
    "--out=x",
    "run.json",
    f"x\n{FORGED}",
    f"x\r{FORGED}",
    f"x\u2028{FORGED}",
    "\x1b]0;pwned\x07\x1b[2J",
    "\x9b2J",
    "\u202egnp",
    "\ud800",
    "\x00",
    "é" * 200,
    "x" * 100_000,
    "(" * 20_000,
    "{{ 7 * 7 }}{{ passage }}",
    "{{ range(10**9)|list }}",
    "<script>alert(1)</script>",
    "0" * 64,
    "f" * 64,
    "free<=0",
    "free<=99999999999",
    "fixed 2147483647",
    "by 8<=12",
    "2026-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-23:59",
    "0001-01-01T00:00:00+23:59",
    "two-clocks/001/again.1",
    'root ::= "a"',
]
OTHERS: list[Tree] = [None, True, False, [], {}, "", 0, [[]], {"": None}]
DEEP = (5, 200, 3000)
"""How far something is wrapped up."""


def mutate(chance: random.Random, case: bytes) -> bytes:
    """Change JSON trees, or whole files; make ids and manifest fit half of the time."""
    files = unpack(case)
    if not files:
        return case
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        if chance.random() < 0.9:
            _change_a_tree(chance, files)
        else:
            _change_the_files(chance, files)
    return pack(_blessed(files) if chance.random() < 0.5 else files)


def _change_a_tree(chance: random.Random, files: Files) -> None:
    # Half of the time the request, of which everything else hangs.
    names = sorted(name for name in files if name.endswith((".json", ".jsonl")))
    name = "run.json" if "run.json" in files and chance.random() < 0.5 else chance.choice(names or sorted(files))
    with suppress(ValueError, RecursionError):
        if name.endswith(".jsonl"):
            lines = files[name].splitlines()
            at = chance.randrange(len(lines) or 1)
            lines[at : at + 1] = [_changed(chance, line) for line in lines[at : at + 1]] * chance.choice((1, 1, 30))
            files[name] = b"\n".join(lines) + b"\n"
        else:
            files[name] = _changed(chance, files[name])


def _changed(chance: random.Random, data: bytes) -> bytes:
    tree = json.loads(data)
    places = list(_places(tree))
    if not places:
        return data
    home, key = chance.choice(places)
    wrapped = ""
    match chance.randrange(8):
        case 0 if isinstance(home, dict):
            del home[key]
        case 0 | 1:
            _grow(chance, home, key)
        case 2:
            home[key] = chance.choice(OTHERS)
        case 3:
            there, at = chance.choice(places)
            home[key] = json.loads(json.dumps(there[at] if at in there or isinstance(there, list) else None))
        case 4:
            wrapped, home[key] = json.dumps(home[key]), "\x1ewrapped"
        case _:
            home[key] = _odd(chance, home[key])
    text = json.dumps(tree, ensure_ascii=chance.random() < 0.8)
    if wrapped:
        depth, (opening, closing_) = chance.choice(DEEP), chance.choice((("[", "]"), ('{"a":', "}")))
        text = text.replace(json.dumps("\x1ewrapped"), opening * depth + wrapped + closing_ * depth)
    return text.encode(errors="surrogatepass")[:LONGEST]


def _places(tree: Tree) -> Iterator[tuple[Tree, Any]]:
    """Each value of a tree, as the container it is in and its key there."""
    keys = tree.keys() if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in list(keys):
        yield tree, key
        yield from _places(tree[key])


def _grow(chance: random.Random, home: Tree, key: Any) -> None:
    times = chance.choice((1, 3, 1000))
    if isinstance(home, list):
        home[key : key + 1] = [home[key]] * (times if len(home) < 2000 else 1)
    elif isinstance(home[key], list):
        home[key] = home[key] * (times if len(home[key]) < 2000 else 1)
    elif isinstance(home[key], str):
        home[key] = home[key] * (times if len(home[key]) < 100 else 1)
    else:
        home[f"{key}_"] = home[key]


def _odd(chance: random.Random, value: Tree) -> Tree:
    if isinstance(value, str):
        odd = chance.choice(STRINGS)
        return chance.choice((odd, value + odd, odd + value))
    return chance.choice(NUMBERS if chance.random() < 0.8 or isinstance(value, int | float) else [*OTHERS, *STRINGS])


def _change_the_files(chance: random.Random, files: Files) -> None:
    name, other = (chance.choice(sorted(files)) for _ in range(2))
    match chance.randrange(5):
        case 0:
            del files[name]
        case 1:
            files[name] = files[other]
        case 2:
            files[name] = files[name][: len(files[name]) // 2]
        case 3:
            files[chance.choice((".run.json.tmp", ".x.tmp", "two-clocks/x.md", ".lock.json", f"{name} 2"))] = b"{}"
        case _:
            files[name] = files[name] + files[other]


# -- trying it ----------------------------------------------------------------------------------------------

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("runs",),
    ("runs", "--json"),
    ("show", "TASK"),
    ("show", "TASK", "--alternatives"),
    ("show", "TASK", "--candidates"),
    ("show", "TASK", "--json"),
    ("why", "TASK"),
    ("why", "TASK", "--json"),
    ("why", "--of", "two-clocks/001"),
    ("status",),
    ("status", "--json"),
    ("resume", "-q"),
    ("verify",),
    ("verify", "--json"),
    ("verify", "TASK"),
    ("verify", "--replay", "-q"),
    ("measure",),
    ("measure", "--json", "--report", "OUT.html"),
    ("compare", "RUN", "RUN"),
    ("verdict", "TASK", "accept", "--as", "bo"),
    ("generate", "--refresh", "RUN", "--dry-run"),
    *(("export", "--format", form, "--to", f"OUT.{form}") for form in ("dpo", "prov-json", "jsonl")),
    *(("export", "--format", form, "--to", f"OUT.{form}") for form in ("html", "markdown", "epub", "ro-crate")),
)

WITH_TEXTS = {"show", "why"}
"""Commands that print texts of several lines, as they are."""

EACH = 4
"""So many of these are tried with a case, and of what `_IN_PYTHON` holds one: which, the case itself decides."""


def check(case: bytes, place: Path) -> None:
    """Put the run into a workspace, and go through commands."""
    os.environ["REMIX_CACHE"] = str(place.parent / "cache")
    workspace = make_workspace(place / "garden")
    path = workspace.outputs / NAME
    path.mkdir(parents=True)
    for name, data in unpack(case).items():
        with suppress(OSError, ValueError):
            if name and not leads_out(name):
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(data)
    before = _elsewhere(place, path)
    chance = random.Random(case)
    for words in chance.sample(COMMANDS, EACH):
        _invoke(words, place, _some_task(chance, path))
        assert _elsewhere(place, path) == before, f"{words} wrote elsewhere"
    chance.choice(_IN_PYTHON)(workspace, path)
    assert _elsewhere(place, path) == before, "written elsewhere"


def _some_task(chance: random.Random, path: Path) -> str:
    """An output of the run, if there is one."""
    found = sorted(each.relative_to(path).with_suffix("").as_posix() for each in path.glob("*/*/*[0-9].json"))
    return f"{NAME}:{chance.choice(found or ['two-clocks/001/again.1'])}"


def _elsewhere(place: Path, run: Path) -> list[str]:
    """All files but those of the run, and those that a command was told to write."""
    return sorted(
        str(path)
        for path in place.rglob("*")
        if not path.is_relative_to(run) and not path.is_relative_to(place / "out") and path.name != ".remix"
    )


def _invoke(words: tuple[str, ...], place: Path, task: str) -> None:
    (place / "out").mkdir(exist_ok=True)
    spelt = {"TASK": task, "RUN": NAME}
    arguments = [spelt.get(word, word.replace("OUT", str(place / "out" / "it"))) for word in words]
    # This process runs one case after another and nothing else: nobody needs the originals back.
    replay._load = lambda path, needs: FakeLocal(parallel=min(needs.parallel or 4, 64))  # type: ignore[assignment]
    run_model.model_of = lambda run, **_: Path("fake.gguf")  # type: ignore[assignment]
    result = CliRunner().invoke(remix.cli.cli, ["-C", str(place / "garden"), *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise AssertionError(arguments) from result.exception
    _look_at(result, arguments)


def _look_at(result: Result, arguments: list[str]) -> None:
    said = result.output
    assert "this is a bug" not in said.lower(), (arguments, said)
    assert "Traceback" not in said, (arguments, said)
    assert is_plain(said.replace("\n", "").replace("\t", "")), (arguments, ascii(said)[:2000])
    if arguments[0] not in WITH_TEXTS:
        assert not any(line.startswith(FORGED) for line in said.split("\n")), (arguments, said)


def _resume(workspace: Workspace, path: Path) -> None:
    with suppress(RemixError), closing(FakeLocal()) as writer:
        execute.resume(RunFolder.open(path), writer=writer)


def _open_runs(workspace: Workspace, path: Path) -> None:
    with suppress(RemixError):
        open_runs = OpenRuns.open(workspace.outputs, [NAME], "ada")
        open_runs.read()
        listing = open_runs.listing()
        assert is_plain(listing.model_dump_json().replace("\t", ""))
        for row in listing.outputs[:3]:
            for ask in (open_runs.detail, open_runs.text, open_runs.record):
                with suppress(RemixError):
                    ask(row.key)
        open_runs.search("clock")
        open_runs.undo([])


def _read(workspace: Workspace, path: Path) -> None:
    for each in list_runs(open_workspace(workspace.root).outputs):
        with suppress(RemixError):
            folder = RunFolder.open(each)
            for task in folder.run.tasks[:10]:
                for read in (folder.read, folder.read_trace):
                    with suppress(RemixError):
                        read(task.id)


_IN_PYTHON: tuple[Callable[[Workspace, Path], None], ...] = (_resume, _open_runs, _read)

WORDS = (b"null", b"[", b"{", b"-1", b"9" * 40, b"1e999", b"\\ud800", b'"', b"\x1b[2J", b"../", b"\n")

TARGET = Target("records", corpus, check, WORDS, mutate, seconds=60)
