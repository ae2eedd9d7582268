"""What lies where hmsvcd installs, and whose it is: only links into the store are ours."""

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter, is_
from pathlib import Path, PurePath

from hmsvcd.host import files
from hmsvcd.host.paths import Paths
from hmsvcd.host.seen import Seen, Stamps
from hmsvcd.model.service import FILES_FOLDER

DEPENDENCY_SUFFIXES = (".wants", ".requires")

_ODD = frozenset({"", ".", ".."})
"""Components of a path that stand for no name."""


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
    ``leftovers`` are the temporary links of ours that a kill left.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    leftovers: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Listing:
    """What is in a folder: links of ours → place in the store, real folders, and leftovers."""

    links: Mapping[str, str]
    folders: tuple[str, ...]
    leftovers: tuple[Path, ...]


class Installation:
    """The places where one user's links go. Nothing here changes them (``host.links`` does).

    A folder that is scanned again is only read where it has changed (``host.seen``).
    """

    def __init__(self, paths: Paths) -> None:
        self._seen = Seen[_Listing]()
        self._listings: Mapping[str, _Listing] = {}
        self._installed = Installed()
        self._is_known = False
        self._store = paths.store
        self._inside = f"{paths.store}/"
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

    def doubt(self) -> None:
        """Take note that something may have changed since the last scan."""
        self._is_known = False

    def known(self) -> Installed:
        """Return what a scan finds; what the last one found as long as nobody has doubts."""
        return self._installed if self._is_known else self.scan()

    def scan(self) -> Installed:
        """Find every link into the store below the unit folder and ``home-services``."""
        self._is_known = True
        units = str(self._units)
        top = self._list(units)
        pulled = {
            f"{units}/{name}": self._list(f"{units}/{name}")
            for name in top.folders
            if PurePath(name).suffix in DEPENDENCY_SUFFIXES
        }
        listings = {units: top} | pulled | dict(self._walk(str(self._files)))
        if not _are_identical(listings, self._listings):
            self._listings = listings
            self._seen.retain(listings)
            self._installed = self._put_together(pulled)
        return self._installed

    def _put_together(self, pulled: Collection[str]) -> Installed:
        units = str(self._units)
        links = {
            name.rpartition("/")[2]: {
                unit: place.partition("/")[0] for unit, place in self._listings[name].links.items()
            }
            for name in pulled
        }
        root = f"{self._root}/"
        configured = {
            f"{folder}/{name}".removeprefix(root): place
            for folder, listing in self._listings.items()
            if folder != units and folder not in pulled
            for name, place in listing.links.items()
        }
        return Installed(
            {
                name: place.removesuffix(f"/{name}")
                for name, place in self._listings[units].links.items()
            },
            {folder: held for folder, held in links.items() if held},
            configured,
            tuple(path for one in self._listings.values() for path in one.leftovers),
        )

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

    def _walk(self, folder: str) -> Iterator[tuple[str, _Listing]]:
        """Yield a folder and all real ones below it, each before those in it."""
        listing = self._list(folder)
        yield folder, listing
        for name in listing.folders:
            yield from self._walk(f"{folder}/{name}")

    def _list(self, folder: str) -> _Listing:
        kept = self._seen.get(folder)
        if kept is not None:
            return kept
        stamps = Stamps()
        stamps.take(folder, follow=True)
        return self._seen.keep(folder, self._read(folder), stamps)

    def _read(self, folder: str) -> _Listing:
        with files.translated("list", Path(folder)):
            try:
                with os.scandir(folder) as found:
                    entries = sorted(found, key=attrgetter("name"))
                links = {one.name: self._target(one) for one in entries if one.is_symlink()}
                folders = [one.name for one in entries if one.is_dir(follow_symlinks=False)]
            except (FileNotFoundError, NotADirectoryError):
                return _Listing({}, (), ())
        ours = {name: target for name, target in links.items() if target is not None}
        left = [name for name in ours if files.is_temporary(name)]
        leftovers = tuple(Path(folder, name) for name in left)
        links_of_ours = {name: ours[name] for name in ours if name not in left}
        return _Listing(links_of_ours, tuple(folders), leftovers)

    def _target(self, link: os.DirEntry[str]) -> str | None:
        """Return what a link of ours points to inside the store; None for all else."""
        try:
            text = os.readlink(link.path)  # noqa: PTH115 - a Path costs as much as the call
        except FileNotFoundError:
            return None
        place = text.removeprefix(self._inside)
        if place == text or not _ODD.isdisjoint(place.split("/")):
            return self._inside_store(text)
        return place  # as almost all links are written

    def _foreign_inside(self, folder: Path) -> Iterator[Occupant]:
        for path in walk(folder):
            occupant = self._at(path)
            if occupant.owner is Owner.FOREIGN and not occupant.is_folder:
                yield occupant


def _are_identical(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return one.keys() == other.keys() and all(map(is_, one.values(), other.values()))


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
