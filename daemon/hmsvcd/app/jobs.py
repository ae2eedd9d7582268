"""Carry out the actions of a plan that are jobs of systemd, each with its own wait."""

from collections.abc import Sequence
from contextlib import suppress

from hmsvcd.app.ports import Progress
from hmsvcd.errors import CallError, CallTimeoutError, HostError
from hmsvcd.host.bus import side_by_side
from hmsvcd.host.jobs import METHODS, Job, Jobs
from hmsvcd.host.pending import PendingFile
from hmsvcd.host.signals import Interruption
from hmsvcd.model.generation import JobRecord
from hmsvcd.model.plan import Action, ActionKind, UnitResult
from hmsvcd.model.settings import Settings

SECONDS_EACH = 0.01
"""What systemd may take for each job of a long queue before the last begins (measured: 0.004)."""

NO_SUCH_UNIT = "org.freedesktop.systemd1.NoSuchUnit"
_SENT_AS = {ActionKind.STOP_START: ActionKind.START}
_ALONE = {ActionKind.STOP_START: ActionKind.RESTART}


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
        return [action.unit for action, held in zip(actions, stuck, strict=True) if held]

    async def _is_stuck(self, action: Action, job: Job | CallError, wait: float) -> bool:
        if isinstance(job, CallError):
            is_gone = job.name == NO_SUCH_UNIT
            if is_gone:
                self._stopped(action, "done")
            else:
                self.refused(action, job.text)
            return not is_gone
        is_patient = action.kind is ActionKind.STOP  # for what is started again, all has to wait
        bound = self._interruption.patience if is_patient else self._interruption.wait
        try:
            async with bound():
                self._stopped(action, await job.wait(wait))
        except (CallTimeoutError, TimeoutError):
            self.note(UnitResult(action.unit, action.kind, "leaving"))
            return True
        return False

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
        is_reload = action.kind is ActionKind.RELOAD
        wait = limit if is_reload else min(patience, limit)
        bound = self._interruption.wait if is_reload else self._interruption.patience
        try:
            async with bound():
                result = await job.wait(wait)
        except CallTimeoutError:
            result = "timeout" if wait >= limit else "starting"
        except TimeoutError:
            result = "starting"
        self.note(UnitResult(action.unit, action.kind, result))

    async def send(self, actions: Sequence[Action]) -> None:
        """Send actions that end this very process: nobody is left to await them."""
        await self._jobs.send_all(
            (_ALONE.get(action.kind, action.kind), action.unit)
            for action in actions
            if action.kind in METHODS or action.kind in _ALONE
        )

    def refused(self, action: Action, why: str) -> None:
        """Write down that systemd answered with an error."""
        self.note(UnitResult(action.unit, action.kind, "refused", message=why))

    def note(self, result: UnitResult) -> None:
        """Write down a result at once, for the next start after a kill."""
        self._results[result.unit, result.action] = result
        with suppress(HostError):  # without room for it, a kill costs one more restart at worst
            self._pending.append(JobRecord(result.unit, result.action.value, result.result))
        self._progress.finished(result)
