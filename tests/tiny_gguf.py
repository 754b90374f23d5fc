"""GGUF files of any architecture with random weights, a few MB each: for tests of what an architecture does.

Takes an architecture's name, its hyperparameters and the kind of its tokenizer; gives a file. llama.cpp itself says
which tensors of which shapes a model has, those included that a file may leave out. Equal arguments give equal files.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from gguf import GGUFValueType, GGUFWriter
from llama_cpp._ggml import libggml

from remix.engine import llama
from tests.tiny_models import BYTE, CONTROL, NORMAL, TEMPLATE, UNKNOWN, letter_of

USUAL = {
    "context_length": 4096,
    "embedding_length": 256,
    "block_count": 2,
    "feed_forward_length": 512,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
    "attention.layer_norm_epsilon": 1e-5,
    "attention.layer_norm_rms_epsilon": 1e-5,
}
"""Hyperparameters of every architecture, unless given otherwise. Rows of 256 weights can be K-quants."""

LEFT_OUT = r"\.(scale|input_scale)$"
"""Tensors that llama.cpp knows and no file has: factors of the NVFP4 weight type."""


def write(
    path: Path,
    architecture: str,
    numbers: Mapping[str, Any] | None = None,
    tokenizer: str = "bpe",
    without: str = LEFT_OUT,
    weights: Callable[[str, tuple[int, ...]], np.ndarray | None] = lambda name, shape: None,
) -> Path:
    """Write a model with 32-bit floats as weights, and give its path.

    `numbers` are the hyperparameters beside `USUAL`, by their names without the architecture. `tokenizer` is `bpe`,
    `spm` (SentencePiece) or `bytes` (RWKV's). `without` is a regular expression for names of tensors to leave out.
    `weights` may give a tensor's weights, the shape in numpy's order; for None they are drawn.
    """
    keys = VOCABULARIES[tokenizer]()
    for name, value in (USUAL | dict(numbers or {})).items():
        keys[name if name.startswith("xielu.") else f"{architecture}.{name}"] = value
    _write(path, architecture, keys, {})
    shapes = {name: shape for name, shape in tensors(path).items() if not re.search(without, name)}
    arrays = {}
    for name, shape in shapes.items():
        own = weights(name, shape)
        arrays[name] = drawn(name, shape) if own is None else own.astype(np.float32)
    if "output.weight" not in arrays:
        # The embeddings are the output's weights too, and small.
        arrays["output_norm.weight"] *= 30
    return _write(path, architecture, keys, arrays)


def _write(path: Path, architecture: str, keys: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Path:
    writer = GGUFWriter(path, architecture)
    for key, value in keys.items():
        if isinstance(value, list):
            writer.add_array(key, value)
        else:
            writer.add_key_value(key, value, _kind(value))
    for name, array in arrays.items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _kind(value: Any) -> GGUFValueType:
    """A number's type: llama.cpp wants unsigned integers, but in arrays signed ones."""
    return GGUFValueType.UINT32 if type(value) is int else GGUFValueType.get_type(value)


# -- weights ------------------------------------------------------------------------------------------------


def drawn(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Random weights, of a size that lets logits differ from token to token, and with all that came before.

    The generator's seed is the tensor's name.
    """
    noise = np.random.default_rng(list(name.encode())).standard_normal(shape, np.float32)
    if "rope_f" in name:
        return 1 + np.abs(noise)
    if "ssm_a" in name:
        return -np.exp(noise)
    if "norm" in name and name.endswith("weight"):
        return 1 + 0.1 * noise
    if len(shape) == 1:
        return 0.05 * noise
    # Small beside what the layers add, so that a token isn't decided by the token before alone.
    gain = 0.1 if name == "token_embd.weight" else 3 if re.search(r"^output\.|attn_(q|k|qkv)\b", name) else 1
    return np.float32(gain) * noise / np.float32(np.sqrt(shape[-1]))


class _Tensor(ctypes.Structure):
    """The beginning of a `ggml_tensor`."""

    _fields_ = (("type", ctypes.c_int), ("buffer", ctypes.c_void_p), ("ne", ctypes.c_int64 * 4))


class _Init(ctypes.Structure):
    """`gguf_init_params`."""

    _fields_ = (("no_alloc", ctypes.c_bool), ("context", ctypes.c_void_p))


def tensors(path: Path) -> dict[str, tuple[int, ...]]:
    """The tensors that llama.cpp would read from a file with these hyperparameters: shapes in numpy's order."""
    shapes: dict[str, tuple[int, ...]] = {}

    @llama_cpp.llama_model_set_tensor_data_t  # type: ignore[untyped-decorator]  # llama_cpp has no types
    def note(address: int, _: object) -> None:
        lengths = tuple(_Tensor.from_address(address).ne)
        shapes[get_name(address).decode()] = lengths[: n_dims(address)][::-1]

    get_name = _function("ggml_get_name", ctypes.c_char_p, ctypes.c_void_p)
    n_dims = _function("ggml_n_dims", ctypes.c_int, ctypes.c_void_p)
    read_header = _function("gguf_init_from_file", ctypes.c_void_p, ctypes.c_char_p, _Init)
    header = read_header(str(path).encode(), _Init(True))
    llama.library.recent_log.clear()
    try:
        model = llama_cpp.llama_model_init_from_user(header, note, None, llama_cpp.llama_model_default_params())
    finally:
        _function("gguf_free", None, ctypes.c_void_p)(header)
    assert model, llama.library.logged_error()
    llama_cpp.llama_model_free(model)
    return shapes


def _function(name: str, result: Any, *arguments: Any) -> Any:
    return ctypes.CFUNCTYPE(result, *arguments)((name, libggml))


# -- vocabularies -------------------------------------------------------------------------------------------

TEXT = """\
The harbour clock had stopped at ten past four and nobody could say in which year. Boats left by it all the same.
A stranger asked the keeper why he never mended it and he said that it is right twice a day which is more than the
others can claim. They were three minutes slow or seventeen fast so the town grew used to lateness as to weather.
The archive burned and what was left of it was catalogued with great care. A map of the coast is out of date by the
time the ink on it has dried and so is every map of a marriage. Two rivers meet below the town and nobody remembers
which of them was here first. The cat believes every clock in the house. What would it take to be wrong about this?
"""
"""What the vocabularies were made from."""

MARKUP = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TOKENS = 512
"""Tokens of every vocabulary."""


@functools.cache
def merges(count: int) -> list[tuple[str, str]]:
    """Byte pairs in the order of their merging; `▁` is a space."""
    words = Counter(("▁", *word) for word in TEXT.split())
    found: list[tuple[str, str]] = []
    while len(found) < count:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, times in words.items():
            for pair in itertools.pairwise(word):
                pairs[pair] += times
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        found.append(best)
        words = Counter({tuple(_merged(word, best)): times for word, times in words.items()})
    return found


def _merged(word: tuple[str, ...], pair: tuple[str, str]) -> Iterator[str]:
    index = 0
    while index < len(word):
        step = 2 if word[index : index + 2] == pair else 1
        yield "".join(word[index : index + step])
        index += step


def _vocabulary(model: str, tokens: list[str], kinds: list[int]) -> dict[str, Any]:
    assert len(tokens) == len(set(tokens)) == len(kinds) == TOKENS
    return {
        "tokenizer.ggml.model": model,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.eos_token_id": tokens.index("<|im_end|>"),
        "tokenizer.chat_template": TEMPLATE,
    }


def bpe() -> dict[str, Any]:
    """A vocabulary of byte pairs, like Qwen's."""
    pairs = [(left.replace("▁", "Ġ"), right) for left, right in merges(TOKENS - 256 - len(MARKUP))]
    tokens = [*map(letter_of, range(256)), *map("".join, pairs), *MARKUP]
    kinds = [NORMAL] * (TOKENS - len(MARKUP)) + [CONTROL] * len(MARKUP)
    keys = _vocabulary("gpt2", tokens, kinds)
    return keys | {"tokenizer.ggml.pre": "qwen2", "tokenizer.ggml.merges": [" ".join(pair) for pair in pairs]}


def spm() -> dict[str, Any]:
    """A SentencePiece vocabulary, like Llama 2's and Gemma's: pieces with scores, and a token for each byte."""
    letters = sorted(set("▁".join(TEXT.split())))
    special = ["<unk>", "<s>", "</s>", *MARKUP]
    pieces = [*map("".join, merges(TOKENS - 256 - len(letters) - len(special))), *letters]
    tokens = [*special, *(f"<0x{number:02X}>" for number in range(256)), *pieces]
    kinds = [UNKNOWN, *[CONTROL] * (len(special) - 1), *[BYTE] * 256, *[NORMAL] * len(pieces)]
    keys = _vocabulary("llama", tokens, kinds)
    return keys | {
        "tokenizer.ggml.scores": [-float(rank) for rank in range(TOKENS)],
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
    }


def bytewise() -> dict[str, Any]:
    """A vocabulary like RWKV's: the 256 bytes and some words, the longest that fits first."""
    words = [("".join(pair)).replace("▁", " ") for pair in merges(TOKENS - 256 - len(MARKUP))]
    tokens = [*(f"\\x{number:02x}" for number in range(256)), *words, *MARKUP]
    return _vocabulary("rwkv", tokens, [NORMAL] * (TOKENS - len(MARKUP)) + [CONTROL] * len(MARKUP))


VOCABULARIES = {"bpe": bpe, "spm": spm, "bytes": bytewise}
