"""Reads a file or folder as the store keeps it: contents, links and executable bits."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hmsvcd.host.files import reason
from hmsvcd.host.seen import Seen, Stamps
from hmsvcd.model.rendering import Captured
from hmsvcd.model.store import Entry, content_digest, folder_digest, object_name

_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing read: the file or folder itself (path ``""``), or an entry somewhere inside it.

    ``kind`` is as in ``model.store.Entry``; ``content`` is empty for a folder and the text pointed
    to for a link.
    """

    path: str
    kind: str
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A source that cannot be kept, and why; ``path`` is the very thing in the way."""

    source: str
    path: str
    reason: str


class _SpecialFileError(OSError):
    """Something that is no file, folder or link."""


def capture(source: str) -> Captured | Unreadable:
    """Read a source and return its store address; never raises, so that all errors show at once.

    The source itself may be a link, which is followed; links inside a folder are kept as they are.
    """
    try:
        parts = read_parts(Path(source))
        first = next(parts)
        entries = [entry(first), *map(entry, parts)]
    except OSError as error:
        return Unreadable(source, os.fsdecode(error.filename or source), reason(error))
    digest = entries_digest(entries)
    plain = digest if first.kind == "folder" else content_digest(first.content)
    return Captured(source, object_name(digest, Path(source).name), plain)


class Captures:
    """Captures sources again and again, and reads only those again that may have changed."""

    def __init__(self) -> None:
        self._seen: Seen[Captured] = Seen()

    def capture(self, source: str) -> Captured | Unreadable:
        """Return what the function ``capture`` returns."""
        known = self._seen.get(source)
        if known is not None:
            return known
        stamps = Stamps()
        _stamp(source, stamps)
        found = capture(source)
        return found if isinstance(found, Unreadable) else self._seen.keep(source, found, stamps)

    def retain(self, sources: Collection[str]) -> None:
        """Forget all others."""
        self._seen.retain(sources)


def _stamp(source: str, stamps: Stamps) -> None:
    """Take the stamps of a source, followed where it is a link, and of all that is inside."""
    stamps.take(source, follow=True)
    waiting = [source] if os.path.isdir(source) else []  # noqa: PTH112 - strings are what it takes
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as scan:
            for found in scan:
                stamps.take(found.path)
                if found.is_dir(follow_symlinks=False):
                    waiting.append(found.path)


def entry(part: Part) -> Entry:
    """Return what counts of a part for the digest."""
    if part.kind == "folder":
        return Entry(part.path, part.kind, "")
    digest = content_digest(part.content, executable=part.kind == "executable")
    return Entry(part.path, part.kind, digest)


def entries_digest(entries: Sequence[Entry]) -> str:
    """Return the digest that names what was read; the first entry is the thing itself."""
    first, *inside = entries
    return folder_digest(inside) if first.kind == "folder" else first.digest


def read_parts(path: Path) -> Iterator[Part]:
    """Read a file, or a folder and all inside it, one part at a time; raises ``OSError``."""
    if path.is_dir():
        yield Part("", "folder")
        yield from _inside(path, "")
    else:
        yield _file(path, "", follow=True)


def _inside(folder: Path, prefix: str) -> Iterator[Part]:
    with os.scandir(folder) as scan:
        entries = sorted(scan, key=lambda found: found.name)
    for found in entries:
        path = prefix + found.name
        if found.is_symlink():
            yield Part(path, "link", os.fsencode((folder / found.name).readlink()))
        elif found.is_dir(follow_symlinks=False):
            yield Part(path, "folder")
            yield from _inside(folder / found.name, f"{path}/")
        else:
            yield _file(folder / found.name, path, follow=False)


def _file(path: Path, shown: str, *, follow: bool) -> Part:
    # a named pipe would block without O_NONBLOCK; a socket cannot be opened at all
    _demand_regular(path, path.stat(follow_symlinks=follow).st_mode)
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
    with os.fdopen(os.open(path, flags), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        _demand_regular(path, mode)
        return Part(shown, "executable" if mode & 0o111 else "file", file.read())


def _demand_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = _SPECIAL.get(stat.S_IFMT(mode), "no file")
        raise _SpecialFileError(0, f"it is {kind}, which cannot be kept", str(path))
