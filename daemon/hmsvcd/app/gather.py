"""Gather what a switch starts from: what is recorded, what is installed, what lies in the way."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path  # noqa: TID251 - only host touches what it names

from hmsvcd.host.disk import Disk
from hmsvcd.host.installation import Installation, Installed, Occupant, Owner
from hmsvcd.host.unit_path import UnitPath
from hmsvcd.model.generation import (
    NOTHING,
    Displaced,
    Generation,
    Manifest,
    Pending,
    SavedState,
)
from hmsvcd.model.observed import Observed
from hmsvcd.model.store import unit_object_name
from hmsvcd.pipeline.advance import NO_DEFINITION, possible_definitions, told_apart
from hmsvcd.pipeline.decide.owed import still_owed


@dataclass(frozen=True, slots=True)
class Ground:
    """What is on disk before a switch.

    ``old`` names for each unit every store object that may be what systemd runs now.
    """

    current: Manifest | None
    state: SavedState
    pending: Pending | None
    installed: Installed
    old: Mapping[str, tuple[str, ...]]

    @property
    def generation(self) -> Generation:
        """The generation that is installed."""
        return self.current.generation if self.current else NOTHING

    @property
    def coming_back(self) -> dict[str, tuple[str, ...]]:
        """The links of units that a failed switch had taken away, which is being undone."""
        if self.pending is None or self.pending.target.left is None:
            return {}
        here, old = self.installed.units, self.old
        back = {unit for unit in old if unit not in here and NO_DEFINITION not in old[unit]}
        links = self.pending.target.generation.links
        return {
            folder: tuple(unit for unit in units if unit in back)
            for folder, units in links.items()
        }

    def only(self, units: Collection[str]) -> "Ground":
        """Return this as if only these units were there."""
        installed, few = self.installed, sorted(units)
        near = {unit: installed.units[unit] for unit in few if unit in installed.units}
        links = {
            folder: kept
            for folder, held in installed.links.items()
            if (kept := {unit: held[unit] for unit in few if unit in held})
        }
        old = {unit: self.old[unit] for unit in few if unit in self.old}
        return replace(self, old=old, installed=replace(installed, units=near, links=links))

    def seen(self, observed: Observed) -> "Ground":
        """Return this with what the manager tells of an unfinished switch."""
        if self.pending is None:
            return self
        old = told_apart(self.old, self.pending, self.installed.units, observed)
        return replace(self, old=old)

    def beside(self, running: Mapping[str, tuple[str, ...]]) -> "Ground":
        """Return this with what may run of units that become ours."""
        return replace(self, old={**self.old, **running})

    def owed(self, observed: Observed) -> frozenset[str]:
        """Return the units that earlier switches in this life of the manager owe a start."""
        owed = still_owed(self.state, observed)
        if self.pending and self.pending.life == observed.life:
            owed |= self.pending.owed
        return owed


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


def read_ground(disk: Disk, *, narrowly: bool = False) -> Ground:
    """Read what is recorded and installed; raises HostError where it cannot be read.

    With ``narrowly`` the links are not looked for where nobody doubts that they are as they were.
    """
    current, state = disk.records.current(), disk.records.state()
    pending = disk.pending.read()
    installed = disk.installation.known() if narrowly else disk.installation.scan()
    generation = current.generation if current else NOTHING
    old = possible_definitions(state, pending, generation.units, installed.units)
    return Ground(current, state, pending, installed, old)


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
