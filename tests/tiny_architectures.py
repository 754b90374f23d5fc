"""A tiny model for each architecture: plain transformers here, recurrent and hybrid models in `tiny_hybrids`.

Takes an architecture's name and a path, gives a file of random weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests import tiny_gguf, tiny_hybrids

WINDOW = 32
"""Tokens of every sliding window: shorter than the prompts of tests."""

EXPERTS = {"expert_count": 4, "expert_used_count": 2, "expert_feed_forward_length": 256, "expert_gating_func": 2}
SHARED = {"expert_shared_count": 1, "expert_shared_feed_forward_length": 256, "leading_dense_block_count": 1}
SLIDING = {"attention.sliding_window": WINDOW, "attention.sliding_window_pattern": 2}
LATENT = {
    "attention.head_count_kv": 1,
    "attention.q_lora_rank": 256,
    "attention.kv_lora_rank": 256,
    "attention.key_length": 288,
    "attention.value_length": 256,
    "attention.key_length_mla": 96,
    "attention.value_length_mla": 64,
    "rope.dimension_count": 32,
}
"""Latent attention: keys and values of all heads are made from one vector of 256 numbers a token."""

GEMMA_4 = {
    "block_count": 5,
    "embedding_length_per_layer_input": 256,
    "attention.key_length": 64,
    "attention.value_length": 64,
    "attention.key_length_swa": 64,
    "attention.value_length_swa": 64,
    "attention.sliding_window": WINDOW,
    "attention.sliding_window_pattern": [True, True, False, True, False],
    "attention.shared_kv_layers": 2,
}

MINICPM_3 = {
    "attention.q_lora_rank": 256,
    "attention.kv_lora_rank": 256,
    "attention.key_length": 96,
    "attention.head_count_kv": 4,
    "rope.dimension_count": 32,
}

PLAIN: dict[str, dict[str, Any]] = {
    "llama": {"rope.dimension_count": 64},
    "llama4": EXPERTS | {"block_count": 4, "interleave_moe_layer_step": 2},
    "mistral3": {},
    "smollm3": {},
    "qwen2": {},
    "qwen2moe": EXPERTS | SHARED,
    "qwen3": {},
    "qwen3moe": EXPERTS,
    "gemma": {},
    "gemma2": SLIDING | {"attn_logit_softcapping": 50.0},
    "gemma3": SLIDING,
    "gemma3n": SLIDING
    | {
        "block_count": 22,
        "embedding_length": 64,
        "attention.head_count": 1,
        "attention.head_count_kv": 1,
        "feed_forward_length": 64,
    },
    "gemma4": GEMMA_4,
    "phi2": {},
    "phi3": {"rope.dimension_count": 64},
    "phimoe": EXPERTS,
    "gpt-oss": EXPERTS | SLIDING,
    "deepseek": EXPERTS | SHARED,
    "deepseek2": EXPERTS | SHARED | LATENT,
    "mistral4": EXPERTS | SHARED | LATENT,
    "minicpm3": MINICPM_3,
    "glm4": {},
    "glm4moe": EXPERTS | SHARED,
    "olmo2": SLIDING,
    "olmoe": EXPERTS | {"attention.head_count_kv": 4},
    "granite": {"logit_scale": 1.0},
    "granitemoe": EXPERTS | {"logit_scale": 1.0},
    "command-r": {"logit_scale": 1.0},
    "cohere2": SLIDING | {"logit_scale": 1.0},
    "falcon": {},
    "exaone": {},
    "exaone4": SLIDING,
    "hunyuan-moe": EXPERTS,
    "hunyuan-dense": {},
    "ernie4_5": {},
    "ernie4_5-moe": EXPERTS | SHARED | {"interleave_moe_layer_step": 1},
    "bailingmoe2": EXPERTS | SHARED,
    "seed_oss": {},
    "apertus": {f"xielu.{name}": 0.5 for name in ("alpha_n", "alpha_p", "beta", "eps")},
    "minimax-m2": EXPERTS,
    "stablelm": {},
    "starcoder2": {},
    "internlm2": {},
    "nemotron": {},
    "gptneox": {"use_parallel_residual": True},
    "gpt2": {},
    "mpt": {},
    "bloom": {},
}
"""Plain transformers, and the hyperparameters that each wants beside the usual ones."""

SENTENCE_PIECE = ("llama", "gemma", "gemma2", "gemma3", "gemma3n", "gemma4", "phi3")
"""Plain transformers that get a SentencePiece tokenizer."""

NAMES = sorted(PLAIN | tiny_hybrids.RECURRENT | tiny_hybrids.HYBRID)


def write(path: Path, architecture: str) -> Path:
    """Write a model of one of the architectures above, and give its path."""
    if architecture not in PLAIN:
        return tiny_hybrids.write(path, architecture)
    without = tiny_gguf.LEFT_OUT
    if architecture in ("olmo2", "exaone4"):
        # Biases that these models don't have would outweigh what comes before their norms.
        without += r"|\.bias$"
    tokenizer = "spm" if architecture in SENTENCE_PIECE else "bpe"
    return tiny_gguf.write(path, architecture, PLAIN[architecture], tokenizer, without)
