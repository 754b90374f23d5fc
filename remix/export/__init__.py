"""A run in forms that other programs read, or people.

Takes what `outputs/verify.py` found intact, gives a file or a folder. Knows nothing of models, seeds and templates: a
run stays exportable without them. `export.py` is the way in; `rocrate.py`, `prov.py`, `jsonl.py` and `page.py` are a
form each, from a `Report` to a value or a text, and touch no file.
"""

from remix.export.export import FORMATS, export, text

__all__ = ["FORMATS", "export", "text"]
