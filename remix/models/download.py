"""Downloading a file over HTTP: continued where an earlier download stopped, and checked by size and sha256.

Takes an address with the file's size and sha256, and a path; gives the file. Knows nothing of hubs and caches. The
server may be hostile: no more bytes are kept than the file has, no redirect leaves https, and a download is renamed
to the file's name only if the sha256 is right.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple

import httpx2
from pydantic import Field

from remix.errors import ModelError
from remix.records import Frozen, Sha256
from remix.util.names import quoted
from remix.util.units import size

MOST_BYTES = 2**43
"""Bytes of a file, 8 TiB: the largest known models have 1 TiB."""

_TRIES = 4
"""Consecutive requests of less than `_WORTHWHILE` bytes until the download fails."""

_WORTHWHILE = 2**20
"""Bytes of a request after which the tries are counted anew: a hostile server may send a byte at a time."""

_PAUSE = 1.0
"""Seconds before the second try, doubled before each further try."""

_SILENCE = 30.0
"""Seconds without a byte until a request fails."""

_MOST_REDIRECTS = 5

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses of errors that may be temporary."""

_AGAIN = "Run the same command again: the download goes on where it stopped."

Count = Callable[[int], None]
"""Called with the number of bytes of a file on disk."""


class Progress(NamedTuple):
    """How far the download of a model has come."""

    name: str
    """The file being downloaded."""
    done: int
    """Bytes on disk, of all files of the model."""
    total: int
    """Bytes of all files of the model."""


Watch = Callable[[Progress], None]


class Pulled(NamedTuple):
    """The files of a pulled model on this machine."""

    paths: tuple[Path, ...]
    """The model's file, or all parts in order."""
    size: int
    """Bytes of all files."""
    is_new: bool
    """False if all files were here before."""


class RemoteFile(Frozen):
    """A file on a server."""

    name: str
    """The name in messages."""

    address: str
    size: Annotated[int, Field(ge=1, le=MOST_BYTES)]
    """In bytes."""

    sha256: Sha256


def part_of(folder: Path, sha256: str) -> Path:
    """The incomplete file of a download into a folder; the sha256 keeps the versions of a file apart."""
    return folder / f"{sha256}.remix.incomplete"


def fetch(client: httpx2.Client, file: RemoteFile, headers: Mapping[str, str], target: Path, count: Count) -> None:
    """Download a file to `target`; the folder must exist. An incomplete file is kept, and the next call continues.

    Raises `ModelError`, `httpx2.HTTPStatusError` if the server refuses the file, or `OSError` if the disk refuses the
    file.
    """
    part = part_of(target.parent, file.sha256)
    part.touch()
    with part.open("r+b") as output:
        _fill(client, file, headers, output, count)
        output.flush()
        os.fsync(output.fileno())
        output.seek(0)
        found = hashlib.file_digest(output, "sha256").hexdigest()
    if found != file.sha256:
        part.unlink()
        raise ModelError(
            f"{quoted(file.name)}: other bytes arrived than the file has (sha256 {found[:12]}…, "
            f"expected {file.sha256[:12]}…). Nothing was kept.",
            "Try again; if it happens again, the server or a program between here and there changes the file.",
        )
    part.replace(target)


def length(path: Path) -> int:
    """Bytes of a file; 0 if the file is missing."""
    with suppress(OSError):
        return path.stat().st_size
    return 0


def check_space(folder: Path, needed: int, hint: str) -> None:
    """Raise `ModelError` if a number of bytes doesn't fit the disk of a folder, which need not exist yet."""
    place = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise ModelError(f"{size(needed)} are needed on the disk of {place}, and {size(free)} are free.", hint)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns errors of the disk into `ModelError`s."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"{folder} can't be written ({error.strerror or error}).",
            "Make room or check the folder's permissions, then run the same command again.",
        ) from error


def headers(client: httpx2.Client, address: str, asked: Mapping[str, str]) -> httpx2.Headers:
    """The headers for a file, sent by the server of the address itself. Raises the errors of `read`."""
    request = client.build_request("HEAD", address, headers=_plain(asked), timeout=_SILENCE)
    with closing(_send(client, request)) as response:
        if not response.has_redirect_location:
            response.raise_for_status()
        return response.headers


def size_of(client: httpx2.Client, address: str) -> int:
    """The size of a file in bytes, as stated by a server. Raises the errors of `read`."""
    with _opened(client, address, {}) as response:
        response.raise_for_status()
        told = response.headers.get("Content-Length", "")
        if not re.fullmatch(r"\d{1,15}", told) or not 0 < int(told) <= MOST_BYTES:
            raise ModelError(f"{address} doesn't tell the size of the file.", "Take another server.")
        return int(told)


def read(client: httpx2.Client, address: str, headers: Mapping[str, str], most: int) -> bytes:
    """The body of a small answer, from the address' own server.

    Raises `ModelError` if the body has over `most` bytes or a redirect leads to a different server,
    `httpx2.HTTPStatusError`, or `httpx2.TransportError`.
    """
    with _opened(client, address, headers) as response:
        response.raise_for_status()
        if response.url.origin != httpx2.URL(address).origin:
            raise ModelError(f"{address} sends its readers on to another server.", "Check HF_ENDPOINT.")
        body = bytearray()
        for piece in response.iter_raw():
            body += piece
            if len(body) > most:
                raise ModelError(f"{address} answers with more than {size(most)}.", "Check HF_ENDPOINT.")
        return bytes(body)


def _fill(
    client: httpx2.Client, file: RemoteFile, headers: Mapping[str, str], output: BinaryIO, count: Count
) -> None:
    """Request the rest of a file until the file is complete. Raises `ModelError` after several failures."""
    furthest = failures = 0
    while (have := _end(output)) != file.size:
        if have > file.size:
            output.truncate(0)
        reason = _receive(client, file, headers, output, count)
        have = _end(output)
        failures = 0 if have >= furthest + _WORTHWHILE else failures + 1
        furthest = max(furthest, have)
        if have != file.size and failures == _TRIES:
            raise ModelError(
                f"{quoted(file.name)}: the download stopped at {size(have)} of {size(file.size)} ({reason}).", _AGAIN
            )
        if have != file.size and failures:
            time.sleep(_PAUSE * 2 ** (failures - 1))


def _receive(
    client: httpx2.Client, file: RemoteFile, headers: Mapping[str, str], output: BinaryIO, count: Count
) -> str:
    """Append the bytes of a single request; gives the reason why the server sent no more, in words."""
    have = _end(output)
    asked = {**headers, "Range": f"bytes={have}-"} if have else dict(headers)
    try:
        with _opened(client, file.address, asked) as response:
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                output.truncate(0)
                return "the server doesn't continue this file"
            if response.status_code in _PASSING:
                return f"the server answered {response.status_code}"
            response.raise_for_status()
            _append(response, file, output, count)
    except httpx2.TransportError as error:
        return in_words(error)
    return "the server ended the connection"


def _append(response: httpx2.Response, file: RemoteFile, output: BinaryIO, count: Count) -> None:
    """Write the body to the file from the server's start position on: position 0, if the server doesn't support
    ranges."""
    sent = re.match(r"bytes (\d{1,15})-", response.headers.get("Content-Range", ""))
    start = int(sent[1]) if sent and response.status_code == HTTPStatus.PARTIAL_CONTENT else 0
    at = min(start, _end(output))
    output.seek(at)
    output.truncate()
    for piece in response.iter_raw():
        at += len(piece)
        if at > file.size:
            output.truncate(0)
            raise ModelError(
                f"{quoted(file.name)}: the server sends more than the file's {file.size:,} bytes. Nothing was kept.",
                "Try again later; the server may be at fault.",
            )
        output.write(piece)
        count(at)


@contextmanager
def _opened(client: httpx2.Client, address: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
    """The answer to a request, after redirects, with the body not yet read.

    httpx2 removes the token from redirected requests to a different server. Raises `ModelError` for a redirect from
    https to http.
    """
    request = client.build_request("GET", address, headers=_plain(headers), timeout=_SILENCE)
    for _ in range(_MOST_REDIRECTS + 1):
        with closing(_send(client, request)) as response:
            if response.next_request is None:
                yield response
                return
        if request.url.scheme == "https" != response.next_request.url.scheme:
            raise ModelError(f"{address} sends its readers on to an address without https.", "Take another server.")
        request = response.next_request
    raise ModelError(f"{address} sends its readers on more than {_MOST_REDIRECTS} times.", "Take another server.")


def _plain(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers of a request for an uncompressed answer: an unpacked answer could be a thousand times as long."""
    return {"Accept-Encoding": "identity", **headers}


def _send(client: httpx2.Client, request: httpx2.Request) -> httpx2.Response:
    try:
        return client.send(request, stream=True, follow_redirects=False)
    # Python's sockets raise these errors for impossible names of servers and numbers of ports.
    except (UnicodeError, OverflowError) as error:
        raise httpx2.ConnectError(f"{request.url.host} is no server", request=request) from error


def in_words(error: httpx2.TransportError) -> str:
    """A failed connection in a few words."""
    return str(error).strip() or type(error).__name__


def _end(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)
