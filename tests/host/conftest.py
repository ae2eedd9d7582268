"""A user's folders, disks that refuse, and a process that is killed at every step."""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hmsvcd.host.paths import Paths

STEPS = {"open", "os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.truncate"}
"""The audit events of Python that come before a change in the file system."""


@dataclass(frozen=True)
class Disk:
    """A file system of its own."""

    path: Path

    def make_read_only(self) -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(self.path)], check=True)


KillAtEveryStep = Callable[[Callable[[], object]], Iterator[int]]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.from_environ({"HOME": str(tmp_path / "home")})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file in a folder in a folder, as a declaration."""
    path = tmp_path / "config" / "hmsvcd" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("old")
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that holds 64 KiB."""
    yield from _mounted(tmp_path / "small", "size=64k")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system that can be made read-only."""
    yield from map(Disk, _mounted(tmp_path / "disk", "size=1m"))


def _mounted(at: Path, options: str) -> Iterator[Path]:
    at.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(at)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode != 0:
        pytest.skip(f"a file system can be mounted by root only: {done.stderr.strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


@pytest.fixture
def kill_at_every_step() -> KillAtEveryStep:
    """Run something in a child that is killed before its first, second, … step on the disk.

    The caller looks at the world after each kill; the last round is the one that ran to its end.
    """
    return _killed


def _killed(operation: Callable[[], object]) -> Iterator[int]:
    for step in itertools.count(1):
        child = os.fork()
        if child == 0:
            _run(operation, step)
        _, status = os.waitpid(child, 0)
        yield step
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0
            return


def _run(operation: Callable[[], object], step: int) -> None:
    remaining = step

    def watch(event: str, _arguments: object) -> None:
        nonlocal remaining
        if event in STEPS:
            remaining -= 1
            if remaining == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    status = 1
    try:
        sys.addaudithook(watch)
        operation()
        status = 0
    finally:
        os._exit(status)
