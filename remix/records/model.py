"""What is known of a model."""

from __future__ import annotations

from typing import Any

from remix.records.values import Count, Frozen, Many, Sha256


class Preparation(Frozen):
    """How a prepared copy of a model was made."""

    source: Sha256
    """Of the file it was made from."""
    file_type: str
    """The weight type asked for."""
    llama_cpp_python: str
    """Version of what made it."""


class ModelFile(Frozen):
    """What is known of a GGUF file. Says nothing of where it lies."""

    name: str
    """The file's stem, or the name its manager knows it by (`llama3.2:3b`)."""

    sha256: Sha256
    """Of the whole file."""

    metadata_sha256: Sha256
    """Of the bytes of its key-value section, which tensors' types and data are not part of."""

    size: Count
    """Of the file, in bytes."""

    architecture: str
    """`general.architecture`."""

    file_type: str | None
    """`general.file_type` in words: Q4_1, Q8_0, F16 …"""

    weight_types: Many[str]
    """Number types of its matrices, which the file type only sums up."""

    context: Count
    """Tokens it was trained to take in; of models that compute long contexts by other rules, the short one."""

    chat_template: str | None
    """Jinja2 source of its chat template."""

    preparation: Preparation | None = None
    """How it was made, where it is a prepared copy."""

    labels: Many[str]
    """Names a template's `families` may match: `general.basename`, `general.name`, the stem, the architecture;
    in lower case."""


class ModelUsed(Frozen):
    """The weights, by content."""

    sha256: Sha256 | None
    """Of the GGUF file; null for a model that isn't one."""
    metadata_sha256: Sha256 | None
    """Of the bytes of its metadata: equal for requantisations that changed weights alone."""
    parameters: dict[str, Any] | None = None
    """What a LangChain model says identifies it, where it isn't a GGUF file."""
