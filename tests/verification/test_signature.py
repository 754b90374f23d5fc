"""Signing a run, and checking who signed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from remix.errors import RunError
from remix.outputs import RunFolder
from remix.records import sha256
from remix.verification import signature
from tests.conftest import Remix
from tests.forging import bless

needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen here")


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return make_key(tmp_path / "key")


@pytest.fixture
def signers(key: Path) -> Path:
    """A list that knows the key as ada's."""
    path = key.with_name("signers")
    path.write_text(f"ada@example.org {key.with_suffix('.pub').read_text()}")
    return path


@needs_ssh
def test_signed_and_checked(remix_: Remix, finished: RunFolder, key: Path, signers: Path) -> None:
    result = remix_("sign", finished.path.name, "--key", key)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == sha256((finished.path / "MANIFEST.sha256").read_bytes())
    assert "MANIFEST.sha256.sig written" in result.stderr
    assert "BEGIN SSH SIGNATURE" in (finished.path / "MANIFEST.sha256.sig").read_text()
    result = remix_("verify", "--signers", signers, "--identity", "ada@example.org")
    assert result.exit_code == 0, result.output
    assert "12 of 12 texts, signed by ada@example.org" in result.stdout
    assert "signed, not checked" in remix_("verify").stdout


@needs_ssh
def test_openssh_itself_accepts_it(finished: RunFolder, key: Path, signers: Path) -> None:
    signature.sign(finished.path, key)
    command = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "ada@example.org", "-n", "remix", "-s"]
    manifest = (finished.path / "MANIFEST.sha256").read_bytes()
    subprocess.run([*command, finished.path / "MANIFEST.sha256.sig"], input=manifest, check=True, capture_output=True)


@needs_ssh
def test_signing_again_replaces_the_signature(finished: RunFolder, key: Path, signers: Path, tmp_path: Path) -> None:
    """ssh-keygen would ask whether to overwrite the file, and nobody would hear it."""
    signature.sign(finished.path, make_key(tmp_path / "other"))
    assert signature.problem(finished.path, signers, "ada@example.org")
    signature.sign(finished.path, key)
    assert signature.problem(finished.path, signers, "ada@example.org") is None


@needs_ssh
@pytest.mark.parametrize("identity", ["bob@example.org", "-V", ""])
def test_another_identity(remix_: Remix, finished: RunFolder, key: Path, signers: Path, identity: str) -> None:
    signature.sign(finished.path, key)
    result = remix_("verify", "--signers", signers, "--identity", identity)
    assert result.exit_code == 1
    assert f"MANIFEST.sha256.sig: not {identity}'s signature of this manifest" in result.stdout


@needs_ssh
def test_a_manifest_made_anew_is_not_the_one_that_was_signed(
    remix_: Remix, finished: RunFolder, key: Path, signers: Path
) -> None:
    signature.sign(finished.path, key)
    path = finished.text_path("two-clocks/001/again.1")
    path.write_text(path.read_text().replace("kind: again", "stars: 5\nkind: again"))
    bless(finished)
    assert remix_("verify").exit_code == 0
    result = remix_("verify", "--signers", signers, "--identity", "ada@example.org", "--json")
    assert result.exit_code == 1
    (run,) = json.loads(result.stdout)["runs"]
    assert [finding["file"] for finding in run["findings"]] == ["MANIFEST.sha256.sig"]
    assert run["findings"][0]["what"].startswith("not ada@example.org's signature of this manifest (")
    assert run["signature"] == "signature not accepted"


@needs_ssh
def test_a_signature_for_another_purpose_does_not_count(finished: RunFolder, key: Path, signers: Path) -> None:
    manifest = finished.path / "MANIFEST.sha256"
    command = ["ssh-keygen", "-Y", "sign", "-n", "file", "-f", str(key), str(manifest)]
    subprocess.run(command, check=True, capture_output=True)
    assert signature.is_signed(finished.path)
    assert signature.problem(finished.path, signers, "ada@example.org")


@needs_ssh
def test_a_run_that_nobody_signed(remix_: Remix, finished: RunFolder, signers: Path) -> None:
    result = remix_("verify", "--signers", signers, "--identity", "ada@example.org")
    assert result.exit_code == 1
    assert "MANIFEST.sha256.sig: missing: nobody signed the run" in result.stdout


@needs_ssh
def test_a_run_worked_on_since_it_was_signed(remix_: Remix, finished: RunFolder, key: Path, signers: Path) -> None:
    signature.sign(finished.path, key)
    finished.unseal()
    finished.record_path("two-clocks/001/again.2").unlink()
    result = remix_("verify")
    assert result.exit_code == 1
    assert "MANIFEST.sha256.sig: the manifest that it signs is missing" in result.stdout
    assert signature.problem(finished.path, signers, "ada@example.org") == "the manifest that it signs can't be read"


# -- what can't be signed -----------------------------------------------------------------------------------


def test_an_unfinished_run_is_not_signed(remix_: Remix, finished: RunFolder, tmp_path: Path) -> None:
    finished.unseal()
    finished.record_path("two-clocks/001/again.2").unlink()
    result = remix_("sign", "--key", tmp_path / "key")
    assert result.exit_code == 1
    assert f"Error: {finished.path}: isn't finished, so there is nothing to sign." in result.stderr
    assert "`remix resume` finishes the run." in result.stderr


def test_a_run_that_was_changed_is_not_signed(remix_: Remix, finished: RunFolder, tmp_path: Path) -> None:
    finished.text_path("two-clocks/001/again.1").write_text("Changed.")
    result = remix_("sign", "--key", tmp_path / "key")
    assert result.exit_code == 1
    assert "again.1.md: " in result.stderr
    assert not signature.is_signed(finished.path)


@pytest.mark.parametrize("options", [(), ("--key", "nowhere/id")])
def test_no_such_key(
    remix_: Remix, finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    result = remix_("sign", *options)
    assert result.exit_code == 1
    assert f"Error: {options[1] if options else tmp_path / '.ssh' / 'id_ed25519'}: no such key." in result.stderr


@needs_ssh
def test_what_is_no_key(finished: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("So.")
    with pytest.raises(RunError, match=r"key: can't sign \(.+\)\.") as caught:
        signature.sign(finished.path, tmp_path / "key")
    assert "\n" not in caught.value.message
    assert not signature.is_signed(finished.path)


def test_without_ssh_keygen(finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("")
    (finished.path / "MANIFEST.sha256.sig").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(RunError, match="ssh-keygen isn't on this machine"):
        signature.sign(finished.path, tmp_path / "key")
    with pytest.raises(RunError, match="ssh-keygen isn't on this machine"):
        signature.problem(finished.path, tmp_path / "signers", "ada")


@needs_ssh
@pytest.mark.parametrize("path", [".:{path}", ":{path}", "{path}:", "bin:{path}", "{root}/bin:{path}"])
def test_an_ssh_keygen_of_the_workspace_is_not_run(
    remix_: Remix, finished: RunFolder, key: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """With an empty or relative folder in PATH, one in the current folder was."""
    root = finished.path.parent.parent
    for folder in (root, root / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "ssh-keygen").write_text(f"#!/bin/sh\ntouch {root / 'pwned'}\n")
        (folder / "ssh-keygen").chmod(0o755)
    monkeypatch.chdir(root)
    monkeypatch.setenv("PATH", path.format(path=os.environ["PATH"], root=root))
    assert remix_("sign", finished.path.name, "--key", key).exit_code == 0
    assert not (root / "pwned").exists()


@needs_ssh
def test_names_that_look_like_options(
    remix_: Remix, finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_key(tmp_path / "-Y")
    Path("-s").write_text(f"-I {(tmp_path / '-Y.pub').read_text()}")
    assert remix_("sign", finished.path.name, "--key=-Y").exit_code == 0
    done = remix_("verify", "--signers=-s", "--identity=-I")
    assert done.exit_code == 0, done.output
    assert "signed by -I" in done.stdout


def test_no_ssh_keygen_at_all(remix_: Remix, finished: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("")
    done = remix_("sign", finished.path.name, "--key", tmp_path / "key", env={"PATH": ""})
    assert "ssh-keygen isn't on this machine" in done.stderr
