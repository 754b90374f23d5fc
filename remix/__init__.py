"""remix: rewrites the tagged passages of your essays with a local model, exactly and with provenance.

The public API. Each name is imported when it is first used, so that `remix --help` is quick.

    from remix import Options, generate, open_workspace, prepare

    workspace = open_workspace(Path("."))
    job = prepare(workspace, Options(tags=("convergence",)))
    outcome = generate(job, workspace.outputs)
"""

from __future__ import annotations

from importlib import import_module

# This module is loaded first, and `typing` takes a while to load: Ctrl-C meanwhile would show a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HOMES = {
    "Job": "remix.generation.job",
    "Options": "remix.records",
    "Outcome": "remix.generation.execute",
    "Record": "remix.records",
    "RemixError": "remix.errors",
    "RunFolder": "remix.outputs",
    "WeaveOptions": "remix.generation.weave",
    "generate": "remix.generation.execute",
    "open_workspace": "remix.workspace",
    "prepare": "remix.generation.prepare",
    "prepare_weave": "remix.generation.weave",
    "read_seeds": "remix.corpus",
    "resume": "remix.generation.execute",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'remix' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
