"""Writes the table of architectures in docs/models.md: `python -m docs.make_models`, some minutes.

Takes a tiny model of each architecture, with random weights, in two weight types; gives a row for each with what the
probe chose. `tests/engine/test_architectures.py` holds the architectures to the table.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from remix.engine import llama, probe
from remix.engine.probe import ChosenConfig
from remix.models import identity
from tests import tiny_architectures
from tests.tiny_architectures import WEIGHTS

TARGET = Path(__file__).with_name("models.md")
BEGIN, END = "<!-- architectures: made by docs/make_models.py -->\n", "<!-- end of the architectures -->"

MODELS = {
    "afmoe": "Trinity",
    "apertus": "Apertus",
    "arcee": "AFM-4.5B",
    "arctic": "Snowflake Arctic",
    "arwkv7": "ARWKV 7",
    "baichuan": "Baichuan",
    "bailingmoe": "Ling",
    "bailingmoe2": "Ling 2, Ring 2",
    "bailingmoe3": "Ling 3",
    "bitnet": "BitNet",
    "bloom": "BLOOM",
    "chatglm": "ChatGLM3, GLM-4-9B",
    "codeshell": "CodeShell",
    "cohere2": "Command R7B, Command A, Aya",
    "cohere2moe": "–",
    "command-r": "Command R",
    "dbrx": "DBRX",
    "deci": "Llama-3.1-Nemotron-51B and -Super-49B",
    "deepseek": "DeepSeek-MoE",
    "deepseek2": "DeepSeek-V2, -V3 and -R1, Kimi-K2, GLM-4.7-Flash",
    "deepseek32": "DeepSeek-V3.2",
    "deepseek4": "DeepSeek-V4",
    "dots1": "dots.llm1",
    "ernie4_5": "ERNIE 4.5",
    "ernie4_5-moe": "ERNIE 4.5 MoE",
    "exaone": "EXAONE 3",
    "exaone-moe": "K-EXAONE",
    "exaone4": "EXAONE 4",
    "falcon": "Falcon",
    "falcon-h1": "Falcon-H1",
    "gemma": "Gemma",
    "gemma2": "Gemma 2",
    "gemma3": "Gemma 3",
    "gemma3n": "Gemma 3n",
    "gemma4": "Gemma 4",
    "glm-dsa": "GLM-5",
    "glm5-next": "–",
    "glm4": "GLM-4",
    "glm4moe": "GLM-4.5, 4.6 and 4.7",
    "gpt-oss": "gpt-oss-20b and -120b",
    "gpt2": "GPT-2",
    "gptneox": "Pythia, GPT-NeoX",
    "granite": "Granite 3",
    "granitehybrid": "Granite 4",
    "granitemoe": "Granite 3 MoE",
    "grok": "Grok",
    "grovemoe": "GroveMoE",
    "hunyuan-dense": "Hunyuan",
    "hunyuan-moe": "Hunyuan-A13B",
    "hunyuan_vl": "Hunyuan-VL, its text part",
    "internlm2": "InternLM2",
    "jais2": "Jais 2",
    "jamba": "Jamba",
    "kimi-k3": "Kimi-K3",
    "kimi-linear": "Kimi-Linear",
    "laguna": "Laguna",
    "lfm2": "LFM2",
    "lfm2moe": "LFM2 with experts",
    "llama": "Llama 2 and 3, Mistral 7B, SmolLM2, Yi, TinyLlama",
    "llama4": "Llama 4",
    "maincoder": "Maincoder",
    "mamba": "Mamba, Falcon Mamba",
    "mamba2": "Mamba 2, Codestral Mamba",
    "mellum": "Mellum",
    "mimo2": "MiMo-V2-Flash",
    "minicpm": "MiniCPM",
    "minicpm3": "MiniCPM3",
    "minimax-01": "MiniMax-01",
    "minimax-m2": "MiniMax-M2",
    "minimax-m3": "MiniMax-M3",
    "mistral3": "Ministral 3, Mistral Small 3.2",
    "mistral4": "Mistral Small 4",
    "mpt": "MPT",
    "nemotron": "Nemotron-4, Minitron",
    "nemotron_h": "Nemotron-H, Nemotron Nano 2",
    "nemotron_h_moe": "Nemotron 3 Nano",
    "olmo": "OLMo",
    "olmo2": "OLMo 2, OLMo 3",
    "olmoe": "OLMoE",
    "openelm": "OpenELM",
    "orion": "Orion",
    "pangu-embedded": "openPangu Embedded",
    "phi2": "Phi-2",
    "phi3": "Phi-3, Phi-4, Phi-4-mini",
    "phimoe": "Phi-3.5-MoE",
    "plamo2": "PLaMo 2",
    "plamo3": "PLaMo 3",
    "qwen": "Qwen",
    "qwen2": "Qwen2, Qwen2.5, DeepSeek-R1-Distill-Qwen",
    "qwen2moe": "Qwen1.5-MoE",
    "qwen2vl": "Qwen2-VL and Qwen2.5-VL, their text parts",
    "qwen3": "Qwen3",
    "qwen35": "Qwen3.5",
    "qwen35moe": "Qwen3.5 with experts",
    "qwen3moe": "Qwen3-30B-A3B",
    "qwen3next": "Qwen3-Next",
    "qwen3vl": "Qwen3-VL, its text part",
    "qwen3vlmoe": "Qwen3-VL with experts, its text part",
    "qwen4exp": "–",
    "refact": "Refact",
    "rwkv6": "RWKV 6",
    "rwkv6qwen2": "QRWKV 6",
    "rwkv7": "RWKV 7",
    "seed_oss": "Seed-OSS",
    "smallthinker": "SmallThinker",
    "smollm3": "SmolLM3",
    "stablelm": "StableLM",
    "starcoder": "StarCoder",
    "starcoder2": "StarCoder2",
    "step35": "Step-3.5-Flash",
    "xverse": "XVERSE",
}
"""Models of each architecture, as people call them."""


def page(old: str, rows: dict[str, dict[str, str]]) -> str:
    """The text of docs/models.md with the table drawn anew; `rows` has the words for each weight type."""
    lines = [
        f"Measured with {_machine()}.\n",
        f"| Architecture | Models | {' | '.join(map(str.upper, WEIGHTS))} |",
        "|---" * (2 + len(WEIGHTS)) + "|",
        *(f"| `{name}` | {MODELS[name]} | {' | '.join(row.values())} |" for name, row in rows.items()),
    ]
    before, rest = old.split(BEGIN)
    return "\n".join([before + BEGIN, *lines, "", END + rest.split(END)[1]])


def measured(folder: Path, architecture: str, weights: str) -> str:
    """What the probe chooses for a tiny model, in words."""
    path = tiny_architectures.write(folder, architecture, weights)
    return in_words(probe.choose_config(path, identity.identify(path), threads=1))


def in_words(chosen: ChosenConfig) -> str:
    """How many rows a batch config lets be exact."""
    if not chosen.exact:
        return "not exact"
    rows = chosen.config.rows
    if chosen.config.multiple > 1:
        return chosen.config.in_words
    return f"up to {rows} rows" if rows > 1 else "one at a time"


def told(architecture: str) -> dict[str, str]:
    """An architecture's row in docs/models.md: the words for each weight type."""
    row = re.search(rf"^\| `{re.escape(architecture)}` \|.*$", TARGET.read_text(encoding="utf-8"), re.MULTILINE)
    assert row, f"no row for {architecture}: run python -m docs.make_models"
    return dict(zip(WEIGHTS, [cell.strip() for cell in row[0].split("|")[3:-1]], strict=True))


def is_measured_here() -> bool:
    """Whether the table was measured with this version of llama.cpp, and on a processor like this one."""
    return _machine() in TARGET.read_text(encoding="utf-8")


def _machine() -> str:
    features = ", ".join(re.findall(r"(\w+) = 1", llama.system_info()))
    return f"llama-cpp-python {llama.version()} (instruction sets and options: {features})"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        os.environ["REMIX_CACHE"] = place
        found = {
            name: {weights: measured(Path(place), name, weights) for weights in WEIGHTS}
            for name in tiny_architectures.NAMES
        }
    TARGET.write_text(page(TARGET.read_text(encoding="utf-8"), found), encoding="utf-8")
