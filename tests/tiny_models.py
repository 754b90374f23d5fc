"""GGUF files of one small layer, taken apart and put together again: for tests that need a model that lies.

Takes and gives bytes of headers and their parts; nothing is checked, so that any lie can be told. (The `gguf`
package's writer refuses most of them.)
"""

from __future__ import annotations

import functools
import math
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

UINT8, INT8, UINT16, INT16, UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY, UINT64, INT64, FLOAT64 = range(13)
"""Numbers of the types of values in the format."""

FORMS = dict(enumerate(("B", "b", "H", "h", "I", "i", "f", "?")))
FORMS |= {UINT64: "Q", INT64: "q", FLOAT64: "d"}
"""The types that are numbers, as `struct` writes them."""

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
"""Types of tokens."""

WIDTH = 32
"""Of the model's vectors."""


@dataclass
class Values:
    """An array's items, all of one type."""

    kind: int
    items: list[Any]


@dataclass
class Tensor:
    """A tensor's description."""

    name: bytes
    shape: list[int]
    kind: int
    offset: int


@dataclass
class Header:
    """A header's parts: of each key its type and value, texts as bytes."""

    keys: list[tuple[bytes, int, Any]] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    version: int = 3

    def get(self, key: str) -> Any:
        """A key's value, that of the first one of that name."""
        return next(value for name, _, value in self.keys if name == key.encode())

    def put(self, key: str, kind: int, value: Any) -> None:
        """Give a key another value, or a new key one."""
        self.drop(key)
        self.keys.append((key.encode(), kind, value.encode() if isinstance(value, str) else value))

    def drop(self, key: str) -> None:
        """Take a key away."""
        self.keys = [each for each in self.keys if each[0] != key.encode()]

    def put_items(self, key: str, kind: int, items: list[Any]) -> None:
        """Give a key an array."""
        self.put(key, ARRAY, Values(kind, [item.encode() if isinstance(item, str) else item for item in items]))

    def pack(self) -> bytes:
        """The header's bytes."""
        parts = [b"GGUF", struct.pack("<IQQ", self.version, len(self.tensors), len(self.keys))]
        for key, kind, value in self.keys:
            parts += [_text(key), struct.pack("<I", kind), _value(kind, value)]
        for each in self.tensors:
            parts += [_text(each.name), struct.pack(f"<I{len(each.shape)}Q", len(each.shape), *each.shape)]
            parts.append(struct.pack("<IQ", each.kind, each.offset))
        return b"".join(parts)

    @property
    def data_bytes(self) -> int:
        """Bytes of all tensors, if they are 32-bit floats."""
        return max((each.offset + math.prod(each.shape) * 4 for each in self.tensors), default=0)


def unpack(data: bytes) -> Header:
    """A header's parts. Raises `ValueError`, `struct.error` or `IndexError` for one that can't be read."""
    version, tensors, keys = struct.unpack_from("<IQQ", data, 4)
    cursor, header = _Cursor(data), Header(version=version)
    if keys > 1000 or tensors > 1000:
        raise ValueError("too many")
    for _ in range(keys):
        key, kind = cursor.text(), cursor.number("I")
        header.keys.append((key, kind, cursor.value(kind)))
    for _ in range(tensors):
        name, dimensions = cursor.text(), cursor.number("I")
        if dimensions > 8:
            raise ValueError("too many dimensions")
        shape = [cursor.number("Q") for _ in range(dimensions)]
        header.tensors.append(Tensor(name, shape, cursor.number("I"), cursor.number("Q")))
    return header


def whole(header: bytes, data_bytes: int, alignment: int = 32) -> bytes:
    """A file: a header, and weights drawn by chance, the same each time."""
    data = _weights()
    data *= -(-data_bytes // len(data))
    return header + b"\0" * (-len(header) % alignment) + data[:data_bytes]


def write(path: Path, header: Header) -> Path:
    """Write a model's file."""
    path.write_bytes(whole(header.pack(), header.data_bytes))
    return path


@functools.cache
def _weights() -> bytes:
    numbers = np.random.default_rng(1).normal(0, 0.3, 2**16)
    return numbers.astype(np.float32).tobytes()


# -- vocabularies -------------------------------------------------------------------------------------------

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def sentence_piece(bytes_too: bool = True) -> Header:
    """A vocabulary as SentencePiece makes them: pieces with scores, and tokens for bytes unless they are left out."""
    pieces = ["▁", "t", "h", "e", "th", "the", "▁the", "a", "n", "d", "an", "and", "▁and", "ä", "é"]
    numbers = [f"<0x{number:02X}>" for number in range(256)] if bytes_too else []
    markup = ["<|im_start|>", "<|im_end|>"]
    header = _llama(3 + len(numbers) + len(pieces) + len(markup), "llama")
    header.put_items("tokenizer.ggml.tokens", STRING, ["<unk>", "<s>", "</s>", *numbers, *pieces, *markup])
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * len(numbers), *[NORMAL] * len(pieces), *[CONTROL] * len(markup)]
    header.put_items("tokenizer.ggml.token_type", INT32, kinds)
    header.put_items("tokenizer.ggml.scores", FLOAT32, [-float(number) for number in range(len(kinds))])
    for name, token in {"bos": 1, "eos": 2, "unknown": 0}.items():
        header.put(f"tokenizer.ggml.{name}_token_id", UINT32, token)
    return header


def byte_pairs() -> Header:
    """A vocabulary of byte pairs, as GPT-2's."""
    letters = _letters()
    pairs = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("a", "n"), ("an", "d"), ("Ã", "©")]
    markup = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    header = _llama(len(letters) + len(pairs) + len(markup), "gpt2")
    header.put("tokenizer.ggml.pre", STRING, "gpt-2")
    header.put_items("tokenizer.ggml.tokens", STRING, [*letters, *map("".join, pairs), *markup])
    kinds = [*[NORMAL] * (len(letters) + len(pairs)), *[CONTROL] * len(markup)]
    header.put_items("tokenizer.ggml.token_type", INT32, kinds)
    header.put_items("tokenizer.ggml.merges", STRING, [" ".join(pair) for pair in pairs])
    for name, token in {"bos": len(kinds) - 3, "eos": len(kinds) - 1}.items():
        header.put(f"tokenizer.ggml.{name}_token_id", UINT32, token)
    return header


def letter_of(number: int) -> str:
    """GPT-2's letter for a byte."""
    return _letters()[number]


def _letters() -> list[str]:
    """GPT-2's letters for the 256 bytes: those that are no letter have one further up."""
    plain = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(number if number in plain else next(others)) for number in range(256)]


def _llama(tokens: int, model: str) -> Header:
    """A model of one layer, all but its vocabulary."""
    header = Header()
    header.put("general.architecture", STRING, "llama")
    numbers = {
        "context_length": 512,
        "embedding_length": WIDTH,
        "block_count": 1,
        "feed_forward_length": WIDTH,
        "attention.head_count": 2,
        "attention.head_count_kv": 2,
        "rope.dimension_count": WIDTH // 2,
        "vocab_size": tokens,
    }
    for name, number in numbers.items():
        header.put(f"llama.{name}", UINT32, number)
    header.put("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5)
    header.put("tokenizer.ggml.model", STRING, model)
    header.put("tokenizer.chat_template", STRING, TEMPLATE)
    shapes = {"token_embd.weight": [WIDTH, tokens], "output_norm.weight": [WIDTH]}
    square = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    shapes |= {f"blk.0.{name}.weight": [WIDTH, WIDTH] for name in square}
    shapes |= {f"blk.0.{name}.weight": [WIDTH] for name in ("attn_norm", "ffn_norm")}
    header.tensors = _tensors(shapes)
    return header


def learned_positions(context: int) -> Header:
    """A model of GPT-2's kind: it learned a vector for each of its `context` positions."""
    header = byte_pairs()
    tokens = len(header.get("tokenizer.ggml.tokens").items)
    header.keys = [key for key in header.keys if not key[0].startswith(b"llama.")]
    header.put("general.architecture", STRING, "gpt2")
    numbers = {"embedding_length": WIDTH, "block_count": 1, "feed_forward_length": WIDTH, "attention.head_count": 2}
    for name, number in {"context_length": context, **numbers}.items():
        header.put(f"gpt2.{name}", UINT32, number)
    header.put("gpt2.attention.layer_norm_epsilon", FLOAT32, 1e-5)
    shapes = {"token_embd.weight": [WIDTH, tokens], "position_embd.weight": [WIDTH, context]}
    matrices = {"attn_qkv": 3 * WIDTH, "attn_output": WIDTH, "ffn_up": WIDTH, "ffn_down": WIDTH}
    for name, rows in matrices.items():
        shapes |= {f"blk.0.{name}.weight": [WIDTH, rows], f"blk.0.{name}.bias": [rows]}
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        shapes |= {f"{name}.weight": [WIDTH], f"{name}.bias": [WIDTH]}
    header.tensors = _tensors(shapes)
    return header


def _tensors(shapes: dict[str, list[int]]) -> list[Tensor]:
    """Tensors of 32-bit floats, one behind the other."""
    tensors, offset = [], 0
    for name, shape in shapes.items():
        tensors.append(Tensor(name.encode(), shape, 0, offset))
        offset += math.prod(shape) * 4
    return tensors


# -- bytes --------------------------------------------------------------------------------------------------


def _text(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def _value(kind: int, value: Any) -> bytes:
    if kind == STRING:
        return _text(value)
    if kind == ARRAY:
        items = b"".join(_value(value.kind, item) for item in value.items)
        return struct.pack("<IQ", value.kind, len(value.items)) + items
    return struct.pack("<" + FORMS.get(kind, "I"), value)


class _Cursor:
    """Reads one thing after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, FIRST_KEY

    def number(self, form: str) -> Any:
        self.at += struct.calcsize("<" + form)
        return struct.unpack_from("<" + form, self.data, self.at - struct.calcsize("<" + form))[0]

    def text(self) -> bytes:
        length = self.number("Q")
        if length > len(self.data) - self.at:
            raise ValueError("cut short")
        self.at += length
        return self.data[self.at - length : self.at]

    def value(self, kind: int) -> Any:
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            kind, count = self.number("I"), self.number("Q")
            if count > len(self.data):
                raise ValueError("cut short")
            return Values(kind, [self.value(kind) for _ in range(count)])
        if kind not in FORMS:
            raise ValueError("unknown type")
        return self.number(FORMS[kind])


FIRST_KEY = 24
"""Where the keys begin, in bytes."""
