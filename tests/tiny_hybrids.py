"""GGUF files of tiny recurrent and hybrid models, on `tiny_gguf`: each architecture's hyperparameters and weights.

Takes an architecture's name and a path, gives a file of 2 to 8 MB whose logits depend on all tokens before: random
weights must neither lose a recurrent state within a few tokens nor let the state grow without bound.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests import tiny_gguf

WIDTH = 256
"""Of the hidden vectors."""

_SSM = {"conv_kernel": 4, "inner_size": WIDTH, "state_size": 64, "time_step_rank": 4, "group_count": 2}
_MAMBA = {f"ssm.{name}": number for name, number in _SSM.items()}
_WIDE = _MAMBA | {"ssm.inner_size": 2 * WIDTH}
"""Mamba of twice the model's width, as some architectures demand."""

_DELTA = _MAMBA | {"full_attention_interval": 2, "rope.dimension_sections": [8, 8, 8, 8]}
"""Gated delta nets; every second layer is attention."""

_RWKV = {"wkv.head_size": 64, "time_mix_extra_dim": 32, "time_decay_extra_dim": 32}
_RWKV |= {f"attention.{name}_lora_rank": 32 for name in ("decay", "iclr", "value_residual_mix", "gate")}
_RWKV |= {"attention.head_count": 0, "attention.head_count_kv": 0}

_FIRST = {"attention.head_count": [4, 0], "attention.head_count_kv": [2, 0]}
"""The first layer is attention, the second recurrent."""

_NEMOTRON = _MAMBA | {"block_count": 3, "feed_forward_length": [0, 0, WIDTH]}
_NEMOTRON |= {"attention.head_count": [4, 0, 0], "attention.head_count_kv": [2, 0, 0]}
"""One layer each of attention, Mamba and feed-forward."""

_EXPERTS = {"count": 4, "used_count": 2, "feed_forward_length": 128, "shared_count": 1, "gating_func": 2}
_MOE: dict[str, Any] = {f"expert_{name}": number for name, number in _EXPERTS.items()}
_MOE |= {"expert_shared_feed_forward_length": 128, "expert_weights_scale": 1.0, "expert_weights_norm": True}
_MOE |= {"leading_dense_block_count": 1}

_LATENT = {"key_length": 96, "value_length": 64, "key_length_mla": 64, "value_length_mla": 32, "kv_lora_rank": 64}
_KIMI = _MOE | _MAMBA | {f"attention.{name}": number for name, number in _LATENT.items()}
_KIMI |= {"attention.head_count": [4, 0], "attention.head_count_kv": [1, 0], "rope.dimension_count": 32}
_KIMI |= {"kda.head_dim": 64, "kda.gate_lower_bound": -5.0}
"""Latent attention first, then Kimi's delta attention."""

_SPARSE: dict[str, Any] = {
    "attention.q_lora_rank": 64,
    "attention.indexer.head_count": 4,
    "attention.indexer.key_length": 64,
    "attention.indexer.top_k": 16,
    "hyper_connection.count": 4,
    "hyper_connection.sinkhorn_iterations": 2,
    "hyper_connection.epsilon": 1e-6,
}
"""Attention to 16 tokens that an indexer chooses, and several residual streams."""

_DEEPSEEK4 = _MOE | _SPARSE | {"block_count": 3, "attention.head_count_kv": 1, "attention.sliding_window": 32}
_DEEPSEEK4 |= {"attention.key_length": 64, "attention.value_length": 64, "rope.dimension_count": 32}
_DEEPSEEK4 |= {"attention.output_group_count": 4, "attention.output_lora_rank": 32, "hash_layer_count": 0}
_DEEPSEEK4 |= {"attention.compress_ratios": [0, 4, 128], "attention.compress_rope_freq_base": 160000.0}
_DEEPSEEK4 |= {"swiglu_clamp_exp": 10.0, "expert_gating_func": 4}
"""A layer each with all tokens, with a summary of each 4 tokens, and of each 128."""

_GLM5 = _KIMI | _SPARSE | {"attention.head_count": 4, "attention.key_length": 64, "rope.dimension_count": 0}
_GLM5 |= {"attention.indexer.kpool": 4, "attention.indexer.kpool_select_tail": True}

_KIMI3 = {"attention.q_lora_rank": 64, "attn_res.block_size": 12, "activation.situ_beta": 4.0}
_KIMI3 |= {"activation.situ_linear_beta": 25.0}

_LIGHTNING = _MOE | {"block_count": 3, "attention.recurrent_layers": [True, False, True]}
_LIGHTNING |= {"residual_scale": 1.0, "feed_forward_length": 128, "expert_count": 2}
"""Attention between two layers of lightning attention."""

RECURRENT: dict[str, dict[str, Any]] = {
    "mamba": _WIDE,
    "mamba2": _MAMBA,
    "rwkv6": _RWKV,
    "rwkv6qwen2": _RWKV | {"token_shift_count": 1, "attention.head_count": 4, "attention.head_count_kv": 2},
    "rwkv7": _RWKV,
    "arwkv7": _RWKV | {"token_shift_count": 1},
}
"""Architectures without any attention, and the hyperparameters that each wants."""

HYBRID: dict[str, dict[str, Any]] = {
    "bailingmoe3": _KIMI | {"attention.q_lora_rank": 64},
    "deepseek4": _DEEPSEEK4,
    "falcon-h1": _MAMBA,
    "glm5-next": _GLM5,
    "granitehybrid": _WIDE | _FIRST,
    "jamba": _WIDE | _FIRST,
    "kimi-k3": _KIMI | _KIMI3,
    "kimi-linear": _KIMI,
    "lfm2": _FIRST | {"shortconv.l_cache": 3},
    "lfm2moe": _FIRST | _MOE | {"shortconv.l_cache": 3},
    "minimax-01": _LIGHTNING,
    "nemotron_h": _NEMOTRON,
    "nemotron_h_moe": _NEMOTRON | _MOE,
    "plamo2": _MAMBA | _FIRST | {"ssm.group_count": 0},
    "qwen35": _DELTA,
    "qwen35moe": _DELTA | _MOE,
    "qwen3next": _DELTA | _MOE,
    "qwen4exp": _DELTA | _MOE | _SPARSE | {"hyper_connection.low_rank": 8, "attention.compress_ratios": [4, 4]},
}
"""Architectures of recurrent and attention layers, and the hyperparameters that each wants."""

FAULTS = {
    "deepseek4": "a copy is lost if its source is emptied before the next call",
    "glm5-next": "other tokens are attended to beside a sequence in a lower slot",
    "kimi-linear": "the process ends when a context is made, unless n_ubatch is a multiple of n_seq_max",
    "minimax-01": "the process ends likewise, and in a call with several sequences if weights are repacked",
    "plamo2": "the states of several sequences in a call are stored in wrong cells, or the process ends",
}
"""What llama.cpp 0.5.0 gets wrong if each sequence has a KV cache of its own (`kv_unified` off), by architecture."""


def write(path: Path, architecture: str) -> Path:
    """Write a model of one of the architectures above, and give its path."""
    numbers = {"feed_forward_length": WIDTH} | (RECURRENT | HYBRID)[architecture]
    # Llama.cpp knows last layers for embedding models too.
    without = tiny_gguf.LEFT_OUT + r"|^dense_2\."
    if architecture == "rwkv6qwen2":
        # Llama.cpp would take the model for a plain RWKV 6.
        without += r"|time_mix_first"
    tokenizer = "bytes" if architecture in ("rwkv6", "rwkv7") else "bpe"
    return tiny_gguf.write(path, architecture, numbers, tokenizer, without, _weights)


def _weights(name: str, shape: tuple[int, ...]) -> np.ndarray | None:
    """Weights that let a state last for some dozens of tokens; None for those that need no care."""
    noise = np.random.default_rng(list(name.encode())).standard_normal(shape, np.float32)
    if "ssm_a" in name:
        # A state's decay is negative.
        return -0.3 * np.abs(noise) - 0.01
    if name.endswith("time_mix_ln.weight"):
        return 1 + 0.1 * noise
    if name.endswith(("time_mix_w0.weight", "time_mix_decay.weight")):
        # exp(-exp(-4)) and exp(-sigmoid(-4)) are about 0.98 per token.
        return noise - 4
    return None
