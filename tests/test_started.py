"""What remix starts: every command, in a workspace full of a stranger's programs and modules, under `strace`."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import remix.cli
from remix.outputs import RunFolder
from tests import repositories
from tests.conftest import make_workspace
from tests.verification.test_signature import make_key

ROOT = Path(__file__).parent.parent
REMIX = Path(sys.executable).with_name("remix")
STRACE = ("strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=execve,execveat", "-e", "signal=none", "-s", "4096")

PROGRAMS = (
    *("git", "ssh-keygen", "python", "python3", "sh", "bash", "env", "uname", "ldconfig", "gcc", "ld", "fc-list"),
    *("xdg-open", "x-www-browser", "www-browser", "firefox", "chromium", "google-chrome", "gvfs-open", "open", "w3m"),
    *("less", "more", "pager", "tput", "stty", "latex", "dvipng", "pandoc", "soffice", "pdftotext", "nvidia-smi"),
)
"""Programs that lie in the workspace."""

MODULES = (
    *("sitecustomize", "usercustomize", "json", "re", "struct", "random", "click", "jinja2", "numpy", "yaml", "lxml"),
    *(
        "llama_cpp",
        "gguf",
        "matplotlib",
        "mammoth",
        "trafilatura",
        "uvicorn",
        "remix/__init__",
        "remix/templates/sandbox",
    ),
    *("remix/util/processes", "tests/__init__"),
)
"""Python modules that lie there."""

TASK = "two-clocks/001/again.1"

EVERY = "every command"

COMMANDS: dict[str, tuple[str, ...]] = {
    "add": ("add letter.txt --title Letter", "add letter.html --dry-run"),
    "check": ("check --kind again",),
    "compare": ("compare RUN RUN --embeddings none",),
    "export": tuple(
        f"export RUN --format {form} --to exported.{form}"
        for form in ("ro-crate", "dpo", "prov-json", "jsonl", "html", "markdown", "epub", "docx")
    ),
    "generate": (
        "generate --all --dry-run --model nowhere.gguf",
        "generate --all --dry-run",
        "generate --limit 1 --kind once --steps 1 --max-tokens 3",
    ),
    "help": ("help", "help generate"),
    "init": ("init elsewhere",),
    "measure": ("measure RUN --embeddings none", "measure RUN --embeddings none --report report.html"),
    "models": (
        *("models list", "models pull", "models pull nowhere", "models probe", "models prepare", "models forget"),
    ),
    "passages": ("passages --tag time", "passages --like clock"),
    "resume": ("resume RUN",),
    "branch": (f"branch RUN:{TASK} --at 1 --take x",),
    "roads": (f"roads RUN:{TASK}", "roads --run RUN --depth 2"),
    "review": ("review --no-open", "review"),
    "runs": ("runs",),
    "show": (f"show RUN:{TASK}",),
    "sign": ("sign RUN --key KEY", "sign RUN --key=-key"),
    "status": ("status --all",),
    "studio": ("studio --no-open", "studio"),
    "tags": (*("tags", "tags near", "tags together", "tags --graph tags.svg"), "tags rename time hours --yes"),
    "tree": (f"tree RUN:{TASK}", f"tree RUN:{TASK} --svg tree.svg"),
    "try": ("try again two-clocks/001 --max-tokens 3", "try again two-clocks/001 --model nowhere.gguf"),
    "verdict": (f"verdict RUN:{TASK} accept", f"verdict RUN:{TASK} undo"),
    "verify": (
        *(
            "verify",
            "verify RUN --signers SIGNERS --identity ada@example.org",
            "verify RUN --signers=-s --identity=-i",
        ),
        "verify --replay --sample 1",
    ),
    "weave": (
        "weave --all --plan --model nowhere.gguf",
        "weave --all --plan",
        "weave --all --limit 1 --max-tokens 3",
    ),
    "why": (f"why RUN:{TASK}", f"why RUN:{TASK} --sentence 1", "why --of two-clocks/001"),
}
"""What each is tried with."""

WITH_A_MODEL = re.compile(
    r"^(check|(generate|weave) (?!.*nowhere)|models (probe|prepare|tune)|try (?!.*nowhere)|verify --replay)"
)

ABOUT_ALL_RUNS = ("models prepare", "models tune", "models forget")
"""Change what any later command takes for the model, or how it loads it."""

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None
    or subprocess.run([*STRACE, "-o", os.devnull, "true"], capture_output=True, check=False).returncode != 0,
    reason="no strace here, or it may not watch",
)


def listed() -> dict[str, str]:
    """CONTRIBUTING's table: programs, and by which commands each may be started."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("### What remix starts")[2]
    rows = re.findall(r"^\| (?:`([\w-]+)`|a (browser)) *\| ([^|]+)\|", text.partition("\n## ")[0], re.MULTILINE)
    return {program or other: by.strip() for program, other, by in rows}


def allowed(line: str) -> set[str]:
    """The programs that CONTRIBUTING allows a command line."""
    words = line.split()
    return {
        program
        for program, by in listed().items()
        if by == EVERY
        or (
            any(
                words[0] == each.split()[0] and all(any(w.startswith(o) for w in words) for o in each.split()[1:])
                for each in re.findall(r"`([^`]+)`", by.partition(", without")[0])
            )
            and not any(each in words for each in re.findall(r"`([^`]+)`", by.partition(", without")[2]))
        )
    }


def test_the_table_of_contributing_is_understood() -> None:
    assert set(listed()) == {"python", "ssh-keygen", "fc-list", "browser"}
    assert allowed("verify RUN") == allowed("review --no-open") == {"python"}
    assert allowed("verify RUN --signers=x") == allowed("sign RUN") == {"python", "ssh-keygen"}
    assert allowed("measure --report x") == {"python", "fc-list"}
    assert allowed("review") == {"python", "browser"}


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) == set(remix.cli.Commands())


class Place:
    """A stranger's workspace, and what is beside it."""

    def __init__(self, top: Path, run: Path) -> None:
        top.mkdir(exist_ok=True)
        self.top = top
        self.root = make_workspace(top / "clone" / "essays" / "garden").root
        shutil.copytree(run, self.root / "outputs" / run.name)
        self.run = run.name
        for name in ("letter.txt", "letter.html"):
            (self.root / name).write_text("<p>The first clock runs fast.</p>\n" * 20, encoding="utf-8")
        for folder in (self.root, self.root / "bin"):
            for program in PROGRAMS:
                repositories.leaves_a_mark(folder / program, top)
        for module in MODULES:
            path = self.root / f"{module}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            mark = top / f"{repositories.MARK}-{module.replace('/', '.')}"
            path.write_text(f"open({str(mark)!r}, 'w').close()\n", encoding="utf-8")
        os.mkfifo(self.root / "matplotlibrc")
        self.key = make_key(top / "key")
        make_key(self.root / "-key")
        self.signers = top / "signers"
        self.signers.write_text(f"ada@example.org {(top / 'key.pub').read_text()}", encoding="utf-8")
        shutil.copy(self.signers, self.root / "-s")
        self.tools = top / "tools"
        self.tools.mkdir()
        for tool in ("git", "ssh-keygen"):
            if found := shutil.which(tool):
                (self.tools / tool).symlink_to(found)

    @property
    def environment(self) -> dict[str, str]:
        """A careless user's: the current folder and one of the stranger's are on the path."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "BROWSER", "PYTHON"))
        }
        path = os.pathsep.join(["", ".", "bin", str(self.root / "bin"), str(self.tools), ""])
        home = {"HOME": str(self.top / "home"), "MPLCONFIGDIR": str(self.top / "mpl"), "DISPLAY": ":9"}
        return kept | home | {"PATH": path, "GIT_CONFIG_GLOBAL": ".gitconfig", "OMP_NUM_THREADS": "1"}

    def started_by(self, line: str) -> list[str]:
        """The programs that a command tries to start."""
        words = [self.named(word) for word in shlex.split(line)]
        log = self.top / "log"
        strace = shutil.which("strace") or ""
        command = [strace, *STRACE[1:], "-o", str(log), str(REMIX), *words]
        # A copy of the model in the cache that pytest's workers share would be taken for the model by all of them,
        # and so would a shape found by tuning.
        own = {"REMIX_CACHE": str(self.top / "cache")} if line in ABOUT_ALL_RUNS else {}
        environment = self.environment | own
        how = {"cwd": self.root, "env": environment, "stdin": subprocess.DEVNULL, "start_new_session": True}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how) as process:
            assert process.stdout
            try:
                if words[0] in ("review", "studio"):
                    said = process.stdout.readline()
                    time.sleep(3)
                    os.killpg(process.pid, signal.SIGINT)
                said = process.communicate(timeout=300)[0]
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        assert b"Traceback" not in said, said
        assert b"bug in remix" not in said, said
        _, *rest = re.findall(r'execve(?:at)?\((?:[A-Z_0-9]+, )?"([^"]*)"', log.read_text(encoding="utf-8"))
        return rest

    def named(self, word: str) -> str:
        names = {"RUN": self.run, "KEY": str(self.key), "SIGNERS": str(self.signers)}
        return names.get(word, word.replace("RUN:", f"{self.run}:"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, _finished_once: Path) -> Place:
    """A workspace whose own repository brings commands."""
    made = Place(tmp_path_factory.mktemp("started"), _finished_once)
    repositories.with_a_hook(made.root, made.top)
    return made


def is_allowed(path: Path, programs: set[str], place: Place) -> bool:
    """Whether a path is that of a program that may be started."""
    if "python" in programs and path.resolve() == Path(sys.executable).resolve():
        return True
    # Python tries one browser after another, wherever PATH leads it.
    return path.parent == place.tools and (path.name in programs or "browser" in programs)


def check(place: Place, line: str) -> None:
    programs = allowed(line)
    assert [path for path in place.started_by(line) if not is_allowed(Path(path), programs, place)] == []
    assert repositories.ran(place.top) == []


def lines(*, model: bool) -> list[str]:
    return [line for each in COMMANDS.values() for line in each if bool(WITH_A_MODEL.match(line)) == model]


pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or shutil.which("ssh-keygen") is None or not REMIX.is_file(),
    reason="tools are missing",
)


@needs_strace
@pytest.mark.parametrize("line", lines(model=False))
def test_nothing_is_started_but_what_is_listed(place: Place, line: str) -> None:
    check(place, line)


@needs_strace
@pytest.mark.model
@pytest.mark.parametrize("line", lines(model=True))
def test_nothing_is_started_but_what_is_listed_with_a_model(place: Place, line: str) -> None:
    check(place, line)


@needs_strace
@pytest.mark.model
def test_nothing_is_started_but_what_is_listed_by_tuning(place: Place, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--full"):
        pytest.skip("tuning takes a minute: --full")
    check(place, "models tune")


@needs_strace
@pytest.mark.parametrize(
    "hostile", [repositories.with_a_promisor, repositories.with_commands, repositories.as_plain_files]
)
def test_no_repository_has_anything_started(
    tmp_path: Path, finished: RunFolder, hostile: Callable[[Path, Path], str]
) -> None:
    made = Place(tmp_path / "place", finished.path)
    hostile(made.root, made.top)
    for line in ("generate --all --dry-run --model nowhere.gguf", f"verdict RUN:{TASK} accept", "status"):
        check(made, line)


@needs_strace
def test_strace_sees_what_is_started(place: Place) -> None:
    """Or the tests above would show nothing."""
    started = place.started_by(f"sign RUN --key {place.key}")
    assert [Path(each).name for each in started if "python" not in each] == ["ssh-keygen"]
