"""The port of a workspace's studio."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from remix.studio.server import bind, bind_own, own_port
from remix.workspace import Workspace
from tests.studio_server import served


def port(bound: socket.socket) -> int:
    number: int = bound.getsockname()[1]
    return number


def test_a_workspace_keeps_its_port_unless_that_is_taken(tmp_path: Path) -> None:
    with closing(bind_own("127.0.0.1", tmp_path)) as first, closing(bind_own("127.0.0.1", tmp_path)) as second:
        own = port(first)
        assert port(second) != own
    with closing(bind_own("127.0.0.1", tmp_path)) as next_:
        assert port(next_) == own


def test_words_kept_at_the_own_port_were_lost_without_a_word(workspace: Workspace) -> None:
    """A browser gives what it kept at a port to no page at another port: the terminal says where the words are."""
    own = own_port(workspace.root)
    with closing(bind("127.0.0.1", own)), served(workspace.root, command="studio") as (address, process):
        assert urlsplit(address).port != own
        assert process.stderr
        assert f"they come back when the studio is opened at port {own} again." in process.stderr.readline()
    with served(workspace.root, command="studio") as (address, process):
        assert urlsplit(address).port == own
        assert process.stderr
        assert "Ctrl-C" in process.stderr.readline()
