"""Recommended models: a short list of models to pull, and the best for this machine.

Reads `recommended.toml`, whose facts were looked up in the model cards, and this machine's memory. Knows no network.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from remix.models.catalog import LocatedModel, fits_memory, memory_needed
from remix.records import Count, Frozen
from remix.util import environment, free_memory, toml

_ROOMY = 2
"""Memory of a machine, at least, in multiples of the model's need: the best model leaves memory to further
programs."""

_BYTES_PER_CORE = 5 * 2**28
"""Bytes of weights for each core of the processor, a rule of thumb: with more, a text takes many minutes."""


class Recommended(Frozen):
    """A model to pull."""

    repository: str
    """On the Hugging Face hub."""

    file: str
    """The file in the repository."""

    type: str
    """The weight type."""

    parameters: str
    """The number of parameters in billions, as in `4B`."""

    bytes: Count
    """Size of the file."""

    licence: str

    languages: str
    """The number or the names of languages, by the model card."""

    good_at: str

    @property
    def address(self) -> str:
        """The argument for `remix models pull`."""
        return f"{self.repository}:{self.type}"

    @property
    def memory(self) -> int:
        """Bytes of memory needed."""
        return memory_needed(self.bytes)

    @property
    def fits(self) -> bool:
        """Whether the model fits into this machine's memory."""
        return fits_memory(self.bytes)

    def is_one_of(self, models: Iterable[LocatedModel]) -> bool:
        """Whether the file is among models on this machine, by name and size."""
        stem = self.file.removesuffix(".gguf")
        return any((model.name, model.size) == (stem, self.bytes) for model in models)


def recommended() -> list[Recommended]:
    """The recommended models, from the smallest to the best."""
    source = files("remix.models").joinpath("recommended.toml").read_text(encoding="utf-8")
    return [Recommended.model_validate(each) for each in toml.loads(source)["model"]]


def best_fitting() -> Recommended | None:
    """The best recommended model for this machine's memory and processor; None if no model fits the memory."""
    fitting = [model for model in recommended() if model.fits]
    roomy = free_memory.total() / _ROOMY
    quick = environment.physical_cores() * _BYTES_PER_CORE
    suitable = [model for model in fitting if model.memory <= roomy and model.bytes <= quick]
    return next(reversed(suitable or fitting[:1]), None)
