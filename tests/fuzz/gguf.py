"""Headers and vocabularies of GGUF files, as a stranger's model brings them.

A case is a header; weights are put behind it. Each goes through all that reads headers; some that are taken for
models are looked at by llama.cpp in a process of its own, and what that look lets through must not end this process.
"""

from __future__ import annotations

import math
import os
import random
import resource
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gguf.constants import Keys

from remix.engine import load_check
from remix.engine.chat import ChatTemplate
from remix.engine.decoder import BatchConfig
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.errors import RemixError
from remix.models import identity
from remix.records import Dist, Greedy, Message, Request, Sampling
from tests.fuzz.harness import MEMORY, Target
from tests.tiny_models import (
    ARRAY,
    BOOL,
    FLOAT32,
    FLOAT64,
    FORMS,
    INT32,
    STRING,
    UINT32,
    Header,
    Tensor,
    Values,
    byte_pairs,
    sentence_piece,
    unpack,
    whole,
)

LOOKED_AT = 8
"""One of so many models is shown to llama.cpp: that takes a second."""

LARGEST = 4 * 2**20
"""Bytes of weights that are put behind a header, at most."""

TEXTS = ("", "the théater and", "\0\x01\x7f\x85", "漢字 ไทย العربية", "🙂👩‍👩‍👧\u0301", "<|im_start|>", "a" * 300)


def corpus(_: Path) -> list[bytes]:
    """Two vocabularies that are whole, and one that can't spell every byte."""
    return [header.pack() for header in (sentence_piece(), byte_pairs(), sentence_piece(bytes_too=False))]


def check(case: bytes, folder: Path) -> None:
    """Read a header; let llama.cpp look at some, and use what it finds good."""
    os.environ["REMIX_CACHE"] = str(folder / "cache")
    path = folder / "model.gguf"
    path.write_bytes(whole(case, _data_bytes(case)))
    for read in (identity.inspect, identity.identify):
        try:
            read(path)
        except RemixError as error:
            _in_words(error)
    try:
        file = identity.identify(path)
        ChatTemplate(file.chat_template, file.name)
        if int(file.sha256, 16) % LOOKED_AT:
            return
        load_check.check(path, file)
        _use(path, file.chat_template, file.name)
    except RemixError as error:
        _in_words(error)
    taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert taken < MEMORY, f"a process of its own takes {taken / 2**20:.0f} MiB"


def _use(path: Path, template: str | None, name: str) -> None:
    """What a run does with a model, in this very process."""
    shape = BatchConfig(rows=2, multiple=2)
    messages = [Message(role="user", content=text) for text in TEXTS]
    with LlamaModel(path, config=shape) as model:
        for text in TEXTS:
            model.tokenize_text(text)
            model.tokenize_markup(text)
        prompts = [model.tokenize_text("the") or [0]]
        try:
            prompts.append(ChatTemplate(template, name).tokenize(messages, model)[:100] or [0])
        except RemixError as error:
            _in_words(error)
        with LlamaDecoder(model, 2, 256, shape, 1) as decoder, Engine(decoder, trace=True) as engine:
            for seed, prompt in enumerate(prompts, start=1):
                chain = (Greedy(),) if seed > 1 else (Dist(),)
                sampling = Sampling(seed=seed, chain=chain, max_tokens=3, stop=())
                future = engine.submit(Request(token_ids=tuple(prompt), sampling=sampling))
                error = future.exception(timeout=10)
                assert error is None or isinstance(error, RemixError), error


def _in_words(error: RemixError) -> None:
    assert "model" in error.message
    assert len(error.message) < 1000
    assert error.hint


def _data_bytes(case: bytes) -> int:
    try:
        wanted = unpack(case).data_bytes
    except (ValueError, struct.error, IndexError):
        wanted = 80_000
    return min(wanted, LARGEST)


# -- changes in the form's own terms --------------------------------------------------------------------------


def _known_keys() -> list[str]:
    """All keys that the `gguf` package knows."""
    groups = [group for group in vars(Keys).values() if isinstance(group, type)]
    names = [name for group in groups for name in vars(group).values() if isinstance(name, str)]
    return sorted(name.replace("{arch}", "llama") for name in names if "." in name and not name.startswith("_"))


KEYS = _known_keys()
NUMBERS = (0, 1, -1, 2, 3, 7, 255, 2**15, 2**16, 2**31 - 1, -(2**31), 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1)
FLOATS = (0.0, -0.0, 1.0, -1.0, 1e-45, 1e30, -1e30, math.inf, -math.inf, math.nan)
STRINGS = (
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xc3",
    b"\xe2\x96\x81",
    b"<0x41>",
    b"<0xZZ>",
    b"<0x",
    b"<|im_start|>",
    b"<unk>",
    b"\n",
    b" ",
    b"a b",
    b"a  b",
    b"\xc4\xa0 \xc4\xa0",
    b"zz yy",
    b"\x1b[31m",
    b"{{ 1 }}",
    b"{% for m in messages %}{{ m.content }}{% endfor %}",
    b"{{ messages[0].content }}",
    b"{%",
    b"(" * 5000,
    b"x" * 100_000,
)
MODELS = (
    b"llama",
    b"gpt2",
    b"bert",
    b"t5",
    b"rwkv",
    b"plamo2",
    b"none",
    b"no_vocab",
    b"replit",
    b"hybriddna",
    b"gemma4",
)
PRETOKENIZERS = (
    b"default", b"llama-bpe", b"deepseek-llm", b"deepseek-v3", b"falcon", b"starcoder", b"gpt-2", b"command-r",
    b"qwen2", b"qwen35", b"dbrx", b"smaug-bpe", b"tekken", b"smollm", b"viking", b"gpt-4o", b"chameleon", b"bogus",
    b"superbpe", b"exaone", b"kimi-k2", b"bloom", b"poro-chat", b"jais", b"llada-moe", b"seed-coder", b"",
)  # fmt: skip
ARCHITECTURES = (
    b"llama",
    b"bert",
    b"mamba",
    b"t5",
    b"gemma",
    b"qwen2",
    b"phi3",
    b"clip",
    b"bogus",
    b"\xff",
    b"\x1b[2J",
)


def mutate(chance: random.Random, case: bytes) -> bytes:
    """Change keys, items of arrays and tensors' descriptions."""
    try:
        header = unpack(case)
    except (ValueError, struct.error, IndexError):
        header = chance.choice((sentence_piece, byte_pairs))()
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        chance.choice((_change_key, _change_key, _change_items, _change_items, _change_vocabulary, _change_tensor))(
            chance, header
        )
    return header.pack()


def _change_key(chance: random.Random, header: Header) -> None:
    if not header.keys:
        return
    at = chance.randrange(len(header.keys))
    key, kind, _ = header.keys[at]
    match chance.randrange(7):
        case 0:
            del header.keys[at]
        case 1:
            header.keys.append(header.keys[at])
        case 2:
            header.keys[at] = (key, *_any(chance))
        case 3:
            header.put(chance.choice(KEYS), *_any(chance))
        case 4:
            name = f"tokenizer.ggml.{chance.choice(('bos', 'eos', 'eot', 'unknown', 'padding', 'mask'))}_token_id"
            header.put(name, UINT32, chance.choice((0, 255, 2**31 - 1, 2**31, 2**32 - 1, len(header.keys))))
        case 5:
            name, choices = chance.choice(
                (
                    ("tokenizer.ggml.model", MODELS),
                    ("tokenizer.ggml.pre", PRETOKENIZERS),
                    ("general.architecture", ARCHITECTURES),
                    ("tokenizer.chat_template", STRINGS),
                )
            )
            header.put(name, STRING, chance.choice(choices))
        case _ if kind != ARRAY:
            header.keys[at] = (key, kind, _of(chance, kind))


def _arrays(header: Header) -> Iterator[Values]:
    for _, kind, value in header.keys:
        if kind == ARRAY:
            yield value


def _change_items(chance: random.Random, header: Header) -> None:
    arrays = list(_arrays(header))
    if not arrays:
        return
    array = chance.choice(arrays)
    items, count = array.items, len(array.items)
    at = chance.randint(0, count)
    to = min(count, at + chance.choice((1, 1, 4, 64)))
    match chance.randrange(6):
        case 0:
            del items[at:to]
        case 1:
            items[at:at] = items[at:to] * chance.choice((1, 1, 50))
        case 2 if items:
            items[min(at, count - 1)] = _of(chance, array.kind)
        case 3:
            items[at:to] = [_of(chance, array.kind) for _ in range(at, to)]
        case 4:
            chance.shuffle(items)
        case _ if array.kind == FLOAT32 or array.kind == INT32:
            array.kind = INT32 if array.kind == FLOAT32 else FLOAT32
            items[:] = [_of(chance, array.kind) if chance.random() < 0.1 else 0 for _ in items]


def _change_vocabulary(chance: random.Random, header: Header) -> None:
    """Take away tokens of one type, or give some another type, so that some text can't be spelt."""
    by_name = {key: value for key, kind, value in header.keys if kind == ARRAY}
    kinds = by_name.get(b"tokenizer.ggml.token_type")
    if kinds is None or not kinds.items:
        return
    kind, other = chance.choice(kinds.items), chance.choice((0, 1, 2, 3, 4, 5, 6, 7, -1, 2**31 - 1))
    share = chance.choice((0.05, 0.5, 1.0))
    chosen = [at for at, each in enumerate(kinds.items) if each == kind and chance.random() < share]
    if chance.random() < 0.5:
        for at in chosen:
            kinds.items[at] = other
        return
    for name in (b"tokenizer.ggml.tokens", b"tokenizer.ggml.scores", b"tokenizer.ggml.token_type"):
        if array := by_name.get(name):
            array.items[:] = [item for at, item in enumerate(array.items) if at not in set(chosen)]
    # So that llama.cpp loads the rest: as many rows of weights as tokens.
    tokens = by_name.get(b"tokenizer.ggml.tokens")
    for tensor in header.tensors:
        if tensor.name == b"token_embd.weight" and tokens and len(tensor.shape) == 2:
            tensor.shape[1] = len(tokens.items)


def _change_tensor(chance: random.Random, header: Header) -> None:
    if not header.tensors:
        return
    at = chance.randrange(len(header.tensors))
    tensor = header.tensors[at]
    match chance.randrange(6):
        case 0:
            del header.tensors[at]
        case 1:
            header.tensors.append(Tensor(tensor.name, list(tensor.shape), tensor.kind, tensor.offset))
        case 2:
            tensor.shape = [abs(chance.choice(NUMBERS)) for _ in range(chance.choice((0, 1, 2, 4, 5)))]
        case 3:
            tensor.kind = chance.choice((0, 1, 2, 3, 8, 14, 30, 39, 99, 2**32 - 1))
        case 4:
            tensor.offset = chance.choice((1, 32, tensor.offset + 32, 2**32, 2**63, 2**64 - 32, 2**64 - 1))
        case _:
            tensor.name = chance.choice(
                (*STRINGS, b"output.weight", b"rope_factors_long.weight", b"rope_freqs.weight")
            )


def _any(chance: random.Random) -> tuple[int, Any]:
    """A value of any type."""
    kind = chance.choice((*FORMS, STRING, ARRAY))
    if kind != ARRAY:
        return kind, _of(chance, kind)
    inner = chance.choice((*FORMS, STRING))
    return ARRAY, Values(inner, [_of(chance, inner) for _ in range(chance.choice((0, 1, 3, 300)))])


def _of(chance: random.Random, kind: int) -> Any:
    """A value of a type: extreme ones, for the most part."""
    if kind == STRING:
        return chance.choice((*STRINGS, *MODELS, *PRETOKENIZERS, chance.randbytes(5)))
    if kind == BOOL:
        return chance.random() < 0.5
    if kind in (FLOAT32, FLOAT64):
        return chance.choice(FLOATS)
    if kind == ARRAY:
        return Values(UINT32, [])
    form = FORMS.get(kind, "I")
    bits = 8 * struct.calcsize("<" + form)
    least = -(2 ** (bits - 1)) if form.islower() else 0
    return (chance.choice(NUMBERS) - least) % 2**bits + least


TARGET = Target(
    name="gguf",
    corpus=corpus,
    check=check,
    words=(
        b"\xff" * 8,
        b"\0" * 8,
        struct.pack("<Q", 2**63),
        struct.pack("<I", ARRAY),
        b"tokenizer.ggml.tokens",
        b"GGUF",
    ),
    mutate=mutate,
    seconds=60,
)
