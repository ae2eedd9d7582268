"""Write down a switch: that it is under way, and where things stand after it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from hmsvcd.app.gc import collect
from hmsvcd.app.planning import Planned
from hmsvcd.app.target import Target
from hmsvcd.errors import HostError
from hmsvcd.host import clock
from hmsvcd.host.disk import Disk
from hmsvcd.host.paths import is_same_place
from hmsvcd.model.decision import Installing
from hmsvcd.model.diagnostic import Diagnostic, warning
from hmsvcd.model.generation import (
    ON_THE_WAY,
    ActionRecord,
    Generation,
    Manifest,
    Pending,
    SavedState,
)
from hmsvcd.model.observed import Observed
from hmsvcd.model.plan import ActionKind, UnitResult
from hmsvcd.model.unit import template_of
from hmsvcd.pipeline.advance import (
    NO_DEFINITION,
    Switched,
    advance,
    carried_over,
    possible_definitions,
    taken_back,
)
from hmsvcd.pipeline.leaving import with_leaving
from hmsvcd.pipeline.undoing import cause_of


@dataclass(frozen=True, slots=True)
class Done:
    """What is known when the jobs of a switch are over.

    ``leaving`` are the units whose links have stayed; ``linked_at`` is CLOCK_MONOTONIC.
    ``unsent`` are those whose actions come last, and were not come to.
    """

    results: Sequence[UnitResult]
    after: Observed
    leaving: Collection[str]
    linked_at: int
    unsent: frozenset[str] = frozenset()


class Recording:
    """The records of one switch."""

    def __init__(self, disk: Disk, planned: Planned, world: Installing) -> None:
        self._disk = disk
        self._records = disk.records
        self._store = disk.store
        self._planned = planned
        self._world = world
        self.pending = disk.pending
        self._back: int | None = None
        self.carried_over = carried_over(planned.ground.pending, planned.generation.units)
        """How actions have ended that an unfinished switch has done for this one."""

    def put_objects(self) -> None:
        """Put into the store what it lacks, complete and durable."""
        rendering, ground = self._planned.target.rendering, self._planned.ground
        self._put_returning()
        if rendering is None:
            return
        sound = ground.generation.objects - self._planned.damaged  # the plan has looked at these
        with self._store.batch():
            self._put_adopted()
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

    def _put_adopted(self) -> None:
        """Put there what runs of units that become ours: after a kill nobody else knows it."""
        for unit, objects in self._planned.surroundings.adopted.old.items():
            for name, text in objects.items():
                self._store.put_unit(name, unit, text)

    def _put_returning(self) -> None:
        """Put there, likewise, what units say that are others' again."""
        returning = self._planned.surroundings.returning
        if not returning.texts:
            return
        with self._store.batch():
            for unit, name in returning.objects.items():
                self._store.put_unit(name, unit, returning.texts[unit])

    def begin(self, owed: frozenset[str], back: int | None) -> None:
        """Write down, before anything is touched, what is under way and what it may leave.

        ``back`` is the generation that it goes away from.
        """
        self._back = back
        ground = self._planned.ground
        if ground.pending:
            self._records.drop_unfinished()
        new, surroundings = self._new(), self._planned.surroundings
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
                results=self.carried_over,
                back=back,
                invocations=dict(self._untouched()),
                displaced=replace(surroundings.displaced, returned=surroundings.returning.objects),
                actions=tuple(
                    ActionRecord(action.unit, action.kind.value, action.reason)
                    for action in self._planned.plan.actions
                ),
            )
        )

    def _new(self) -> Mapping[str, str]:
        """Return unit → the store object of its new definition, or of what is given back."""
        planned = self._planned
        return {**planned.generation.units, **planned.surroundings.returning.objects}

    def _untouched(self) -> Iterator[tuple[str, str]]:
        """Yield the units that run without the new definition, until they are started again."""
        old, new = self._planned.ground.old, self._new()
        reloaded = {
            action.unit
            for action in self._planned.plan.actions
            if action.kind is ActionKind.RELOAD
        }
        for unit in new.keys() & old.keys() & self._world.observed.units.keys() - reloaded:
            invocation = self._world.observed.unit(unit).invocation
            if invocation and not {NO_DEFINITION, new[unit]}.intersection(old[unit]):
                yield unit, invocation

    def linked(self, at: int) -> None:
        """Write down that all links have been made, for the next switch after a kill."""
        with suppress(HostError):  # without room for it, a kill costs one more restart at worst
            self.pending.append_linked(at)

    def finish(self, done: Done, owed: frozenset[str], fallback: Target | None = None) -> int:
        """Write down where things stand; return the number of the installed generation.

        With ``fallback`` the switch to that is under way from then on.
        """
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
            unsent=done.unsent,
        )
        state = advance(ground.state, switched)
        self._records.write_state(state)
        self._records.set_current(manifest.number)
        if fallback is None:
            self.pending.finish()
        else:
            self.pending.begin(self._way_back(fallback, manifest, switched, state))
        return manifest.number

    def take_back(self, refused: Sequence[UnitResult]) -> None:
        """Write down that actions were refused which had been taken for done before they began."""
        if not refused:
            return
        before = self._planned.ground
        had = possible_definitions(before.state, None, before.generation.units, {})
        self._records.write_state(taken_back(self._records.state(), refused, had))

    def _way_back(
        self, fallback: Target, failed: Manifest, switched: Switched, state: SavedState
    ) -> Pending:
        """Return the switch that undoes this one.

        Units that this one has taken away are as they were, though systemd has forgotten them:
        those that ran are owed a start, all others stay down.
        """
        units = fallback.generation.units
        gone = units.keys() - failed.generation.units.keys()
        lost = gone.union(result.unit for result in switched.results if result.failed)
        taken = (unit for unit in switched.owed if {unit, template_of(unit)} & lost)
        undone = replace(fallback.undone, of=failed.number) if fallback.undone else None
        return Pending(
            target=Manifest(
                number=failed.number + 1,
                created=clock.now(),
                declaration=fallback.declaration,
                inputs=fallback.inputs,
                cause=cause_of(undone) if undone else fallback.cause,
                generation=fallback.generation,
                left=fallback.left,
                settings=fallback.settings,
                written=fallback.written,
                origin=fallback.origin,
                undone=undone,
            ),
            definitions={unit: (units[unit],) for unit in gone},
            owed=state.owed.union(taken),
            life=state.life,
            back=self._back,
            displaced=self._planned.surroundings.displaced,
        )

    def _left_alone(self, generation: Generation) -> frozenset[str]:
        installed = self._planned.ground.installed
        there = {**installed.units, **installed.files}
        wanted = {**generation.units, **generation.files}
        names = self._planned.surroundings.overridden
        return frozenset(name for name in names if there.get(name) != wanted.get(name))

    def collect(self) -> tuple[Diagnostic, ...]:
        """Remove old generations and what nothing needs; say what keeps it from being done.

        All else is done by then, and the next switch collects again.
        """
        # the links are as they are to be by now, but for those that were left alone
        had = self._planned.ground.installed
        names = self._planned.surroundings.overridden
        linked = [held[name] for held in (had.units, had.files) for name in names if name in held]
        try:
            collect(self._disk, self._planned.target.settings.keep_generations, linked)
        except HostError as error:
            message = f"old generations and their files were not removed: {error.message}"
            return (warning(message, None, hint=error.hint),)
        return ()

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
            written=target.written,
            origin=target.origin,
            undone=target.undone,
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
        and (current.was_declared or target.cause in ON_THE_WAY)
        and current.settings == target.settings
    )


def installs_the_same(one: Generation, other: Generation) -> bool:
    """Say whether two generations have the same digest, which takes its time."""
    if one.units != other.units or one.files != other.files:
        return False
    return one == other or one.digest == other.digest


def _either(old: tuple[str, ...], new: str) -> tuple[str, ...]:
    return old if new in old else (*old, new)
