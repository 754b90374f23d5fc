"""The port of a workspace's studio."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

from remix.studio.server import bind_own


def port(bound: socket.socket) -> int:
    number: int = bound.getsockname()[1]
    return number


def test_a_workspace_keeps_its_port_unless_that_is_taken(tmp_path: Path) -> None:
    with closing(bind_own("127.0.0.1", tmp_path)) as first, closing(bind_own("127.0.0.1", tmp_path)) as second:
        own = port(first)
        assert port(second) != own
    with closing(bind_own("127.0.0.1", tmp_path)) as next_:
        assert port(next_) == own
