"""Models downloaded at the request of a page, one at a time, and the models on the studio's machine.

Takes addresses of models, gives each download's progress, and publishes the progress. No further part of the studio
connects to other machines. Knows nothing of HTTP requests by pages.
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
    """The state of a download."""

    name: str
    """The address given by the page."""
    state: Literal["pulling", "finished", "stopped", "failed"] = "pulling"
    file: str = ""
    """The file being downloaded."""
    done: int = 0
    """Bytes downloaded."""
    total: int = 0
    """Bytes of the whole model; 0 until known."""
    model: str | None = None
    """The model's name for `model`, after the download."""
    error: str = ""
    hint: str = ""


class ModelHere(Frozen):
    """A model on the studio's machine."""

    name: str
    size: int
    """In bytes."""
    fits: bool
    """Whether the model fits into the machine's memory."""
    origin: str
    type: str
    """Weight type; empty if unknown."""
    context: int
    """In tokens."""
    is_default: bool
    """Whether runs that name no model use the model."""


class ModelToPull(Frozen):
    """A recommended model, which can be downloaded."""

    address: str
    parameters: str
    size: int
    """In bytes."""
    memory: int
    """Bytes of memory needed."""
    fits: bool
    is_best: bool
    """Whether the model is the best for the machine."""
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
    """The present or last download. Threads may share a `Pulls`."""

    def __init__(self, publish: Publish, download: Download = pull.pull) -> None:
        self._publish, self._download = publish, download
        self._lock = threading.Lock()
        self._pull: Pull | None = None
        self._stop = threading.Event()
        self._told = 0.0

    @property
    def last(self) -> Pull | None:
        """The present or last download."""
        return self._pull

    def begin(self, name: str, sha256: str | None = None) -> Pull:
        """Begin a download. Raises `ModelError` during a download of a different model."""
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
        """Stop the download; the next download continues from the bytes on disk."""
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
        # Any exception of the client library, caused by a faulty server, ends the download, and the page must be
        # told.
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
    """The models on the studio's machine, and the recommended models."""
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
        # Files that aren't models are left out, as by `remix models list`.
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
