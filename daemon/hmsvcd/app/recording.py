"""Write down a switch: that it is under way, and where things stand after it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hmsvcd.app.planning import Planned
from hmsvcd.app.target import Target
from hmsvcd.host import clock
from hmsvcd.host.disk import Disk
from hmsvcd.host.paths import is_same_place
from hmsvcd.host.pending import objects
from hmsvcd.model.decision import Installing
from hmsvcd.model.generation import PUT_OFF, Generation, Manifest, Pending
from hmsvcd.model.observed import Observed
from hmsvcd.model.plan import UnitResult
from hmsvcd.pipeline.advance import NO_DEFINITION, Switched, advance
from hmsvcd.pipeline.leaving import with_leaving


@dataclass(frozen=True, slots=True)
class Done:
    """What is known when the jobs of a switch are over.

    ``leaving`` are the units whose links have stayed; ``linked_at`` is CLOCK_MONOTONIC.
    """

    results: Sequence[UnitResult]
    after: Observed
    leaving: Collection[str]
    linked_at: int


class Recording:
    """The records of one switch."""

    def __init__(self, disk: Disk, planned: Planned, world: Installing) -> None:
        self._records = disk.records
        self._store = disk.store
        self._planned = planned
        self._world = world
        self.pending = disk.pending

    def put_objects(self) -> None:
        """Put into the store what it lacks, complete and durable."""
        rendering, ground = self._planned.target.rendering, self._planned.ground
        if rendering is None:
            return
        sound = ground.generation.objects - self._planned.damaged  # the plan has looked at these
        with self._store.batch():
            for unit in rendering.units.values():
                if unit.object_name not in sound:
                    self._store.put_unit(unit.object_name, unit.name, unit.text)
            for file in rendering.files.values():
                if file.object_name in sound:
                    continue
                if file.text is not None:
                    self._store.put_text(file.object_name, file.text)
                elif file.source is not None:
                    self._store.put_copy(file.object_name, file.source)

    def begin(self, owed: frozenset[str]) -> None:
        """Write down, before anything is touched, what is under way and what it may leave."""
        ground = self._planned.ground
        if ground.pending:
            self._records.drop_unfinished()
        new = self._planned.generation.units
        definitions = {
            unit: _either(ground.old.get(unit, (NO_DEFINITION,)), new.get(unit, NO_DEFINITION))
            for unit in {*ground.old, *new}
            if ground.pending or ground.old.get(unit) != (new.get(unit),)
        }
        observed = self._world.observed
        self.pending.begin(
            Pending(
                target=self._manifest(self._planned.generation),
                definitions=definitions,
                owed=owed,
                life=observed.life,
            )
        )

    def finish(self, done: Done, owed: frozenset[str]) -> int:
        """Write down where things stand; return the number of the installed generation."""
        planned = self._planned
        ground = planned.ground
        generation = with_leaving(
            planned.generation, ground.generation, ground.installed.units, done.leaving
        )
        manifest = self._manifest(generation)
        self._records.write_manifest(manifest)
        switched = Switched(
            units=generation.units,
            relinked=self._world.relinked,
            leaving=frozenset(generation.leaving),
            actions=planned.plan.actions,
            results=tuple(done.results),
            differences={found.unit: found.difference for found in planned.plan.decisions},
            before=self._world.observed,
            after=done.after,
            owed=owed,
            at=clock.now(),
            linked_at=done.linked_at,
            linked_before=ground.generation.units,
            left_alone=self._left_alone(generation),
        )
        self._records.write_state(advance(ground.state, switched))
        self._records.set_current(manifest.number)
        self.pending.finish()
        return manifest.number

    def _left_alone(self, generation: Generation) -> frozenset[str]:
        installed = self._planned.ground.installed
        there = {**installed.units, **installed.files}
        wanted = {**generation.units, **generation.files}
        names = self._planned.surroundings.overridden
        return frozenset(name for name in names if there.get(name) != wanted.get(name))

    def collect(self) -> None:
        """Prune old generations, and the store of what no generation needs."""
        self._records.clean()
        self._records.prune(self._planned.target.settings.keep_generations)
        pending = self.pending.read()
        needed = objects(pending) if pending else frozenset()
        self._store.collect(self._records.objects() | needed)

    def _manifest(self, generation: Generation) -> Manifest:
        """Return the manifest to record: the current one where it installs the same."""
        target, current = self._planned.target, self._planned.ground.current
        if current and is_same(current, generation, target):
            return current
        return Manifest(
            number=self._records.next_number(),
            created=clock.now(),
            declaration=target.declaration,
            inputs=target.inputs,
            cause=target.cause,
            generation=generation,
            left=target.left,
            settings=target.settings,
        )


def clean(disk: Disk) -> None:
    """Remove what a kill has left half-written, if anything; only the holder of the lock may."""
    disk.records.clean()
    disk.store.clean()


def is_same(current: Manifest, generation: Generation, target: Target) -> bool:
    """Say whether a generation installs what is installed, from the same place and alike."""
    return (
        installs_the_same(current.generation, generation)
        and is_same_place(current.declaration, target.declaration)
        and current.left == target.left
        and (current.cause != PUT_OFF or target.cause == PUT_OFF)
        and current.settings == target.settings
    )


def installs_the_same(one: Generation, other: Generation) -> bool:
    """Say whether two generations have the same digest, which takes its time."""
    if one.units != other.units or one.files != other.files:
        return False
    return one == other or one.digest == other.digest


def _either(old: tuple[str, ...], new: str) -> tuple[str, ...]:
    return old if new in old else (*old, new)
