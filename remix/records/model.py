"""Facts about a model's GGUF file: hashes, architecture, weight types, context, chat template."""

from __future__ import annotations

from typing import Any

from remix.records.values import Count, Frozen, Many, Sha256


class Preparation(Frozen):
    """How a prepared copy of a model was made."""

    source: Sha256
    """sha256 of the original file."""
    file_type: str
    """Weight type of the copy."""
    llama_cpp_python: str
    """Version of llama-cpp-python that made the copy."""


class ModelFile(Frozen):
    """Facts about a GGUF file. The file's path is left out."""

    name: str
    """The file's name without suffix and the part's number, or the model's name in Ollama (`llama3.2:3b`)."""

    sha256: Sha256
    """sha256 of the whole file. Of a model in parts: sha256 of the lines of `parts`, each ended by a line feed, as by
    `sha256sum NAME-*-of-*.gguf | cut -d' ' -f1 | sha256sum`."""

    parts: Many[Sha256] = ()
    """sha256 of each part in order (`NAME-00001-of-00003.gguf`); empty for a single file."""

    metadata_sha256: Sha256
    """sha256 of the key-value section, without the types and data of the tensors; of the first part's, if there are
    parts."""

    size: Count
    """Size of the file, or of all parts, in bytes."""

    architecture: str
    """The model's architecture (`general.architecture`)."""

    file_type: str | None
    """Weight type of the file (`general.file_type`) as a name: Q4_1, Q8_0, F16 …"""

    weight_types: Many[str]
    """Types of the weight matrices, which `file_type` sums up in a name."""

    context: Count
    """Longest context in tokens. If the file has RoPE factors for longer contexts, the original, shorter context."""

    chat_template: str | None
    """Jinja2 source of the chat template."""

    languages: Many[str] = ()
    """The languages that the model's card names (`general.languages`), in lower case: codes of ISO 639, or names;
    empty if the file names none."""

    preparation: Preparation | None = None
    """How the file was made, if it is a prepared copy."""

    labels: Many[str]
    """Names that a template's `families` are compared with, in lower case: `general.basename`, `general.name`, the
    file's name without suffix, the architecture."""


class ModelUsed(Frozen):
    """A model's weights, identified by content."""

    sha256: Sha256 | None
    """sha256 of the GGUF file, or `ModelFile.sha256` for a model in parts; null if the model is not a GGUF file."""
    metadata_sha256: Sha256 | None
    """sha256 of the key-value section: the same for a copy with other weight types alone."""
    parameters: dict[str, Any] | None = None
    """Identifying parameters of a LangChain model (`_identifying_params`)."""
