"""Changing a run as somebody would who knows how its hashes are made."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from remix.outputs import RunFolder, body_of
from remix.outputs.form import body_bytes, compose, dump
from remix.records import Record, Run, canonical_sha256, sha256

Change = Callable[[dict[str, Any]], None]


def put(*path: Any, value: Any) -> Change:
    """A change of one value, deep within."""

    def change(raw: dict[str, Any]) -> None:
        *way, last = path
        for key in way:
            raw = raw[key]
        raw[last] = value

    return change


def bless(folder: RunFolder) -> None:
    """Make the manifest anew, whatever the files hold now."""
    names = sorted(f"{task.id}{suffix}" for task in folder.run.tasks for suffix in (".md", ".json"))
    lines = [f"{sha256((folder.path / name).read_bytes())}  {name}\n" for name in ("run.json", *names)]
    (folder.path / "MANIFEST.sha256").write_text("".join(lines))


def forge(folder: RunFolder, task: str, change: Change = lambda raw: None, text: str | None = None) -> None:
    """Change a record and perhaps its text; then make hash, id, front matter and manifest fit."""
    path = folder.record_path(task)
    raw = json.loads(path.read_bytes())
    change(raw)
    if text is None:
        text = body_of(folder.text_path(task).read_bytes()).decode().removesuffix("\n")
    else:
        raw["output"]["sha256"] = sha256(body_bytes(text))
    raw["id"] = canonical_sha256({"derivation": raw["derivation"], "output": {"sha256": raw["output"]["sha256"]}})
    raw["trace"] = None
    record = Record.model_validate_json(json.dumps(raw))
    path.write_bytes(dump(record))
    folder.text_path(task).write_bytes(compose(record, text))
    folder.trace_path(task).unlink(missing_ok=True)
    bless(folder)


def forge_request(folder: RunFolder, change: Change) -> RunFolder:
    """Change `run.json`, and make the manifest fit."""
    path = folder.path / "run.json"
    raw = json.loads(path.read_bytes())
    change(raw)
    path.write_bytes(dump(Run.model_validate_json(json.dumps(raw))))
    folder = RunFolder.open(folder.path)
    bless(folder)
    return folder


def forge_tokens(folder: RunFolder, task: str, tokens: Sequence[int], text: str) -> None:
    """Let an output be another text of other tokens, in all places that tell of it."""

    def change(raw: dict[str, Any]) -> None:
        told = {"token_ids": list(tokens), "finish": "stop", "trimmed": "", "sha256": sha256(body_bytes(text))}
        raw["output"] |= told
        for candidate in raw["candidates"] or ():
            if candidate["chosen"]:
                candidate |= {**told, "text": text}

    forge(folder, task, change, text=text)
