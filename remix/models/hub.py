"""The Hugging Face hub: lists a repository's files, and downloads a model into the hub's own cache.

Takes the name of a repository and a choice, gives the paths of the model's files in the cache, where `catalog` finds
the model. Address, token, cache and offline mode are set as for `huggingface_hub` (`HF_ENDPOINT`, `HF_TOKEN`,
`HF_HOME`, `HF_HUB_OFFLINE`). huggingface_hub's own download isn't used, since that download begins anew after each
interruption, and checks no sha256.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import httpx2
from huggingface_hub import constants, get_session, get_token, hf_hub_url, is_offline_mode
from pydantic import ValidationError

from remix.errors import ModelError
from remix.models import download, repository
from remix.models.download import Progress, Pulled, RemoteFile, Watch, length
from remix.models.hub_cache import HubCache, HubFile
from remix.models.repository import ListedFile, Repository, Wanted
from remix.records import Frozen, Many, Sha256
from remix.util import json_values
from remix.util.names import quoted

_MOST_LISTING = 8 * 2**20
"""Bytes of a repository's list of files: 10,000 files have three million."""


class _Lfs(Frozen, extra="ignore"):
    """Where a large file's content lies."""

    sha256: Sha256


class _Sibling(Frozen, extra="ignore"):
    """A file in the hub's answer."""

    rfilename: str
    size: int | None = None
    lfs: _Lfs | None = None


class _Listing(Frozen, extra="ignore"):
    """The used fields of the hub's answer, out of about forty."""

    id: str
    """The repository's name."""
    sha: str
    """The newest commit."""
    siblings: Many[_Sibling]


def pull(wanted: Wanted, watch: Watch) -> Pulled:
    """Download the files of a model that are missing in the cache. Raises `ModelError`."""
    found = _known(wanted.repository) if is_offline_mode() else look_up(wanted.repository)
    files = [_described(found, listed) for listed in repository.choose(found, wanted.choice)]
    cache = HubCache(found.name)
    missing = [file for file in files if length(cache.path(found.commit, file)) != file.size]
    with download.disk_errors(Path(constants.HF_HUB_CACHE)):
        _fetch_all(found, missing, cache, _Total(watch, files, missing))
        if not is_offline_mode():
            cache.note_newest(found.commit)
    paths = tuple(cache.path(found.commit, file) for file in files)
    return Pulled(paths, sum(file.size for file in files), is_new=bool(missing))


def look_up(name: str) -> Repository:
    """A repository's files at the newest commit. Raises `ModelError`."""
    with _explained(name):
        address = f"{constants.ENDPOINT}/api/models/{name}?blobs=true"
        body = download.read(get_session(), address, _headers(), _MOST_LISTING)
        try:
            listing = json_values.read(_Listing, body)
            files = [
                ListedFile(name=each.rfilename, size=each.size, sha256=each.lfs.sha256 if each.lfs else None)
                for each in listing.siblings
                if each.rfilename.lower().endswith(".gguf")
            ]
            # The hub finds a repository in upper and lower case; the cache would hold the repository twice.
            spelt = listing.id if listing.id.lower() == name.lower() else name
            return Repository(name=spelt, commit=listing.sha, files=tuple(files))
        except (json_values.JsonError, ValidationError) as error:
            raise ModelError(
                f"{constants.ENDPOINT} answered with no list of files for {name}.",
                "Check HF_ENDPOINT; if the address is right, try again later.",
            ) from error


def _described(found: Repository, listed: ListedFile) -> HubFile:
    """A file with size and sha256; values missing in the list are taken from the file's own headers. Raises
    `ModelError`."""
    told: dict[str, object] = listed.model_dump()
    if not listed.size or not listed.sha256:
        with _explained(found.name):
            headers = download.headers(get_session(), _address(found, listed.name), _headers())
        told["size"] = headers.get("X-Linked-Size") or headers.get("Content-Length")
        told["sha256"] = (headers.get("X-Linked-Etag") or headers.get("ETag") or "").strip('"')
    try:
        return HubFile.model_validate(told)
    except ValidationError as error:
        raise ModelError(
            f"{found.name} tells no size and sha256 of {quoted(listed.name)}: a download couldn't be checked.",
            "Take another repository.",
        ) from error


class _Total:
    """Adds up the bytes of all files of a model, and reports the sum."""

    def __init__(self, watch: Watch, files: Sequence[HubFile], missing: Sequence[HubFile]) -> None:
        self._watch = watch
        self._here = {file.name: 0 if file in missing else file.size for file in files}
        self._total = sum(file.size for file in files)

    def count(self, file: HubFile, here: int) -> None:
        """Report the number of bytes of a file on disk."""
        self._here[file.name] = here
        self._watch(Progress(file.name, sum(self._here.values()), self._total))


def _known(name: str) -> Repository:
    """The cached repository, for offline mode. Raises `ModelError` if the cache has no file of the repository."""
    found = HubCache(name).read()
    if found is None:
        raise ModelError(
            f"{name} isn't here, and HF_HUB_OFFLINE forbids to ask the hub.",
            "Unset HF_HUB_OFFLINE to download; `remix models list` shows the models that are here.",
        )
    return found


def _fetch_all(found: Repository, missing: Sequence[HubFile], cache: HubCache, total: _Total) -> None:
    """Download files in order, into the cache."""
    cache.check_space(missing)
    for file in missing:
        blob = cache.blob(file)
        blob.parent.mkdir(parents=True, exist_ok=True)
        with cache.locked(file), _explained(found.name):
            if length(blob) != file.size:
                address = _address(found, file.name)
                remote = RemoteFile(name=file.name, address=address, size=file.size, sha256=file.sha256)
                download.fetch(get_session(), remote, _headers(), blob, partial(total.count, file))
            cache.link(cache.path(found.commit, file), blob)


def _address(found: Repository, name: str) -> str:
    return hf_hub_url(found.name, name, revision=found.commit, endpoint=constants.ENDPOINT)


# -- talking to the hub -------------------------------------------------------------------------------------


def _headers() -> Mapping[str, str]:
    """The user's token, if any, and the name of the program."""
    headers = {"User-Agent": f"remix/{importlib.metadata.version('essay-remix')}"}
    token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
    return headers | ({"Authorization": f"Bearer {token}"} if token else {})


@contextlib.contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turns the errors of a request into `ModelError`s."""
    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise _refused(name, error.response) from error
    except httpx2.TransportError as error:
        raise ModelError(
            f"{constants.ENDPOINT} can't be reached ({download.in_words(error)}).",
            "Check the connection, and HF_ENDPOINT if you set it; then run the same command again.",
        ) from error
    except httpx2.InvalidURL as error:
        raise ModelError(f"{constants.ENDPOINT} is no address of a hub ({error}).", "Check HF_ENDPOINT.") from error


def _refused(name: str, response: httpx2.Response) -> ModelError:
    """The error for an answer of status 400 and above; the hub gives the reason in a header."""
    hub, status = constants.ENDPOINT, response.status_code
    code, has_token = response.headers.get("X-Error-Code"), "authorization" in response.request.headers
    if code == "GatedRepo":
        token = "with the account of HF_TOKEN" if has_token else f"then set HF_TOKEN to a token from {_tokens()}"
        hint = f"Agree to the terms at {hub}/{name}, {token}."
        return ModelError(f"{name} is gated: its owner asks who downloads it.", hint)
    if code == "EntryNotFound":
        return ModelError(f"{name} has lost a file that it lists.", "Try again later, or take another repository.")
    if status in (401, 403) and has_token:
        hint = f"Check HF_TOKEN ({_tokens()}), and the spelling of {name}."
        return ModelError(f"{hub} doesn't accept your token for {name}, or has no such repository.", hint)
    if status in (401, 403, 404):
        hint = "Check the spelling; for a private repository, set HF_TOKEN to a token that may read it."
        return ModelError(f"{hub} has no repository {name}, or a private one.", hint)
    hint = "Wait for some minutes, then run the same command again."
    return ModelError(f"{hub} refuses {name} (status {status}).", hint)


def _tokens() -> str:
    return f"{constants.ENDPOINT}/settings/tokens"
