"""Options without places: a run's request holds no path of this machine.

Takes values of options, gives values in which a path is its last part, or the model's name.
"""

from __future__ import annotations

from pathlib import Path

from remix.models import catalog
from remix.records import ModelFile


def name_alone(model: str | None, file: ModelFile) -> str | None:
    """The model's name even if the option is a path: a run's request holds no path of this machine."""
    is_path = model is not None and (catalog.is_there(model) or model.lower().endswith(".gguf"))
    return file.name if is_path else model


def placeless(value: object) -> object:
    """The value of an option; for an absolute path only the last part, like `name_alone`."""
    if isinstance(value, str | Path) and (Path(value).is_absolute() or str(value).startswith("~")):
        return Path(value).name
    return value
