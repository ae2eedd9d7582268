"""Carry out a planned switch, in an order that can be cut off anywhere (docs/state.md)."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hmsvcd.app.carry_out.collecting import collect_after
from hmsvcd.app.carry_out.fallback import failures, generation_before, way_back
from hmsvcd.app.carry_out.jobs import JobRunner
from hmsvcd.app.carry_out.linking import Linking
from hmsvcd.app.carry_out.recording import Done, Recording
from hmsvcd.app.carry_out.settled import look_again, read_logs, stay_up
from hmsvcd.app.carry_out.storing import put_objects
from hmsvcd.app.planning import Planned, links_of
from hmsvcd.app.ports import Progress
from hmsvcd.app.request import Request
from hmsvcd.app.session import Session
from hmsvcd.app.target import Target
from hmsvcd.errors import (
    BrokenOffError,
    BusGoneError,
    CallError,
    CallTimeoutError,
    RefusedError,
)
from hmsvcd.host import clock
from hmsvcd.host.signals import GRACE, Interruption
from hmsvcd.model.decision import Installing
from hmsvcd.model.diagnostic import Diagnostic, error, warning
from hmsvcd.model.observed import Observed
from hmsvcd.model.plan import STARTS, STOPS, Action, ActionKind, Outcome, Reloading, UnitResult
from hmsvcd.pipeline.decide.induce import gone_for_good, owed_by, taken_away

_RUNS = frozenset({"active", "activating", "reloading", "refreshing"})
_JOBS = STARTS | {ActionKind.RELOAD}
_LONGEST = 2 * GRACE
"""Seconds after a signal until even a systemd that does not answer is not waited for any more."""

_SILENT = "interrupted, as systemd --user does not answer: the next switch finishes this one"
_CUT_OFF = "the next switch, such as that of `hmsvcd apply`, finishes what was begun"
_HURRIED = "interrupted: the switch was finished, but nobody looked whether all stays up"


class Switch:
    """One switch; the caller holds the lock and has made sure that it is possible."""

    def __init__(
        self, session: Session, planned: Planned, world: Installing, progress: Progress
    ) -> None:
        self._session = session
        self._manager = session.manager
        self._planned = planned
        self._world = world
        self._progress = progress
        self._recording = Recording(session.disk, planned, world)
        self._linking = Linking(session.disk, planned)
        ending = planned.plan.ending
        self._actions = [one for one in planned.plan.actions if one.unit not in ending]
        self._ending = [one for one in planned.plan.actions if one.unit in ending]
        self._stuck: list[str] = []
        self.way_back: Target | None = None
        """What is to come back, as this has failed; ``pending`` says so, too."""

    async def carry_out(self, request: Request) -> Outcome:
        """Carry out the plan and return what came of it.

        Raises HostError or BusGoneError where it cannot go on, and BrokenOffError where a second
        signal ends it, or one while systemd does not answer; the next switch then finishes it.
        """
        self._progress.planned(self._planned.plan)
        put_objects(self._session.disk.store, self._planned)
        await asyncio.sleep(0)  # the last moment to break off with nothing changed
        with request.uninterrupted() as interruption:
            try:
                async with interruption.wait(_LONGEST):
                    outcome = await self._carry_out(interruption, with_logs=request.logs)
            except TimeoutError:
                raise BrokenOffError(_SILENT) from None
            except (BusGoneError, CallError, CallTimeoutError) as failure:
                failure.hint = failure.hint or _CUT_OFF
                raise
        if interruption.happened:
            return replace(outcome, interrupted=True, problems=(error(_HURRIED, None),))
        return outcome

    async def _carry_out(self, interruption: Interruption, *, with_logs: bool) -> Outcome:
        plan, settings = self._planned.plan, self._planned.target.settings
        back = generation_before(self._session.disk.records, self._planned.ground)
        owed = self._owed()
        self._recording.begin(owed, back)
        begun = clock.monotonic()
        async with self._manager.jobs() as jobs:
            runner = JobRunner(
                jobs, self._recording.pending, self._progress, settings, interruption
            )
            await self._stop(runner)
            stuck = links_of(self._stuck, self._planned.ground.installed.units)
            leaving = stuck | frozenset(self._planned.generation.leaving)
            self._linking.install(leaving)
            linked_at = clock.monotonic()
            self._recording.linked(linked_at)
            await self._reload_and_act(runner)
            results, after = await self._settled(runner, owed, interruption)
            if with_logs:
                results = await read_logs(self._session, results, begun)
            self._linking.remove_files()
            self.way_back, warnings = self._choose(results, back)
            unsent = plan.ending if self.way_back else frozenset()
            done = Done(results, after, leaving, linked_at, unsent)
            number = self._recording.finish(done, owed, self.way_back)
            if self.way_back is None:  # else what is to come does this
                warnings = (*warnings, *collect_after(self._session.disk, self._planned))
                refused = await runner.send(self._ending)
                self._recording.take_back(refused)
                results = (*results, *refused)
        return Outcome(replace(plan, warnings=(*plan.warnings, *warnings)), results, number)

    def _owed(self) -> frozenset[str]:
        """Return what is owed a start before anything is sent; what goes may have to come back."""
        actions, world = self._planned.plan.actions, self._world
        owed = world.owed | owed_by(actions, world)
        # with reset-failed, all that says that they are to be started is gone
        reset = {action.unit for action in actions if action.kind is ActionKind.RESET_FAILED}
        owed |= {action.unit for action in actions if action.kind in STARTS} & reset
        owed |= taken_away(actions, world)
        may_go_back = self._planned.target.settings.on_failure == "rollback"
        return owed if may_go_back else owed - gone_for_good(world)

    async def _settled(
        self, runner: JobRunner, owed: frozenset[str], interruption: Interruption
    ) -> tuple[tuple[UnitResult, ...], Observed]:
        """Return how all actions have ended, and how all stands, when that has had its time.

        What a switch has done that this one goes on with counts where it turns out to have failed.
        """
        earlier = list(self._carried_over([*runner.results, *self._kept()]))
        others = owed.union(self._planned.generation.units)
        await stay_up([*runner.results, *earlier], self._planned.target.settings, interruption)
        runner.catch_up()
        ended = [*runner.results, *self._kept()]
        results, after = await look_again(
            self._session, [*ended, *earlier], others, self._world.observed, runner.superseded
        )
        return tuple(one for one in results if one.failed or one not in earlier), after

    def _carried_over(self, ended: Iterable[UnitResult]) -> Iterable[UnitResult]:
        acted = {result.unit for result in ended}
        latest = {record.unit: record for record in self._recording.carried_over}
        return (
            UnitResult(record.unit, ActionKind(record.action), record.result)
            for record in latest.values()
            if record.unit not in acted
        )

    def _choose(
        self, results: Sequence[UnitResult], back: int | None
    ) -> tuple[Target | None, tuple[Diagnostic, ...]]:
        """Return what comes back after failures; where nothing can, a warning says why."""
        failed = failures(self._planned, results)
        if not failed:
            return None, ()
        try:
            return way_back(self._session.disk, self._planned, back, failed), ()
        except RefusedError as refusal:
            return None, (warning(f"nothing was rolled back: {refusal.message}", None),)

    async def _stop(self, runner: JobRunner) -> None:
        """Stop what is to stop with its old definition; what hangs keeps it in this switch."""
        actions = self._stopped()
        unit = self._world.observed.unit
        already = frozenset(one.unit for one in actions if unit(one.unit).job == "stop")
        self._stuck = await runner.stop(actions, already)

    def _stopped(self) -> list[Action]:
        return [action for action in self._actions if action.kind in STOPS]

    async def _reload_and_act(self, runner: JobRunner) -> None:
        reloading = self._planned.plan.reloading
        if reloading is Reloading.BEFORE:
            await self._manager.reload()
            await self._look_again(runner)
        await self._reset_failed(runner)
        actions = [
            one for one in self._actions if one.kind in _JOBS and one.unit not in self._stuck
        ]
        unknown = await runner.run(actions)
        if unknown or reloading is Reloading.AFTER:
            await self._manager.reload()
        # a folder's time stamp that systemd has cached hides a file that is new in it
        again = [action for action, _ in unknown]
        for action, why in await runner.run(again):
            runner.refused(action, why)

    async def _look_again(self, runner: JobRunner) -> None:
        """Stop once more what Upholds=, a socket or a timer has started as it was before."""
        stopped = [action for action in self._stopped() if action.unit not in self._stuck]
        if not stopped:
            return
        seen = await self._manager.observe([action.unit for action in stopped], closely=())
        up = {action.unit for action in stopped if seen.unit(action.unit).active_state in _RUNS}
        again = [one for one in stopped if one.kind is ActionKind.STOP and one.unit in up]
        await runner.stop(again, frozenset())
        self._actions = [
            replace(action, kind=ActionKind.RESTART)
            if action.kind is ActionKind.STOP_START and action.unit in up
            else action
            for action in self._actions
        ]

    async def _reset_failed(self, runner: JobRunner) -> None:
        for action in self._actions:
            if action.kind is ActionKind.RESET_FAILED:
                try:
                    await self._manager.reset_failed(action.unit)
                except CallError as refusal:
                    runner.refused(action, refusal.text)
                else:
                    runner.note(UnitResult(action.unit, action.kind, "done"))

    def _kept(self) -> Iterable[UnitResult]:
        actions = self._planned.plan.actions
        kept = (action.unit for action in actions if action.kind is ActionKind.KEEP)
        return (UnitResult(unit, ActionKind.KEEP, "kept") for unit in kept)
