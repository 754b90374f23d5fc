"""A run's folder: writing it so that nothing is lost, and reading it back.

Takes `Run`s, `Record`s and texts, gives files a person can read, and the same records again. Knows nothing of
models or prompts. `run.py` is one run, `find.py` turns what a user types into a run or an output.
"""

from remix.outputs.find import OutputPlace, find_output, find_run, list_runs
from remix.outputs.run import RunFolder, body_of

__all__ = ["OutputPlace", "RunFolder", "body_of", "find_output", "find_run", "list_runs"]
