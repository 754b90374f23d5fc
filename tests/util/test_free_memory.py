"""Memory within the limits of control groups, by made-up files of the kernel."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from remix.util import free_memory

GIB = 2**30


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this process's control group, on a machine of 16 GiB of which 12 are free, and 4 of swap."""
    machine = SimpleNamespace(total=16 * GIB, available=12 * GIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: machine)
    monkeypatch.setattr(psutil, "swap_memory", lambda: SimpleNamespace(free=4 * GIB))
    folder = tmp_path / "cgroup" / "pod" / "container"
    folder.mkdir(parents=True)
    (tmp_path / "own").write_text("4:memory:/old\n0::/pod/container\n")
    monkeypatch.setattr(free_memory, "CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(free_memory, "OWN_CGROUP", tmp_path / "own")
    return folder


def limit(group: Path, kind: str, most: str, used: int, files: int = 0) -> None:
    (group / f"{kind}.max").write_text(f"{most}\n")
    (group / f"{kind}.current").write_text(f"{used}\n")
    (group / "memory.stat").write_text(f"anon 5\ninactive_file {files // 2}\nactive_file {files - files // 2}\n")


def asked() -> tuple[float, float, float]:
    """Total, available, and available with swap space, in GiB."""
    each = free_memory.total(), free_memory.available(), free_memory.available_with_swap()
    return each[0] / GIB, each[1] / GIB, each[2] / GIB


def test_without_a_limit_memory_is_the_machines(group: Path) -> None:
    assert asked() == (16, 12, 16)
    limit(group, "memory", "max", 3 * GIB)
    assert asked() == (16, 12, 16)


def test_a_containers_limit_counts(group: Path) -> None:
    limit(group, "memory", str(4 * GIB), 3 * GIB)
    assert asked() == (4, 1, 5)
    limit(group, "memory.swap", "0", 0)
    assert asked() == (4, 1, 1)


def test_pages_of_files_can_be_dropped(group: Path) -> None:
    limit(group, "memory", str(4 * GIB), 3 * GIB, files=2 * GIB)
    assert free_memory.available() == 3 * GIB


def test_the_limit_of_a_group_above_counts(group: Path) -> None:
    limit(group, "memory", str(8 * GIB), GIB)
    limit(group.parent, "memory", str(6 * GIB), 4 * GIB)
    assert asked() == (6, 2, 6)


def test_a_container_that_sees_its_own_group_as_the_first(group: Path) -> None:
    free_memory.OWN_CGROUP.write_text("0::/\n")
    limit(free_memory.CGROUPS, "memory", str(2 * GIB), 3 * GIB)
    assert asked() == (2, 0, 4)


@pytest.mark.parametrize("own", ["", "4:memory:/old\n", "0::/../elsewhere\n", "nonsense\n"])
def test_groups_that_cannot_be_found_have_no_limit(group: Path, own: str) -> None:
    limit(group, "memory", str(GIB), 0)
    free_memory.OWN_CGROUP.write_text(own)
    assert asked() == (16, 12, 16)
    free_memory.OWN_CGROUP.unlink()
    assert asked() == (16, 12, 16)
