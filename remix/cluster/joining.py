"""How a worker joins: it introduces itself, gets the model's weights if its machine lacks them, and loads the model.

Takes a worker and what the run wants, gives the `WriterInfo` of the loaded model. Called by a thread for each worker.
"""

from __future__ import annotations

import threading

from remix.cluster.messages import Place, Ready, Refusal
from remix.cluster.remote import Remote, Wanted
from remix.cluster.weights import chunks
from remix.engine.local import config_of
from remix.errors import ModelError
from remix.records import EngineUsed, WriterInfo
from remix.util import environment


class Joining:
    """Has workers load the model of a run, all with the same batch configuration."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._config = wanted.order.needs.config
        self._choosing = threading.Lock()
        self._copying: dict[str, threading.Lock] = {}
        """By machine: its workers share what one of them received."""

    def introduced(self, remote: Remote) -> Place:
        """Where a worker runs. Raises `LostError`, and `ModelError` if it has another version of remix."""
        place: Place = remote.call("introduce")
        if place.remix != environment.version():
            raise ModelError(
                f"remix {place.remix} is installed there, and {environment.version()} here.",
                "Install the same version.",
            )
        return place

    def loaded(self, remote: Remote, place: Place) -> WriterInfo:
        """The worker with its model loaded. Raises `LostError`, and the worker's own `RemixError`."""
        if self._wanted.order.file:
            with self._copying.setdefault(place.machine, threading.Lock()):
                self._send_weights(remote)
        with self._choosing:
            # The first worker settles the batch configuration, which the others take over.
            if self._config is None:
                info = self._begun(remote)
                self._config = config_of(info.engine)
                return info
        return self._begun(remote)

    def _begun(self, remote: Remote) -> WriterInfo:
        order = self._wanted.order
        told: Ready | Refusal = remote.call("begin", order._replace(needs=order.needs._replace(config=self._config)))
        if isinstance(told, Refusal):
            raise told.error
        return told.info

    def _send_weights(self, remote: Remote) -> None:
        """See to it that the worker's machine has the weights."""
        file, path = self._wanted.order.file, self._wanted.path
        if file is None or remote.call("find", file, [path] if path else []):
            return
        if path is None:
            raise ModelError(f"{file.name}: isn't on that machine, nor here.", "Name it with --model.")
        for chunk in chunks(path):
            if refused := remote.call("receive", chunk):
                raise refused.error
        if refused := remote.call("received", file):
            raise refused.error


def difference(first: EngineUsed, other: EngineUsed) -> str:
    """The fields in which two engines differ."""
    fields = [name for name in EngineUsed.model_fields if getattr(first, name) != getattr(other, name)]
    return ", ".join(fields)
