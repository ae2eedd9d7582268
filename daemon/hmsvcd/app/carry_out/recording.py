"""Write down a switch: that it is under way, and where things stand after it."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from hmsvcd.app.carry_out.under_way import under_way, way_back_under_way
from hmsvcd.app.manifest import is_same, manifest_of
from hmsvcd.app.planning import Planned
from hmsvcd.app.target import Target
from hmsvcd.errors import HostError
from hmsvcd.host import clock
from hmsvcd.host.disk import Disk
from hmsvcd.model.decision import Installing
from hmsvcd.model.generation import Generation, Manifest
from hmsvcd.model.observed import Observed
from hmsvcd.model.plan import UnitResult
from hmsvcd.pipeline.advance import Switched, advance, taken_back
from hmsvcd.pipeline.leaving import with_leaving
from hmsvcd.pipeline.possible import carried_over, possible_definitions


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
        self._records = disk.records
        self._planned = planned
        self._world = world
        self.pending = disk.pending
        self._back: int | None = None
        self.carried_over = carried_over(planned.ground.pending, planned.generation.units)
        """How actions have ended that an unfinished switch has done for this one."""

    def begin(self, owed: frozenset[str], back: int | None) -> None:
        """Write down, before anything is touched, what is under way and what it may leave.

        ``back`` is the generation that it goes away from.
        """
        self._back = back
        planned = self._planned
        if planned.ground.pending:
            self._records.drop_unfinished()
        target = self._manifest(planned.generation)
        self.pending.begin(under_way(planned, target, self._world, owed, self.carried_over, back))

    def linked(self, at: int) -> None:
        """Write down that all links have been made, for the next switch after a kill."""
        with suppress(HostError):  # without room for it, a kill costs one more restart at worst
            self.pending.append_linked(at)

    def finish(self, done: Done, owed: frozenset[str], fallback: Target | None = None) -> int:
        """Write down where things stand; return the number of the installed generation.

        With ``fallback`` the switch to that is under way from then on.
        """
        planned, ground = self._planned, self._planned.ground
        generation = with_leaving(
            planned.generation, ground.generation, ground.installed.units, done.leaving
        )
        manifest = self._manifest(generation)
        self._records.write_manifest(manifest)
        switched = self._switched(done, owed, generation)
        state = advance(ground.state, switched)
        self._records.write_state(state)
        self._records.set_current(manifest.number)
        if fallback is None:
            self.pending.finish()
        else:
            self.pending.begin(
                way_back_under_way(planned, fallback, manifest, switched, state, self._back)
            )
        return manifest.number

    def take_back(self, refused: Sequence[UnitResult]) -> None:
        """Write down that actions were refused which had been taken for done before they began."""
        if not refused:
            return
        before = self._planned.ground
        had = possible_definitions(before.state, None, before.generation.units, {})
        self._records.write_state(taken_back(self._records.state(), refused, had))

    def _switched(self, done: Done, owed: frozenset[str], generation: Generation) -> Switched:
        planned, world = self._planned, self._world
        return Switched(
            units=generation.units,
            relinked=world.relinked,
            leaving=frozenset(generation.leaving),
            actions=planned.plan.actions,
            results=tuple(done.results),
            differences={found.unit: found.difference for found in planned.plan.decisions},
            before=world.observed,
            after=done.after,
            owed=owed,
            at=clock.now(),
            linked_at=done.linked_at,
            linked_before=planned.ground.generation.units,
            left_alone=self._left_alone(generation),
            unsent=done.unsent,
        )

    def _left_alone(self, generation: Generation) -> frozenset[str]:
        installed = self._planned.ground.installed
        there = {**installed.units, **installed.files}
        wanted = {**generation.units, **generation.files}
        names = self._planned.surroundings.overridden
        return frozenset(name for name in names if there.get(name) != wanted.get(name))

    def _manifest(self, generation: Generation) -> Manifest:
        """Return the manifest to record: the current one where it installs the same."""
        target, current = self._planned.target, self._planned.ground.current
        if current and is_same(current, generation, target):
            return current
        return manifest_of(target, generation, self._records.next_number())
