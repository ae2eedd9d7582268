"""Carry out the actions of a plan that are jobs of systemd, each with its own wait."""

from collections.abc import Collection, Sequence
from contextlib import suppress

from hmsvcd.app.ports import Progress
from hmsvcd.errors import CallError, CallTimeoutError, HostError
from hmsvcd.host.bus import side_by_side
from hmsvcd.host.jobs import METHODS, Job, Jobs
from hmsvcd.host.pending import PendingFile
from hmsvcd.host.signals import Interruption
from hmsvcd.model.generation import JobRecord
from hmsvcd.model.plan import STARTS, UNDER_WAY, Action, ActionKind, UnitResult
from hmsvcd.model.settings import Settings

SECONDS_EACH = 0.01
"""What systemd may take for each job of a long queue before the last begins (measured: 0.004)."""

NO_SUCH_UNIT = "org.freedesktop.systemd1.NoSuchUnit"
_SENT_AS = {ActionKind.STOP_START: ActionKind.START}
_ALONE = {ActionKind.STOP_START: ActionKind.RESTART}
_UNDER_WAY = dict.fromkeys(STARTS, "starting") | {ActionKind.RELOAD: "reloading"}


class JobRunner:
    """Sends jobs together, awaits them side by side, and writes down how each ended."""

    def __init__(
        self,
        jobs: Jobs,
        pending: PendingFile,
        progress: Progress,
        settings: Settings,
        interruption: Interruption,
    ) -> None:
        self._jobs = jobs
        self._pending = pending
        self._progress = progress
        self._settings = settings
        self._interruption = interruption
        self._results: dict[tuple[str, ActionKind], UnitResult] = {}
        self._under_way: list[tuple[Action, Job]] = []

    @property
    def superseded(self) -> Collection[str]:
        """The units of which a job was cancelled, and another one ended after that."""
        return self._jobs.superseded

    @property
    def results(self) -> tuple[UnitResult, ...]:
        """How every action has ended so far."""
        return tuple(self._results.values())

    async def stop(self, actions: Sequence[Action], already: frozenset[str]) -> list[str]:
        """Stop units together; return those that are still up or stopping after ``stop_wait``.

        A stop that was ``already`` under way is not awaited again. The first half of a stop-start
        is no result of its own.
        """
        sent = await self._jobs.send_all((ActionKind.STOP, action.unit) for action in actions)
        wait = self._settings.stop_wait + SECONDS_EACH * len(actions)
        stuck = await side_by_side(
            self._is_stuck(action, job, 0.0 if action.unit in already else wait)
            for action, job in zip(actions, sent, strict=True)
        )
        return [action.unit for action, is_up in zip(actions, stuck, strict=True) if is_up]

    async def _is_stuck(self, action: Action, job: Job | CallError, wait: float) -> bool:
        if isinstance(job, CallError):
            is_gone = job.name == NO_SUCH_UNIT
            if is_gone:
                self._stopped(action, "done")
            else:
                self.refused(action, job.text)
            return not is_gone
        try:
            async with self._interruption.patience():
                result = await job.wait(wait)
        except (CallTimeoutError, TimeoutError):
            self.note(UnitResult(action.unit, action.kind, "leaving"))
            return True
        self._stopped(action, result)
        # somebody has started what goes: it has to be stopped again, with its own definition
        return action.kind is ActionKind.STOP and result == "canceled"

    def _stopped(self, action: Action, result: str) -> None:
        if action.kind is ActionKind.STOP:
            self.note(UnitResult(action.unit, action.kind, result))

    async def run(self, actions: Sequence[Action]) -> list[tuple[Action, str]]:
        """Send reloads, restarts and starts in this order, and await each.

        Return the actions for which systemd lacks a unit, with its words; they are not noted.
        """
        wanted = [(_SENT_AS.get(action.kind, action.kind), action.unit) for action in actions]
        sent = await self._jobs.send_all(wanted)
        patience = self._settings.start_wait + SECONDS_EACH * len(actions)
        unknown: list[tuple[Action, str]] = []
        ends = []
        for action, job in zip(actions, sent, strict=True):
            if isinstance(job, Job):
                ends.append(self._end(action, job, patience))
            elif job.name == NO_SUCH_UNIT:
                unknown.append((action, job.text))
            else:
                self.refused(action, job.text)
        await side_by_side(ends)
        return unknown

    async def _end(self, action: Action, job: Job, patience: float) -> None:
        limit = self._settings.job_timeout
        wait = min(patience, limit)
        try:
            async with self._interruption.patience():
                result = await job.wait(wait)
        except CallTimeoutError:
            result = "timeout" if wait >= limit else _UNDER_WAY[action.kind]
        except TimeoutError:
            result = _UNDER_WAY[action.kind]
        if result in UNDER_WAY:
            self._under_way.append((action, job))
        self.note(UnitResult(action.unit, action.kind, result))

    def catch_up(self) -> None:
        """Write down how jobs have ended since nobody waits for them any more."""
        for action, job in self._under_way:
            if job.ending.done():
                self.note(UnitResult(action.unit, action.kind, job.ending.result()))

    async def send(self, actions: Sequence[Action]) -> tuple[UnitResult, ...]:
        """Send actions that end this very process: nobody is left to await them.

        Return those that systemd refuses.
        """
        found = [one for one in actions if one.kind in METHODS or one.kind in _ALONE]
        sent = await self._jobs.send_all(
            (_ALONE.get(action.kind, action.kind), action.unit) for action in found
        )
        answered = zip(found, sent, strict=True)
        refused = [(action, job.text) for action, job in answered if isinstance(job, CallError)]
        for action, why in refused:
            self.refused(action, why)
        return tuple(self._results[action.unit, action.kind] for action, _ in refused)

    def refused(self, action: Action, why: str) -> None:
        """Write down that systemd answered with an error."""
        self.note(UnitResult(action.unit, action.kind, "refused", message=why))

    def note(self, result: UnitResult) -> None:
        """Write down a result at once, for the next start after a kill."""
        self._results[result.unit, result.action] = result
        with suppress(HostError):  # without room for it, a kill costs one more restart at worst
            self._pending.append(JobRecord(result.unit, result.action.value, result.result))
        self._progress.finished(result)
