"""File formats of an output: the record and trace as JSON, the text with front matter, the body as bytes.

Takes records and texts, gives bytes, and the other way round. Opens no file.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from remix.errors import RunError
from remix.outputs import note
from remix.records import Frozen, Record, Trace, canonical_sha256

_FENCE = b"---\n"

_NUMBERS = re.compile(r"\[(\n\s+-?\d[\d,\s-]*)\]")
"""A list of whole numbers on several lines."""

_LINES = 1024
"""Lines of front matter kept in memory: most are the same in all texts of a passage."""

ANEW = "It was changed since; delete both files of this output and `remix resume` to write it anew."


def dump(value: Frozen) -> bytes:
    """A record as JSON for people: indented, with lists of numbers on one line."""
    text = json.dumps(value.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=2)
    return (_NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n").encode()


def dump_trace(trace: Trace) -> bytes:
    """A trace as JSON, a line for each token: token, log-probability, entropy, alternatives."""
    turns = ",\n".join(json.dumps(choice, ensure_ascii=False, separators=(",", ":")) for choice in trace.choices)
    head = json.dumps({"schema": trace.schema_, "record": trace.record})
    return f'{head[:-1]}, "choices": [\n{turns}\n]}}\n'.encode()


def compose(record: Record, text: str) -> bytes:
    """An output's file: a short front matter for people, then the body."""
    essays = list(dict.fromkeys(source.essay for source in record.sources))
    passages = [source.passage for source in record.sources]
    one = {"essay": essays[0], "passage": passages[0]}
    front: dict[str, Any] = {
        **note.properties(record),
        **(one if len(passages) == 1 else {"essays": essays, "passages": passages}),
        "kind": record.task.kind,
        "step": record.task.step,
        "variant": record.task.variant,
        "model": record.circumstances.model,
        "flags": list(record.flags),
        "record": record.id,
    }
    head = "".join(_line(key, tuple(each) if isinstance(each, list) else each) for key, each in front.items())
    return _FENCE + head.encode() + _FENCE + body_bytes(text)


@lru_cache(maxsize=_LINES, typed=True)
def _line(key: str, value: str | int | tuple[str, ...] | None) -> str:
    """An entry of front matter as YAML."""
    plain = {key: list(value) if isinstance(value, tuple) else value}
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=1000)


def id_of(raw: Any) -> str:
    """A record's id, computed from the JSON as written, without defaults for absent fields."""
    return canonical_sha256({"derivation": raw["derivation"], "output": {"sha256": raw["output"]["sha256"]}})


def body_bytes(text: str) -> bytes:
    """A text as the body of its file."""
    return f"{text}\n".encode()


def body_of(data: bytes) -> bytes:
    """The body of an output's file: all bytes after the line that closes the front matter."""
    closing = data.find(b"\n" + _FENCE, len(_FENCE) - 1) if data.startswith(_FENCE) else -1
    return data if closing < 0 else data[closing + 1 + len(_FENCE) :]


def text_of(body: bytes, path: Path) -> str:
    """The text of a body; `path` is for the error. Raises `RunError` if the body isn't UTF-8."""
    try:
        return body.decode().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise RunError(f"{path}: not UTF-8 at byte {error.start} of its text.", ANEW) from error
