"""A run in forms that other programs read, or people.

Takes what `outputs/verify.py` found intact, gives a file or a folder. Knows nothing of models, seeds and templates: a
run stays exportable without them. `export.py` is the way in; the others are a form each, from outputs to a value or a
text, and touch nothing of the run.
"""

from remix.export.export import FORMATS, Only, Wanted, export, exported

__all__ = ["FORMATS", "Only", "Wanted", "export", "exported"]
