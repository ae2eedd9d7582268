"""Take over unit files that others have put where declared units are to go (docs/adopting.md)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path  # noqa: TID251 - only host touches what it names

from hmsvcd.app.gather.give_back import give_back
from hmsvcd.app.gather.ground import Ground
from hmsvcd.app.gather.surroundings import Adoption, Surroundings, look_around
from hmsvcd.app.request import BACKUP, Request
from hmsvcd.app.target import Target
from hmsvcd.host.disk import Disk
from hmsvcd.host.existing import link_text, own_drop_ins, unit_of_file
from hmsvcd.host.installation import Owner
from hmsvcd.host.unit_path import UnitPath, read_unit
from hmsvcd.model.generation import Displaced
from hmsvcd.model.plan import Change, FileChange, LinkKind, Move
from hmsvcd.model.store import unit_object_name
from hmsvcd.pipeline.syntax.effective import assigned_in, effective
from hmsvcd.pipeline.syntax.unit_file import write


def surroundings_for(
    disk: Disk, ground: Ground, target: Target, unit_path: UnitPath | None, request: Request
) -> Surroundings:
    """Find what is not ours (``look_around``), what of it becomes ours, and what goes back.

    An unfinished switch that takes something over is gone on with, but for what it took for a unit
    or file that is not wanted any more; a rollback undoes all of it.
    """
    adopting = _Adopting(disk, ground, target, request)
    movable = adopting.movable()
    generation = target.generation
    found = look_around(disk.installation, ground, generation, unit_path, movable=movable)
    aside = {name: path for name, path in found.aside.items() if name not in found.overridden}
    found = replace(found, aside=aside)
    if adopting.recorded:
        found = replace(found, returning=give_back(disk, adopting.recorded, target, unit_path))
    if not (request.adopt or aside or adopting.going_on):
        return replace(found, displaced=adopting.recorded)
    adopted = adopting.adoption(found, unit_path)
    return replace(found, adopted=adopted, displaced=adopting.displaced(found, adopted))


def moves(files: Iterable[FileChange], surroundings: Surroundings) -> tuple[Move, ...]:
    """Return what a switch that makes these changes moves aside, and what it moves back."""
    made = {
        change.name
        for change in files
        if change.kind is not LinkKind.DEPENDENCY and change.change is not Change.REMOVE
    }
    paths = chain(
        chain.from_iterable(surroundings.adopted.drop_ins.values()),
        (path for name, path in surroundings.aside.items() if name in made),
    )
    moved = surroundings.displaced.moved
    return (
        *(Move(path, moved[path]) for path in sorted(set(map(str, paths)))),
        *(Move(str(beside), str(path)) for beside, path in surroundings.returning.moves.items()),
    )


@dataclass(frozen=True, slots=True)
class _Adopting:
    """What becomes ours in a switch to a target, as it is asked for or has been begun."""

    disk: Disk
    ground: Ground
    target: Target
    request: Request

    @property
    def recorded(self) -> Displaced:
        """What an unfinished switch has written down."""
        return self.ground.pending.displaced if self.ground.pending else Displaced()

    @property
    def going_on(self) -> Displaced:
        """What of it is gone on with: nothing, where it is undone."""
        return self.recorded if self.target.left is None else Displaced()

    def movable(self) -> frozenset[str]:
        """Return the units and files in whose place nothing of others' may stay."""
        begun = self.going_on.moved
        if not begun:
            return self._asked()
        generation, installation = self.target.generation, self.disk.installation
        everything = {unit: installation.unit(unit) for unit in generation.units}
        everything |= {file: installation.file(file) for file in generation.files}
        return self._asked().union(
            name
            for name, place in everything.items()
            if any(str(path) in begun for path in (place, *place.parents))
        )

    def _asked(self) -> frozenset[str]:
        generation = self.target.generation
        if self.request.adopt:
            return self.request.adopt & generation.units.keys()
        if self.request.backup is not None:
            return frozenset((*generation.units, *generation.files))
        return frozenset()

    def adoption(self, surroundings: Surroundings, unit_path: UnitPath | None) -> Adoption:
        """Return what becomes ours, and what systemd may be running of it.

        What ``--backup`` moves aside is compared with what is declared, too; drop-ins and links
        become ours only of units that were named. What an unfinished switch has written down, that
        has written down what is running, too.
        """
        drop_ins = dict(self._drop_ins(surroundings))
        others = unit_path.shadowed() if unit_path else {}
        declared = self.target.generation.units
        old: dict[str, dict[str, str]] = {}
        for unit in sorted({*drop_ins, *surroundings.aside} & declared.keys()):
            objects = [name for name in self.ground.old.get(unit, ()) if name]
            place = surroundings.aside.get(unit) or (None if objects else others.get(unit))
            paths = (*((place,) if place else ()), *drop_ins.get(unit, ()))
            if all(str(path) in self.going_on.moved for path in paths):
                continue
            files = [self.disk.store.read_unit(name) for name in objects]
            files += [read_unit(str(place))] if place else []
            if running := dict(_running(unit, files, drop_ins.get(unit, ()))):
                old[unit] = running
        return Adoption(self.request.adopt, old, drop_ins, frozenset(self._links(surroundings)))

    def _drop_ins(self, surroundings: Surroundings) -> Iterator[tuple[str, tuple[Path, ...]]]:
        """Yield the units of which drop-ins are moved aside, with their paths."""
        folder, begun = self.disk.paths.unit_folder, self.going_on.moved
        units = self.request.adopt.union(unit_of_file(folder, Path(path)) or "" for path in begun)
        for unit in sorted(units & self.target.generation.units.keys()):
            if unit in surroundings.overridden:
                continue
            asked = unit in self.request.adopt
            found = (one for one in own_drop_ins(folder, unit) if asked or str(one) in begun)
            if paths := tuple(found):
                yield unit, paths

    def _links(self, surroundings: Surroundings) -> Iterator[Path]:
        """Yield the foreign links in folders where ours of these units are to go."""
        units = self.request.adopt - surroundings.overridden.keys()
        for folder, linked in self.target.generation.links.items():
            for unit in linked:
                path = self.disk.installation.dependency(folder, unit)
                if unit not in units and str(path) not in self.going_on.links:
                    continue
                occupant = self.disk.installation.look(path)
                if occupant.owner is Owner.FOREIGN and occupant.path == path and path.is_symlink():
                    yield path

    def displaced(self, surroundings: Surroundings, adopted: Adoption) -> Displaced:
        """Return what is to be written down of what is moved and replaced, now or before."""
        begun, asked = self.recorded, self._asked()
        drop_ins = ((unit, path) for unit, paths in adopted.drop_ins.items() for path in paths)
        moved = dict(begun.moved)
        for name, path in (*surroundings.aside.items(), *drop_ins):
            if name in asked or str(path) not in moved:
                moved[str(path)] = f"{path}.{self.request.backup or BACKUP}"
        links = {str(path): link_text(path) for path in sorted(adopted.links)}
        return Displaced(moved, {**begun.links, **links})


def _running(
    unit: str, texts: Iterable[str | None], drop_ins: Iterable[Path]
) -> Iterator[tuple[str, str]]:
    """Yield each text with the drop-ins, after the store object that it would be."""
    added = [text for path in drop_ins if (text := read_unit(str(path)))]
    for text in texts:
        if text and (merged := write(effective(unit, assigned_in([text, *added])).sections)):
            readable = merged.encode("utf-8", "replace").decode()  # no declaration has other bytes
            yield unit_object_name(unit, readable), readable
