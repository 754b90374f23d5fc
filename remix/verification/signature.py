"""A run's signature, by OpenSSH's own tool.

Takes the folder of a finished run and a key, leaves `MANIFEST.sha256.sig` beside the manifest. Whose keys count is
the reader's business: a list of allowed signers, as `ssh-keygen(1)` describes it.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from remix.errors import RunError
from remix.outputs.layout import MANIFEST, SIGNATURE, bound_of
from remix.records import sha256
from remix.util.files import read_bounded, write_whole
from remix.util.processes import clean_environment, program

PATIENCE = 60
"""Seconds that a check of a signature may take."""

NAMESPACE = "remix"
"""Signatures hold for one purpose: nobody can pass off another one by the same key as this."""


def sign(folder: Path, key: Path) -> str:
    """Sign a finished run's manifest, and give the manifest's sha256: who has that has the whole run.

    Raises `RunError` where the run isn't finished, or ssh-keygen can't sign.
    """
    try:
        manifest = read_bounded(folder / MANIFEST, bound_of(MANIFEST), within=folder)
    except FileNotFoundError as error:
        raise RunError(
            f"{folder}: isn't finished, so there is nothing to sign.", "`remix resume` finishes it."
        ) from error
    except OSError as error:
        raise RunError(
            f"{folder / MANIFEST}: can't be read ({error.strerror}).", "`remix verify` tells what is wrong."
        ) from error
    if not key.is_file():
        raise RunError(f"{key}: no such key.", "Name yours with --key, or make one: `ssh-keygen -t ed25519`.")
    done = _ssh_keygen(["sign", "-n", NAMESPACE, "-f", str(key.absolute())], manifest)
    if done.returncode != 0:
        raise RunError(f"{key}: can't sign ({_said(done)}).", "It takes a private key, or one that your agent holds.")
    write_whole(folder / SIGNATURE, done.stdout)
    return sha256(manifest)


def is_signed(folder: Path) -> bool:
    """Whether there is a signature, by whomever: also one that can't be read."""
    return os.path.lexists(folder / SIGNATURE)


def problem(folder: Path, signers: Path, identity: str) -> str | None:
    """What is wrong with a run's signature; nothing where it is by one of that identity's keys.

    `signers` is a list of allowed signers. Raises `RunError` where ssh-keygen isn't there.
    """
    signers = signers.absolute()
    if not is_signed(folder):
        return "missing: nobody signed the run"
    try:
        manifest = read_bounded(folder / MANIFEST, bound_of(MANIFEST), within=folder)
    except OSError:
        return "there is no manifest that it could hold for"
    try:
        signature = read_bounded(folder / SIGNATURE, bound_of(SIGNATURE), within=folder)
    except OSError as error:
        return f"can't be read ({error.strerror})"
    with TemporaryDirectory() as place:
        # A copy: what lies in the run may be another file by the time that ssh-keygen opens it, or a pipe.
        copy = Path(place) / SIGNATURE
        copy.write_bytes(signature)
        named = ["-f", str(signers), "-I", identity, "-n", NAMESPACE, "-s", str(copy)]
        done = _ssh_keygen(["verify", *named], manifest)
    return None if done.returncode == 0 else f"not {identity}'s signature of this manifest ({_said(done)})"


def _ssh_keygen(arguments: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen; the files in its arguments are absolute paths. Raises `RunError` if it can't be started."""
    # Before it signs, it may ask for a passphrase.
    seconds = PATIENCE if arguments[0] == "verify" else None
    found = program("ssh-keygen")
    if found is None:
        raise RunError(
            "ssh-keygen isn't on this machine.", "Install OpenSSH 8.2 or later: `apt install openssh-client`."
        )
    try:
        return subprocess.run(
            [found, "-Y", *arguments],
            input=data,
            capture_output=True,
            env=clean_environment(),
            timeout=seconds,
            check=False,
        )
    except OSError as error:
        raise RunError(f"{found}: can't be started ({error.strerror}).", "Check OpenSSH's installation.") from error
    except subprocess.TimeoutExpired as error:
        raise RunError(f"{found}: no answer after {PATIENCE} seconds.", "Look at the list of signers.") from error


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """The tool's own words, in a line."""
    words = (done.stderr or done.stdout).decode(errors="replace").split()
    return " ".join(words).rstrip(".") or "it doesn't say why"
