"""remix's samplers as llama.cpp's, and the choice of a token by a chain of samplers.

Takes a model, a `Sampling` and logits, gives token ids. `records/sampling.py` lists the samplers, with bounds,
defaults and order. Knows nothing of slots, batches and the KV cache.
"""

from __future__ import annotations

import copy
import ctypes
import math
from collections.abc import Sequence
from typing import Any

import llama_cpp as C
import numpy as np
import numpy.typing as npt

from remix.engine.heard import HeardTokens
from remix.engine.llama.library import FloatArray
from remix.engine.llama.model import LlamaModel
from remix.errors import ModelError
from remix.records import Dist, Dry, Grammar, Greedy, MinP, Penalties, Sampler, Sampling, Temperature, TopK, TopP

MOST_DRY_SAMPLERS = 16
"""DRY samplers kept by a model as templates for copies; the oldest is freed first."""

GRAMMAR_CANDIDATES = (256, 4096)
"""Numbers of most probable tokens to which a grammar is applied in turn, before the whole vocabulary."""

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""llama.cpp's `llama_token_data`."""


def create(model: LlamaModel, sampler: Sampler, seed: int) -> Any:
    """Create a llama.cpp sampler, to be freed with the sampler chain. Raises `ModelError` for a bad grammar."""
    match sampler:
        case Grammar():
            created = C.llama_sampler_init_grammar(model.vocab, sampler.source.encode(), sampler.root.encode())
            if not created:
                raise ModelError(
                    f"llama.cpp can't read the grammar, or the grammar has no rule '{sampler.root}'.",
                    "Mend its GBNF: every rule that is used must be there, and no rule may begin with itself.",
                )
            return created
        case Dry():
            # llama.cpp searches the whole vocabulary for each breaker of a new DRY sampler, which takes 15 ms; a copy
            # takes 0.15 ms. A sampler holds memory for `last_n` tokens, so only a few samplers are kept.
            templates = model.dry_samplers
            if sampler not in templates:
                if len(templates) >= MOST_DRY_SAMPLERS:
                    C.llama_sampler_free(templates.pop(next(iter(templates))))
                templates[sampler] = _create_dry(model, sampler)
            return C.llama_sampler_clone(templates[sampler])
        case Penalties():
            return C.llama_sampler_init_penalties(
                model.n_vocab, sampler.last_n, sampler.repeat, sampler.frequency, sampler.presence
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


def _create_dry(model: LlamaModel, sampler: Dry) -> Any:
    count = len(sampler.breakers)
    breakers = (ctypes.c_char_p * count)(*(text.encode() for text in sampler.breakers))
    lengths = (sampler.allowed_length, sampler.last_n)
    return C.llama_sampler_init_dry(model.vocab, sampler.multiplier, sampler.base, *lengths, breakers, count)


class SamplerChain:
    """The samplers of a sequence: llama.cpp's chain, preceded by the grammar, if any.

    A DRY sampler that counts the prompt gets the prompt's tokens first, and unique ids for names and figures.

    The grammar comes first, because top-k may leave no allowed token. The grammar is kept outside llama.cpp's chain
    for two reasons. `llama_sampler_sample` accepts the chosen token unchecked, and a forbidden token ends the
    process. And llama.cpp would apply the grammar to the whole vocabulary for each token, which takes nearly as long
    as decoding, although the chain chooses among the most probable tokens only.
    """

    def __init__(self, model: LlamaModel, sampling: Sampling, prompt: Sequence[int]) -> None:
        self._model = model
        self.grammar: Any = None
        rest = sampling.chain
        if rest and isinstance(rest[0], Grammar):
            self.grammar, rest = create(model, rest[0], sampling.seed), rest[1:]
        params = C.llama_sampler_chain_default_params()
        params.no_perf = True
        self._chain: Any = C.llama_sampler_chain_init(params)
        self._samplers = rest
        self._parts = [(create(model, sampler, sampling.seed), _hears(sampler)) for sampler in rest]
        for part, _ in self._parts:
            C.llama_sampler_chain_add(self._chain, part)
        self._most, self._depth = _reach(rest)
        self._heard = HeardTokens(prompt, model.piece) if any(map(_hears, rest)) else None
        for token in self._heard.prompt if self._heard else ():
            for part, hears in self._parts:
                if hears:
                    C.llama_sampler_accept(part, token)

    def free(self) -> None:
        """Free all samplers."""
        C.llama_sampler_free(self._chain)
        if self.grammar:
            C.llama_sampler_free(self.grammar)

    def copy(self) -> SamplerChain:
        """Samplers in the same state: same random numbers to come, same tokens heard. To be freed, too."""
        other = copy.copy(self)
        other.grammar = C.llama_sampler_clone(self.grammar) if self.grammar else None
        other._chain = C.llama_sampler_clone(self._chain)
        other._parts = [
            (C.llama_sampler_chain_get(other._chain, place), hears) for place, (_, hears) in enumerate(self._parts)
        ]
        other._heard = copy.copy(self._heard)
        return other

    def reseed(self, seed: int) -> None:
        """Begin new random numbers; penalties and grammar keep their state. Without random draws, no effect."""
        for place, (sampler, (_, hears)) in enumerate(zip(self._samplers, self._parts, strict=True)):
            # llama.cpp adds samplers only at the end of a chain: each sampler is taken off the front, and put back or
            # replaced.
            part = C.llama_sampler_chain_remove(self._chain, 0)
            if isinstance(sampler, Dist):
                C.llama_sampler_free(part)
                part = create(self._model, sampler, seed)
            C.llama_sampler_chain_add(self._chain, part)
            self._parts[place] = part, hears

    def choose(self, context: Any, row: int, logits: FloatArray, given: int | None = None) -> int | None:
        """Choose a token from a row of a context's logits; None if the grammar allows no token.

        A given token replaces the token chosen: the state of the random numbers is as after the choice, and penalties
        and grammar accept the given token. Raises `ModelError` if the grammar forbids a given token.
        """
        if not self.grammar and not self._heard and given is None:
            return int(C.llama_sampler_sample(self._chain, context, row))
        if self.grammar:
            candidates = self._allowed(logits)
        else:
            candidates = np.zeros(len(logits), _CANDIDATE)
            candidates["id"], candidates["logit"] = np.arange(len(logits)), logits
        if not len(candidates):
            return None
        array = _as_token_data(candidates)
        C.llama_sampler_apply(self._chain, ctypes.byref(array))
        token = int(array.data[array.selected].id) if given is None else given
        if given is not None:
            self._check_allowed(given)
        self._accept(token)
        return token

    def _check_allowed(self, token: int) -> None:
        """Raise `ModelError` for a token forbidden by the grammar: llama.cpp would end the process."""
        if not self.grammar:
            return
        alone = self._model.writable[self._model.writable == token]
        if not len(self._apply_grammar(alone, np.zeros(len(alone), np.float32))):
            raise ModelError(
                f"the grammar forbids the given token “{self._model.text(token)}” here.",
                "Give words that fit the grammar.",
            )

    def _accept(self, token: int) -> None:
        if self.grammar:
            C.llama_sampler_accept(self.grammar, token)
        heard = self._heard.sampled(token) if self._heard else token
        for part, hears in self._parts:
            C.llama_sampler_accept(part, heard if hears else token)

    def _allowed(self, logits: FloatArray) -> npt.NDArray[Any]:
        """The allowed tokens: all, or enough of the most probable for the chain to choose from."""
        ids = self._model.writable
        scores = logits[ids]
        for count in GRAMMAR_CANDIDATES:
            if count < len(ids):
                # Ties with the last candidate are included: sorting must not decide between equal logits.
                least = float(np.partition(scores, -count)[-count])
                likely = scores >= least
                found = self._apply_grammar(ids[likely], scores[likely])
                if len(found) and (len(found) >= self._most or least < found["logit"].max() - self._depth):
                    return found
        return self._apply_grammar(ids, scores)

    def _apply_grammar(self, ids: npt.NDArray[np.int32], scores: FloatArray) -> npt.NDArray[Any]:
        candidates = np.zeros(len(ids), _CANDIDATE)
        candidates["id"], candidates["logit"] = ids, scores
        array = _as_token_data(candidates)
        C.llama_sampler_apply(self.grammar, ctypes.byref(array))
        allowed: npt.NDArray[Any] = candidates[np.isfinite(candidates["logit"])]
        return allowed


def _hears(sampler: Sampler) -> bool:
    """Whether a sampler counts the prompt's tokens."""
    return isinstance(sampler, Dry) and sampler.prompt


def _reach(chain: Sequence[Sampler]) -> tuple[float, float]:
    """The number of most probable tokens among which a chain can choose, and the largest distance from the best, in
    nats."""
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


def _as_token_data(candidates: npt.NDArray[Any]) -> Any:
    """Candidates as a `llama_token_data_array` over numpy's memory: keep the candidates while llama.cpp works."""
    data = candidates.ctypes.data_as(ctypes.POINTER(C.llama_token_data))
    return C.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)
