"""Numbers about one text compared with its sources. Pure functions of texts, except `embedding.py`, which uses a
model."""

from remix.measure.flags import flags

__all__ = ["flags"]
