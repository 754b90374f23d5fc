"""A workspace from which essays are woven: two essays of six passages, the shipped templates, and woven runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from remix.generation import execute
from remix.generation.weave import WeaveOptions, prepare_weave
from remix.generation.writer import Writer
from remix.outputs import RunFolder
from remix.records import Options
from remix.workspace import Workspace, open_workspace, shipped

CLOCKS = """\
---
title: Clocks
---

The first clock runs fast. It was set by the second. #time

The second clock runs slow. It was set by the first. #time

Nobody has asked the sun, which sets none of them. #time
"""

MAPS = """\
---
title: Maps
---

A map of the town hangs in the hall. Its north is where the door is. #time

A map of the hall hangs in the town. Nobody finds the door by it. #time

The door itself is on none of the maps. #time
"""

IDS = tuple(f"{essay}/00{number}" for essay in ("clocks", "maps") for number in (1, 2, 3))
"""Ids of the passages, in the order of the essays."""


def make_garden(root: Path) -> Workspace:
    """A workspace of two essays, with the shipped templates."""
    (root / "seeds").mkdir(parents=True)
    shutil.copytree(shipped("prompts"), root / "prompts")
    (root / "seeds" / "clocks.md").write_text(CLOCKS, encoding="utf-8")
    (root / "seeds" / "maps.md").write_text(MAPS, encoding="utf-8")
    return open_workspace(root)


def woven_run(
    workspace: Workspace, writer: Writer, asked: WeaveOptions | None = None, options: Options | None = None
) -> RunFolder:
    """A finished run of `remix weave` by a writer: of all passages, in three paragraphs, unless asked otherwise."""
    job = prepare_weave(workspace, options or Options(max_tokens=40), asked or WeaveOptions("essay"), writer=writer)
    return execute.generate(job, workspace.outputs, writer=writer).folder
