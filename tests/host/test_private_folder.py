"""Folders for what another program reads once."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from hmsvcd.host.private_folder import make_private_folder


def ended_process() -> int:
    """The id of a process that is gone."""
    with subprocess.Popen(["/bin/true"]) as process:
        process.wait()
    return process.pid


def test_it_lies_in_the_runtime_folder(tmp_path: Path) -> None:
    """Nobody else can enter it, whatever the umask is."""
    before = os.umask(0)
    try:
        folder = make_private_folder({"XDG_RUNTIME_DIR": str(tmp_path)}, "verify").path
    finally:
        os.umask(before)
    assert folder.parent == tmp_path / "hmsvcd"
    assert folder.name.startswith(f"verify-{os.getpid()}-")
    assert [each.stat().st_mode & 0o777 for each in (folder, folder.parent)] == [0o700, 0o700]


@pytest.mark.parametrize("runtime", ["", "relative", "/no/such/folder"])
def test_without_a_runtime_folder_it_is_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    """It is as private there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = make_private_folder({"XDG_RUNTIME_DIR": runtime}, "verify").path
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """Folders that are in use are left alone, and so is anything else."""
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    around = tmp_path / "hmsvcd"
    left = around / f"verify-{ended_process()}-x"
    held = make_private_folder(environ, "verify")
    others = [around / "verify-notes-x", around / "other"]
    for each in (left, *others):
        each.mkdir(parents=True)
        (each / "a.service").write_text("", encoding="utf-8")
    made = make_private_folder(environ, "verify")
    assert set(around.iterdir()) == {held.path, made.path, *others}
