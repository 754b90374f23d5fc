"""A GGUF's weights and vocabulary, loaded."""

from __future__ import annotations

import ctypes
import functools
import os
import re
from pathlib import Path
from types import TracebackType
from typing import Any

import llama_cpp as C
import numpy as np
import numpy.typing as npt

from remix.engine.decoder import BatchConfig
from remix.engine.llama.library import has_amx, one_line, recent_log
from remix.errors import ModelError, PromptError
from remix.records import Dist, Dry, Grammar, Greedy, MinP, Penalties, Sampler, Temperature, TopK, TopP
from remix.records.bounds import MOST_TOKENS

KEPT_DRY = 16
"""DRY samplers that are kept to be copied; the oldest goes first."""

LONGEST_WORD = 10_000
"""Characters between two places where texts are cut into words. llama.cpp's regular expressions recurse with each
character of a word, and end the process at about 26,000 (8 MB of stack)."""

LONGEST_TOKEN = 1000
"""Bytes of a token that a grammar may choose: llama.cpp recurses with each of its characters, and ends the process at
50,000 or so (8 MB of stack), in threads of macOS at 2,000."""

_WORD = re.compile(r"\s+|[.,!?…。，、।۔،]+|[^\s.,!?…。，、।۔،]+")
"""No regular expression in llama.cpp takes two such stretches for one word of several characters each."""


class LlamaModel:
    """A GGUF's weights, or with `vocab_only` just its vocabulary. Close it, or use it in a `with`.

    Raises `ModelError` where llama.cpp can't read the file.
    """

    def __init__(self, path: Path, vocab_only: bool = False, config: BatchConfig | None = None) -> None:
        """Load a file, the weights laid out and put where `config` says."""
        config = config or BatchConfig(repack=False)
        if config.repack and has_amx():
            raise ModelError(
                f"{path}: the run rearranged its weights, which this build of llama.cpp doesn't survive (AMX).",
                "Go on with the run, or replay it, where it was begun.",
            )
        C.llama_backend_init()
        params = C.llama_model_default_params()
        params.vocab_only = vocab_only
        params.n_gpu_layers = config.gpu_layers
        params.use_extra_bufts = config.repack
        recent_log.clear()
        self.handle: Any = C.llama_model_load_from_file(os.fsencode(path), params)
        if not self.handle:
            reason = next((line for line in recent_log if line), "llama.cpp gives no reason")
            raise ModelError(
                f"{path}: not a model llama.cpp can load ({one_line(reason)}).",
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
