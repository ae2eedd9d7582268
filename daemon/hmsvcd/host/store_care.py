"""How much lies in the store, and who else could get at it."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hmsvcd.host import files
from hmsvcd.host.store import MODES


@dataclass(frozen=True, slots=True)
class Loose:
    """A path that is not for its owner alone: ``why`` in words, and the command to ``mend`` it."""

    path: Path
    why: str
    mend: str


def size(path: Path) -> int:
    """Return the bytes of content in a file, or in all that is below a folder."""
    with files.translated("look at", path):
        return sum(
            status.st_size for _, status in _below(path) if not stat.S_ISDIR(status.st_mode)
        )


def loose(path: Path) -> Iterator[Loose]:
    """Yield what in an object is not just ours, or not of the mode that it was made with."""
    with files.translated("look at", path):
        yield from filter(None, (_looseness(each, status) for each, status in _below(path)))


def loose_folder(path: Path) -> Iterator[Loose]:
    """Yield why a folder is not for its owner alone; nothing where there is none."""
    with files.translated("look at", path):
        if path.is_dir() and (found := _looseness(path, path.stat())):
            yield found


def _below(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    status = path.lstat()
    yield path, status
    if stat.S_ISDIR(status.st_mode):
        for inside in sorted(path.iterdir()):
            yield from _below(inside)


def _looseness(path: Path, status: os.stat_result) -> Loose | None:
    if status.st_uid != os.geteuid():
        return Loose(path, "belongs to somebody else", f"chown {os.geteuid()} {path}")
    mode = stat.S_IMODE(status.st_mode)
    wanted = _wanted(status.st_mode)
    if stat.S_ISLNK(status.st_mode) or mode == wanted:
        return None
    return Loose(path, f"has the mode {mode:04o}, not {wanted:04o}", f"chmod {wanted:04o} {path}")


def _wanted(mode: int) -> int:
    if stat.S_ISDIR(mode):
        return MODES["folder"]
    return MODES["executable" if mode & stat.S_IXUSR else "file"]
