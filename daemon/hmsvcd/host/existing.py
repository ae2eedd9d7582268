"""The unit files that are there already, whoever has put them there."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hmsvcd.errors import RefusedError
from hmsvcd.host import files
from hmsvcd.host.disk import Disk
from hmsvcd.host.installation import Owner
from hmsvcd.host.unit_path import is_masked
from hmsvcd.model.drop_in import drop_in_folders, general_drop_in_folder
from hmsvcd.model.existing import ExistingUnit
from hmsvcd.model.unit import template_of


def find_unit(
    disk: Disk, folders: Sequence[str], name: str, drop_ins: Sequence[str] = ()
) -> ExistingUnit:
    """Return a unit that lies in the search path for unit files, with all that is said of it.

    ``drop_ins`` are the paths that systemd knows of: some may lie with another name of the unit.
    Raises RefusedError where there is no such unit, or where it has no definition of its own to be
    told.
    """
    place = _place(disk, folders, name)
    every = [*_drop_ins(folders, name)]
    names = {path.name for path in every}
    every += [path for each in drop_ins if (path := Path(each)).name not in names]  # of an alias
    own = own_drop_ins(disk.paths.unit_folder, name)
    staying = [path for path in every if path not in own]
    return ExistingUnit(
        name,
        _texts([place, *_read_in_order(every)]),
        tuple(_pulling(folders, name, ".wants")),
        tuple(_pulling(folders, name, ".requires")),
        _texts(_read_in_order(staying)),
    )


def _place(disk: Disk, folders: Sequence[str], name: str) -> Path:
    """Return where a unit's own file lies, unless that is nothing to import."""
    known = disk.unit_folders.list(folders)
    place = known.get(name)
    if place is None:
        template = template_of(name)
        hint = f"import {template}" if template in known else f"looked in {', '.join(folders)}"
        raise RefusedError(f"there is no unit file {name}", hint)
    if disk.installation.look(place).owner is Owner.OURS:
        raise RefusedError(f"{name} is hmsvcd's: it is declared already")
    if is_masked(str(place)):
        hint = f"systemctl --user unmask {name} takes that off"
        raise RefusedError(f"{name} is masked: {place} says nothing", hint)
    file = place.resolve()
    if file.name != name and str(file.parent) in folders:
        raise RefusedError(f"{name} is another name of {file.name}", "import that one")
    return place


def _drop_ins(folders: Sequence[str], unit: str) -> Iterator[Path]:
    """Yield all drop-ins of a unit; of those of one name, the first hides the others."""
    places = [Path(folder, name) for folder in folders for name in drop_in_folders(unit)]
    places += [Path(folder, general_drop_in_folder(unit)) for folder in folders]
    for place in places:
        yield from (path for path in _listing(place) if path.suffix == ".conf")


def _read_in_order(drop_ins: Iterable[Path]) -> list[Path]:
    """Return the drop-ins that count, by file name, as systemd reads them."""
    counting: dict[str, Path] = {}
    for path in drop_ins:
        counting.setdefault(path.name, path)
    in_order = (counting[name] for name in sorted(counting, key=os.fsencode))
    return [path for path in in_order if not is_masked(str(path))]


def _texts(paths: Iterable[Path]) -> dict[str, str]:
    return {str(path): files.read(path) or "" for path in paths}


def own_drop_ins(unit_folder: Path, unit: str) -> list[Path]:
    """Return the user's drop-ins of a unit (``systemctl edit``) in the order they are read."""
    with files.translated("list", folder := unit_folder / f"{unit}.d"):
        try:
            found = sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
    return [path for path in found if path.suffix == ".conf" and not is_masked(str(path))]


def unit_of_file(unit_folder: Path, path: Path) -> str | None:
    """Return the unit that a path in the folder of units is the file, or a drop-in, of."""
    if path.parent == unit_folder:
        return path.name
    folder = path.parent
    if folder.parent == unit_folder and folder.suffix == ".d":
        return folder.name.removesuffix(".d")
    return None


def link_text(path: Path) -> str:
    """Return what a symbolic link says."""
    with files.translated("read", path):
        return str(path.readlink())


def _pulling(folders: Sequence[str], unit: str, suffix: str) -> Iterator[str]:
    """Yield the units that have a link to a unit in their folder of this kind."""
    names = {
        folder.name.removesuffix(suffix)
        for path in folders
        for folder in _listing(Path(path))
        if folder.suffix == suffix and _pulls_in(folder / unit)
    }
    yield from sorted(names)


def _pulls_in(link: Path) -> bool:
    return link.is_symlink() and link.readlink() != Path("/dev/null")


def _listing(folder: Path) -> list[Path]:
    try:
        return [*folder.iterdir()]
    except OSError:  # most folders of the search path do not exist
        return []
