"""Numbers and marks about finished texts. Pure functions of texts; nothing here knows a model."""

from remix.measure.flags import flags

__all__ = ["flags"]
