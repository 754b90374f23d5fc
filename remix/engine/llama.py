"""llama.cpp, through llama-cpp-python's low-level API. The only file that imports `llama_cpp`.

Takes a GGUF file, gives its vocabulary and metadata (`LlamaModel`) and a `Decoder` over it (`LlamaDecoder`).
It does not know what is decoded for whom.

What makes results independent of company (measured bit by bit on the CPU, see CONTRIBUTING.md):
each sequence has a KV stream of its own (`kv_unified=False`); prompts are computed one sequence a call, in
chunks that the prompt alone decides; and a decode call has either any number of rows, for weight types whose
kernels treat every row alike, or always the same number, idle slots filling the rest.
"""

from __future__ import annotations

import ctypes
import functools
import json
import math
import os
import re
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from remix.engine import spin

# Read when the library loads, hence set before.
os.environ.update(spin.settled())

import llama_cpp as C  # noqa: N812 - the C API, and short because every line uses it
from llama_cpp import llama_grammar

from remix.bounds import INT32, MOST_THREADS, MOST_TOKENS
from remix.engine.decoder import Room, Row, Shape
from remix.errors import ModelError, PromptError
from remix.records import (
    Alternative,
    Choice,
    Dist,
    Dry,
    Grammar,
    Greedy,
    MinP,
    Penalties,
    Sampler,
    Sampling,
    Temperature,
    TopK,
    TopP,
    sha256,
)
from remix.units import size

FloatArray = npt.NDArray[np.float32]

ALTERNATIVES = 5
"""How many other tokens a trace names at each turn, at most."""

NEAR = -9.0
"""They are at least e**-9 times as likely as the likeliest, about 1 in 8,000."""

ROW_INVARIANT = frozenset({"Q4_0", "Q4_1", "Q8_0"})
"""Weight types whose kernels gave every row the same bits for any number of rows up to 16."""

KEPT_DRY = 16
"""DRY samplers that are kept to be copied; the oldest goes first."""

LOOKS = (256, 4096)
"""So many of the likeliest tokens are held against a grammar first; the whole vocabulary only where they don't do."""

LARGEST_LOGIT = 1e30
"""What is larger is no logit that any model means, and overflows when it is divided by a temperature."""

LONGEST_WORD = 10_000
"""Characters between two places where texts are cut into words. llama.cpp's regular expressions recurse with each
character of a word, and end the process at about 26,000 (8 MB of stack)."""

LONGEST_TOKEN = 1000
"""Bytes of a token that a grammar may choose: llama.cpp recurses with each of its characters, and ends the process at
50,000 or so (8 MB of stack), in threads of macOS at 2,000."""

_WORD = re.compile(r"\s+|[.,!?…。，、।۔،]+|[^\s.,!?…。，、।۔،]+")
"""No regular expression in llama.cpp takes two such stretches for one word of several characters each."""

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""llama.cpp's `llama_token_data`."""

# -- the library as a whole ---------------------------------------------------------------------------------

_log: deque[str] = deque(maxlen=40)
_verbose = False
_LEVEL_ERROR = 3


@C.llama_log_callback  # type: ignore[untyped-decorator]  # llama_cpp tells no types
def _on_log(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    """Keep llama.cpp's complaints for our own errors; show its chatter only when asked."""
    line = text.decode("utf-8", "replace")
    if level == _LEVEL_ERROR:
        _log.append(line.strip())
    if _verbose:
        sys.stderr.write(line)


C.llama_log_set(_on_log, ctypes.c_void_p(0))


def set_verbose(verbose: bool) -> None:
    """Let llama.cpp's own messages through to stderr, or keep them off."""
    global _verbose
    _verbose = verbose


@functools.cache
def library_sha256s() -> dict[str, str]:
    """sha256 of each libllama and libggml file in use, by its shortest name."""
    folder = Path(os.environ.get("LLAMA_CPP_LIB_PATH") or Path(C.__file__).parent / "lib")
    files = [path for pattern in ("libllama*", "libggml*", "llama.dll", "ggml*.dll") for path in folder.glob(pattern)]
    hashes: dict[str, str] = {}
    for path in sorted(files, key=lambda path: (len(path.name), path.name)):
        digest = sha256(path.read_bytes())
        if digest not in hashes.values():
            hashes[path.name] = digest
    return hashes


def version() -> str:
    """Version of llama-cpp-python."""
    return str(C.__version__)


def system_info() -> str:
    """llama.cpp's own list of the CPU features it uses."""
    return str(C.llama_print_system_info().decode()).strip(" |")


def exact_shape(*weight_types: str, gpu_layers: int = 0) -> Shape:
    """The shape found exact for a model's weight types: free rows where kernels for all allow it, else fixed ones.

    With layers on a GPU nothing is known, and fixed rows are the better guess.

    Weights stay in their plain layout in a library built for Intel's AMX: its kernels were never shown to be
    exact, and compiled with GCC 12 they kill the process at the first matrix (an illegal instruction, as the
    tile configuration is optimised away; llama.cpp's pull request 26954).
    """
    return Shape(
        fixed=bool(gpu_layers) or not weight_types or not ROW_INVARIANT.issuperset(weight_types),
        repack=not _has_amx(),
        gpu_layers=gpu_layers,
    )


def _has_amx() -> bool:
    return "AMX_INT8 = 1" in system_info()


def has_gpu() -> bool:
    """Whether llama.cpp was built for a GPU and finds one."""
    return bool(C.llama_supports_gpu_offload())


def quantise(source: Path, target: Path, file_type: str, threads: int) -> None:
    """Write a model with its weights in another type (`q8_0`, `q4_0` …), by llama.cpp's own function.

    Raises `ModelError` for a type it doesn't know, or where it fails; what is at `target` then is worth nothing.
    """
    code = getattr(C, f"LLAMA_FTYPE_MOSTLY_{file_type.upper()}", None)
    if code is None:
        raise ModelError(f"llama.cpp knows no weight type '{file_type}'.", "Usual ones are q8_0, q4_0 and q4_k_m.")
    params = C.llama_model_quantize_default_params()
    params.ftype = code
    params.nthread = threads
    params.allow_requantize = True
    _log.clear()
    if C.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(params)) != 0:
        reason = next((line for line in _log if line), "llama.cpp gives no reason")
        raise ModelError(f"{source}: can't be prepared ({_one_line(reason)}).", "Is there room on the disk?")


# -- the model ----------------------------------------------------------------------------------------------


class LlamaModel:
    """A GGUF's weights, or with `vocab_only` just its vocabulary. Close it, or use it in a `with`.

    Raises `ModelError` where llama.cpp can't read the file.
    """

    def __init__(self, path: Path, vocab_only: bool = False, shape: Shape | None = None) -> None:
        """Load a file, the weights laid out and put where `shape` says."""
        shape = shape or Shape(repack=False)
        if shape.repack and _has_amx():
            raise ModelError(
                f"{path}: the run rearranged its weights, which this build of llama.cpp doesn't survive (AMX).",
                "Go on with the run, or replay it, where it was begun.",
            )
        C.llama_backend_init()
        params = C.llama_model_default_params()
        params.vocab_only = vocab_only
        params.n_gpu_layers = shape.gpu_layers
        params.use_extra_bufts = shape.repack
        _log.clear()
        self.handle: Any = C.llama_model_load_from_file(os.fsencode(path), params)
        if not self.handle:
            reason = next((line for line in _log if line), "llama.cpp gives no reason")
            raise ModelError(
                f"{path}: not a model llama.cpp can load ({_one_line(reason)}).",
                "Take another GGUF, or fetch this one again: it may be cut short.",
            )
        self.path = path
        self._dry: dict[Dry, Any] = {}
        if not vocab_only:
            self._refuse_unsuited()

    def _refuse_unsuited(self) -> None:
        """Refuse models whose memory can't be cut and copied at a token, or that don't write word after word."""
        unsuited = {
            "is recurrent": C.llama_model_is_recurrent,
            "is half recurrent": C.llama_model_is_hybrid,
            "writes by diffusion": C.llama_model_is_diffusion,
            "has an encoder": C.llama_model_has_encoder,
        }
        for what, test in unsuited.items():
            if test(self.handle):
                self.close()
                raise ModelError(
                    f"{self.path}: remix can't run it exactly, since it {what}.",
                    "Take a plain transformer: Llama, Qwen, Mistral, Gemma, Phi, SmolLM and their like.",
                )

    def close(self) -> None:
        """Free the weights."""
        while self._dry:
            C.llama_sampler_free(self._dry.popitem()[1])
        if self.handle:
            C.llama_model_free(self.handle)
            self.handle = None

    def __enter__(self) -> LlamaModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _vocab(self) -> Any:
        """Its vocabulary, which `close` frees with the weights. Raises `ModelError` afterwards."""
        if not self.handle:
            raise ModelError(f"{self.path.name}: the model has been closed.", "Load it again.")
        return C.llama_model_get_vocab(self.handle)

    @property
    def context(self) -> int:
        """Tokens the model was trained to take in."""
        return int(C.llama_model_n_ctx_train(self.handle))

    @functools.cached_property
    def positions(self) -> int:
        """Most tokens of a sequence. Where a model learned a vector for each position, llama.cpp ends the process at
        a position behind the end of that table."""
        is_learned = C.llama_model_rope_type(self.handle) == C.LLAMA_ROPE_TYPE_NONE
        return self.context if is_learned else MOST_TOKENS

    @property
    def chat_template(self) -> str | None:
        """The Jinja2 source of its chat template."""
        source = C.llama_model_chat_template(self.handle, None)
        return source.decode("utf-8", "replace") if source else None

    @functools.cached_property
    def n_vocab(self) -> int:
        """How many tokens it knows."""
        return int(C.llama_vocab_n_tokens(self._vocab))

    @functools.cached_property
    def longest_token(self) -> int:
        """Bytes of the longest token, as the vocabulary writes it: no token stands for more bytes of a text."""
        return max(len(C.llama_vocab_get_text(self._vocab, token)) for token in range(self.n_vocab))

    @property
    def cell_bytes(self) -> int:
        """Memory one token takes in the KV cache, in bytes, keys and values as 16-bit floats.

        By the metadata, so that the vocabulary alone will do. Models that share keys among layers, or look back only
        so far in some, take less.
        """
        layers = self._number("block_count", 1)
        heads = self._number("attention.head_count", 1)
        usual = self._number("embedding_length", 64) // max(1, heads)
        width = sum(self._number(f"attention.{part}_length", usual) for part in ("key", "value"))
        return layers * self._number("attention.head_count_kv", heads) * width * 2

    def _number(self, key: str, otherwise: int) -> int:
        """A whole number of the metadata, by its key without the architecture; of one a layer, the largest."""
        found = re.findall(r"\d+", self._text(f"{self._text('general.architecture')}.{key}"))
        return max(map(int, found), default=otherwise)

    @property
    def heads(self) -> int:
        """Attention heads of a layer, by the metadata."""
        return self._number("attention.head_count", 1)

    def _text(self, key: str) -> str:
        """A value of the metadata as text; nothing where there is none."""
        buffer = ctypes.create_string_buffer(4096)
        found = C.llama_model_meta_val_str(self.handle, key.encode(), buffer, len(buffer)) >= 0
        return buffer.value.decode("utf-8", "replace") if found else ""

    @property
    def pools_itself(self) -> bool:
        """Whether it was made for embeddings, and its file says how a text's vectors become one."""
        return self._number("pooling_type", 0) > 0

    @property
    def bos(self) -> int | None:
        """The token every prompt of this model must begin with, if there is one."""
        return int(C.llama_vocab_bos(self._vocab)) if C.llama_vocab_get_add_bos(self._vocab) else None

    def special_text(self, name: str) -> str:
        """The text of the `bos` or `eos` token, as chat templates write it; empty where there is none."""
        token = {"bos": C.llama_vocab_bos, "eos": C.llama_vocab_eos}[name](self._vocab)
        return C.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace") if token >= 0 else ""

    def tokenize_text(self, text: str) -> list[int]:
        """Tokens of foreign text: what looks like a control token in it stays mere letters."""
        return self._tokenize(text, special=False)

    def tokenize_markup(self, text: str) -> list[int]:
        """Tokens of a chat template's own text, control tokens recognised."""
        return self._tokenize(text, special=True)

    def tokenize_whole(self, text: str) -> list[int]:
        """Tokens of foreign text that stands alone, with those the model wants around it."""
        return self._tokenize(text, special=False, alone=True)

    def _tokenize(self, text: str, special: bool, alone: bool = False) -> list[int]:
        if len(text) > LONGEST_WORD:
            _refuse_long_words(text)
        data = text.encode()
        # More tokens than bytes come of spaces, where the vocabulary has no token for them.
        for room in (len(data) + 8, 3 * len(data) + 8):
            buffer = (C.llama_token * room)()
            count = C.llama_tokenize(self._vocab, data, len(data), buffer, room, alone, special)
            if 0 <= count <= room:
                break
        else:
            raise ModelError(f"{self.path}: can't tokenise a text of {len(data)} bytes.", "Try another model.")
        return list(buffer[:count])

    def check_token(self, token: int) -> None:
        """Raise `ModelError` for a number that is none of its tokens: llama.cpp looks it up unchecked."""
        if not 0 <= token < self.n_vocab:
            raise ModelError(f"{self.path.name}: has no token {token}.", "The tokens are another model's.")

    @functools.cache  # noqa: B019 - as many entries as tokens, and models live as long as the process uses them
    def piece(self, token: int) -> bytes:
        """The bytes a token stands for: none for control tokens. Raises `ModelError` for what is no token."""
        self.check_token(token)
        room = 64
        while True:
            buffer = ctypes.create_string_buffer(room)
            written = int(C.llama_token_to_piece(self._vocab, token, buffer, room, 0, False))
            if written >= 0:
                return buffer.raw[:written]
            room = -written

    @functools.cache  # noqa: B019 - as many entries as tokens, and models live as long as the process uses them
    def text(self, token: int) -> str:
        """What a token spells, as far as it is whole letters."""
        return self.piece(token).decode("utf-8", "replace")

    def is_end(self, token: int) -> bool:
        """Whether the token ends a turn."""
        return bool(C.llama_vocab_is_eog(self._vocab, token))

    @functools.cached_property
    def writable(self) -> npt.NDArray[np.int32]:
        """The tokens that spell something or end a turn, in order.

        A grammar must not see the others: llama.cpp takes control tokens for what they are called, and so lets
        `<|im_start|>` into a string, of which no text would ever show a letter. Tokens longer than `LONGEST_TOKEN`,
        which only made-up vocabularies have, are left out too.
        """
        unspelt = C.LLAMA_TOKEN_ATTR_CONTROL | C.LLAMA_TOKEN_ATTR_UNKNOWN
        attributes = (C.llama_vocab_get_attr(self._vocab, token) for token in range(self.n_vocab))
        spelt = np.fromiter((not attribute & unspelt for attribute in attributes), bool, self.n_vocab)
        long = (len(C.llama_vocab_get_text(self._vocab, token)) > LONGEST_TOKEN for token in range(self.n_vocab))
        spelt &= ~np.fromiter(long, bool, self.n_vocab)
        return np.array([t for t in range(self.n_vocab) if spelt[t] or self.is_end(t)], np.int32)

    def sampler(self, sampler: Sampler, seed: int) -> Any:
        """A llama.cpp sampler, owned by the chain it is put into. Raises `ModelError` for a bad grammar."""
        match sampler:
            case Grammar():
                made = C.llama_sampler_init_grammar(self._vocab, sampler.source.encode(), sampler.root.encode())
                if not made:
                    raise ModelError(
                        f"llama.cpp can't read the grammar, or it has no rule '{sampler.root}'.",
                        "Mend its GBNF: every rule that is used must be there, and none may begin with itself.",
                    )
                return made
            case Dry():
                # It looks through the whole vocabulary for each breaker: 15 ms, and a hundredth of that for a copy.
                if sampler not in self._dry:
                    # Each takes memory for all that it may look back.
                    if len(self._dry) >= KEPT_DRY:
                        C.llama_sampler_free(self._dry.pop(next(iter(self._dry))))
                    self._dry[sampler] = self._new_dry(sampler)
                return C.llama_sampler_clone(self._dry[sampler])
            case Penalties():
                return C.llama_sampler_init_penalties(
                    self.n_vocab, sampler.last_n, sampler.repeat, sampler.frequency, sampler.presence
                )
            case TopK():
                return C.llama_sampler_init_top_k(sampler.k)
            case TopP():
                return C.llama_sampler_init_top_p(sampler.p, sampler.min_keep)
            case MinP():
                return C.llama_sampler_init_min_p(sampler.p, sampler.min_keep)
            case Temperature():
                return C.llama_sampler_init_temp(sampler.t)
            case Dist():
                return C.llama_sampler_init_dist(seed)
            case Greedy():
                return C.llama_sampler_init_greedy()

    def _new_dry(self, sampler: Dry) -> Any:
        breakers = (ctypes.c_char_p * len(sampler.breakers))(*(text.encode() for text in sampler.breakers))
        return C.llama_sampler_init_dry(
            self._vocab,
            sampler.multiplier,
            sampler.base,
            sampler.allowed_length,
            sampler.last_n,
            breakers,
            len(breakers),
        )


def _refuse_long_words(text: str) -> None:
    """Raise `PromptError` for a text that llama.cpp's regular expressions may not survive."""
    for word in _WORD.finditer(text):
        length = word.end() - word.start()
        if length > LONGEST_WORD:
            raise PromptError(
                f"a text has {length} characters without a place to cut it into words ({word.group()[:20]!r}…); "
                f"at most {LONGEST_WORD} can be tokenised.",
                "Take out what isn't text, an image written as letters for one; or break it into lines.",
            )


# -- grammars -----------------------------------------------------------------------------------------------

_EXTRA_RULES = {
    "whole": "integral-part space",
    "counting": "[1-9] [0-9]{0,15} space",
    "positive": 'integral-part ("." decimal-part)? space',
    "share": '("0" ("." decimal-part)? | "1" ("." "0"{1,15})?) space',
}
"""Numbers within bounds, by types of our own that JSON schemas don't have."""

_CHARACTER = (
    r"""[^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" ([0-9a-cefA-CEF] [0-9a-fA-F] | [dD] [0-7]) [0-9a-fA-F]{2})"""
)
"""What may stand in a JSON string: no bare control characters, and no half of a surrogate pair."""


class _Converter(llama_grammar.SchemaConverter):  # type: ignore[misc]  # llama_cpp tells no types
    """llama-cpp-python's converter, with what it gets wrong put right."""

    def __init__(self, schema: dict[str, Any], longest: int | None) -> None:
        super().__init__(prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False)
        self.schema = schema
        # `resolve_refs` would find none of them in a schema that is itself a reference.
        for home in ("$defs", "definitions"):
            self._refs |= {f"#/{home}/{name}": each for name, each in schema.get(home, {}).items()}
        self._names: dict[str, str] = {}
        self._own = {"char": _CHARACTER}
        if longest is not None:
            self._own["string"] = rf""""\"" char{{0,{longest}}} "\"" space"""

    def visit(self, schema: dict[str, Any], name: str) -> str:
        kind = schema.get("type")
        if "enum" in schema:
            texts = [json.dumps(value, ensure_ascii=False) for value in schema["enum"]]
            rule_name = f"{name}-" if name in llama_grammar.RESERVED_NAMES else name or "root"
            return str(self._add_rule(rule_name, _one_of(texts)))
        if kind not in _EXTRA_RULES:
            return str(super().visit(schema, name))
        rule = llama_grammar.BuiltinRule(_EXTRA_RULES[kind], ["integral-part", "decimal-part"])
        return self._add_primitive(kind if name else "root", rule)

    def _add_primitive(self, name: str, rule: Any) -> str:
        # The inherited rule of a character lets line breaks into strings, and those are no JSON.
        for own, content in self._own.items():
            if rule is llama_grammar.PRIMITIVE_RULES[own]:
                rule = llama_grammar.BuiltinRule(content, rule.deps)
        return str(super()._add_primitive(name, rule))

    def _format_literal(self, literal: str) -> str:
        # The inherited one leaves backslashes as they are, so that a quotation mark in a name ends its literal.
        return _literal(json.dumps(json.loads(literal), ensure_ascii=False))

    def _resolve_ref(self, ref: str) -> str:
        # The inherited one takes any rule for the definition whose name it happens to have.
        if ref not in self._names:
            name = self._names[ref] = self._add_rule(f"ref{len(self._names)}", f"reserved for {ref}")
            self._rules[name] = self.visit(self._refs[ref], f"{name}-is")
        return self._names[ref]


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _one_of(texts: Sequence[str]) -> str:
    """A rule for any of several texts that asks once what many begin with.

    llama.cpp holds each token against each way to go on: with hundreds of them it takes a third of a second.
    """
    start = os.path.commonprefix(texts)  # noqa: RUF071 - letter by letter is just what is wanted
    rests = [text[len(start) :] for text in texts]
    branches: dict[str, list[str]] = {}
    for rest in filter(None, rests):
        branches.setdefault(rest[0], []).append(rest)
    more = " | ".join(_one_of(branch) for branch in branches.values())
    optional = "?" if "" in rests else ""
    return " ".join(filter(None, [start and _literal(start), more and f"({more}){optional}"]))


def grammar_of(schema: Mapping[str, Any], longest: int | None = None) -> Grammar:
    """The grammar of all JSON that fits a schema, by llama-cpp-python's converter; strings of no more than `longest`.

    It leaves out many of a schema's wishes without a word: `engine/grammar.py` sees to it that it is asked for
    nothing else than it can do. Raises `ModelError` where it can't.
    """
    try:
        converter = _Converter(json.loads(json.dumps(schema)), longest)
        root = converter.visit(converter.schema, "")
        return Grammar(source=converter.format_grammar(), root=root)
    # It asserts, looks up and recurses as it goes along: whatever comes of that is about the schema.
    except Exception as error:
        raise ModelError(
            f"the schema can't be made a grammar ({_one_line(str(error)) or type(error).__name__}).",
            "Take a plainer schema.",
        ) from error


def _reach(chain: Sequence[Sampler]) -> tuple[float, float]:
    """How many of the likeliest tokens a chain can choose from, and how far below the best they may lie, in nats."""
    match chain:
        case [Greedy(), *_]:
            return 1, math.inf
        case [TopK(k=k), MinP(p=p, min_keep=1), *_] if k > 0 and p > 0:
            return k, -math.log(p)
        case [TopK(k=k), *_] if k > 0:
            return k, math.inf
        case [MinP(p=p, min_keep=1), *_] if p > 0:
            return math.inf, -math.log(p)
    return math.inf, math.inf


class _Samplers:
    """One sequence's samplers: llama.cpp's chain, and in front of it the grammar, if there is one.

    The grammar comes first, for behind top-k there may be no token left that it allows. It stands outside
    llama.cpp's chain for two reasons. `llama_sampler_sample` accepts what it chose unseen, and a token that the
    grammar doesn't allow ends the process then. And it would hold the whole vocabulary against the grammar at
    each turn, which takes nearly as long as decoding, where the chain chooses among the likeliest anyway.
    """

    def __init__(self, model: LlamaModel, sampling: Sampling) -> None:
        self._model = model
        self.grammar: Any = None
        rest = sampling.chain
        if rest and isinstance(rest[0], Grammar):
            self.grammar, rest = model.sampler(rest[0], sampling.seed), rest[1:]
        params = C.llama_sampler_chain_default_params()
        params.no_perf = True
        self._chain: Any = C.llama_sampler_chain_init(params)
        for sampler in rest:
            C.llama_sampler_chain_add(self._chain, model.sampler(sampler, sampling.seed))
        self._most, self._depth = _reach(rest)

    def free(self) -> None:
        """Free them all."""
        C.llama_sampler_free(self._chain)
        if self.grammar:
            C.llama_sampler_free(self.grammar)

    def choose(self, context: Any, row: int) -> int:
        """Choose a token from a row of a context's logits, without a grammar."""
        return int(C.llama_sampler_sample(self._chain, context, row))

    def choose_within(self, logits: FloatArray) -> int | None:
        """Choose one of the tokens that the grammar allows; none, where it allows none."""
        candidates = self._allowed(logits)
        if not len(candidates):
            return None
        array = _array(candidates)
        C.llama_sampler_apply(self._chain, ctypes.byref(array))
        token = int(array.data[array.selected].id)
        for sampler in (self.grammar, self._chain):
            C.llama_sampler_accept(sampler, token)
        return token

    def _allowed(self, logits: FloatArray) -> npt.NDArray[Any]:
        """The tokens the grammar allows: all, or as many of the likeliest as the chain can choose from."""
        ids = self._model.writable
        scores = logits[ids]
        for count in LOOKS:
            if count < len(ids):
                # All that are as likely as the last one, so that chance has no say in who is looked at.
                least = float(np.partition(scores, -count)[-count])
                likely = scores >= least
                found = self._hold_against(ids[likely], scores[likely])
                if len(found) and (len(found) >= self._most or least < found["logit"].max() - self._depth):
                    return found
        return self._hold_against(ids, scores)

    def _hold_against(self, ids: npt.NDArray[np.int32], scores: FloatArray) -> npt.NDArray[Any]:
        candidates = np.zeros(len(ids), _CANDIDATE)
        candidates["id"], candidates["logit"] = ids, scores
        array = _array(candidates)
        C.llama_sampler_apply(self.grammar, ctypes.byref(array))
        allowed: npt.NDArray[Any] = candidates[np.isfinite(candidates["logit"])]
        return allowed


def _array(candidates: npt.NDArray[Any]) -> Any:
    """Candidates as llama.cpp takes them. They stay numpy's, and must be kept."""
    data = candidates.ctypes.data_as(ctypes.POINTER(C.llama_token_data))
    return C.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)


# -- the decoder --------------------------------------------------------------------------------------------


class LlamaDecoder:
    """A llama.cpp context as a `Decoder`. Close it, or use it in a `with`, before its model.

    Room for `slots` sequences of at most `n_ctx_seq` tokens each, and for the prompts of `shelf` more; with a
    fixed shape `slots` must equal its rows.
    Raises `ModelError` where the memory for that isn't there.
    """

    def __init__(
        self, model: LlamaModel, slots: int, n_ctx_seq: int, shape: Shape, threads: int, shelf: int = 0
    ) -> None:
        if shape.fixed and slots != shape.rows:
            raise ValueError("fixed rows need as many slots")
        self.model = model
        self.shape = shape
        self.threads = threads
        self._context: Any = None
        self._furnish(Room(n_ctx_seq, slots, shelf))
        self._batch = C.llama_batch_init(max(shape.chunk, shape.rows), 0, 1)

    def resize(self, room: Room) -> None:
        """Make other room. Raises `ModelError` where the memory isn't there, and goes on in the room there was."""
        before = Room(self.n_ctx_seq, self.slots, self.shelf)
        self._unfurnish()
        try:
            self._furnish(room)
        # Whatever is wrong: without a context there would be nothing to go on in.
        except BaseException:
            self._unfurnish()
            self._furnish(before)
            raise

    def _check_room(self, room: Room) -> None:
        """Raise `ModelError` for room that llama.cpp would wrap round at 32 bits, or die for want of memory over."""
        n_ctx_seq, slots, shelf = room
        cells, places = n_ctx_seq * (slots + shelf), slots + shelf
        # Without flash attention the scores of a call's tokens stand in memory for each head and place of a context.
        rows = 0 if self.shape.flash_attn else max(self.shape.chunk, self.shape.rows)
        needed = cells * self.model.cell_bytes + 4 * n_ctx_seq * rows * self.model.heads
        there = psutil.virtual_memory().available + psutil.swap_memory().free
        if min(n_ctx_seq, slots) < 1 or shelf < 0 or cells > INT32 or places > C.llama_max_parallel_sequences():
            what = "more than llama.cpp can count"
        elif not 1 <= self.threads <= MOST_THREADS:
            what = f"{self.threads} threads, and llama.cpp starts 1 to {MOST_THREADS}"
        elif needed > there and not (self.shape.gpu_layers and has_gpu()):
            what = f"{size(needed)}, and {size(there)} of memory are free"
        else:
            return
        raise ModelError(
            f"{self.model.path}: no room for {places} sequences of {n_ctx_seq} tokens ({what}).",
            "Lower --parallel or --max-tokens, or take a smaller model.",
        )

    def _furnish(self, room: Room) -> None:
        """Make a context."""
        self._check_room(room)
        n_ctx_seq, slots, shelf = room
        self.slots, self.shelf = slots, shelf
        shape, model = self.shape, self.model
        params = C.llama_context_default_params()
        params.n_ctx = n_ctx_seq * (slots + shelf)
        # llama.cpp makes room for an output of each sequence, and ends the process where a call can't have so many.
        params.n_batch = params.n_ubatch = max(shape.chunk, shape.rows, slots + shelf)
        params.n_seq_max = slots + shelf
        params.n_threads = params.n_threads_batch = self.threads
        params.flash_attn_type = int(shape.flash_attn)
        params.kv_unified = False
        # Without these two a build for a GPU would use it even where no layer is put there, and records say none is.
        params.op_offload = params.offload_kqv = shape.gpu_layers > 0
        params.no_perf = True
        _log.clear()
        self._samplers: list[_Samplers | None] = [None] * slots
        self._context = C.llama_init_from_model(model.handle, params)
        if not self._context:
            reason = next((line for line in _log if line), "llama.cpp gives no reason")
            raise ModelError(
                f"{model.path}: no room for {slots} sequences of {n_ctx_seq} tokens ({_one_line(reason)}).",
                "Lower --parallel or --max-tokens, or take a smaller model.",
            )
        self.n_ctx_seq = int(C.llama_n_ctx_seq(self._context))
        self._memory = C.llama_get_memory(self._context)
        self._prompt_length = [0] * slots
        self._held = [0] * (slots + shelf)
        self._logits_row = [0] * slots
        self._scratch = np.empty((slots, model.n_vocab), np.float32)

    def close(self) -> None:
        """Free the context and all samplers."""
        self._unfurnish()
        if self._batch:
            C.llama_batch_free(self._batch)
            self._batch = None

    def _unfurnish(self) -> None:
        for slot in range(len(self._samplers)):
            self._free_samplers(slot)
        if self._context:
            C.llama_free(self._context)
            # llama.cpp takes no memory for none, and does nothing.
            self._context = self._memory = None

    def __enter__(self) -> LlamaDecoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, slot: int, sampling: Sampling, prompt: Sequence[int]) -> None:
        """Give an empty slot its samplers. Raises `ModelError` for a bad grammar, or tokens of another model."""
        for token in (min(prompt, default=0), max(prompt, default=0)):
            self.model.check_token(token)
        self._samplers[slot] = _Samplers(self.model, sampling)
        self._prompt_length[slot] = len(prompt)

    def prefill(self, slot: int, tokens: Sequence[int], position: int) -> None:
        """Compute one chunk; logits are made only for the prompt's last token."""
        assert tokens, "an empty chunk"
        last = position + len(tokens) == self._prompt_length[slot]
        for row, token in enumerate(tokens):
            self._put(row, Row(slot, token, position + row), wants_logits=False)
        self._batch.logits[len(tokens) - 1] = last
        self._decode(len(tokens))
        self._held[slot] = position + len(tokens)
        self._logits_row[slot] = len(tokens) - 1

    def decode(self, rows: Sequence[Row]) -> None:
        """Compute one token of each sequence, in the order of their slots; a fixed shape fills in idle slots."""
        wanted = {row.slot: row for row in rows}
        slots = range(self.slots) if self.shape.fixed else sorted(wanted)
        for index, slot in enumerate(slots):
            # Fillers want logits too: the last layer computes only the rows that do, and their number must not vary.
            self._put(index, wanted.get(slot) or self._filler(slot), wants_logits=True)
            self._logits_row[slot] = index
        self._decode(len(slots))
        for slot in slots:
            if slot in wanted:
                self._held[slot] += 1
            else:
                C.llama_memory_seq_rm(self._memory, slot, self._held[slot], -1)

    def sample(self, slot: int) -> int | None:
        """Choose the slot's next token; none, where its grammar allows none.

        Raises `ModelError` where the logits aren't numbers that can be compared.
        """
        samplers = self._samplers[slot]
        assert samplers is not None, "the slot is empty"
        logits = self.logits(slot)
        self._check_finite(logits)
        if samplers.grammar:
            return samplers.choose_within(logits)
        return samplers.choose(self._context, self._logits_row[slot])

    def _check_finite(self, logits: FloatArray) -> None:
        """Raise `ModelError` unless the largest logit is finite. Some models give single tokens minus infinity.

        One pass of 5 µs for 49,152 tokens. What isn't a number is the largest in numpy's eyes.
        """
        best = float(logits.max())
        if not -LARGEST_LOGIT < best < LARGEST_LOGIT:
            raise ModelError(
                f"{self.model.path.name}: the model computes {best:g} where a token's score should be.",
                "Its weights are damaged, or overflow on this machine: fetch the file again, or take another model.",
            )

    def logits(self, slot: int) -> FloatArray:
        """The raw logits that the last call left for a slot: a view of float32, one number for each token.

        It is llama.cpp's own memory: read it before the next call, and change nothing.
        """
        row = C.llama_get_logits_ith(self._context, self._logits_row[slot])
        return np.ctypeslib.as_array(row, shape=(self.model.n_vocab,))

    def weigh(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Choice]:
        """How each token was chosen. Works in llama.cpp's own memory, and leaves no logits behind.

        Softmax and Shannon entropy of the raw logits, in nats: with s = logit - max and Z = Σ exp(s),
        log p = s - log Z and H = log Z - Σ s·exp(s) / Z.
        """
        # Of a row that isn't finite `sample` has told already; what is said of it here is of no use.
        with np.errstate(all="ignore"):
            return self._weigh(self._rows_of(slots), tokens)

    def _weigh(self, logits: FloatArray, tokens: Sequence[int]) -> list[Choice]:
        np.subtract(logits, logits.max(axis=1, keepdims=True), out=logits)
        weights = np.exp(logits, out=self._scratch[: len(logits)])
        totals = weights.sum(axis=1)
        # Row by row: what a row sums to must not depend on how many there are.
        means = np.array([row @ weight for row, weight in zip(logits, weights, strict=True)])
        if not np.isfinite(means).all():
            # A token of minus infinity never comes, and adds nothing. (0 · -∞ isn't a number.)
            means = np.array([row @ weight for row, weight in zip(_floored(logits), weights, strict=True)])
        entropies = np.log(totals) - means / totals
        return [
            Choice(
                self.model.text(token),
                round(float(logits[row, token] - np.log(totals[row])), 4),
                round(max(0.0, float(entropies[row])), 4),
                self._alternatives(logits[row], float(totals[row]), token),
            )
            for row, token in enumerate(tokens)
        ]

    def _rows_of(self, slots: Sequence[int]) -> FloatArray:
        """The logits of several slots, a row each: llama.cpp's own memory where it holds no other rows."""
        if len(slots) > 1 and not self.shape.fixed:
            first = C.llama_get_logits(self._context)
            return np.ctypeslib.as_array(first, shape=(len(slots), self.model.n_vocab))
        return np.stack([self.logits(slot) for slot in slots])

    def _alternatives(self, logits: FloatArray, total: float, chosen: int) -> tuple[Alternative, ...]:
        """The likeliest tokens but the chosen one. Sorting a whole vocabulary would cost more than decoding."""
        near = np.flatnonzero(logits > NEAR)
        likely = near[np.argsort(-logits[near], kind="stable")[: ALTERNATIVES + 1]]
        return tuple(
            Alternative(self.model.text(int(token)), round(float(np.exp(logits[token])) / total, 4))
            for token in likely
            if token != chosen
        )[:ALTERNATIVES]

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the beginning of a sequence; the work itself is done with the next decode call.

        Between streams llama.cpp copies a whole sequence or aborts the process, so the rest is dropped after.
        """
        C.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        self.truncate(target, length)

    def truncate(self, slot: int, length: int) -> None:
        """Drop all but the first `length` tokens of a sequence."""
        C.llama_memory_seq_rm(self._memory, slot, length, -1)
        self._held[slot] = length

    def move(self, source: int, target: int) -> None:
        """Move a sequence to a slot that holds none."""
        self.copy(source, target, self._held[source])
        self._samplers[target], self._samplers[source] = self._samplers[source], None
        self._prompt_length[target] = self._prompt_length[source]
        self.clear(source)

    def clear(self, slot: int) -> None:
        """Empty a slot."""
        self._free_samplers(slot)
        C.llama_memory_seq_rm(self._memory, slot, -1, -1)
        self._held[slot] = 0

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for."""
        return self.model.piece(token)

    def is_end(self, token: int) -> bool:
        """Whether the token ends a turn."""
        return self.model.is_end(token)

    def _filler(self, slot: int) -> Row:
        """A row for an idle slot: any token, behind whatever the slot holds, to be forgotten at once."""
        return Row(slot, 0, self._held[slot])

    def _put(self, index: int, row: Row, wants_logits: bool) -> None:
        # The batch is C's memory: what is written behind its end is somebody else's.
        assert 0 <= index < max(self.shape.chunk, self.shape.rows), "more tokens than a call takes"
        if row.position >= self.model.positions:
            raise ModelError(
                f"{self.model.path.name}: knows {self.model.positions} positions, and a text has more tokens.",
                "Split the passage, lower --max-tokens, or take a model with a longer context.",
            )
        batch = self._batch
        batch.token[index] = row.token
        batch.pos[index] = row.position
        batch.n_seq_id[index] = 1
        batch.seq_id[index][0] = row.slot
        batch.logits[index] = wants_logits

    def _decode(self, count: int) -> None:
        if not self._context:
            raise ModelError(f"{self.model.path.name}: its context has been given up.", "Load the model again.")
        self._batch.n_tokens = count
        _log.clear()
        status = int(C.llama_decode(self._context, self._batch))
        if status != 0:
            reason = next((line for line in _log if line), f"status {status}")
            raise ModelError(
                f"{self.model.path.name}: llama.cpp failed to decode ({_one_line(reason)}).",
                "Lower --parallel to use less memory, then `remix resume` the run.",
            )

    def _free_samplers(self, slot: int) -> None:
        if samplers := self._samplers[slot]:
            samplers.free()
            self._samplers[slot] = None


# -- embeddings ---------------------------------------------------------------------------------------------


class LlamaEmbedder:
    """Texts as vectors, in a context of its own. Close it, or use it in a `with`, before its model.

    A model made for embeddings pools its last hidden states as its file says; of one made for writing the mean is
    taken. One text is computed a call, so that no other touches its vector. Raises `ModelError` where the memory
    isn't there.
    """

    def __init__(self, model: LlamaModel, n_ctx: int, threads: int) -> None:
        params = C.llama_context_default_params()
        # All of a text in one piece: pooling wants that.
        params.n_ctx = params.n_batch = params.n_ubatch = n_ctx
        params.n_threads = params.n_threads_batch = threads
        params.embeddings = True
        if not model.pools_itself:
            params.pooling_type = C.LLAMA_POOLING_TYPE_MEAN
        params.op_offload = params.offload_kqv = False
        params.no_perf = True
        _log.clear()
        self._model = model
        self._n_ctx = n_ctx
        self._context: Any = C.llama_init_from_model(model.handle, params)
        if not self._context:
            reason = next((line for line in _log if line), "llama.cpp gives no reason")
            raise ModelError(
                f"{model.path}: no room to embed {n_ctx} tokens ({_one_line(reason)}).", "Take a smaller model."
            )

    def embed(self, text: str) -> FloatArray:
        """A text's vector (d,), not made of length 1; zeros for a text without tokens. What is too long is cut."""
        width = int(C.llama_model_n_embd(self._model.handle))
        try:
            tokens = self._model.tokenize_whole(text)[: self._n_ctx]
        except PromptError:
            tokens = self._model.tokenize_whole(text[:LONGEST_WORD])[: self._n_ctx]
        if not tokens:
            return np.zeros(width, np.float32)
        C.llama_memory_clear(C.llama_get_memory(self._context), True)
        array = (C.llama_token * len(tokens))(*tokens)  # a batch doesn't keep it
        if C.llama_decode(self._context, C.llama_batch_get_one(array, len(tokens))) != 0:
            raise ModelError(f"{self._model.path}: failed to embed {len(tokens)} tokens.", "Take another model.")
        vector = C.llama_get_embeddings_seq(self._context, 0)
        if not vector:
            raise ModelError(f"{self._model.path}: gives no embeddings.", "Take another model.")
        return np.ctypeslib.as_array(vector, shape=(width,)).copy()

    def close(self) -> None:
        """Free the context."""
        if self._context:
            C.llama_free(self._context)
            self._context = None

    def __enter__(self) -> LlamaEmbedder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _floored(logits: FloatArray) -> FloatArray:
    """Logits with the least float in place of minus infinity."""
    floored: FloatArray = np.maximum(logits, np.finfo(np.float32).min)
    return floored


def _one_line(text: str) -> str:
    return " ".join(text.split())
