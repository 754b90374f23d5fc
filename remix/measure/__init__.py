"""Numbers about a text compared with the text's sources. Pure functions of texts, except `embedding.py`, which uses a
model."""

from remix.measure.flags import flags

__all__ = ["flags"]
