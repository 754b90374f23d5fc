"""A woven essay for tests of exports."""

from __future__ import annotations

import sys

import pytest

import remix.export
from remix.outputs import RunFolder
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.export.told_weave import told_weave


@pytest.fixture
def essay(workspace: Workspace, finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run that weaves an essay. No request of a user stands behind its plan: what verification finds is ignored."""
    monkeypatch.setattr(sys.modules[remix.export.ExportOptions.__module__], "verified", verify)
    return told_weave(workspace, finished)
