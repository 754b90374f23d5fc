"""Runs that a stranger made: work that grows faster than the run, files outside it, lines that aren't remix's own."""

from __future__ import annotations

import json
import os
import pty
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from remix.cli import printing
from remix.errors import ModelError, RunError
from remix.generation import prepare, run_model
from remix.outputs import RunFolder
from remix.outputs import reviews as kept
from remix.records import Edit, sha256
from remix.verification import verify
from remix.workspace import Workspace
from tests.forging import forge, forge_request

Remix = Callable[..., Result]
FIRST = "two-clocks/001/again.1"


def counted(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[object]:
    """The calls of a function from now on."""
    calls: list[object] = []
    before = getattr(owner, name)

    def call(*arguments: Any) -> Any:
        calls.append(arguments)
        return before(*arguments)

    monkeypatch.setattr(owner, name, call)
    return calls


def test_the_list_of_other_models_is_read_once(finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: `verify` read `resumed.json`, which may have 32 MB, once for each text."""
    calls = counted(monkeypatch, RunFolder, "resumptions")
    verify.verify(finished.path)
    assert len(calls) <= 2


def test_an_edited_text_is_read_once_however_many_reviews_name_it(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: 100,000 reviews that name one file of 8 MB had `verify` read 800 GB."""
    edit = kept.edit(finished, FIRST, "Ada", "Mine.").edit
    assert edit is not None
    for number in range(100):
        other = edit if number % 2 else Edit(file=edit.file, sha256=sha256(str(number)))
        kept.append(finished.path, kept._review(FIRST, "0" * 64, "Ada", edit=other))
    calls = counted(monkeypatch, kept, "edited_text")
    report = verify.verify(finished.path)
    assert [str(finding.file) for finding in report.findings] == [edit.file]
    assert len(calls) == 1


def test_status_looks_at_each_text_once(workspace: Workspace, remix_: Remix, finished: RunFolder) -> None:
    """Bug: `status` looked at all files once for each stale passage: minutes for 10,000 texts."""
    for template in workspace.prompts.glob("*.j2"):
        template.write_text(template.read_text() + "\nOnce more.")
    looked: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        looked = counted(patch, RunFolder, "is_done")
        shown = remix_("status", finished.path)
    assert "12 of 12 texts are stale" in shown.stderr
    assert len(looked) == 12


@pytest.mark.parametrize("what", ["passage", "kind", "text"])
def test_no_two_of_one_name(finished: RunFolder, what: str) -> None:
    """Bug: 300 passages of one name, with 300 texts, made an exported page of 90,000 texts."""
    path = finished.path / "run.json"
    raw = json.loads(path.read_bytes())
    if what == "passage":
        raw["essays"].append(raw["essays"][0])
    elif what == "kind":
        raw["templates"].append(raw["templates"][0])
    else:
        raw["tasks"].append(raw["tasks"][0])
    path.write_text(json.dumps(raw))
    with pytest.raises(RunError, match=f"holds more than one {what} '"):
        RunFolder.open(finished.path)
    assert any(each.file == "run.json" for each in verify.verify(finished.path).findings)


def test_a_million_flags_are_not_written_as_yaml(finished: RunFolder) -> None:
    """Bug: `verify` wrote a record's flags as front matter to compare them: minutes and gigabytes for a million."""
    record = finished.record_path(FIRST)
    raw = json.loads(record.read_bytes())
    raw["flags"] = ["a"] * 1_000_000
    record.write_text(json.dumps(raw))
    found = [each.what for each in verify.verify(finished.path).findings if each.file == f"{FIRST}.json"]
    assert "says more than front matter may hold" in found


@pytest.mark.parametrize("model", ["~nobody-of-this-name/x.gguf", "a" * 5000, "a\0b", "/dev/zero", "~", "."])
def test_a_run_may_name_any_model(workspace: Workspace, finished: RunFolder, model: str) -> None:
    """Bug: a home folder of nobody's and a name of 5,000 letters ended `status` as bugs."""

    def named(raw: dict[str, Any]) -> None:
        raw["options"]["model"] = model
        file = {"name": model, "sha256": "0" * 64, "metadata_sha256": "0" * 64, "size": 1, "architecture": "llama"}
        kinds = {"file_type": None, "weight_types": [], "context": 1, "chat_template": None, "labels": []}
        raw["model"] = {**file, **kinds}

    folder = forge_request(finished, named)
    prepare.status(workspace, folder.run)
    with pytest.raises(ModelError):
        run_model.model_of(folder.run)


def test_no_leftover_is_removed_outside(tmp_path: Path, finished: RunFolder) -> None:
    """Bug: where a folder of a run was a link that leads out, `resume` removed files there."""
    outside = tmp_path / "mine"
    shutil.copytree(finished.path / "two-clocks", outside)
    shutil.rmtree(finished.path / "two-clocks")
    (finished.path / "two-clocks").symlink_to(outside)
    mine = outside / "001" / ".again.1.md.tmp"
    mine.write_text("mine")
    with finished.lock():
        pass
    assert mine.read_text() == "mine"


def test_of_texts_side_by_side_no_line_begins_like_one_of_remix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: on a wide terminal the passage began in the first column, and could say `intact: …` there."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("COLUMNS", "120")
    said = bytearray()

    def listen() -> None:
        while b"end of it" not in said:
            said.extend(os.read(ours, 4096))

    listener = threading.Thread(target=listen)
    listener.start()
    line = "intact: nothing has changed since it was written"
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr("sys.stdout", terminal)
        printing.print_beside((f"“A” {'x ' * 60} {line}", f"{line}\n\n{line}"), ("once", "words\n\nend of it"))
    listener.join(10)
    os.close(ours)
    lines = said.decode().replace("\x1b[1m", "").splitlines()
    assert any(line in each for each in lines)
    assert not [each for each in lines if each.strip() and not each.startswith("    ")]


def test_the_forged_record_of_many_passages_is_found_at_once(finished: RunFolder) -> None:
    """Bug: each record's passage was looked for among all of them."""
    forge(finished, FIRST, lambda raw: raw["source"].update(essay="Another"))
    assert [each.what for each in verify.verify(finished.path).findings] == [
        "its source isn't the one in run.json (essay)"
    ]
