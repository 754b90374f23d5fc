"""Pulling a model by a name typed by a person: from the Hugging Face hub, or from an address of the web.

Takes the name, gives the model's files on this machine. Knows no network; `hub` and `web` do.
"""

from __future__ import annotations

from remix.errors import ModelError
from remix.models import hub, web
from remix.models.download import Pulled, Watch
from remix.models.repository import is_elsewhere, parse


def pull(text: str, sha256: str | None, watch: Watch) -> Pulled:
    """Download a model, except files on disk already. Raises `ModelError`."""
    if is_elsewhere(text):
        return web.pull(text, sha256, watch)
    if sha256 is not None:
        raise ModelError("--sha256 is for https addresses.", "Leave --sha256 out: the hub tells it.")
    return hub.pull(parse(text), watch)
