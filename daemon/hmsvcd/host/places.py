"""Places on the disk, how they look, and which folders tell when they look different.

A path is followed link after link, as the kernel does. Every link on the way, its end, and the
first name on it that is missing are *names*: the events about them come from their folders, never
from a watch on a file (which is lost when an editor puts another file there). The folders around
those folders are watched too, for the day when one is removed or replaced.
"""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_MISSING = 0


@dataclass(frozen=True, slots=True)
class Places:
    """What is watched, present or not, of whatever kind it turns out to be.

    ``files`` matter by content; of ``folders`` all names matter, and what lies under them unless
    it is a folder; of ``trees`` everything below, or the content of what is no folder. Links that
    lie in a folder or tree are not followed.
    """

    files: frozenset[Path] = frozenset()
    folders: frozenset[Path] = frozenset()
    trees: frozenset[Path] = frozenset()

    def __sub__(self, other: "Places") -> "Places":
        """Return what is watched here and not there."""
        return Places(
            self.files - other.files, self.folders - other.folders, self.trees - other.trees
        )

    def __bool__(self) -> bool:
        return bool(self.files or self.folders or self.trees)


class Picture:
    """How places look: a number for each name and folder listed, another one after each change.

    ``folders`` are the real paths of the folders that events come from, ``around`` of those
    around them, each with a number that tells it from another folder at that path.
    """

    def __init__(self, places: Places) -> None:
        self.folders: dict[str, int] = {}
        self.around: dict[str, int] = {}
        self.names: dict[str, int] = {}
        self.listings: dict[str, int] = {}
        self._trees: set[str] = set()
        ways = _Ways()
        for path in places.files:
            self._see(ways.follow(os.fspath(path)))
        for path in places.folders:
            way = ways.follow(os.fspath(path))
            self._see(way)
            if way.is_folder:
                self.listings[way.end], _ = _listing(way.end)
        for path in places.trees:
            way = ways.follow(os.fspath(path))
            self._see(way)
            if way.is_folder:
                self._see_below(way.end)
        self._links = ways.links.keys()
        self.names |= ways.links
        self._find_folders(ways)

    def differs(self, before: "Picture") -> bool:
        """Say whether anything in it is not as it was before, or was not looked at then."""
        return not (
            self.names.items() <= before.names.items()
            and self.listings.items() <= before.listings.items()
        )

    def is_watched_like(self, before: "Picture") -> bool:
        """Say whether events come from the same folders as before."""
        return self.folders == before.folders and self.around == before.around

    def concerned(self, events: Iterable[str]) -> set[str]:
        """Return those of the paths that events were about which matter here."""
        return {
            path
            for path in events
            if path in self.names or self._is_watched(path) or _folder(path) in self.listings
        }

    def look_again(self, paths: set[str]) -> bool:
        """Take in how concerned paths look now; say whether other folders may matter by now."""
        elsewhere = self.look_at_names(paths)
        self.list_again(paths)
        return elsewhere

    def look_at_names(self, paths: set[str]) -> bool:
        """Do what ``look_again`` does, but for the folders that these paths are listed in."""
        elsewhere = False
        for path in paths:
            status = _status(path)
            if path in self.names:
                self.names[path] = _signature(status)
            elsewhere |= self._is_watched(path) or self._leads_elsewhere(path, status)
        return elsewhere

    def list_again(self, paths: set[str]) -> None:
        """Take in how the folders look by now that these paths are listed in."""
        for folder in set(map(_folder, paths)) & self.listings.keys():
            self.listings[folder], _ = _listing(folder)

    def is_in_tree(self, path: str) -> bool:
        """Say whether a path lies in a tree, or is one or a folder in one."""
        return path in self._trees or _folder(path) in self._trees

    def _is_watched(self, path: str) -> bool:
        return path in self.folders or path in self.around

    def _leads_elsewhere(self, path: str, status: os.stat_result | None) -> bool:
        """Say whether a path was a link, or is a link or folder that is to be followed now."""
        if path in self._links:
            return True
        if status is None:
            return False
        if path in self.names:
            return stat.S_ISLNK(status.st_mode) or stat.S_ISDIR(status.st_mode)
        return stat.S_ISDIR(status.st_mode) and _folder(path) in self._trees

    def _see(self, way: "_Way") -> None:
        if way is not _NOWHERE:
            self.names[way.end] = way.number

    def _see_below(self, folder: str) -> None:
        remaining = [folder]
        while remaining:
            folder = remaining.pop()
            self._trees.add(folder)
            self.listings[folder], inside = _listing(folder)
            remaining += inside

    def _find_folders(self, ways: "_Ways") -> None:
        for folder in {*map(_folder, self.names), *self.listings}:
            self.folders[folder] = ways.follow(folder).number
        for folder in set(map(_folder, self.folders)) - self.folders.keys():
            self.around[folder] = ways.follow(folder).number


class _Way(NamedTuple):
    """Where a path leads: to a real path, or to that of the first name that is missing.

    ``target`` is what a link that is yet to be followed says.
    """

    end: str
    number: int
    is_folder: bool = False
    target: str = ""


_NOWHERE = _Way("", _MISSING)
"""Where links in a ring lead."""

_LINKS_FOLLOWED = 40
"""The kernel follows no more on one path (path_resolution(7))."""


class _Ways:
    """Follows paths; ``links`` are the real paths of those met on the way, with their numbers."""

    def __init__(self) -> None:
        self.links: dict[str, int] = {}
        self._root = _Way("/", _signature(_status("/")), is_folder=True)
        self._known = {"/": self._root}

    def follow(self, path: str) -> _Way:
        """Return where a path leads; one more in a folder that was gone to costs one look."""
        if path not in self._known:
            folder, _, name = _absolute(path).rpartition("/")
            folder = folder or "/"
            if folder not in self._known:
                self._known[folder] = self._walked(self._root, folder)
            self._known[path] = self._walked(self._known[folder], name)
        return self._known[path]

    def _walked(self, way: _Way, path: str) -> _Way:
        """Go on from a folder, name by name; what a link says comes before the names left."""
        remaining = path.split("/")[::-1]
        links = 0
        while remaining and way.is_folder:
            entered = self._entered(way, remaining.pop())
            if not entered.target:
                way = entered
                continue
            links += 1
            if links > _LINKS_FOLLOWED:
                return _NOWHERE
            remaining += entered.target.split("/")[::-1]
            way = self._root if entered.target.startswith("/") else way
        return way

    def _entered(self, way: _Way, name: str) -> _Way:
        if name in {"", "."}:
            return way
        if name == "..":
            return self.follow(_folder(way.end))
        path = f"{way.end.rstrip('/')}/{name}"
        known = self._known.get(path)
        if known is None:
            known = self._seen(path)
            if not known.target:
                self._known[path] = known
        return known

    def _seen(self, path: str) -> _Way:
        status = _status(path)
        if status is None:
            return _Way(path, _MISSING)
        number = _signature(status)
        if not stat.S_ISLNK(status.st_mode):
            return _Way(path, number, stat.S_ISDIR(status.st_mode))
        self.links[path] = number
        try:
            target = os.readlink(path)  # noqa: PTH115 - Path would take "." and "//" out of it
        except OSError:
            return _Way(path, _MISSING)
        return _Way(path, number, target=target)


def _absolute(path: str) -> str:
    return path if path.startswith("/") else f"{Path.cwd()}/{path}"


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _status(path: str) -> os.stat_result | None:
    """Return what lies at a path, a link as such; None where nothing can be seen."""
    try:
        return os.lstat(path)
    except (OSError, ValueError):  # ValueError: no path can have a NUL in it
        return None


def _signature(status: os.stat_result | None) -> int:
    """Return a number that changes with the content; of a folder, with what it is and who may."""
    if status is None:
        return _MISSING
    if stat.S_ISDIR(status.st_mode):
        return hash((status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid))
    return hash(
        (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)
    )


def _listing(folder: str) -> tuple[int, list[str]]:
    """Return a number that changes with what lies in a folder, and the folders in it."""
    signature, inside = 1, []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                status = _status(entry.path)
                signature += hash((entry.name, _signature(status)))
                if entry.is_dir(follow_symlinks=False):
                    inside.append(entry.path)
    except OSError:
        return _MISSING, []
    return signature, inside
