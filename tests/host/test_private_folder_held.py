"""Folders for what another program reads once stay while they are in use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hmsvcd.host.private_folder import make_private_folder

ELSEWHERE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
"""Runs a command that sees none of the processes out here."""

MAKES_ONE = """
from pathlib import Path
from hmsvcd.host.private_folder import make_private_folder
make_private_folder({"XDG_RUNTIME_DIR": %r}, "verify").remove()
"""


@pytest.fixture(scope="module")
def _can_unshare() -> None:
    refused = subprocess.run([*ELSEWHERE, "true"], capture_output=True, check=False).returncode
    if refused:
        pytest.skip("the kernel has no namespaces for us")


@pytest.mark.may_skip("the kernel has no namespaces for us")
@pytest.mark.usefixtures("_can_unshare")
def test_who_cannot_see_our_process_leaves_our_folder_alone(tmp_path: Path) -> None:
    """A process id of this namespace says nothing in another one."""
    folder = make_private_folder({"XDG_RUNTIME_DIR": str(tmp_path)}, "verify")
    (folder.path / "a.service").touch()
    command = [*ELSEWHERE, sys.executable, "-c", MAKES_ONE % str(tmp_path)]
    subprocess.run(command, check=True)
    assert (folder.path / "a.service").exists()
    folder.remove()
    assert not folder.path.exists()


def test_two_of_one_process_leave_each_other_alone(tmp_path: Path) -> None:
    """Each is held by itself, and removed by itself."""
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    first = make_private_folder(environ, "verify")
    second = make_private_folder(environ, "verify")
    assert first.path.exists()
    first.remove()
    assert list(second.path.parent.iterdir()) == [second.path]
    second.remove()


def test_what_nobody_holds_is_removed_whoever_has_its_number(tmp_path: Path) -> None:
    """Ids are given again: a process of that id need not be the one that made it."""
    left = tmp_path / "hmsvcd" / f"verify-{os.getpid()}-x"
    left.mkdir(parents=True)
    make_private_folder({"XDG_RUNTIME_DIR": str(tmp_path)}, "verify").remove()
    assert not left.exists()


def test_what_is_no_folder_is_in_nobodys_way(tmp_path: Path) -> None:
    """Neither a file nor a link of such a name is followed or removed."""
    around, target = tmp_path / "hmsvcd", tmp_path / "target"
    for folder in (around, target):
        folder.mkdir()
    (around / f"verify-{os.getpid()}-file").touch()
    (around / f"verify-{os.getpid()}-link").symlink_to(target)
    make_private_folder({"XDG_RUNTIME_DIR": str(tmp_path)}, "verify").remove()
    assert len(list(around.iterdir())) == 2
    assert target.exists()
