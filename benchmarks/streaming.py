"""What streaming to the studio's page costs, and how soon words are on the page: `python -m benchmarks.streaming`.

The studio makes the same run in turns with and without streaming, by the same engine process, while a page reads
every event. Speed is told by the records, from the first text's beginning to the last text's end; on a busy machine
the processor time of the engine process says more, and that of the studio's process with its page. Words are timed
from the moment when the engine's thread has them to the moment when the page's client has read them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import psutil

from benchmarks import machine
from remix.generation import execute, run_events
from remix.outputs import RunFolder, list_runs
from remix.studio import engine_host, engine_process
from remix.studio.engine_telling import Telling
from remix.studio.guard import Access
from remix.studio.server import bind, serve
from remix.studio.studio import Studio
from remix.workspace import Workspace, init, open_workspace

LOG = "REMIX_STREAMING_LOG"
"""Environment variable with the file in which the engine process notes when it has a text's first words."""

OPTIONS = {"tags": ["convergence"], "kinds": ["summary"], "steps": 1, "variants": 2, "max_tokens": 96}


SILENT = "silent"
"""Name of the file beside the log that turns streaming off."""


def engine() -> None:
    """The engine process, which notes when it has the first words of each text, and is silent if it is told to."""
    hear, generate = Telling.hear, execute.generate
    log = Path(os.environ[LOG]).open("a", encoding="utf-8")  # noqa: SIM115 (open as long as the process lives)

    def noting(self: Telling, event: run_events.RunEvent) -> None:
        if isinstance(event, run_events.NewWords) and event.at == 0:
            log.write(json.dumps([event.task.id, time.time()]) + "\n")
            log.flush()
        hear(self, event)

    def perhaps_silent(*arguments: Any) -> execute.Outcome:
        *given, listen = arguments
        is_silent = Path(os.environ[LOG]).with_name(SILENT).exists()
        return generate(*given, None if is_silent else listen)

    # Only the engine's process knows when it had a word: the method is replaced in that process.
    Telling.hear = noting  # type: ignore[method-assign]
    execute.generate = perhaps_silent
    engine_process.main()


class Turn(NamedTuple):
    """The run made once."""

    rate: float
    """Tokens a second."""
    engine: float
    """Milliseconds of a processor for each token, by the engine process."""
    studio: float
    """The same by the studio's process and its page."""


class Sitting:
    """A studio in this process, and a page that reads its events."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        bound = bind("127.0.0.1", 0)
        self._access = Access("127.0.0.1", bound.getsockname()[1])
        self._studio = Studio.open(workspace, [], "a benchmark")
        self._server = threading.Thread(
            target=serve, args=(self._studio, self._access, bound, False, print), daemon=True
        )
        self._server.start()
        address = urlsplit(self._access.address)
        self._origin = f"{address.scheme}://{address.netloc}"
        self._client = httpx.Client(headers={"origin": self._origin}, trust_env=False, timeout=120)
        folder = self._client.post(f"{self._origin}/enter", json={"key": address.fragment.partition("=")[2]}).json()
        self.base = self._origin + folder["folder"].rstrip("/")
        """The studio's folder, which a page's path goes behind."""
        self.heard: dict[str, float] = {}
        """For each text the time when its first words were read."""
        self.last_run = ""
        """Name of the run made last."""
        self._ended: dict[str, str] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def address(self) -> str:
        """An address that opens the studio in a browser, once."""
        return self._access.renew()

    def passages(self, tag: str) -> list[str]:
        """Ids of the passages with a tag."""
        found = self._client.get(f"{self.base}/api/passages", params={"tag": tag}).json()["passages"]
        return [passage["id"] for passage in found]

    def run(self, options: Mapping[str, object] = OPTIONS) -> Turn:
        """Make a run, and wait for its end."""
        self.heard.clear()
        before = self._used()
        job = self._client.post(f"{self.base}/api/jobs", json={"options": options}).json()["id"]
        while job not in self._ended:
            time.sleep(0.05)  # the events come in another thread
        assert self._ended[job] == "finished", self._studio.jobs.get(job)
        after = self._used()
        folder = RunFolder.open(max(list_runs(self._workspace.outputs)))
        self.last_run = folder.run.name
        records = [folder.read(task.id)[0] for task in folder.run.tasks]
        begun = min(each.circumstances.started for each in records)
        ended = max(each.circumstances.finished for each in records)
        tokens = sum(len(each.output.token_ids or ()) for each in records)
        rate = tokens / (ended - begun).total_seconds()
        return Turn(rate, *(1000 * (new - old) / tokens for new, old in zip(after, before, strict=True)))

    def _used(self) -> tuple[float, float]:
        """Seconds of a processor that the engine's and the studio's process have used."""
        host = self._studio.jobs._host
        engine = psutil.Process(host.pid) if isinstance(host, engine_host.EngineHost) else None
        return _seconds(engine) if engine else 0.0, _seconds(psutil.Process())

    def close(self) -> None:
        """End the engine process."""
        self._studio.jobs.close()

    def _listen(self) -> None:
        name = ""
        with self._client.stream("GET", f"{self.base}/api/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    self._take(name, json.loads(line[6:]))

    def _take(self, name: str, value: dict[str, object]) -> None:
        if name == "text" and value["at"] == 0:
            variant = f".v{value['variant']}" if value["variant"] != 1 else ""
            self.heard[f"{value['place']}/{value['kind']}.{value['step']}{variant}"] = time.time()
        elif name == "job" and value["state"] in ("finished", "stopped", "failed"):
            self._ended[str(value["id"])] = str(value["state"])


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _set_silent(path: Path, is_silent: bool) -> None:
    if is_silent:
        path.touch()
    else:
        path.unlink(missing_ok=True)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--json", type=Path, help="file for the numbers")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as top:
        root, log = Path(top) / "garden", Path(top) / "log"
        init(root)
        log.touch()
        os.environ[LOG] = str(log)
        engine_host.FUNCTION = "benchmarks.streaming:engine"
        sitting = Sitting(open_workspace(root))
        # Loading, and the first use of the file, aren't counted.
        sitting.run()
        turns: dict[bool, list[Turn]] = {True: [], False: []}
        delays: list[float] = []
        for number in range(chosen.rounds):
            # Whichever comes first in a round comes second in the next: the machine's speed moves.
            for is_streaming in (number % 2 == 1, number % 2 == 0):
                _set_silent(log.with_name(SILENT), not is_streaming)
                log.write_text("", encoding="utf-8")
                turns[is_streaming].append(sitting.run())
                first = dict(json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
                delays += [sitting.heard[task] - at for task, at in first.items() if task in sitting.heard]
        sitting.close()
    pairs = list(zip(turns[True], turns[False], strict=True))
    found = {
        "machine": machine.describe().model_dump(mode="json"),
        "streaming": [turn._asdict() for turn in turns[True]],
        "silent": [turn._asdict() for turn in turns[False]],
        "speed": statistics.median(one.rate / other.rate for one, other in pairs),
        "processor": statistics.median(one.engine / other.engine for one, other in pairs),
        "studio": statistics.median((one.studio - other.studio) / other.engine for one, other in pairs),
        "delay": {"median": statistics.median(delays), "most": max(delays), "texts": len(delays)},
    }
    print(json.dumps(found, indent=2))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
