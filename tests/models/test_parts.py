"""Models in parts: split GGUFs as the `gguf` package writes them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import gguf
import pytest

from remix.engine import llama
from remix.errors import ModelError, WeightsChangedError
from remix.models import catalog, identity, memo, prepared
from remix.models.open_file import OpenModelFile
from remix.models.parts import MOST_PARTS, parts_of
from remix.outputs import RunFolder, list_runs
from remix.workspace import Workspace
from tests.cli.test_cli import ok, the_error
from tests.conftest import Remix
from tests.tiny_models import UINT16, byte_pairs, sentence_piece, unpack, write


def split(whole: Path, folder: Path, tensors: int = 4, is_first_empty: bool = False) -> list[Path]:
    """A model's parts, of a few tensors each; the first part may have none."""
    reader = gguf.GGUFReader(whole)
    target, architecture = folder / f"{whole.stem}.gguf", reader.fields[gguf.Keys.General.ARCHITECTURE].contents()
    writer = gguf.GGUFWriter(
        target, architecture, split_max_tensors=tensors, small_first_shard=is_first_empty, use_temp_file=False
    )
    for key in reader.fields.values():
        if not key.name.startswith("GGUF.") and key.name != gguf.Keys.General.ARCHITECTURE:
            kind, *items = key.types
            writer.add_key_value(key.name, key.contents(), kind, *items)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_shape=tensor.data.shape, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return sorted(folder.glob(f"{whole.stem}-*-of-*.gguf"))


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model in one file, in a folder of its own."""
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    (tmp_path / "whole").mkdir()
    return write(tmp_path / "whole" / "tiny.gguf", sentence_piece())


@pytest.fixture
def parts(whole: Path, tmp_path: Path) -> list[Path]:
    """The same model in three parts."""
    (tmp_path / "models").mkdir()
    return split(whole, tmp_path / "models")


def relabel(path: Path, key: str, number: int | None) -> None:
    """Give a part's header another number, or take the number away."""
    data = path.read_bytes()
    header = unpack(data)
    tail = data[gguf.GGUFReader(path).data_offset :]
    if number is None:
        header.drop(key)
    else:
        header.put(key, UINT16, number)
    packed = header.pack()
    path.write_bytes(packed + b"\0" * (-len(packed) % 32) + tail)


def refusal(path: Path) -> ModelError:
    """The error for a model, the same with and without hashing."""
    errors = []
    for read in (identity.inspect, identity.identify):
        with pytest.raises(ModelError) as caught:
            read(path)
        errors.append(caught.value)
    assert errors[0].message == errors[1].message
    assert errors[0].hint
    return errors[0]


# -- identity -----------------------------------------------------------------------------------------------


def test_the_identity_covers_all_parts(whole: Path, parts: list[Path]) -> None:
    assert [path.name for path in parts] == [f"tiny-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    single, model = identity.identify(whole), identity.identify(parts[0])
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in parts]
    assert model.parts == tuple(hashes)
    assert model.sha256 == hashlib.sha256("".join(f"{each}\n" for each in hashes).encode()).hexdigest()
    assert model.size == sum(path.stat().st_size for path in parts)
    assert (model.name, single.parts) == ("tiny", ())
    assert (model.weight_types, model.context, model.architecture) == (single.weight_types, 512, "llama")
    assert model.chat_template == single.chat_template
    assert all(identity.identify(path) == model for path in parts), "any part names the model"


def test_weight_types_are_those_of_all_parts(tmp_path: Path) -> None:
    header = sentence_piece()
    header.tensors[-3].kind = gguf.GGMLQuantizationType.F16
    path, *_ = split(write(tmp_path / "mixed.gguf", header), tmp_path, is_first_empty=True)
    assert gguf.GGUFReader(path).tensors == []
    assert identity.identify(path).weight_types == ("F16", "F32")


def test_a_model_in_one_part_is_a_single_file(whole: Path) -> None:
    part = whole.with_name("tiny-00001-of-00001.gguf")
    shutil.copy(whole, part)
    assert identity.identify(part) == identity.identify(whole)
    relabel(part, "split.count", 1)
    assert identity.identify(part).parts == ()


def test_no_part_is_hashed_twice_until_one_changes(parts: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    model = identity.identify(parts[0])
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
        recalled = memo.known(parts[1])
        assert identity.identify(parts[0]) == model
        assert recalled is not None
        assert recalled.parts == model.parts
    data = bytearray(parts[2].read_bytes())
    data[-1] ^= 1
    parts[2].write_bytes(data)
    os.utime(parts[2], ns=(1, 1))
    assert memo.known(parts[0]) is None
    changed = identity.identify(parts[0])
    assert (changed.parts[:2], changed.size) == (model.parts[:2], model.size)
    assert changed.sha256 != model.sha256


def test_parts_are_found_by_the_names_of_links(parts: list[Path], tmp_path: Path) -> None:
    """In the hub's cache, files lie under their sha256, and only links have names."""
    model = identity.identify(parts[0])
    folder = tmp_path / "hub/models--a--b"
    (folder / "blobs").mkdir(parents=True)
    (folder / "snapshots/c0ffee").mkdir(parents=True)
    for path, name in zip(parts, model.parts, strict=True):
        path.rename(folder / "blobs" / name)
        (folder / "snapshots/c0ffee" / path.name).symlink_to(f"../../blobs/{name}")
    assert identity.identify(folder / "snapshots/c0ffee" / parts[0].name) == model


# -- what is refused ----------------------------------------------------------------------------------------


def test_a_missing_part_is_named(parts: list[Path]) -> None:
    parts[1].unlink()
    error = refusal(parts[0])
    assert error.message == f"{parts[1]} is missing: part 2 of the 3 parts of a model."
    assert "one folder" in error.hint
    parts[0].unlink()
    assert f"{parts[0]} is missing: part 1" in refusal(parts[2]).message


@pytest.mark.parametrize("name", ["x-00000-of-00003.gguf", "x-00004-of-00003.gguf", "x-00001-of-99999.gguf"])
def test_numbers_that_no_part_has(whole: Path, name: str) -> None:
    path = whole.rename(whole.with_name(name))
    assert "is named as part" in refusal(path).message
    assert str(MOST_PARTS) in refusal(path).hint


@pytest.mark.parametrize(
    ("part", "key", "number", "words"),
    [
        (0, "split.count", 2, "-00001-of-00003.gguf is named as part 1 of 3, and its header tells of a model in 2"),
        (2, "split.count", 4, "-00003-of-00003.gguf is named as part 3 of 3, and its header tells of a model in 4"),
        (1, "split.count", None, "is named as part 2 of 3, and its header tells of no further parts"),
        (1, "split.no", 2, "-00002-of-00003.gguf is another part by its header than by its name"),
        (0, "split.tensors.count", 7, "-00001-of-00003.gguf and its further parts aren't of one model"),
    ],
)
def test_headers_that_contradict_the_names(
    parts: list[Path], part: int, key: str, number: int | None, words: str
) -> None:
    relabel(parts[part], key, number)
    assert words in refusal(parts[0]).message


def test_parts_of_different_models(parts: list[Path], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = split(write(tmp_path / "tiny.gguf", byte_pairs()), tmp_path / "other", 5)
    assert len(other) == 3
    shutil.copy(other[1], parts[1])
    assert "aren't of one model" in refusal(parts[0]).message


def test_a_part_under_another_name(parts: list[Path]) -> None:
    path = parts[0].rename(parts[0].with_name("model.gguf"))
    error = refusal(path)
    assert error.message.endswith("model.gguf is named as a whole model, and its header tells of a model in 3 parts.")
    assert "-00001-of-00003.gguf" in error.hint


def test_a_part_that_is_cut_short(parts: list[Path]) -> None:
    os.truncate(parts[1], parts[1].stat().st_size - 100)
    assert f"{parts[1]} is cut short: 100 bytes are missing" in refusal(parts[0]).message
    parts[2].write_bytes(b"<html>")
    assert f"{parts[2]} is not a GGUF file" in refusal(parts[0]).message


# -- in use -------------------------------------------------------------------------------------------------


def test_the_list_shows_one_model(parts: list[Path], workspace: Workspace, remix_: Remix) -> None:
    (workspace.root / "remix.toml").write_text(f"models = [{json.dumps(str(parts[0].parent))}]")
    shown = [row for row in json.loads(ok(remix_("models", "list", "--json"))) if row["origin"] == "settings"]
    size = sum(path.stat().st_size for path in parts)
    assert [(row["name"], row["size"], row["path"]) for row in shown] == [("tiny", size, str(parts[0]))]
    assert catalog.find(str(parts[2])).path == parts[0]
    digest = identity.identify(parts[0]).sha256
    found = catalog.find_by_sha256(digest, catalog.available([parts[0].parent]))
    assert found is not None
    assert found.path == parts[0]
    parts[1].unlink()
    assert f"Left out: {parts[1]} is missing" in remix_("models", "list").stderr


def written(remix_: Remix, model: Path) -> tuple[RunFolder, list[str]]:
    """A short run, and its texts."""
    arguments = ("--limit", 2, "--kind", "once", "--steps", 1, "--max-tokens", 20, "--model", model)
    out = Path(ok(remix_("generate", "--all", *arguments)).strip())
    folder = RunFolder.open(out)
    return folder, [folder.text_path(task.id).read_text().partition("\n---\n")[2] for task in folder.run.tasks]


@pytest.mark.model
def test_a_model_in_parts_writes_what_the_whole_writes(whole: Path, parts: list[Path], remix_: Remix) -> None:
    folder, texts = written(remix_, parts[1])
    assert any(texts)
    assert texts == written(remix_, whole)[1]
    model = folder.run.model
    assert model is not None
    assert model.parts == identity.identify(parts[0]).parts
    ok(remix_("verify", folder.path, "--replay"))
    assert len(list_runs(folder.path.parent)) == 2


@pytest.mark.model
def test_a_missing_part_ends_a_command_in_words(parts: list[Path], remix_: Remix) -> None:
    parts[2].unlink()
    error, hint = the_error(remix_("generate", "--all", "--model", parts[0]))
    assert error.endswith("tiny-00003-of-00003.gguf is missing: part 3 of the 3 parts of a model.")
    parts[0].unlink()
    first = the_error(remix_("generate", "--all", "--model", parts[1]))[0]
    assert first.endswith("tiny-00001-of-00003.gguf is missing: part 1 of the 3 parts of a model."), (
        "not the typed one"
    )
    assert "remix models pull" in hint


@pytest.mark.model
def test_a_prepared_copy_of_parts_is_a_single_file(whole: Path, parts: list[Path]) -> None:
    copy = prepared.requantise(parts[1], "q8_0", 1)
    assert prepared.known_types(parts[0]) == ["Q8_0"]
    assert identity.identify(copy).weight_types == ("Q8_0",)
    assert gguf.GGUFReader(copy).get_field("split.count") is None
    with llama.LlamaModel(copy) as model:
        assert model.n_vocab > 0
    assert prepared.forget(parts[0]) == [copy]


@pytest.mark.model
def test_parts_in_capitals_load_and_cannot_be_prepared(parts: list[Path]) -> None:
    """llama.cpp finds further parts by names in lower case alone, unless it is given all names."""
    renamed = [path.rename(path.with_suffix(".GGUF")) for path in parts]
    with llama.LlamaModel(renamed[0]) as model:
        assert model.n_vocab > 0
    with pytest.raises(ModelError, match="in lower case"):
        prepared.requantise(renamed[0], "q8_0", 1)


# -- changes while in use -----------------------------------------------------------------------------------


def test_a_later_part_that_is_written_over_is_noticed(parts: list[Path]) -> None:
    held = OpenModelFile(parts[0], identity.identify(parts[0]))
    for path in parts:
        os.utime(path, ns=(1, 1))
    held.check()
    with parts[2].open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\xff")
    with pytest.raises(WeightsChangedError, match=r"tiny-00003-of-00003\.gguf: was changed while it was in use"):
        held.check()
    held.close()


def test_a_run_that_names_no_parts_is_no_reason_for_a_traceback(parts: list[Path]) -> None:
    """Bug: the hashes came from the run's request, so a forged request without parts ended with a `KeyError`."""
    held = OpenModelFile(parts[0], identity.identify(parts[0]).model_copy(update={"parts": ()}))
    for path in parts:
        os.utime(path, ns=(1, 1))
    held.check()
    with parts[1].open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\xff")
    with pytest.raises(WeightsChangedError, match=r"tiny-00002-of-00003\.gguf"):
        held.check()
    held.close()


def test_a_later_part_that_is_replaced_while_it_is_loaded(parts: list[Path]) -> None:
    file = identity.identify(parts[0])
    held = OpenModelFile(parts[0], file)
    held.check_place()
    shutil.copy(parts[1], parts[1].with_name("new")).replace(parts[1])
    with pytest.raises(ModelError, match=r"tiny-00002-of-00003\.gguf: was replaced while it was being loaded"):
        held.check_place()
    held.check()
    held.close()
    data = bytearray(parts[1].read_bytes())
    data[-1] ^= 1
    parts[1].write_bytes(data)
    with pytest.raises(ModelError, match="is no longer tiny"):
        OpenModelFile(parts[0], file)


def test_names_of_parts() -> None:
    assert parts_of(Path("a/b.gguf")) == (Path("a/b.gguf"),)
    assert parts_of(Path("a/b-00002-of-00002.GGUF")) == (
        Path("a/b-00001-of-00002.GGUF"),
        Path("a/b-00002-of-00002.GGUF"),
    )
