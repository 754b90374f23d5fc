"""A loaded GGUF: weights, vocabulary, tokenizer and metadata.

Takes a path, text and token ids, gives token ids and bytes. Knows nothing of contexts and samplers.
"""

from __future__ import annotations

import ctypes
import functools
import re
from pathlib import Path
from typing import Any

import llama_cpp as C
import numpy as np
import numpy.typing as npt

from remix.engine.decoder import BatchConfig
from remix.engine.llama.context import ContextCost, context_cost
from remix.engine.llama.library import go_on, has_amx, load, logged_error
from remix.errors import ModelError, PromptError
from remix.models.parts import parts_of
from remix.records import Dry
from remix.records.bounds import MOST_TOKENS
from remix.util import interrupts
from remix.util.mapped_files import MappedFiles

LONGEST_WORD = 10_000
"""Characters of a stretch of text without a place for the tokenizer to split. llama.cpp's regular expressions recurse
with each character of a word, and end the process at about 26,000 characters (8 MB of stack)."""

LONGEST_TOKEN = 1000
"""Most bytes of a token under a grammar: llama.cpp recurses with each character of the token, and ends the process at
about 50,000 characters (8 MB of stack), in threads of macOS at 2,000."""

_WORD = re.compile(r"\s+|[.,!?…。，、।۔،]+|[^\s.,!?…。，、।۔،]+")
"""Stretches of text: no regular expression in llama.cpp joins two neighbouring stretches into a word."""


class LlamaModel:
    """A GGUF's weights and vocabulary; with `vocab_only` the vocabulary alone. Close after use, or use in a `with`.

    Raises `ModelError` if llama.cpp can't read the file.
    """

    def __init__(self, path: Path, vocab_only: bool = False, config: BatchConfig | None = None) -> None:
        """Load a file, or all parts by the path of any part.

        `config` has the number of layers on a GPU, and whether weights are repacked.
        """
        config = config or BatchConfig(repack=False)
        if config.repack and has_amx():
            raise ModelError(
                f"{path}: the run repacked the weights, which this build of llama.cpp doesn't survive (AMX).",
                "Resume or replay the run on the machine where it was begun.",
            )
        C.llama_backend_init()
        params = C.llama_model_default_params()
        params.vocab_only = vocab_only
        params.n_gpu_layers = config.gpu_layers
        params.use_extra_bufts = config.repack
        params.progress_callback = go_on
        self._mapped = MappedFiles(parts_of(path))
        self.handle: Any = load(path, params)
        if not self.handle:
            interrupts.check()
            raise ModelError(
                f"{path}: not a model llama.cpp can load ({logged_error()}).",
                "Take another GGUF, or fetch this one again: it may be cut short.",
            )
        self.path = path
        self._config = config
        self.dry_samplers: dict[Dry, Any] = {}
        # A cache of the class would keep the pieces of every model ever loaded.
        self._pieces: dict[int, bytes] = {}
        self._spellings: dict[int, bytes] = {}
        if not vocab_only:
            self._refuse_unsuited()

    def _refuse_unsuited(self) -> None:
        """Refuse models that can't write token after token."""
        unsuited = {"writes by diffusion": C.llama_model_is_diffusion, "has an encoder": C.llama_model_has_encoder}
        for trait, test in unsuited.items():
            if test(self.handle):
                self.close()
                raise ModelError(
                    f"{self.path}: remix can't run it, since it {trait}.",
                    "Take a model that writes token after token: Llama, Qwen, Mistral, Gemma, Phi and their like.",
                )

    def close(self) -> None:
        """Free the weights."""
        while self.dry_samplers:
            C.llama_sampler_free(self.dry_samplers.popitem()[1])
        if self.handle:
            C.llama_model_free(self.handle)
            self.handle = None

    def __enter__(self) -> LlamaModel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def vocab(self) -> Any:
        """llama.cpp's vocabulary; `close` frees the vocabulary with the weights. Raises `ModelError` afterwards."""
        if not self.handle:
            raise ModelError(f"{self.path.name}: the model has been closed.", "Load it again.")
        return C.llama_model_get_vocab(self.handle)

    @property
    def context(self) -> int:
        """The context length the model was trained for, in tokens."""
        return int(C.llama_model_n_ctx_train(self.handle))

    @functools.cached_property
    def copies_whole(self) -> bool:
        """Whether sequences can only be copied whole: the state of recurrent layers can't be cut."""
        return bool(C.llama_model_is_recurrent(self.handle) or C.llama_model_is_hybrid(self.handle))

    @functools.cached_property
    def positions(self) -> int:
        """Most tokens of a sequence. With learned position embeddings, the number of rows of the embeddings' table:
        at a position beyond the table's end llama.cpp ends the process."""
        is_learned = C.llama_model_rope_type(self.handle) == C.LLAMA_ROPE_TYPE_NONE
        return self.context if is_learned else MOST_TOKENS

    @functools.cached_property
    def n_vocab(self) -> int:
        """The number of tokens in the vocabulary."""
        return int(C.llama_vocab_n_tokens(self.vocab))

    @functools.cached_property
    def width(self) -> int:
        """The number of values in a hidden state behind the last layer."""
        return int(C.llama_model_n_embd_out(self.handle))

    @functools.cached_property
    def longest_token(self) -> int:
        """Bytes of the longest token as the vocabulary spells tokens; no token stands for more bytes of text."""
        return max(len(C.llama_vocab_get_text(self.vocab, token)) for token in range(self.n_vocab))

    @functools.cached_property
    def context_cost(self) -> ContextCost:
        """The memory of the model's contexts. Raises `ModelError` if llama.cpp can't tell the memory."""
        return context_cost(self.path, self._config)

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture."""
        return self._text("general.architecture")

    def _number(self, key: str, otherwise: int) -> int:
        """An integer of the metadata, by the key without the architecture; the largest of an array by layer."""
        found = re.findall(r"\d+", self._text(f"{self.architecture}.{key}"))
        return max(map(int, found), default=otherwise)

    @property
    def experts(self) -> int:
        """Experts per layer, by the metadata; 0 unless the model is a mixture of experts."""
        return self._number("expert_count", 0)

    def _text(self, key: str) -> str:
        """A value of the metadata as text; empty if missing."""
        buffer = ctypes.create_string_buffer(4096)
        found = C.llama_model_meta_val_str(self.handle, key.encode(), buffer, len(buffer)) >= 0
        return buffer.value.decode("utf-8", "replace") if found else ""

    @property
    def pools_itself(self) -> bool:
        """Whether the metadata says how to pool hidden states, as in embedding models."""
        return self._number("pooling_type", 0) > 0

    @property
    def bos(self) -> int | None:
        """The token at the beginning of each prompt; None if the model expects no such token."""
        return int(C.llama_vocab_bos(self.vocab)) if C.llama_vocab_get_add_bos(self.vocab) else None

    @property
    def first_token(self) -> int:
        """The first token of a plain text: the vocabulary's own, or the token that ends texts."""
        known = (C.llama_vocab_bos(self.vocab), C.llama_vocab_eos(self.vocab), 0)
        return next(int(token) for token in known if token >= 0)

    def special_text(self, name: str) -> str:
        """The text of the `bos` or `eos` token, as written in chat templates; empty if the vocabulary has no such
        token."""
        token = {"bos": C.llama_vocab_bos, "eos": C.llama_vocab_eos}[name](self.vocab)
        return C.llama_vocab_get_text(self.vocab, token).decode("utf-8", "replace") if token >= 0 else ""

    def tokenize_text(self, text: str) -> list[int]:
        """Tokens of a message's text: the spelling of a control token becomes plain text."""
        return self._tokenize(text, special=False)

    def tokenize_markup(self, text: str) -> list[int]:
        """Tokens of a chat template's own text, with control tokens."""
        return self._tokenize(text, special=True)

    def tokenize_whole(self, text: str) -> list[int]:
        """Tokens of a text to embed, with the model's begin and end tokens."""
        return self._tokenize(text, special=False, alone=True)

    def _tokenize(self, text: str, special: bool, alone: bool = False) -> list[int]:
        if len(text) > LONGEST_WORD:
            _refuse_long_words(text)
        data = text.encode()
        # Without a token for spaces each space becomes several tokens: a text may have more tokens than bytes.
        for most in (len(data) + 8, 3 * len(data) + 8):
            buffer = (C.llama_token * most)()
            count = C.llama_tokenize(self.vocab, data, len(data), buffer, most, alone, special)
            if 0 <= count <= most:
                break
        else:
            raise ModelError(f"{self.path}: can't tokenise a text of {len(data)} bytes.", "Try another model.")
        return list(buffer[:count])

    def check_token(self, token: int) -> None:
        """Raise `ModelError` for a token id outside the vocabulary, since llama.cpp doesn't check the id."""
        if not 0 <= token < self.n_vocab:
            raise ModelError(f"{self.path.name}: has no token {token}.", "The tokens are another model's.")

    def piece(self, token: int) -> bytes:
        """The bytes of a token, none for control tokens. Raises `ModelError` for an unknown token id."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._piece(token, special=False)
        return known

    def spelling(self, token: int) -> bytes:
        """The bytes of a token, or a control token's name. Raises the same error as `piece`."""
        known = self._spellings.get(token)
        if known is None:
            known = self._spellings[token] = self._piece(token, special=True)
        return known

    def _piece(self, token: int, special: bool) -> bytes:
        self.check_token(token)
        length = 64
        while True:
            buffer = ctypes.create_string_buffer(length)
            written = int(C.llama_token_to_piece(self.vocab, token, buffer, length, 0, special))
            if written >= 0:
                return buffer.raw[:written]
            length = -written

    def text(self, token: int) -> str:
        """The bytes of a token as text; a part of a UTF-8 character becomes U+FFFD."""
        return self.piece(token).decode("utf-8", "replace")

    def is_end(self, token: int) -> bool:
        """Whether the token ends a turn."""
        return bool(C.llama_vocab_is_eog(self.vocab, token))

    @functools.cached_property
    def writable(self) -> npt.NDArray[np.int32]:
        """Tokens allowed with a grammar: all tokens that spell text or end a turn, in ascending order.

        In llama.cpp's grammars a control token spells the token's name: `<|im_start|>` could be part of a string, but
        not of the text. Tokens longer than `LONGEST_TOKEN` occur only in made-up vocabularies.
        """
        unspelt = C.LLAMA_TOKEN_ATTR_CONTROL | C.LLAMA_TOKEN_ATTR_UNKNOWN
        attributes = (C.llama_vocab_get_attr(self.vocab, token) for token in range(self.n_vocab))
        spelt = np.fromiter((not attribute & unspelt for attribute in attributes), bool, self.n_vocab)
        long = (len(C.llama_vocab_get_text(self.vocab, token)) > LONGEST_TOKEN for token in range(self.n_vocab))
        spelt &= ~np.fromiter(long, bool, self.n_vocab)
        return np.array([t for t in range(self.n_vocab) if spelt[t] or self.is_end(t)], np.int32)


def _refuse_long_words(text: str) -> None:
    """Raise `PromptError` for a text on which llama.cpp's regular expressions could overflow the stack."""
    for word in _WORD.finditer(text):
        length = word.end() - word.start()
        if length > LONGEST_WORD:
            raise PromptError(
                f"a text has {length} characters that can't be split into words ({word.group()[:20]!r}…); "
                f"at most {LONGEST_WORD} can be tokenised.",
                "Take out data that isn't text, like an image written as letters; or break the text into lines.",
            )
