"""A tiny model for each architecture: attention here, recurrent and hybrid models in `tiny_hybrids`.

Takes an architecture's name and a weight type, gives a file of random weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from remix.engine import llama
from tests import tiny_gguf, tiny_hybrids

WINDOW = 32
"""Tokens of every sliding window: shorter than the prompts of tests."""

EXPERTS = {"expert_count": 4, "expert_used_count": 2, "expert_feed_forward_length": 256, "expert_gating_func": 2}
SHARED = {"expert_shared_count": 1, "expert_shared_feed_forward_length": 256, "leading_dense_block_count": 1}
MIXTURE = EXPERTS | SHARED | {"expert_weights_scale": 1.0, "expert_weights_norm": True}
SLIDING = {"attention.sliding_window": WINDOW, "attention.sliding_window_pattern": 2}
SLIDING_FIRST = {"attention.sliding_window": WINDOW, "attention.sliding_window_pattern": [True, False]}
SECTIONS = {"rope.dimension_sections": [8, 8, 8, 8]}
SCALED = {"logit_scale": 1.0}

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

INDEXER = {"head_count": 4, "key_length": 64, "top_k": 48}
SPARSE: dict[str, Any] = {f"attention.indexer.{name}": number for name, number in INDEXER.items()}
"""Sparse attention: an indexer chooses 48 tokens to attend to."""

BLOCKS = SPARSE | {"attention.indexer.head_count": 2, "attention.indexer.block_size": 4}
BLOCKS |= {"attention.indexer.local_blocks": 1, "rope.dimension_count": 32}
"""Sparse attention to blocks of 4 tokens."""

GEMMA_3N = SLIDING | {"block_count": 22, "embedding_length": 64, "feed_forward_length": 64}
GEMMA_3N |= {"attention.head_count": 1, "attention.head_count_kv": 1}

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

GROVE = {"expert_chunk_feed_forward_length": 128, "expert_group_scale": 1.0, "experts_per_group": 2}

PLAIN: dict[str, dict[str, Any]] = {
    "afmoe": MIXTURE | SLIDING,
    "apertus": {f"xielu.{name}": 0.5 for name in ("alpha_n", "alpha_p", "beta", "eps")},
    "arcee": {},
    "arctic": EXPERTS,
    "baichuan": {},
    "bailingmoe": MIXTURE,
    "bailingmoe2": EXPERTS | SHARED,
    "bitnet": {},
    "bloom": {},
    "chatglm": {},
    "codeshell": {},
    "cohere2": SLIDING | SCALED,
    "cohere2moe": MIXTURE | SLIDING_FIRST | SCALED,
    "command-r": SCALED,
    "dbrx": EXPERTS | {"attention.clamp_kqv": 8.0},
    "deci": {},
    "deepseek": EXPERTS | SHARED,
    "deepseek2": EXPERTS | SHARED | LATENT,
    "deepseek32": MIXTURE | LATENT | SPARSE,
    "dots1": MIXTURE | {"attention.head_count_kv": 4},
    "ernie4_5": {},
    "ernie4_5-moe": EXPERTS | SHARED | {"interleave_moe_layer_step": 1},
    "exaone": {},
    "exaone-moe": MIXTURE | SLIDING,
    "exaone4": SLIDING,
    "falcon": {},
    "gemma": {},
    "gemma2": SLIDING | {"attn_logit_softcapping": 50.0},
    "gemma3": SLIDING,
    "gemma3n": GEMMA_3N,
    "gemma4": GEMMA_4,
    "glm-dsa": MIXTURE | LATENT | SPARSE,
    "glm4": {},
    "glm4moe": EXPERTS | SHARED,
    "gpt-oss": EXPERTS | SLIDING,
    "gpt2": {},
    "gptneox": {"use_parallel_residual": True},
    "granite": SCALED,
    "granitemoe": EXPERTS | SCALED,
    "grok": EXPERTS,
    "grovemoe": EXPERTS | GROVE,
    "hunyuan-dense": {},
    "hunyuan-moe": EXPERTS,
    "hunyuan_vl": {},
    "internlm2": {},
    "jais2": {},
    "laguna": MIXTURE | SLIDING,
    "llama": {"rope.dimension_count": 64},
    "llama4": EXPERTS | {"block_count": 4, "interleave_moe_layer_step": 2},
    "maincoder": {},
    "mellum": EXPERTS | SLIDING,
    "mimo2": EXPERTS | SLIDING_FIRST,
    "minicpm": {},
    "minicpm3": MINICPM_3,
    "minimax-m2": EXPERTS,
    "minimax-m3": MIXTURE | BLOCKS,
    "mistral3": {},
    "mistral4": EXPERTS | SHARED | LATENT,
    "mpt": {},
    "nemotron": {},
    "olmo": {},
    "olmo2": SLIDING,
    "olmoe": EXPERTS | {"attention.head_count_kv": 4},
    "openelm": {},
    "orion": {},
    "pangu-embedded": {},
    "phi2": {},
    "phi3": {"rope.dimension_count": 64},
    "phimoe": EXPERTS,
    "plamo3": SLIDING,
    "qwen": {},
    "qwen2": {},
    "qwen2moe": EXPERTS | SHARED,
    "qwen2vl": SECTIONS,
    "qwen3": {},
    "qwen3moe": EXPERTS,
    "qwen3vl": SECTIONS,
    "qwen3vlmoe": EXPERTS | SECTIONS,
    "refact": {},
    "seed_oss": {},
    "smallthinker": EXPERTS | SLIDING,
    "smollm3": {},
    "stablelm": {},
    "starcoder": {},
    "starcoder2": {},
    "step35": MIXTURE | SLIDING_FIRST,
    "xverse": {},
}
"""Architectures without recurrent layers, and the hyperparameters that each wants beside the usual ones."""

SENTENCE_PIECE = ("llama", "gemma", "gemma2", "gemma3", "gemma3n", "gemma4", "phi3")
"""Architectures above that get a SentencePiece tokenizer; the others get byte pairs."""

NAMES = sorted(PLAIN | tiny_hybrids.RECURRENT | tiny_hybrids.HYBRID)

WEIGHTS = ("q8_0", "q4_k_m")
"""Weight types that the tiny models are made in."""


def write(folder: Path, architecture: str, weights: str) -> Path:
    """Write a model of one of the architectures above into a folder, and give its path."""
    source, path = folder / f"{architecture}-f32.gguf", folder / f"{architecture}-{weights}.gguf"
    if architecture not in PLAIN:
        tiny_hybrids.write(source, architecture)
    else:
        # Biases that these two don't have would outweigh what comes before their norms.
        without = tiny_gguf.LEFT_OUT + (r"|\.bias$" if architecture in ("olmo2", "exaone4") else "")
        tokenizer = "spm" if architecture in SENTENCE_PIECE else "bpe"
        tiny_gguf.write(source, architecture, PLAIN[architecture], tokenizer, without)
    llama.quantise(source, path, weights, threads=1)
    source.unlink()
    return path
