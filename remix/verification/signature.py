"""A run's signature, made and checked by OpenSSH's `ssh-keygen`.

Takes the folder of a finished run and a key, leaves `MANIFEST.sha256.sig` beside the manifest. The reader decides
which keys count: with a list of allowed signers, as described in `ssh-keygen(1)`.
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
"""Seconds for the check of a signature."""

NAMESPACE = "remix"
"""A signature holds for a single namespace: signatures by the same key for a different purpose are refused."""


def sign(folder: Path, key: Path) -> str:
    """Sign a finished run's manifest; gives the manifest's sha256, which determines all files of the run.

    Raises `RunError` if the run isn't finished, or ssh-keygen can't sign.
    """
    try:
        manifest = read_bounded(folder / MANIFEST, bound_of(MANIFEST), within=folder)
    except FileNotFoundError as error:
        raise RunError(
            f"{folder}: isn't finished, so there is nothing to sign.", "`remix resume` finishes the run."
        ) from error
    except OSError as error:
        raise RunError(
            f"{folder / MANIFEST}: can't be read ({error.strerror}).", "`remix verify` tells what is wrong."
        ) from error
    if not key.is_file():
        raise RunError(f"{key}: no such key.", "Name yours with --key, or make one: `ssh-keygen -t ed25519`.")
    done = _ssh_keygen(["sign", "-n", NAMESPACE, "-f", str(key.absolute())], manifest)
    if done.returncode != 0:
        raise RunError(f"{key}: can't sign ({_said(done)}).", "Name a private key, or a key that your agent holds.")
    write_whole(folder / SIGNATURE, done.stdout)
    return sha256(manifest)


def is_signed(folder: Path) -> bool:
    """Whether the run has a signature file, readable or not, by any key."""
    return os.path.lexists(folder / SIGNATURE)


def problem(folder: Path, signers: Path, identity: str) -> str | None:
    """The problem with a run's signature; null if a key of the identity made the signature.

    `signers` is a list of allowed signers. Raises `RunError` if ssh-keygen isn't installed.
    """
    signers = signers.absolute()
    if not is_signed(folder):
        return "missing: nobody signed the run"
    try:
        manifest = read_bounded(folder / MANIFEST, bound_of(MANIFEST), within=folder)
    except OSError:
        return "the manifest that it signs can't be read"
    try:
        signature = read_bounded(folder / SIGNATURE, bound_of(SIGNATURE), within=folder)
    except OSError as error:
        return f"can't be read ({error.strerror})"
    with TemporaryDirectory() as place:
        # A copy: in the run the file could be replaced, for example by a pipe, before ssh-keygen opens the file.
        copy = Path(place) / SIGNATURE
        copy.write_bytes(signature)
        named = ["-f", str(signers), "-I", identity, "-n", NAMESPACE, "-s", str(copy)]
        done = _ssh_keygen(["verify", *named], manifest)
    return None if done.returncode == 0 else f"not {identity}'s signature of this manifest ({_said(done)})"


def _ssh_keygen(arguments: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen with absolute paths in the arguments. Raises `RunError` if ssh-keygen can't be started."""
    # For signing, ssh-keygen may ask for a passphrase.
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
    """ssh-keygen's message, in a line."""
    words = (done.stderr or done.stdout).decode(errors="replace").split()
    return " ".join(words).rstrip(".") or "it doesn't say why"
