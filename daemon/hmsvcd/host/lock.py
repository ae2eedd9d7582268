"""The lock that makes a process the one writer: a flock(2) on a file that is never removed."""

import fcntl
import os
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from hmsvcd.errors import HostError, RefusedError
from hmsvcd.host import files

POLL_SECONDS = 0.05

Holder = int | None
"""The process id of who holds the lock, None where it has not said."""


@asynccontextmanager
async def lock(
    path: Path,
    on_wait: Callable[[Holder], None] | None = None,
    timeout: float | None = None,  # noqa: ASYNC109 - what is raised at its end names the holder
) -> AsyncIterator[None]:
    """Hold the lock for the block.

    Raises ``HostError`` where others could take it over: they own its folder, or may write there.
    While another process has it, ``on_wait`` is called once with its process id, and the wait goes
    on without blocking the event loop, for at most ``timeout`` seconds: then ``RefusedError``.
    """
    files.make_folder(path.parent)
    _demand_own(path.parent)
    descriptor = _try(path)
    if descriptor is None:
        if on_wait is not None:
            on_wait(holder(path))
        descriptor = await _wait(path, timeout)
    try:
        _say_holder(descriptor, f"{os.getpid()}\n")
        yield
    finally:
        _say_holder(descriptor, "")
        os.close(descriptor)


def holder(path: Path) -> Holder:
    """Return the process that wrote its id into the lock file last, if it lives."""
    text = (files.read(path) or "").strip()
    return int(text) if text.isdecimal() and Path("/proc", text).exists() else None


def _demand_own(folder: Path) -> None:
    with files.translated("look at", folder):
        status = folder.stat()
    if status.st_uid != os.geteuid():
        raise HostError(
            f"cannot use {folder}: it belongs to somebody else",
            "run hmsvcd as its owner, or set $XDG_STATE_HOME to a folder of your own",
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise HostError(
            f"cannot use {folder}: others may write there",
            f"look at what is in it, then: chmod 700 {folder}",
        )


async def _wait(path: Path, limit: float | None) -> int:
    import asyncio  # noqa: PLC0415 - slow to import, and seldom needed here

    try:
        async with asyncio.timeout(limit):
            while (descriptor := _try(path)) is None:  # noqa: ASYNC110 - the kernel sends no event
                await asyncio.sleep(POLL_SECONDS)
            return descriptor
    except TimeoutError as error:
        owner = holder(path)
        message = f"another hmsvcd is at work{f' (process {owner})' if owner else ''}"
        raise RefusedError(message, "wait until it has finished, then try again") from error


def _try(path: Path) -> int | None:
    """Open the file and lock it; None while another process has the lock."""
    with files.translated("lock", path):
        # no link is followed: it could make the lock one that somebody else chose
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path, flags, files.PRIVATE_FILE)
        locked = False
        try:
            locked = _take(descriptor, path)
        finally:
            if not locked:
                os.close(descriptor)
        return descriptor if locked else None


def _take(descriptor: int, path: Path) -> bool:
    opened = os.fstat(descriptor)
    if not stat.S_ISREG(opened.st_mode):
        raise HostError(f"cannot lock {path}: it is no file", "remove what lies there")
    os.fchmod(descriptor, files.PRIVATE_FILE)  # whatever the umask was when it was made
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # who removed the file has let the next one lock a new file of that name
        return os.path.samestat(opened, path.lstat())
    return False


def _say_holder(descriptor: int, text: str) -> None:
    # for the eyes of those who wait only: on a full disk the lock holds all the same
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
