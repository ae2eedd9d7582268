"""What lies where hmsvcd installs, and whose it is: only links into the store are ours."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePath

from hmsvcd.host import files
from hmsvcd.host.paths import Paths
from hmsvcd.model.service import FILES_FOLDER

DEPENDENCY_SUFFIXES = (".wants", ".requires")


class Owner(StrEnum):
    """Whose a path is."""

    NOBODY = "nobody"
    OURS = "ours"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Occupant:
    """What lies at a path. ``description`` says it in words, such as ``a link to /dev/null``.

    ``target`` is what a link of ours points to, relative to the store.
    """

    path: Path
    owner: Owner
    description: str
    target: str | None = None
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """Every link into the store, also those that no generation names.

    ``units``: unit name → store object. ``links``: ``default.target.wants`` → unit name → store
    object. ``files``: path below ``$XDG_CONFIG_HOME`` → store object. A unit or file that points
    to another place inside an object than it should shows that place, and so equals no object.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


class Installation:
    """The places where one user's links go. Nothing here changes them (``host.links`` does)."""

    def __init__(self, paths: Paths) -> None:
        self._store = paths.store
        self._units = paths.unit_folder
        self._root = paths.files_root
        self._files = paths.files_root / FILES_FOLDER

    def unit(self, name: str) -> Path:
        """Return where a unit's link lies."""
        return self._units / name

    def dependency(self, folder: str, unit: str) -> Path:
        """Return where a unit's link in a folder such as ``default.target.wants`` lies."""
        return self._units / folder / unit

    def file(self, target: str) -> Path:
        """Return where a configuration file's link lies (a path below ``$XDG_CONFIG_HOME``)."""
        return self._root / target

    def look(self, path: Path) -> Occupant:
        """Say what lies at a path; what replaces a folder above it counts as lying there."""
        for folder in self.own_folders(path):
            above = self._at(folder)
            if above.owner is Owner.OURS:
                return Occupant(path, Owner.NOBODY, "nothing")
            if above.owner is Owner.FOREIGN and not above.is_folder:
                return above
        return self._at(path)

    def obstacle(self, path: Path) -> Occupant | None:
        """Return the foreign thing that keeps a link from being made at this path, if any.

        It may also lie above the path (a file where a folder is needed) or inside it (a foreign
        file in a folder that is to become a link).
        """
        own = self.own_folders(path)
        for folder in reversed(path.parents):
            if folder not in own and os.path.lexists(folder) and not folder.is_dir():
                return self._at(folder)
        occupant = self.look(path)
        if occupant.owner is not Owner.FOREIGN:
            return None
        return next(self._foreign_inside(path), None) if occupant.is_folder else occupant

    def scan(self) -> Installed:
        """Find every link into the store below the unit folder and ``home-services``."""
        units: dict[str, str] = {}
        links: dict[str, dict[str, str]] = {}
        for path in _listing(self._units):
            target = self._target(path)
            if target is not None:
                units[path.name] = target.removesuffix(f"/{path.name}")
            elif _is_dependency_folder(path):
                found = {one.name: self._target(one) for one in _listing(path)}
                ours = {name: inside.partition("/")[0] for name, inside in found.items() if inside}
                links |= {path.name: ours} if ours else {}
        configured = {
            str(path.relative_to(self._root)): target
            for path in walk(self._files)
            if (target := self._target(path)) is not None
        }
        return Installed(units, links, configured)

    def leftovers(self) -> list[Path]:
        """Find the temporary links of ours that a kill left."""
        folders = [path for path in _listing(self._units) if _is_dependency_folder(path)]
        places = [*_listing(self._units), *walk(self._files)]
        places += [path for folder in folders for path in _listing(folder)]
        return [path for path in places if files.is_temporary(path.name) and self._is_ours(path)]

    def own_folders(self, path: Path) -> list[Path]:
        """Return the folders above a path in which no foreign link is followed, outermost first.

        These are ``home-services`` with all below it and the ``.wants`` and ``.requires`` folders;
        further up users may link as they like (``~/.config`` to elsewhere).
        """
        parent = path.parent
        if parent.parent == self._units:
            return [parent] if parent.suffix in DEPENDENCY_SUFFIXES else []
        if not parent.is_relative_to(self._files):
            return []
        depth = len(parent.relative_to(self._files).parts)
        return [*reversed(path.parents[: depth + 1])]

    def _at(self, path: Path) -> Occupant:
        with files.translated("read", path):
            try:
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode):
                    return self._link(path, str(path.readlink()))
            except (FileNotFoundError, NotADirectoryError):
                return Occupant(path, Owner.NOBODY, "nothing")
        if stat.S_ISDIR(mode):
            return Occupant(path, Owner.FOREIGN, "a folder", is_folder=True)
        return Occupant(path, Owner.FOREIGN, "a file")

    def _link(self, path: Path, text: str) -> Occupant:
        target = self._inside_store(text)
        owner = Owner.FOREIGN if target is None else Owner.OURS
        return Occupant(path, owner, f"a link to {text}", target)

    def _inside_store(self, text: str) -> str | None:
        target = PurePath(text)
        if ".." in target.parts or not target.is_relative_to(self._store):
            return None
        inside = str(target.relative_to(self._store))
        return None if inside == "." else inside

    def _is_ours(self, path: Path) -> bool:
        return self._at(path).owner is Owner.OURS

    def _target(self, path: Path) -> str | None:
        """Return what a link of ours points to inside the store; None for all else."""
        if not path.is_symlink() or files.is_temporary(path.name):
            return None
        return self._at(path).target

    def _foreign_inside(self, folder: Path) -> Iterator[Occupant]:
        for path in walk(folder):
            occupant = self._at(path)
            if occupant.owner is Owner.FOREIGN and not occupant.is_folder:
                yield occupant


def walk(folder: Path) -> Iterator[Path]:
    """Yield everything below a real folder, no links followed, each folder after what is in it."""
    for path in _listing(folder):
        if path.is_dir() and not path.is_symlink():
            yield from walk(path)
        yield path


def _listing(folder: Path) -> list[Path]:
    with files.translated("list", folder):
        try:
            return sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []


def _is_dependency_folder(path: Path) -> bool:
    return path.suffix in DEPENDENCY_SUFFIXES and path.is_dir() and not path.is_symlink()
