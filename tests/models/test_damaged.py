"""Model files that claim to be what they aren't, and ones that change while they are in use."""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from remix.errors import ModelError
from remix.generation import execute, prepare
from remix.models import identity
from remix.outputs import RunFolder, list_runs
from remix.records import Options
from remix.workspace import open_workspace
from tests.conftest import make_workspace, python_path, work_of_at_most
from tests.models.test_parts import split
from tests.test_crash import Reference, check, check_finished
from tests.tiny_models import ARRAY, STRING, UINT32, UINT64, Header, Tensor, Values, sentence_piece, whole, write

TERABYTE = 2**40


# -- files that take an hour to hash --------------------------------------------------------------------------


def longer(path: Path, size: int) -> Path:
    """A model with a hole behind it."""
    os.truncate(write(path, sentence_piece()), size)
    return path


def huge(path: Path) -> Path:
    """A model whose header tells of a tensor of a terabyte, which is a hole."""
    header = sentence_piece()
    header.tensors.append(Tensor(b"hole.weight", [2**19, 2**19], 0, header.data_bytes))
    path.write_bytes(whole(header.pack(), 80_000))
    os.truncate(path, TERABYTE + 2**20)
    return path


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: longer(path, TERABYTE), "bytes longer than its tensors are"),
        (lambda path: longer(path, 17 * 2**20), "bytes longer than its tensors are"),
        (huge, "is mostly empty: of its 1099512676352 bytes only"),
    ],
    ids=["a terabyte behind", "17 MiB behind", "a tensor of a terabyte"],
)
def test_what_a_header_does_not_account_for_is_never_hashed(
    tmp_path: Path, make: Callable[[Path], Path], why: str
) -> None:
    path = make(tmp_path / "sparse.gguf")
    with work_of_at_most(10), pytest.raises(ModelError, match=r"sparse\.gguf is ") as caught:
        identity.identify(path)
    assert why in caught.value.message


def test_padding_behind_the_tensors_is_no_matter(tmp_path: Path) -> None:
    path = longer(tmp_path / "padded.gguf", 2**20)
    assert identity.identify(path).size == 2**20


def test_the_hash_is_the_file_s_whatever_was_asked_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for holes moves the place where a file is read."""
    monkeypatch.setattr(identity, "_SPARSE", 0)
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    header = sentence_piece()
    path = tmp_path / "model.gguf"
    path.write_bytes(whole(header.pack(), header.data_bytes) + random.Random(1).randbytes(300_000))
    file = identity.identify(path)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(identity, "_SPARSE", 2**40)
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "other"))
    assert identity.identify(path) == file


# -- headers that take long ---------------------------------------------------------------------------------


def array(kind: int, items: list[object]) -> Callable[[Header], object]:
    return lambda header: header.put("x", ARRAY, Values(kind, items))


HEADERS: list[tuple[str, Callable[[Header], object], str]] = [
    ("a chat template of a megabyte", lambda h: h.put("tokenizer.chat_template", STRING, "x" * 2**20), "1048576"),
    ("a chat template of 200,000 ifs", lambda h: h.put("tokenizer.chat_template", STRING, "{% if 1 %}" * 20_000), ""),
    ("an architecture of a megabyte", lambda h: h.put("general.architecture", STRING, "x" * 2**20), "without end"),
    ("arrays in arrays in arrays", array(ARRAY, [Values(ARRAY, [Values(UINT32, [1])])]), "unknown type 9 of array"),
    ("two million texts", array(STRING, [b""] * 2_000_000), "2000276 texts in arrays"),
    ("11,000 keys", lambda h: [h.keys.append((b"k%d" % n, UINT32, n)) for n in range(11_000)], "keys"),
    ("the same key twice", lambda h: h.keys.append(h.keys[0]), "comes twice"),
    ("a context of 2**64", lambda h: h.put("llama.context_length", UINT64, 2**64 - 1), "a context of"),
    ("101,000 tensors", lambda h: h.tensors.extend([h.tensors[0]] * 101_000), "tensors"),
    ("a tensor of five dimensions", lambda h: h.tensors[0].shape.extend([1, 1, 1]), "a tensor of 5 dimensions"),
    ("a tensor of 2**248 items", lambda h: setattr(h.tensors[0], "shape", [2**62] * 4), "cut short"),
]


@pytest.mark.parametrize(("lie", "why"), [each[1:] for each in HEADERS], ids=[each[0] for each in HEADERS])
def test_a_header_of_too_much_is_refused_at_once(tmp_path: Path, lie: Callable[[Header], object], why: str) -> None:
    header = sentence_piece()
    lie(header)
    path = tmp_path / "lying.gguf"
    path.write_bytes(whole(header.pack(), 80_000))
    for read in (identity.inspect, identity.identify):
        with work_of_at_most(10), pytest.raises(ModelError, match=r"lying\.gguf") as caught:
            read(path)
        assert why in caught.value.message
        assert len(caught.value.message) < 400


# -- a file that is cut short while it is mapped ----------------------------------------------------------------

CHILD = """
import os, sys
from pathlib import Path
from remix.cli import main
from remix.engine.llama import LlamaDecoder

root, file, decode = Path(sys.argv[2]), sys.argv.pop(), LlamaDecoder.decode
def cut(self, rows):
    if len(list(root.glob("outputs/*/*/*/*.1.json"))) >= 3:
        os.truncate(file, 4096)
    return decode(self, rows)
LlamaDecoder.decode = cut
main()
"""


@pytest.mark.model
@pytest.mark.skipif(not hasattr(signal, "SIGBUS"), reason="there is no such signal here")
def test_a_model_cut_short_while_it_is_mapped_ends_a_run_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process used to die of SIGBUS without a word. A later part is cut short here."""
    # Another test may have made the same model, which would be found instead.
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    place = make_workspace(tmp_path / "garden")
    model, *_, last = split(write(tmp_path / "model.gguf", sentence_piece()), tmp_path)
    data = last.read_bytes()
    job = prepare.prepare(place, Options(model=str(model), steps=2, parallel=1))
    reference = execute.generate(job, place.root / "reference").folder
    expected = Reference(job, {task.id: reference.text_path(task.id).read_bytes() for task in job.run.tasks})
    asked = ("-C", str(place.root), "generate", "--all", "--steps", "2", "--parallel", "1", "--model", str(model))
    done = subprocess.run(
        [sys.executable, "-P", "-c", CHILD, *asked, str(last)],
        env=os.environ | python_path(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1
    assert f"Error: {last} was cut short or lost while it was in use. Fetch it again." in done.stderr
    assert "Traceback" not in done.stderr
    (path,) = list_runs(place.outputs)
    begun = check(path, expected)
    assert 3 <= len(begun) < len(job.run.tasks)
    with pytest.raises(ModelError, match=re.escape(f"{last} is cut short")):
        execute.resume(RunFolder.open(path))
    last.write_bytes(data)
    outcome = execute.resume(RunFolder.open(path))
    assert (outcome.failures, outcome.interrupted) == ([], False)
    check_finished(RunFolder.open(path), expected)
    assert open_workspace(place.root).outputs == place.outputs
