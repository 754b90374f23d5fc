"""Bug: pydantic copies JSON into each of its errors and tells millions of errors: 16 MB took 12 GB, and minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.records import Options, Record, Run, Trace
from remix.util import json_values
from remix.util.json_values import MOST_KEYS, MOST_VALUES, JsonError
from remix.util.processes import Bounds, run_python

_HEAD = b'{"record": "' + b"0" * 64 + b'", "choices": '

BOMBS = {
    "essays that are none": (Run, b'{"essays": [' + b"0," * 3_900_000 + b"0]}"),
    "essays without a key": (Run, b'{"essays": [' + b"{}," * 1_900_000 + b"{}]}"),
    "lists in what was given": (Run, b'{"given": {"a": [' + b"[]," * 1_900_000 + b"0]}}"),
    "deep lists in what was given": (Run, b'{"given": {"a": [' + (b"[" * 150 + b"]" * 150 + b",") * 25_000 + b"0]}}"),
    "flags that are none": (Record, b'{"flags": [' + b"0," * 3_900_000 + b"0]}"),
    "tokens that are none": (Record, b'{"output": {"token_ids": [' + b'"",' * 3_900_000 + b"0]}}"),
    "choices that are none": (Trace, _HEAD + b"[" + b"0," * 3_900_000 + b"0]}"),
    "alternatives that are none": (Trace, _HEAD + b'[["", 0, 0, [' + b"[]," * 1_900_000 + b"0]]]}"),
    "many keys": (Run, b"{" + b",".join(b'"%x":0' % n for n in range(900_000)) + b"}"),
}


@pytest.mark.parametrize(("model", "data"), BOMBS.values(), ids=BOMBS.keys())
def test_json_of_many_faults_takes_little_memory(tmp_path: Path, model: type, data: bytes) -> None:
    path = tmp_path / "bomb.json"
    path.write_bytes(data)
    ended = run_python("tests.util.test_json_values:main", [model.__name__, str(path)], Bounds(60, 2**30))
    assert (ended.status, ended.complaint) == (0, "")


def main() -> None:
    """Read what is no record, in a process of its own."""
    import sys

    with pytest.raises(JsonError) as caught:
        json_values.read({"Run": Run, "Record": Record, "Trace": Trace}[sys.argv[1]], Path(sys.argv[2]).read_bytes())
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("data", "message", "is_json"),
    [
        (b"", "invalid json", False),
        (b"{", "invalid json", False),
        (b'{"seed": NaN}', "invalid json", False),
        (b'{"seed": "\\ud800"}', "invalid json", False),
        (b"[" * 1000 + b"]" * 1000, "invalid json: recursion", False),
        (b"9" * 100_000, "invalid json", False),
        (b'{"temperature": 1e999}', "temperature: input should be a finite number", True),
        (b'{"seed": 1, "seeds": 2}', "seeds: extra inputs are not permitted", True),
        (b"[" + b"0," * MOST_VALUES + b"0]", "more than 4,000,000 values", True),
        (b"{" + b'"":0,' * MOST_KEYS + b'"a":0,"b":0}', "more than 1,000,000 keys", True),
    ],
    ids=range(10),
)
def test_what_is_wrong_with_json(data: bytes, message: str, is_json: bool) -> None:
    with pytest.raises(JsonError) as caught:
        json_values.read(Options, data)
    assert str(caught.value).startswith(message)
    assert caught.value.is_json == is_json


def test_the_last_of_equal_keys_counts() -> None:
    assert json_values.read(Options, b'{"seed": 2, "tags": ["a"], "seed": 3}') == Options(seed=3, tags=("a",))
