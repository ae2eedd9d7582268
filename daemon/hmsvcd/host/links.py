"""Makes, replaces and removes the links that hmsvcd installs; all else is never touched."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from hmsvcd.errors import RefusedError
from hmsvcd.host import files
from hmsvcd.host.installation import Installation, Occupant, Owner, walk
from hmsvcd.host.paths import Paths
from hmsvcd.model.service import FILES_FOLDER
from hmsvcd.model.unit import UnitKind, suffix

MASK = f"a link to {os.devnull}"
"""What ``systemctl mask`` leaves at the place of a unit (``Occupant.description``)."""


class Links:
    """The links of one user; only the holder of the lock may change them.

    What is changed is durable after ``sync``.
    """

    def __init__(self, paths: Paths) -> None:
        self.installation = Installation(paths)
        self._keep = paths.files_root / FILES_FOLDER
        self._changed: set[Path] = set()

    def make(self, path: Path, target: Path) -> bool:
        """Point a link at a place in the store; say whether it did not point there already.

        Folders are made, and links of ours that are in the way go just before. Raises
        ``RefusedError`` where something foreign is in the way.
        """
        if self.installation.look(path).owner is Owner.OURS:
            if path.readlink() == target:
                return False
            files.replace_link(path, str(target))
        else:
            self._make_new(path, target)
        self._changed.add(path.parent)
        return True

    def take_over(self, path: Path, target: Path) -> None:
        """Point a link at a place in the store, whoever has made it: what it says, ours says, too.

        That is so in ``.wants`` and ``.requires`` folders, where only the name of a link counts.
        """
        if not path.is_symlink():
            raise RefusedError(f"{path} is in the way: it is no link any more")
        files.replace_link(path, str(target))
        self._changed.add(path.parent)

    def remove(self, path: Path) -> bool:
        """Remove a link of ours and the folders left empty; say whether there was one."""
        if self.installation.look(path).owner is not Owner.OURS:
            return False
        with files.translated("remove", path):
            path.unlink()
        self._changed.add(path.parent)
        for folder in reversed(self.installation.own_folders(path)):
            if folder == self._keep or not _removed_if_empty(folder):
                break
            self._changed.add(folder.parent)
        return True

    def move_aside(self, path: Path, extension: str) -> Path:
        """Rename what lies at a path to ``<path>.<extension>``, and return that path."""
        aside = self.aside(path, extension)
        with files.translated("move aside", path):
            path.rename(aside)
        self._changed.add(path.parent)
        return aside

    def put_back(self, aside: Path, path: Path) -> bool:
        """Rename what was moved aside to its path; say whether there was something, and room."""
        if not is_aside(str(path), str(aside)) or not os.path.lexists(aside):
            return False
        if path.is_dir() and not path.is_symlink():
            _removed_if_empty(path)
        if os.path.lexists(path):
            return False
        with files.translated("move back", aside):
            aside.rename(path)
        self._changed.add(path.parent)
        return True

    def restore(self, path: Path, text: str) -> bool:
        """Make a link of others anew that ``take_over`` has replaced; say whether there was room.

        ``text`` is what it said.
        """
        if os.path.lexists(path):
            return False
        files.make_folder(path.parent)
        with files.translated("link", path):
            path.symlink_to(text)
        self._changed.add(path.parent)
        return True

    @staticmethod
    def aside(path: Path, extension: str) -> Path:
        """Return where something is moved to; raises ``RefusedError`` where that is taken."""
        if not extension or "/" in extension or "\0" in extension:
            raise RefusedError(f"{extension!r} is no file name extension", "for example: bak")
        aside = path.with_name(f"{path.name}.{extension}")
        if os.path.lexists(aside):
            raise RefusedError(
                f"cannot move {path} aside: {aside} is there already",
                "move that one away, or name another extension",
            )
        return aside

    @staticmethod
    def clean(leftovers: Iterable[Path]) -> None:
        """Remove the temporary links that a kill left (``Installed.leftovers``)."""
        for path in leftovers:
            with files.translated("remove", path):
                path.unlink(missing_ok=True)

    def sync(self) -> None:
        """Make durable what was changed since the last time."""
        for folder in sorted(self._changed):
            if folder.is_dir():
                files.sync_folder(folder)
        self._changed.clear()

    def _make_new(self, path: Path, target: Path) -> None:
        obstacle = self.installation.obstacle(path)
        if obstacle is not None:
            raise in_the_way(obstacle)
        self._clear(path)
        files.make_folder(path.parent)
        with files.translated("link", path):
            try:
                path.symlink_to(target)
            except FileExistsError as error:
                raise RefusedError(f"{path} is in the way: it has just come to be") from error

    def _clear(self, path: Path) -> None:
        """Remove our links where folders are needed, and our folders where a link is to go."""
        for folder in self.installation.own_folders(path):
            if folder.is_symlink():
                with files.translated("remove", folder):
                    folder.unlink()
                self._changed.add(folder.parent)
        if path.is_dir():
            with files.translated("remove", path):
                for inside in walk(path):
                    _remove_one(inside)
                path.rmdir()


def is_aside(path: str, aside: str) -> bool:
    """Say whether this is where ``move_aside`` moves to: the path with an extension."""
    start = f"{path}."
    return aside.startswith(start) and len(aside) > len(start) and "/" not in aside[len(start) :]


def all_in_the_way(obstacles: Sequence[Occupant]) -> Iterator[RefusedError]:
    """Yield the refusal for each foreign thing in the way; one command adopts all units."""
    units = [each.path.name for each in obstacles if _can_be_adopted(each)]
    for obstacle in obstacles:
        yield in_the_way(obstacle, units)


def in_the_way(obstacle: Occupant, units: Sequence[str] = ()) -> RefusedError:
    """Return the refusal for something foreign where a link of ours is to go.

    ``units`` are those in the way that have to be adopted together.
    """
    return RefusedError(
        f"{obstacle.path} is in the way: it is {obstacle.description}, and not hmsvcd's",
        _way_out(obstacle, units or [obstacle.path.name]),
    )


def _way_out(obstacle: Occupant, units: Sequence[str]) -> str:
    name = obstacle.path.name
    if _can_be_adopted(obstacle):
        what = "them" if units[1:] else "it"
        aside = f"`hmsvcd apply --backup EXT` moves {what} aside"
        return f"`hmsvcd adopt {' '.join(units)}` takes {what} over, {aside}"
    if suffix(name) in set(UnitKind):
        return f"systemctl --user unmask {name} takes the mask off"
    return f"`hmsvcd apply --backup EXT` moves it to {name}.EXT"


def _can_be_adopted(obstacle: Occupant) -> bool:
    return suffix(obstacle.path.name) in set(UnitKind) and obstacle.description != MASK


def _remove_one(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


def _removed_if_empty(folder: Path) -> bool:
    with suppress(OSError):  # most often it is not empty, and a folder left behind does no harm
        folder.rmdir()
        return True
    return False
