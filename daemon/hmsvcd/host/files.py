"""Files that are complete or absent, also after a kill or a power failure.

What is written goes beside its place under a temporary name, is synced, and is renamed. Every
``OSError`` leaves here as ``HostError``.
"""

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path

from hmsvcd.errors import HostError

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600

_HINTS = {
    errno.ENOSPC: "make room on that file system, then try again",
    errno.EDQUOT: "your disk quota is used up; make room, then try again",
    errno.EROFS: "the file system is mounted read-only",
    errno.EACCES: "look at the owner and the permissions of the path and of the folders above it",
    errno.EPERM: "look at the owner and the permissions of the path and of the folders above it",
    errno.EIO: "the disk fails: look at what the kernel says of it (journalctl --dmesg)",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOTDIR: "one of the folders above it is no folder",
    errno.ELOOP: "a symbolic link stands where none is followed, or links lead in a ring",
}
_TEMPORARY = re.compile(r"\.hmsvcd-new-[0-9a-f]{16}")


@contextmanager
def translated(doing: str, path: Path) -> Iterator[None]:
    """Turn an ``OSError`` into ``HostError("cannot <doing> <path>: <reason>")`` with a hint."""
    try:
        yield
    except OSError as error:
        message = f"cannot {doing} {path}: {reason(error)}"
        raise HostError(message, _HINTS.get(error.errno or 0)) from error


def reason(error: OSError) -> str:
    """Say in words why the system refused, without the path: ``No space left on device``."""
    return error.strerror or str(error)


def temporary(folder: Path) -> Path:
    """Return a new temporary name in a folder; what a kill leaves there ``is_temporary``."""
    return folder / f".hmsvcd-new-{secrets.token_hex(8)}"


def is_temporary(name: str) -> bool:
    """Say whether this is a name that ``temporary`` made."""
    return _TEMPORARY.fullmatch(name) is not None


def make_folder(path: Path) -> None:
    """Make a folder and the missing ones above it, each for the user alone (mode 0700)."""
    with translated("make the folder", path):
        above = (path, *path.parents)
        missing = list(takewhile(lambda folder: not folder.is_dir(), above))
        for folder in reversed(missing):
            try:
                make_private(folder)
            except FileExistsError:  # somebody else was faster
                if not folder.is_dir():
                    raise


def make_private(path: Path) -> None:
    """Make one folder of mode 0700, whatever the umask is; raises ``OSError``."""
    path.mkdir(PRIVATE_FOLDER)
    path.chmod(PRIVATE_FOLDER)


def refuse_link(folder: Path) -> None:
    """Raise ``HostError`` where a link leads from a folder of our own to somewhere else.

    What is removed there might not be ours. The folders above may be links of the user's.
    """
    if folder.is_symlink():
        raise HostError(
            f"cannot use {folder}: it is a link, where a folder of hmsvcd's own has to be",
            f"move what it leads to back there, or link {folder.parent} as a whole",
        )


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    with translated("write", path):
        sync(path)


def replace(path: Path, content: str, mode: int = PRIVATE_FILE) -> None:
    """Put a file in place of whatever file has this name, durably; parents are made.

    Lone surrogates in ``content`` become the bytes that they stand for in file names.
    """
    make_folder(path.parent)
    beside = temporary(path.parent)
    with translated("write", path):
        try:
            write(beside, content.encode("utf-8", "surrogateescape"), mode)
            sync(beside)
            beside.rename(path)
        except OSError:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        sync(path.parent)


def write(path: Path, content: bytes, mode: int) -> None:
    """Write a new file of just this mode, without syncing; raises ``OSError``."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)


def replace_link(path: Path, target: str) -> None:
    """Point a symbolic link elsewhere in one step, whatever link or file was there before."""
    beside = temporary(path.parent)
    with translated("link", path):
        beside.symlink_to(target)
        try:
            beside.rename(path)
        except OSError:
            beside.unlink()
            raise


def read(path: Path) -> str | None:
    """Return a file's text, None where there is no such file (the inverse of ``replace``)."""
    with translated("read", path):
        try:
            return path.read_bytes().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return None


def remove(path: Path) -> None:
    """Remove a file, if it is there, durably."""
    with translated("remove", path), suppress(FileNotFoundError):
        path.unlink()
        sync(path.parent)


def remove_temporary(folder: Path) -> None:
    """Remove the files that a kill has left in a folder under temporary names."""
    with translated("clean", folder), suppress(FileNotFoundError):
        for path in folder.iterdir():
            if is_temporary(path.name):
                path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Make a file's content or a folder's names durable; raises ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
