"""Take over unit files that others have put where declared units are to go (docs/adopting.md)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path  # noqa: TID251 - only host touches what it names

from hmsvcd.app.gather import Adoption, Ground, Surroundings, look_around
from hmsvcd.app.request import Request
from hmsvcd.host.disk import Disk
from hmsvcd.host.existing import own_drop_ins
from hmsvcd.host.installation import Owner
from hmsvcd.host.unit_path import UnitPath, read_unit
from hmsvcd.model.generation import Generation
from hmsvcd.model.store import unit_object_name
from hmsvcd.pipeline.declare.effective import effective
from hmsvcd.pipeline.syntax.unit_file import write


def look_about(
    disk: Disk, ground: Ground, target: Generation, unit_path: UnitPath | None, request: Request
) -> Surroundings:
    """Find what is not ours (``look_around``), and what of it becomes ours as it is wanted."""
    movable = frozenset[str]()
    if request.adopt:
        movable = request.adopt & target.units.keys()
    elif request.backup is not None:
        movable = frozenset((*target.units, *target.files))
    found = look_around(disk.installation, ground, target, unit_path, movable=movable)
    if not (request.adopt or found.aside):
        return found
    return replace(found, adopted=_adoption(disk, ground, target, found, unit_path, request))


def _adoption(
    disk: Disk,
    ground: Ground,
    target: Generation,
    surroundings: Surroundings,
    unit_path: UnitPath | None,
    request: Request,
) -> Adoption:
    """Return what becomes ours, and what systemd may be running of it.

    What ``--backup`` moves aside is compared with what is declared, too; drop-ins and links become
    ours only of units that were named.
    """
    named = request.adopt & (target.units.keys() - surroundings.overridden.keys())
    folder = disk.paths.unit_folder
    found = {unit: tuple(own_drop_ins(folder, unit)) for unit in sorted(named)}
    drop_ins = {unit: paths for unit, paths in found.items() if paths}
    others = unit_path.shadowed() if unit_path else {}
    old: dict[str, dict[str, str]] = {}
    for unit in sorted({*drop_ins, *surroundings.aside} & target.units.keys()):
        objects = [name for name in ground.old.get(unit, ()) if name]
        files = [disk.store.read_unit(name) for name in objects]
        if place := surroundings.aside.get(unit) or (None if objects else others.get(unit)):
            files.append(read_unit(str(place)))
        if running := dict(_running(unit, files, drop_ins.get(unit, ()))):
            old[unit] = running
    return Adoption(request.adopt, old, drop_ins, frozenset(_links(disk, target, named)))


def _running(
    unit: str, texts: Iterable[str | None], drop_ins: Iterable[Path]
) -> Iterator[tuple[str, str]]:
    """Yield each text with the drop-ins, after the store object that it would be."""
    added = [text for path in drop_ins if (text := read_unit(str(path)))]
    for text in texts:
        if text and (merged := write(effective(unit, [text, *added]).sections)):
            readable = merged.encode("utf-8", "replace").decode()  # no declaration has other bytes
            yield unit_object_name(unit, readable), readable


def _links(disk: Disk, target: Generation, units: frozenset[str]) -> Iterator[Path]:
    """Yield the foreign links in folders where ours of these units are to go."""
    for folder, linked in target.links.items():
        for unit in units.intersection(linked):
            path = disk.installation.dependency(folder, unit)
            occupant = disk.installation.look(path)
            if occupant.owner is Owner.FOREIGN and occupant.path == path and path.is_symlink():
                yield path
