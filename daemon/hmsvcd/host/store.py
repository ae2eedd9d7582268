"""The content-addressed store: objects are complete or absent, read-only, named by their hash.

An object is a file, a copied folder, or a folder ``<hash>-<unit>`` with the file ``<unit>`` in it.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from hmsvcd.errors import HostError
from hmsvcd.host import files
from hmsvcd.host.capture import Part, entries_digest, entry, read_parts
from hmsvcd.host.seen import Seen, Stamps
from hmsvcd.model.store import HASH_LENGTH, Entry

MODES = {"file": 0o400, "executable": 0o500, "folder": files.PRIVATE_FOLDER}
"""Whatever the umask is: configuration files may hold secrets."""

_OBJECT = re.compile(rf"[0-9a-f]{{{HASH_LENGTH}}}-.*", re.DOTALL)


class Store:
    """The store in one folder; only the holder of the lock may put or collect.

    An object that was sound is only read again where it has changed since (``host.seen``).
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._staged: dict[str, Path] | None = None
        self._sound = Seen[bool]()
        self._names = Seen[frozenset[str]]()

    def path(self, object_name: str) -> Path:
        """Return where an object lies, or would lie."""
        return self.root / object_name

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Make every put inside durable together; none is kept if an error leaves the block.

        All are written before the first is synced, so that one write to the disk carries many.
        """
        with self._batch():
            yield

    def put_text(self, object_name: str, text: str) -> None:
        """Store a text as a file."""
        self._put(object_name, [Part("", "file", text.encode())])

    def put_unit(self, object_name: str, unit: str, text: str) -> None:
        """Store a unit's text as ``<object_name>/<unit>``."""
        self._put(object_name, [Part("", "folder"), Part(unit, "file", text.encode())])

    def put_copy(self, object_name: str, source: str) -> None:
        """Store a copy of a captured file or folder.

        Raises ``HostError`` where it cannot be read, or is no longer what was captured.
        """
        origin = Path(source)
        if self.root.resolve().is_relative_to(origin.resolve()):
            raise HostError(f"cannot copy {source}: hmsvcd's own store lies in it")
        self._put(object_name, _translated_parts(origin))

    def read_text(self, object_name: str) -> str | None:
        """Return the text of a file object, None where there is none."""
        return files.read(self.path(object_name))

    def read_unit(self, object_name: str) -> str | None:
        """Return the text of the unit in a unit object, None where there is none.

        So it is where a link that somebody has bent names another object, or a place inside one.
        """
        path = self.path(object_name)
        if path.parent != self.root or not os.path.isdir(path):  # noqa: PTH112 - never raises
            return None
        return files.read(path / label(object_name))

    def verify(self, object_name: str) -> bool:
        """Say whether an object is there and holds what its name says."""
        if self._sound.get(object_name):
            return True
        path = self.path(object_name)
        stamps = Stamps()
        try:
            _take_stamps(stamps, str(path))
            entries = [entry(part) for part in read_parts(path)]
            is_sound = not path.is_symlink() and _is_named(object_name, entries)
        except OSError:
            return False
        return is_sound and self._sound.keep(object_name, value=True, stamps=stamps)

    def names(self) -> frozenset[str]:
        """Return the names of all objects, damaged ones included."""
        return frozenset(filter(_OBJECT.fullmatch, self._entries()))

    def clean(self) -> None:
        """Remove what a kill has left half-written."""
        for name in filter(files.is_temporary, self._entries()):
            with files.translated("remove", self.path(name)):
                _remove(self.path(name))

    def collect(self, keep: frozenset[str]) -> list[str]:
        """Remove all other objects, and what a kill left; return the names of the objects.

        A kill on the way leaves no object half. What others have put here stays.
        """
        unwanted = sorted(self.names() - keep)
        for name in unwanted:
            path = self.path(name)
            with files.translated("remove", path):
                _take_away(path)
        self.clean()
        self._sound.retain(keep)
        return unwanted

    def _entries(self) -> frozenset[str]:
        files.refuse_link(self.root)
        root = str(self.root)
        kept = self._names.get(root)
        if kept is not None:
            return kept
        stamps = Stamps()
        stamps.take(root, follow=True)
        with files.translated("list", self.root), suppress(FileNotFoundError):
            with os.scandir(root) as found:
                names = frozenset(one.name for one in found)
            return self._names.keep(root, names, stamps)
        return frozenset()

    @contextmanager
    def _batch(self) -> Iterator[dict[str, Path]]:
        """Give the objects written so far; the outermost block renames them into place."""
        if self._staged is not None:
            yield self._staged
            return
        self._staged = {}
        try:
            yield self._staged
            self._commit(self._staged)
        finally:
            for beside in self._staged.values():
                _discard(beside)
            self._staged = None

    def _put(self, object_name: str, parts: Iterable[Part]) -> None:
        with self._batch() as staged:
            if object_name not in staged and not self.verify(object_name):
                staged[object_name] = self._stage(object_name, parts)

    def _stage(self, object_name: str, parts: Iterable[Part]) -> Path:
        files.refuse_link(self.root)
        files.make_folder(self.root)
        beside = files.temporary(self.root)
        try:
            with files.translated("write", self.path(object_name)):
                written = [_write(beside, part) for part in parts]
            _demand_unchanged(object_name, written)
        except BaseException:
            _discard(beside)
            raise
        return beside

    def _commit(self, staged: dict[str, Path]) -> None:
        for object_name, beside in staged.items():
            with files.translated("write", self.path(object_name)):
                _sync_tree(beside)
        for object_name, beside in staged.items():
            path = self.path(object_name)
            with files.translated("write", path):
                if os.path.lexists(path):  # damaged: a folder cannot be renamed over another
                    _take_away(path)
                beside.rename(path)
        if staged:
            files.sync_folder(self.root)


def label(object_name: str) -> str:
    """Return what follows the hash in an object's name."""
    return object_name[HASH_LENGTH + 1 :]


def _is_named(object_name: str, entries: Sequence[Entry]) -> bool:
    """Say whether this is the content that a name stands for: as a whole, or as that of a unit."""
    digest = entries_digest(entries)
    if [one.path for one in entries] == ["", label(object_name)]:
        return object_name[:HASH_LENGTH] in {digest[:HASH_LENGTH], entries[1].digest[:HASH_LENGTH]}
    return object_name[:HASH_LENGTH] == digest[:HASH_LENGTH]


def _demand_unchanged(object_name: str, written: Sequence[Entry]) -> None:
    if not _is_named(object_name, written):
        raise HostError(
            f"cannot store {object_name}: its source changed while it was read",
            "try again when nothing writes to it",
        )


def _translated_parts(source: Path) -> Iterator[Part]:
    with files.translated("read", source):
        yield from read_parts(source)


def _write(root: Path, part: Part) -> Entry:
    path = root / part.path
    if part.kind == "folder":
        files.make_private(path)
    elif part.kind == "link":
        path.symlink_to(os.fsdecode(part.content))
    else:
        files.write(path, part.content, MODES[part.kind])
    return entry(part)


def _take_stamps(stamps: Stamps, path: str) -> None:
    """Take the stamps of a file, or of a folder and all that is in it; raises ``OSError``."""
    stamps.take(path)
    if Path(path).is_dir():
        with os.scandir(path) as found:
            for one in found:
                if one.is_dir(follow_symlinks=False):
                    _take_stamps(stamps, one.path)
                else:
                    stamps.take(one.path)


def _sync_tree(root: Path) -> None:
    if root.is_symlink():
        return
    if root.is_dir():
        for path in root.iterdir():
            _sync_tree(path)
    files.sync(root)


def _take_away(path: Path) -> None:
    """Remove an object; first its name, so that a kill leaves none that is half."""
    _remove(path.rename(files.temporary(path.parent)))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _discard(beside: Path) -> None:
    """Remove what was not renamed into place; ``collect`` gets what cannot be removed now."""
    with suppress(OSError):
        _remove(beside)
