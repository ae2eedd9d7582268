"""What lies around a switch and is not ours: what counts, what is in the way, what gives way."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TID251 - only host touches what it names

from hmsvcd.app.gather.ground import Ground
from hmsvcd.host.installation import Installation, Occupant, Owner
from hmsvcd.host.unit_path import UnitPath
from hmsvcd.model.generation import NOTHING, Displaced, Generation
from hmsvcd.model.store import unit_object_name


@dataclass(frozen=True, slots=True)
class Adoption:
    """What becomes ours of what others have put there.

    ``units`` are those that were named. ``old``: unit → each store object that may be what systemd
    runs of it now → its text, which the store may lack. ``drop_ins``: unit → paths that are moved
    aside. ``links``: foreign links in folders such as ``default.target.wants``; ours replace them.
    """

    units: frozenset[str] = frozenset()
    old: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    drop_ins: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    links: frozenset[Path] = frozenset()

    @property
    def running(self) -> Mapping[str, tuple[str, ...]]:
        """Unit → the store objects of ``old``."""
        return {unit: tuple(objects) for unit, objects in self.old.items()}


@dataclass(frozen=True, slots=True)
class Returning:
    """What an unfinished switch has taken away of others', and this one gives back.

    ``moves``: path that it was moved to → where it goes. ``links``: path of a link in a folder
    such as ``default.target.wants`` → what it says. ``names`` are the units and files whose place
    is theirs again. ``texts``: unit → what it says then, with the drop-ins that come back.
    ``stays``: path that it was moved to → where it cannot go, as something else lies there.
    """

    moves: Mapping[Path, Path] = field(default_factory=dict)
    links: Mapping[Path, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)
    stays: Mapping[Path, Path] = field(default_factory=dict)

    @property
    def objects(self) -> Mapping[str, str]:
        """Unit → the store object of what it says then."""
        return {unit: unit_object_name(unit, text) for unit, text in self.texts.items()}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is not ours.

    ``overridden``: unit or file → path of what counts instead of ours. ``obstacles`` refuse a
    switch. ``aside``: unit or file → path of what is moved away from its place first.
    ``adopted``: what of it becomes ours. ``displaced`` is what of it the switch writes down, to
    go on with or to undo; ``returning``: what it undoes of an unfinished one.
    """

    overridden: Mapping[str, str] = field(default_factory=dict)
    obstacles: tuple[Occupant, ...] = ()
    aside: Mapping[str, Path] = field(default_factory=dict)
    adopted: Adoption = field(default_factory=Adoption)
    displaced: Displaced = field(default_factory=Displaced)
    returning: Returning = field(default_factory=Returning)


def look_around(
    installation: Installation,
    ground: Ground,
    target: Generation,
    unit_path: UnitPath | None,
    *,
    movable: Collection[str] = (),
) -> Surroundings:
    """Find foreign files at the places of ours, and unit files that count before ours.

    What lies where a unit or file of ``movable`` is to be installed counts as moved aside.
    """
    pending = ground.pending.target.generation if ground.pending else NOTHING
    had_files = {*ground.generation.files, *pending.files}
    units, files = {*target.units, *ground.old}, {*target.files, *had_files}
    installed = ground.installed  # where a link of ours was found, nothing else lies
    foreign = dict(_foreign_units(installation, units - installed.units.keys()))
    foreign |= _foreign_files(installation, files - installed.files.keys())
    aside = {
        name: occupant.path
        for name, occupant in foreign.items()
        if name in movable and installation.file(name) not in occupant.path.parents
    }
    ours = foreign.keys() & {*ground.old, *pending.units, *had_files} - aside.keys()
    shadowing = unit_path.shadowing() if unit_path else {}
    overridden = {name: str(foreign[name].path) for name in sorted(ours)}
    overridden |= {unit: str(shadowing[unit]) for unit in sorted(units & shadowing.keys())}
    others = foreign.keys() - ours - aside.keys()
    obstacles = (occupant for name, occupant in foreign.items() if name in others)
    return Surroundings(overridden, tuple(dict.fromkeys(obstacles)), aside)


def _foreign_units(
    installation: Installation, units: Iterable[str]
) -> Iterator[tuple[str, Occupant]]:
    for unit in sorted(units):
        occupant = installation.look(installation.unit(unit))
        if occupant.owner is Owner.FOREIGN:
            yield unit, occupant


def _foreign_files(
    installation: Installation, files: Iterable[str]
) -> Iterator[tuple[str, Occupant]]:
    for file in sorted(files):
        obstacle = installation.obstacle(installation.file(file))
        if obstacle is not None:
            yield file, obstacle
