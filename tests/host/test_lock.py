"""One writer at a time, also among processes."""

import asyncio
import fcntl
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hmsvcd.errors import HostError, RefusedError
from hmsvcd.host.lock import holder, lock

HOLD = """
import asyncio, sys
from pathlib import Path
from hmsvcd.host.lock import lock

async def main():
    async with lock(Path(sys.argv[1])):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lock"


@pytest.fixture
def other(path):
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def is_locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


async def test_the_lock_is_held_for_the_block(path):
    """Its file says by whom, and stays when nobody holds it."""
    async with lock(path):
        assert is_locked(path)
        assert holder(path) == os.getpid()

    assert not is_locked(path)
    assert holder(path) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_an_error_in_the_block_frees_the_lock(path):
    """Whatever it is."""
    with pytest.raises(ZeroDivisionError):
        async with lock(path):
            raise ZeroDivisionError

    assert not is_locked(path)
    assert holder(path) is None


def test_a_process_that_is_dead_holds_nothing(path, other):
    """What it wrote is still there, but nobody is sent to look for it."""
    other.kill()
    other.wait()

    assert path.read_text() == f"{other.pid}\n"
    assert holder(path) is None


async def test_who_waits_is_told_for_whom_and_blocks_nothing(path, other):
    """The event loop goes on, and the lock comes when the other process is killed."""
    waiting: list[int | None] = []

    async def take() -> None:
        async with lock(path, waiting.append):
            assert holder(path) == os.getpid()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(take())
        while not waiting:  # noqa: ASYNC110 - the callback under test is no coroutine
            await asyncio.sleep(0)
        assert not task.done()
        other.send_signal(signal.SIGKILL)

    assert waiting == [other.pid]


async def test_a_wait_that_has_an_end_is_refused_then(path, other):
    """The refusal names the process that is at work."""
    with pytest.raises(RefusedError, match=str(other.pid)):
        async with lock(path, timeout=0.1):
            pytest.fail("the lock is held by another process")

    assert is_locked(path)


async def test_a_wait_can_be_cancelled(path, other):
    """The other process keeps the lock."""
    waiting: list[int | None] = []

    async def take() -> None:
        async with lock(path, waiting.append):
            pytest.fail("the lock is held by another process")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await take()

    assert is_locked(path)
    assert waiting == [other.pid]


async def test_two_tasks_of_one_process_exclude_each_other(path):
    """A pass and a command in the daemon never write side by side."""
    inside = 0

    async def enter() -> None:
        nonlocal inside
        async with lock(path):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0.01)
            inside -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(enter())


async def test_a_link_in_place_of_the_lock_is_not_followed(path, tmp_path):
    """Nobody can make us lock, or write to, a file of their choice."""
    path.parent.mkdir()
    path.symlink_to(tmp_path / "theirs")

    with pytest.raises(HostError, match="cannot lock"):
        async with lock(path):
            pytest.fail("a link was followed")

    assert not (tmp_path / "theirs").exists()


async def test_what_is_no_file_cannot_be_locked(path):
    """A named pipe does not make us wait for a writer either."""
    path.parent.mkdir()
    os.mkfifo(path)

    with pytest.raises(HostError, match="it is no file"):
        async with lock(path):
            pytest.fail("a named pipe was locked")


async def test_a_read_only_disk_is_an_error_with_its_reason(disk):
    """Without a lock nothing is written."""
    (disk.path / "state").mkdir()
    disk.make_read_only()

    with pytest.raises(HostError, match="Read-only file system"):
        async with lock(disk.path / "state" / "lock"):
            pytest.fail("nothing can be locked there")


async def test_a_full_disk_does_not_keep_us_from_locking(small_disk):
    """Only the holder's number is missing then."""
    path = small_disk / "state" / "lock"
    path.parent.mkdir()
    path.touch(mode=0o600)
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "full").write_bytes(b"x" * 100_000)

    async with lock(path):
        assert is_locked(path)
