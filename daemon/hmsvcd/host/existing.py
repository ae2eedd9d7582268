"""The unit files that are there already, whoever has put them there."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hmsvcd.errors import RefusedError
from hmsvcd.host import files
from hmsvcd.host.disk import Disk
from hmsvcd.host.installation import Owner
from hmsvcd.host.unit_path import is_masked
from hmsvcd.model.existing import ExistingUnit


def find_unit(
    disk: Disk, folders: Sequence[str], name: str, drop_ins: Sequence[str] = ()
) -> ExistingUnit:
    """Return a unit that lies in the search path for unit files, with all that is said of it.

    ``drop_ins`` are the paths that systemd knows of. Raises RefusedError where there is no such
    unit, or where it has no definition of its own to be told.
    """
    place = disk.unit_folders.list(folders).get(name)
    if place is None:
        raise RefusedError(f"there is no unit file {name}", f"looked in {', '.join(folders)}")
    if disk.installation.look(place).owner is Owner.OURS:
        raise RefusedError(f"{name} is hmsvcd's: it is declared already")
    if is_masked(str(place)):
        hint = f"systemctl --user unmask {name} takes that off"
        raise RefusedError(f"{name} is masked: {place} says nothing", hint)
    file = place.resolve()
    if file.name != name and str(file.parent) in folders:
        raise RefusedError(f"{name} is another name of {file.name}", "import that one")
    own = own_drop_ins(disk.paths.unit_folder, name)
    texts = {str(path): files.read(path) or "" for path in (place, *own)}
    return ExistingUnit(
        name,
        texts,
        tuple(_pulling(folders, name, ".wants")),
        tuple(_pulling(folders, name, ".requires")),
        tuple(path for path in drop_ins if path not in texts),
    )


def own_drop_ins(unit_folder: Path, unit: str) -> list[Path]:
    """Return the user's drop-ins of a unit (``systemctl edit``) in the order they are read."""
    with files.translated("list", folder := unit_folder / f"{unit}.d"):
        try:
            found = sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
    return [path for path in found if path.suffix == ".conf" and not is_masked(str(path))]


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
