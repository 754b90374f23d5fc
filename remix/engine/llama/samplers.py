"""The mapping of remix's samplers to llama.cpp's, and the choice of a token by a chain of them."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import Any

import llama_cpp as C
import numpy as np
import numpy.typing as npt

from remix.engine.llama.library import FloatArray
from remix.engine.llama.model import LlamaModel
from remix.records import Grammar, Greedy, MinP, Sampler, Sampling, TopK

NEAR = -9.0
"""They are at least e**-9 times as likely as the likeliest, about 1 in 8,000."""

LOOKS = (256, 4096)
"""So many of the likeliest tokens are held against a grammar first; the whole vocabulary only where they don't do."""

LARGEST_LOGIT = 1e30
"""What is larger is no logit that any model means, and overflows when it is divided by a temperature."""

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""llama.cpp's `llama_token_data`."""


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


class Samplers:
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


def floored(logits: FloatArray) -> FloatArray:
    """Logits with the least float in place of minus infinity."""
    floored: FloatArray = np.maximum(logits, np.finfo(np.float32).min)
    return floored
