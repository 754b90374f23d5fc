"""`--ray` on the command line: what is refused, in words."""

from __future__ import annotations

import importlib.util
import socket

import pytest

from remix.cluster import ray_cluster
from tests.conftest import Remix


@pytest.mark.parametrize("option", [("--workers", "2"), ("--exact",)])
def test_options_of_workers_want_a_cluster(remix_: Remix, option: tuple[str, ...]) -> None:
    done = remix_("generate", "--all", *option)
    assert done.exit_code == 2
    assert f"{option[0]} goes with --ray" in done.output


def test_without_ray_the_error_says_how_to_install_it(remix_: Remix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster, "find_spec", lambda name: None)
    done = remix_("generate", "--all", "--steps", 1, "--ray")
    assert done.exit_code != 0
    assert "essay-remix[ray]" in str(getattr(done.exception, "hint", done.output))


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray isn't installed")
def test_a_cluster_that_does_not_start_ends_the_command_in_words(
    remix_: Remix, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    def init(**_: object) -> None:
        raise Exception("The current node timed out during startup. This could happen for a reason.")

    monkeypatch.setattr(ray, "init", init)
    done = remix_("generate", "--all", "--steps", 1, "--ray")
    assert done.exit_code == 1
    assert "Ray's processes didn't start (The current node timed out" in " ".join(done.output.split())


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray isn't installed")
@pytest.mark.parametrize("address", ["ray://127.0.0.1:1", "127.0.0.1:{closed}", "nonsense"])
def test_an_address_without_a_cluster_is_refused_at_once(remix_: Remix, address: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    done = remix_("generate", "--all", "--steps", 1, "--ray", address.format(closed=port))
    assert done.exit_code != 0
    assert "--ray" in str(getattr(done.exception, "message", done.output))
