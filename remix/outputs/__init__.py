"""A run's folder: writing it so that nothing is lost, and reading it back.

Takes `Run`s, `Record`s and texts, gives files a person can read, and the same records again. Knows nothing of
models. `run.py` is one run, `find.py` turns what a user types into a run or an output; `verify.py` looks whether all
is what was written, and for that asks the rules of plans, prompts and candidates; `lineage.py` tells where a text
comes from, and `signature.py` lets a person vouch for it.
"""

from remix.outputs.find import OutputPlace, find_output, find_run, list_runs
from remix.outputs.form import body_of
from remix.outputs.run import RunFolder

__all__ = ["OutputPlace", "RunFolder", "body_of", "find_output", "find_run", "list_runs"]
