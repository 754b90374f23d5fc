"""A tiny model for each architecture of plain transformers, and the models that people know by it.

Takes nothing; gives names, hyperparameters and files of random weights. Recurrent and hybrid architectures are in
`tiny_hybrids.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests import tiny_gguf

WINDOW = 32
"""Tokens of every sliding window: shorter than the prompts of tests."""


class Architecture(NamedTuple):
    """An architecture by llama.cpp's name, as a tiny model of it."""

    name: str
    models: str
    """Models of this architecture, as people call them."""
    numbers: Mapping[str, Any]
    """Hyperparameters beside the usual ones."""
    tokenizer: str = "bpe"
    """Kind of the tokenizer, as in `tiny_gguf`."""
    without: str = tiny_gguf.LEFT_OUT
    """Regular expression for names of tensors that the model doesn't have."""

    def write(self, folder: Path) -> Path:
        """Write the model into a folder."""
        return tiny_gguf.write(folder / f"{self.name}.gguf", self.name, self.numbers, self.tokenizer, self.without)


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

PLAIN = (
    Architecture("llama", "Llama 2 and 3, Mistral 7B, SmolLM2, Yi, TinyLlama", {"rope.dimension_count": 64}, "spm"),
    Architecture("llama4", "Llama 4", EXPERTS | {"block_count": 4, "interleave_moe_layer_step": 2}),
    Architecture("mistral3", "Ministral 3, Mistral Small 3.2", {}),
    Architecture("smollm3", "SmolLM3", {}),
    Architecture("qwen2", "Qwen2, Qwen2.5, DeepSeek-R1-Distill-Qwen", {}),
    Architecture("qwen2moe", "Qwen1.5-MoE", EXPERTS | SHARED),
    Architecture("qwen3", "Qwen3", {}),
    Architecture("qwen3moe", "Qwen3-30B-A3B", EXPERTS),
    Architecture("gemma", "Gemma", {}, "spm"),
    Architecture("gemma2", "Gemma 2", SLIDING | {"attn_logit_softcapping": 50.0}, "spm"),
    Architecture("gemma3", "Gemma 3", SLIDING, "spm"),
    Architecture("gemma3n", "Gemma 3n", SLIDING | {"block_count": 22, "embedding_length": 64, "attention.head_count": 1, "attention.head_count_kv": 1, "feed_forward_length": 64}, "spm"),
    Architecture("gemma4", "Gemma 4", GEMMA_4, "spm"),
    Architecture("phi2", "Phi-2", {}),
    Architecture("phi3", "Phi-3, Phi-4, Phi-4-mini", {"rope.dimension_count": 64}, "spm"),
    Architecture("phimoe", "Phi-3.5-MoE", EXPERTS),
    Architecture("gpt-oss", "gpt-oss-20b and -120b", EXPERTS | SLIDING),
    Architecture("deepseek", "DeepSeek-MoE", EXPERTS | SHARED),
    Architecture("deepseek2", "DeepSeek-V2, -V3 and -R1, Kimi-K2, GLM-4.7-Flash", EXPERTS | SHARED | LATENT),
    Architecture("mistral4", "Mistral Small 4", EXPERTS | SHARED | LATENT),
    Architecture("minicpm3", "MiniCPM3", MINICPM_3),
    Architecture("glm4", "GLM-4", {}),
    Architecture("glm4moe", "GLM-4.5, 4.6 and 4.7", EXPERTS | SHARED),
    Architecture("olmo2", "OLMo 2, OLMo 3", SLIDING, without="bias|scale"),
    Architecture("olmoe", "OLMoE", EXPERTS | {"attention.head_count_kv": 4}),
    Architecture("granite", "Granite 3", {"logit_scale": 1.0}),
    Architecture("granitemoe", "Granite 3 MoE", EXPERTS | {"logit_scale": 1.0}),
    Architecture("command-r", "Command R", {"logit_scale": 1.0}),
    Architecture("cohere2", "Command R7B, Command A, Aya", SLIDING | {"logit_scale": 1.0}),
    Architecture("falcon", "Falcon", {}),
    Architecture("exaone", "EXAONE 3", {}),
    Architecture("exaone4", "EXAONE 4", SLIDING, without="bias|scale"),
    Architecture("hunyuan-moe", "Hunyuan-A13B", EXPERTS),
    Architecture("hunyuan-dense", "Hunyuan", {}),
    Architecture("ernie4_5", "ERNIE 4.5", {}),
    Architecture("ernie4_5-moe", "ERNIE 4.5 MoE", EXPERTS | SHARED | {"interleave_moe_layer_step": 1}),
    Architecture("bailingmoe2", "Ling 2, Ring 2", EXPERTS | SHARED),
    Architecture("seed_oss", "Seed-OSS", {}),
    Architecture("apertus", "Apertus", {f"xielu.{name}": 0.5 for name in ("alpha_n", "alpha_p", "beta", "eps")}),
    Architecture("minimax-m2", "MiniMax-M2", EXPERTS),
    Architecture("stablelm", "StableLM", {}),
    Architecture("starcoder2", "StarCoder2", {}),
    Architecture("internlm2", "InternLM2", {}),
    Architecture("nemotron", "Nemotron-4, Minitron", {}),
    Architecture("gptneox", "Pythia, GPT-NeoX", {"use_parallel_residual": True}),
    Architecture("gpt2", "GPT-2", {}),
    Architecture("mpt", "MPT", {}),
    Architecture("bloom", "BLOOM", {}),
)
