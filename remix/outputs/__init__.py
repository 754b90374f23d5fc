"""A run's folder: written so that nothing is lost, and read back.

Takes `Run`s, `Record`s and texts, gives files that a person can read, and the same records again. Knows nothing of
models. `layout.py` has the table of the kinds of file; `run.py` is one run, `runs.py` all runs of a folder, `lock.py`
allows one writer a run; `find.py` turns a user's words into a run or an output; `lineage.py` tells where a text comes
from, `branches.py` which texts branch from one; `uncertain.py` finds a text's uncertain words; `reviews.py` keeps
verdicts and edited texts of a run, `stored_reviews.py` reads the reviews of all runs; `index.py` writes a table of
contents, `note.py` makes outputs readable as notes in Obsidian.
"""

from remix.outputs.find import OutputPlace, find_output, find_run
from remix.outputs.form import body_of
from remix.outputs.run import RunFolder
from remix.outputs.runs import list_runs

__all__ = ["OutputPlace", "RunFolder", "body_of", "find_output", "find_run", "list_runs"]
