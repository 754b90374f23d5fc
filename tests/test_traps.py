"""Traps in a run's folder: pipes, sockets, devices, links, endless files and folders where files should be.

In place of each file that remix reads or writes there, and of the folders themselves, every command answers within
seconds and a bounded memory, reads nothing outside the run, and still lists the other runs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from itertools import product
from pathlib import Path
from types import FrameType

import pytest
from click.testing import Result

from remix.analysis import run_ledgers
from remix.errors import RemixError, RunError
from remix.generation import execute, prepare
from remix.outputs import RunFolder, reviews
from remix.outputs.index import write_index
from remix.records import Options
from remix.studio.listing import ReviewRequest
from remix.studio.open_runs import OpenRuns
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Nest, Remix, bound, make_workspace
from tests.forging import bless

resource = pytest.importorskip("resource", reason="bounds a process's memory, which Windows does otherwise")

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"
SECRET = "The secret of another folder."
SECONDS = 180
"""Within which each command ends, on a busy machine too."""
MEMORY = 2**30
"""Bytes that a command may take more than what the test took before."""

Trap = Callable[[Path, Path], object]
"""Sets a trap at a path; is given a folder outside the run too."""


def a_pipe(path: Path, outside: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path, outside: Path) -> None:
    # A socket's address is short, whatever the path's length.
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(before)


def a_link_to_a_device(path: Path, outside: Path) -> None:
    path.symlink_to("/dev/zero")


def a_link_to_a_pipe(path: Path, outside: Path) -> None:
    os.mkfifo(outside / "pipe")
    path.symlink_to(outside / "pipe")


def a_link_out(path: Path, outside: Path) -> None:
    path.symlink_to(outside / "secret")


def a_link_to_itself(path: Path, outside: Path) -> None:
    path.symlink_to(path.name)


def a_link_to_nothing(path: Path, outside: Path) -> None:
    path.symlink_to(outside / "nothing")


def a_file_of_10_gb(path: Path, outside: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10 * 2**30)


def a_folder(path: Path, outside: Path) -> None:
    path.mkdir()
    (path / "within").write_text(SECRET)


TRAPS: tuple[Trap, ...] = (
    a_pipe,
    a_socket,
    a_link_to_a_device,
    a_link_to_a_pipe,
    a_link_out,
    a_link_to_itself,
    a_link_to_nothing,
    a_file_of_10_gb,
    a_folder,
)

FILES = (
    "run.json",
    "resumed.json",
    "failures.json",
    "reviews.jsonl",
    "index.md",
    "MANIFEST.sha256",
    "MANIFEST.sha256.sig",
    ".lock",
    ".lock.json",
    ".reviews.lock",
    ".index.md.tmp",
    f"{FIRST}.json",
    f"{FIRST}.md",
    f"{FIRST}.trace.json",
    f"{FIRST}.measures.json",
    "the edited text",
)


class TooLongError(BaseException):
    """A command has taken its time; nothing that catches errors catches this."""


@contextmanager
def bounded() -> Iterator[None]:
    """Raise `TooLongError` after `SECONDS`, and `MemoryError` where more than `MEMORY` is asked for."""

    def end(number: int, frame: FrameType | None) -> None:
        raise TooLongError

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    there = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (there + MEMORY, hard))
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.fixture(scope="module")
def _two_runs(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with two finished runs that have all files a run may have."""
    place = make_workspace(tmp_path_factory.mktemp("traps"))
    writer = FakeWriter(trace=True)
    for name in ("20260101T000000Z-trapped-0000", "20260102T000000Z-whole-0000"):
        job = prepare.prepare_for(place, Options(steps=2), writer)
        made = execute.generate(job, place.outputs, writer=writer).folder.path
        raw = (made / "run.json").read_bytes().replace(made.name.encode(), name.encode())
        (made / "run.json").write_bytes(raw)
        for record in made.rglob("*.json"):
            record.write_bytes(record.read_bytes().replace(made.name.encode(), name.encode()))
        folder = RunFolder.open(made.rename(place.outputs / name))
        bless(folder)
        run_ledgers.store(folder, run_ledgers.measure(folder))
        reviews.say(folder, FIRST, "Eve", verdict="accept")
        reviews.edit(folder, FIRST, "Eve", "Another text.")
        write_index(folder)
        assert not verify(folder.path).findings
    writer.close()
    return place


@pytest.fixture
def runs(workspace: Workspace, _two_runs: Workspace) -> tuple[Path, Path]:
    """The run for a trap, and one that stays whole."""
    shutil.copytree(_two_runs.outputs, workspace.outputs)
    trapped, whole = sorted(workspace.outputs.iterdir())
    return trapped, whole


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that nothing in a run may lead to."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text(SECRET)
    return tmp_path / "outside"


def set_trap(run: Path, name: str, trap: Trap, outside: Path) -> Path:
    """Set a trap in place of a run's file."""
    path = next(run.glob("two-clocks/001/*.edited.md")) if name == "the edited text" else run / name
    path.unlink(missing_ok=True)
    trap(path, outside)
    return path


def ask(command: Callable[[], object]) -> object:
    """Do something within bounds; whatever else than an error in words comes of it is a fault."""
    with bounded(), suppress(RemixError):
        return command()
    return None


def commands(remix_: Remix, trapped: Path, whole: Path, target: Path) -> Iterator[tuple[str, Result]]:
    """What every command that reads runs answers, asked of the trapped run and of the other one."""
    for number, words in enumerate(
        [
            "tags",
            "runs",
            "runs --json",
            f"show {trapped.name}:{FIRST}",
            f"show {trapped.name}:{FIRST} --alternatives",
            f"show {whole.name}:{FIRST}",
            f"tree {trapped.name}:{FIRST}",
            f"tree {whole.name}:{FIRST} --svg {target}/tree.svg",
            "why --of two-clocks/001",
            f"why {trapped.name}:{SECOND}",
            "status --all",
            f"status {trapped.name}",
            f"verify {trapped.name} {whole.name}",
            f"sign {trapped.name} --key {target}/no-key",
            f"export {trapped.name} --format jsonl",
            f"export {trapped.name} --format ro-crate --to {target}/crate",
            f"measure {trapped.name}",
            f"compare {trapped.name} {whole.name}",
            f"verdict {trapped.name}:{FIRST} star --as Eve",
            f"resume {trapped.name}",
            f"generate --refresh {trapped.name} --dry-run",
        ]
    ):
        with bounded():
            yield f"{number}: {words}", remix_(*words.split())


def in_the_studio(workspace: Workspace, *runs: Path) -> None:
    """All that the studio reads and writes of some runs."""
    open_runs = OpenRuns.open(workspace.outputs, [str(run) for run in runs], "Eve")
    open_runs.read()
    for row in open_runs.listing().outputs:
        for asked in (open_runs.detail, open_runs.text, open_runs.record):
            with suppress(RemixError):
                asked(row.key)
    for key, content in open_runs.changes("").contents.items():
        with suppress(RemixError):
            open_runs.review(key, ReviewRequest(output=content.output or "0" * 64, verdict="reject"))
        with suppress(RemixError):
            open_runs.edit(key, content.output or "0" * 64, "A third text.")
        break
    with suppress(RemixError):
        open_runs.undo([])
    open_runs.tidy()


def is_in_words(result: Result) -> bool:
    """Whether a command ended as it may: with its answer, or an error in words."""
    return isinstance(result.exception, SystemExit | None) and "Traceback" not in result.output


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A third of the pairs of files and traps, in which each file and each trap occurs; all with `--full`."""
    if metafunc.function is not test_a_trap_for_a_file_of_a_run_catches_no_command:
        return
    is_full = metafunc.config.getoption("full")
    pairs = [
        pytest.param(name, trap, id=f"{name}-{trap.__name__}")
        for (place, name), (number, trap) in product(enumerate(FILES), enumerate(TRAPS))
        if is_full or (place + number) % 3 == 0
    ]
    metafunc.parametrize(("name", "trap"), pairs)


def test_a_trap_for_a_file_of_a_run_catches_no_command(
    workspace: Workspace, runs: tuple[Path, Path], outside: Path, remix_: Remix, name: str, trap: Trap
) -> None:
    trapped, whole = runs
    path = set_trap(trapped, name, trap, outside)
    for words, result in commands(remix_, trapped, whole, outside):
        assert is_in_words(result), f"{words}: {result.exception!r}"
        assert SECRET not in result.output, words
        if words.endswith((": runs", "status --all")) or (whole.name in words and "show" in words):
            assert (result.exit_code, whole.name in result.output or "two-clocks/001" in result.output) == (0, True)
    ask(lambda: in_the_studio(workspace, trapped, whole))
    with closing(FakeWriter()) as writer:
        ask(lambda: execute.resume(RunFolder.open(trapped), writer=writer))
    assert (outside / "secret").read_text() == SECRET
    assert not (outside / "nothing").exists()
    assert not verify(whole).findings
    assert path.parent == trapped or path.parent.parent.parent == trapped


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_a_trap_for_the_folder_of_a_run_hides_no_other_run(
    workspace: Workspace, runs: tuple[Path, Path], outside: Path, remix_: Remix, trap: Trap
) -> None:
    trapped, whole = runs
    shutil.rmtree(trapped)
    trap(trapped, outside)
    for words, result in commands(remix_, trapped, whole, outside):
        assert is_in_words(result), f"{words}: {result.exception!r}"
        if words.endswith((": runs", "status --all")):
            assert (result.exit_code, whole.name in result.output) == (0, True)
    with bounded():
        ask(lambda: OpenRuns.open(workspace.outputs, [], "Eve"))
    assert (outside / "secret").read_text() == SECRET


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_a_trap_for_the_folder_of_all_runs_is_told_in_words(
    workspace: Workspace, runs: tuple[Path, Path], outside: Path, remix_: Remix, trap: Trap
) -> None:
    trapped, whole = runs
    shutil.rmtree(workspace.outputs)
    trap(workspace.outputs, outside)
    for words, result in commands(remix_, trapped, whole, outside):
        assert is_in_words(result), f"{words}: {result.exception!r}"
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    ask(lambda: execute.generate(job, workspace.outputs, writer=writer))
    writer.close()


def test_a_link_to_a_whole_disk_that_is_named_like_a_run_is_not_searched(
    runs: tuple[Path, Path], remix_: Remix
) -> None:
    trapped, whole = runs
    shutil.rmtree(trapped)
    trapped.symlink_to("/")
    with bounded():
        result = remix_("runs")
    assert (result.exit_code, whole.name in result.stdout) == (0, True)
    assert result.stderr.startswith(f"Left out: {trapped}: a run ")


def test_folders_nested_a_thousand_deep_are_named(runs: tuple[Path, Path], nest: Nest, remix_: Remix) -> None:
    nest(runs[0] / "d", 1200)
    with bounded():
        assert [each.what for each in verify(runs[0]).findings] == ["within 40 folders; nothing here has been read"]
        assert remix_("runs").exit_code == 0
        (runs[0] / "run.json").unlink()
        assert remix_("runs").exit_code == 0


def test_a_link_within_the_run_is_not_appended_to(runs: tuple[Path, Path]) -> None:
    trapped, _ = runs
    (trapped / "reviews.jsonl").unlink()
    (trapped / "reviews.jsonl").symlink_to("run.json")
    before = (trapped / "run.json").read_bytes()
    with pytest.raises(RunError, match=r"reviews\.jsonl: can't be written \(a link, where a file of remix's own"):
        reviews.say(RunFolder.open(trapped), FIRST, "Eve", verdict="reject")
    assert (trapped / "run.json").read_bytes() == before


@pytest.mark.parametrize("trap", [a_pipe, a_socket, a_link_out, a_link_to_itself, a_folder], ids=lambda t: t.__name__)
@pytest.mark.parametrize("name", [".lock", ".reviews.lock"])
def test_a_lock_that_is_no_file_is_refused_and_left_alone(
    runs: tuple[Path, Path], outside: Path, name: str, trap: Trap
) -> None:
    trapped, _ = runs
    path = set_trap(trapped, name, trap, outside)
    before = os.lstat(path)
    folder = RunFolder.open(trapped)
    write = folder.lock().__enter__ if name == ".lock" else partial(reviews.say, folder, FIRST, "Eve", note="No.")
    with bounded(), pytest.raises(RunError, match=r"can't be written"):
        write()
    assert os.lstat(path).st_ino == before.st_ino
    assert (outside / "secret").read_text() == SECRET


BLANKS = 8 * 2**20


@pytest.mark.parametrize("name", ["reviews.jsonl", "MANIFEST.sha256", "run.json", f"{FIRST}.json", "index.md"])
def test_millions_of_empty_lines_take_neither_time_nor_memory(
    runs: tuple[Path, Path], remix_: Remix, name: str
) -> None:
    trapped, whole = runs
    (trapped / name).write_bytes(b"\n" * BLANKS)
    with bounded():
        found = verify(trapped).findings
    # Nothing rests on the table of contents.
    assert bool(found) == (name != "index.md")
    assert len(found) < 200
    with bounded():
        assert whole.name in remix_("runs").stdout


def test_reviews_by_thousands_of_people_of_one_output_take_no_square_of_them(runs: tuple[Path, Path]) -> None:
    trapped, _ = runs
    (line,) = (trapped / "reviews.jsonl").read_bytes().splitlines()[:1]
    raw = json.loads(line)
    rows = [json.dumps(raw | {"id": f"{number:032x}", "reviewer": f"Eve {number}"}) for number in range(20_000)]
    (trapped / "reviews.jsonl").write_text("\n".join(rows) + "\n")
    with bounded():
        (standing,) = reviews.standings(reviews.read(trapped).reviews).values()
    assert len(standing.reviewers) == 20_000


def test_reviews_that_are_more_than_can_be_read_back_are_not_written(
    runs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    trapped, _ = runs
    before = (trapped / "reviews.jsonl").read_bytes()
    bound(monkeypatch, "reviews.jsonl", len(before) + 10)
    with pytest.raises(RunError, match=r"reviews\.jsonl: can't be written"):
        reviews.say(RunFolder.open(trapped), FIRST, "Eve", verdict="reject")
    assert (trapped / "reviews.jsonl").read_bytes() == before


@pytest.mark.parametrize("kind", [".md", ".json", "run.json"])
def test_what_could_not_be_read_back_is_not_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    bound(monkeypatch, kind, 100)
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    with pytest.raises(RunError, match=r"would be larger than .*, which is the most that is read back"):
        execute.generate(job, workspace.outputs, writer=writer)
    writer.close()
    assert not list(workspace.outputs.rglob("two-clocks/*/*.json"))
