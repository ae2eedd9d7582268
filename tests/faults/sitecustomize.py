"""A disk that fails: Python runs this first where the folder is in ``PYTHONPATH``.

Every call that changes the disk is counted, at the door of the process (audit events, and the
few functions of ``os`` that have none). At the one with the number ``$FAULT_AT``, or at the first
whose path holds that text, ``$FAULT`` happens: ``SIGKILL`` just before it (a write is half done),
or the error of that name.
``$FAULT_LOG`` gets a line for each call up to and with that one.
"""
# typing.override came with Python 3.12.
# mypy: disable-error-code="explicit-override"

import errno
import io
import os
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHANGES = frozenset(
    {
        "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink",
        "os.truncate",
    }
)  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
LASTING = {
    "ENOSPC": frozenset({"open", "write", "os.mkdir", "os.symlink"}),
    "EROFS": CHANGES | {"open", "write", "fsync"},
}
"""Which calls fail from then on, too; other errors happen once."""

FAULT = os.environ["FAULT"]
AT = os.environ["FAULT_AT"]

append, synced, put_at, made_file = os.write, os.fsync, os.pwrite, os.fdopen
log = os.open(os.environ["FAULT_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
at = int(AT) if AT.isdecimal() else -1
count = 0


def change(call: str, path: str) -> None:
    """Count a call; let happen what is to happen."""
    global at, count  # noqa: PLW0603 - one process, one count
    count += 1
    if at < 0 and AT in path:
        at = count
    if at <= 0 or count <= at:
        append(log, f"{call} {path}\n".encode("utf-8", "replace"))
    if count == at and FAULT == "SIGKILL":
        os.kill(os.getpid(), signal.SIGKILL)
    if count == at or (0 < at < count and call in LASTING.get(FAULT, ())):
        number = getattr(errno, FAULT)
        raise OSError(number, os.strerror(number), path)


def audited(event: str, arguments: tuple[Any, ...]) -> None:
    """See a call that Python tells of before it is made."""
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & WRITING and not str(path).startswith("/dev/"):
            change("open", str(path))
    elif event in CHANGES:
        change(event, str(arguments[0] if event != "os.symlink" else arguments[1]))


def on_disk(descriptor: int) -> bool:
    """Tell whether a descriptor is that of a file or folder."""
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def path_of(descriptor: int) -> str:
    """Return what a descriptor was opened as."""
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


def half_of(content: Any) -> Any:
    """Return what is written of a content before a kill."""
    return content[: len(content) // 2]


def seen(call: str, act: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of a descriptor that is counted before it acts."""

    def counted(descriptor: int, *arguments: Any) -> Any:
        if on_disk(descriptor):
            if call == "write" and count + 1 == at and FAULT == "SIGKILL":
                act(descriptor, half_of(arguments[0]), *arguments[1:])
            change(call, path_of(descriptor))
        return act(descriptor, *arguments)

    return counted


class CountedFile(io.FileIO):
    """A file whose writes are counted."""

    def write(self, content: Any, /) -> int:
        """Write, unless it is to fail now."""
        if count + 1 == at and FAULT == "SIGKILL":
            super().write(half_of(content))
        change("write", path_of(self.fileno()))
        return super().write(content)


def file_of(descriptor: int, mode: str = "r", *arguments: Any, **options: Any) -> Any:
    """Return a file object; one that is written to is counted."""
    if mode == "wb":
        return io.BufferedWriter(CountedFile(descriptor, mode))
    return made_file(descriptor, mode, *arguments, **options)


os.write = seen("write", append)
os.pwrite = seen("write", put_at)
os.fsync = seen("fsync", synced)
os.fdopen = file_of  # type: ignore[assignment]  # one function for all overloads
sys.addaudithook(audited)
