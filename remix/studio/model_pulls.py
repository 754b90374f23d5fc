"""Models that the studio downloads because the page asked, one at a time, and the models on this machine.

Takes addresses of models, gives how far each download is, and publishes its progress. This is the only part of the
studio that reaches other machines. Knows nothing of HTTP requests by pages.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from remix.errors import ModelError, RemixError
from remix.models import catalog, identity, pull
from remix.models.download import Progress, Pulled, Watch
from remix.models.recommended import best_fitting, recommended
from remix.records import Frozen
from remix.studio.jobs import Publish
from remix.util.names import readable
from remix.workspace import Workspace

PACE = 0.25
"""Seconds between events about a download."""

Download = Callable[[str, str | None, Watch], Pulled]


class Pull(Frozen):
    """A download as it stands."""

    name: str
    """The address that was asked for."""
    state: Literal["pulling", "finished", "stopped", "failed"] = "pulling"
    file: str = ""
    """The file that is being downloaded."""
    done: int = 0
    """Bytes that are here."""
    total: int = 0
    """Bytes of the whole model; 0 until known."""
    model: str | None = None
    """The model's name for `model`, once it is here."""
    error: str = ""
    hint: str = ""


class ModelHere(Frozen):
    """A model on this machine."""

    name: str
    size: int
    """In bytes."""
    fits: bool
    """Whether the model fits into this machine's memory."""
    origin: str
    type: str
    """Weight type; empty if unknown."""
    context: int
    """In tokens."""
    is_default: bool
    """Whether runs are written with the model unless another is named."""


class ModelToPull(Frozen):
    """A model that can be pulled."""

    address: str
    parameters: str
    size: int
    """In bytes."""
    memory: int
    """Bytes of memory needed."""
    fits: bool
    is_best: bool
    """Whether the model is the best for this machine."""
    is_here: bool
    licence: str
    languages: str
    good_at: str


class Models(Frozen):
    """Models here, and models to be pulled."""

    here: tuple[ModelHere, ...]
    recommended: tuple[ModelToPull, ...]
    loaded: str | None
    """The model in the engine's memory."""
    pull: Pull | None
    """The last download."""


class Pulls:
    """The download at work, or the last one. Threads may share a `Pulls`."""

    def __init__(self, publish: Publish, download: Download = pull.pull) -> None:
        self._publish, self._download = publish, download
        self._lock = threading.Lock()
        self._pull: Pull | None = None
        self._stop = threading.Event()
        self._told = 0.0

    @property
    def last(self) -> Pull | None:
        """The download at work, or the last one."""
        return self._pull

    def begin(self, name: str, sha256: str | None = None) -> Pull:
        """Begin a download. Raises `ModelError` if another is at work."""
        with self._lock:
            if self._pull and self._pull.state == "pulling":
                if self._pull.name == name:
                    return self._pull
                raise ModelError(f"{self._pull.name} is being downloaded.", "Wait until it is here, or stop it.")
            self._pull, self._stop = Pull(name=readable(name)), threading.Event()
            started = self._pull
        self._publish("pull", started)
        threading.Thread(target=self._work, args=(name, sha256), name="remix-pull", daemon=True).start()
        return started

    def stop(self) -> Pull | None:
        """Stop the download; what has arrived is kept, and the next download goes on there."""
        self._stop.set()
        return self._pull

    def _work(self, name: str, sha256: str | None) -> None:
        try:
            pulled = self._download(name, sha256, self._watch)
            self._change(state="finished", model=identity.name_of(pulled.paths[0]), done=pulled.size)
        except _StoppedError:
            self._change(state="stopped")
        except RemixError as error:
            self._change(state="failed", error=readable(error.message), hint=readable(error.hint))
        # Whatever a server does to the client's library, the page hears that the download has ended.
        except Exception as error:
            self._change(state="failed", error=f"An error that nobody expected ({type(error).__name__}: {error}).")

    def _watch(self, progress: Progress) -> None:
        if self._stop.is_set():
            raise _StoppedError
        now = time.monotonic()
        if now - self._told >= PACE or progress.done == progress.total:
            self._told = now
            self._change(file=readable(progress.name), done=progress.done, total=progress.total)

    def _change(self, **changes: object) -> None:
        with self._lock:
            assert self._pull is not None, "a download has begun"
            self._pull = changed = self._pull.model_copy(update=changes)
        self._publish("pull", changed)


class _StoppedError(Exception):
    """The download was stopped by the page."""


def models(workspace: Workspace, loaded: str | None, last: Pull | None) -> Models:
    """The models on this machine, and those recommended."""
    here = catalog.available(workspace.model_folders)
    best = best_fitting()
    default: Path | None = None
    with suppress(ModelError):
        default = catalog.find(workspace.model, workspace.model_folders).path
    return Models(
        here=tuple(_here(here, default)),
        recommended=tuple(
            ModelToPull(
                address=each.address,
                parameters=each.parameters,
                size=each.bytes,
                memory=each.memory,
                fits=each.fits,
                is_best=each == best,
                is_here=each.is_one_of(here),
                licence=each.licence,
                languages=each.languages,
                good_at=each.good_at,
            )
            for each in recommended()
        ),
        loaded=loaded and readable(loaded),
        pull=last,
    )


def _here(found: Sequence[catalog.LocatedModel], default: Path | None) -> list[ModelHere]:
    rows = []
    for each in found:
        # A file that is no model is left out, as by `remix models list`.
        with suppress(ModelError):
            facts = identity.inspect(each.path)
            rows.append(
                ModelHere(
                    name=readable(each.name),
                    size=each.size,
                    fits=catalog.fits(each),
                    origin=each.origin,
                    type=facts.file_type or "",
                    context=facts.context,
                    is_default=each.path == default,
                )
            )
    return rows
