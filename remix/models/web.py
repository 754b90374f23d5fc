"""A model at an address of the web: downloaded into llama.cpp's cache, where `catalog` finds the model.

Takes an https address and the expected sha256; gives the file's path. Knows no hub.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from pathlib import Path
from urllib.parse import unquote

import httpx2
from huggingface_hub import get_session, is_offline_mode

from remix.errors import ModelError
from remix.models import download
from remix.models.catalog import expand, llama_cpp_cache
from remix.models.download import Progress, Pulled, RemoteFile, Watch
from remix.models.parts import PART
from remix.util.names import is_plain, is_reserved, is_too_long, leads_out, quoted


def pull(address: str, sha256: str | None, watch: Watch) -> Pulled:
    """Download the file at an address, unless the file is here. Raises `ModelError`."""
    if sha256 is None or not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise ModelError(
            f"{quoted(address)} needs --sha256 with the 64 hexadecimal digits of the file's sha256.",
            "Look for the sha256 where you found the address; without it nobody knows what arrives.",
        )
    target = llama_cpp_cache(expand("~")) / _file_name(address)
    with download.disk_errors(target.parent):
        if target.exists():
            return _checked(target, sha256.lower())
        return _fetch(address, sha256.lower(), target, watch)


def _file_name(address: str) -> str:
    """The name of the file at an address. Raises `ModelError` if the name isn't a model's, or leads elsewhere."""
    name = ""
    with contextlib.suppress(httpx2.InvalidURL):
        name = unquote(httpx2.URL(address).raw_path.decode("ascii").partition("?")[0].rpartition("/")[2])
    is_safe = is_plain(name) and not (leads_out(name) or is_too_long(name) or is_reserved(name))
    if not is_safe or not name.lower().endswith(".gguf") or PART.search(name):
        raise ModelError(
            f"{quoted(address)} isn't the address of a single GGUF file.",
            "Give an address that ends in .gguf; models in parts are pulled from a hub.",
        )
    return name


def _checked(target: Path, sha256: str) -> Pulled:
    """The file on disk. Raises `ModelError` if the sha256 is different."""
    with target.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise ModelError(
                f"{target} is here already, with another sha256.", "Remove or rename the file, then try again."
            )
    return Pulled((target,), download.length(target), is_new=False)


def _fetch(address: str, sha256: str, target: Path, watch: Watch) -> Pulled:
    if is_offline_mode():
        raise ModelError(f"{quoted(address)}: HF_HUB_OFFLINE forbids to download.", "Unset HF_HUB_OFFLINE.")
    try:
        size = download.size_of(get_session(), address)
        target.parent.mkdir(parents=True, exist_ok=True)
        begun = download.length(download.part_of(target.parent, sha256))
        download.check_space(
            target.parent, size - begun, "Make room, or set LLAMA_CACHE to a folder on another disk."
        )
        file = RemoteFile(name=target.name, address=address, size=size, sha256=sha256)
        download.fetch(get_session(), file, {}, target, lambda here: watch(Progress(target.name, here, size)))
    except httpx2.HTTPStatusError as error:
        status = error.response.status_code
        raise ModelError(f"{quoted(address)}: the server answered {status}.", "Check the address.") from error
    except (httpx2.TransportError, httpx2.InvalidURL) as error:
        raise ModelError(
            f"{quoted(address)} can't be reached ({error}).", "Check the address and the connection."
        ) from error
    return Pulled((target,), size, is_new=True)
