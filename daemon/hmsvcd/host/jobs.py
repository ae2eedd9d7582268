"""systemd's jobs: sent together, awaited side by side."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hmsvcd.errors import CallError, CallTimeoutError
from hmsvcd.host.bus import Connection, Match, Signal, side_by_side
from hmsvcd.host.properties import MANAGER, SYSTEMD
from hmsvcd.model.plan import ActionKind

METHODS: Mapping[ActionKind, str] = {
    ActionKind.START: "StartUnit",
    ActionKind.STOP: "StopUnit",
    ActionKind.RESTART: "RestartUnit",
    ActionKind.RELOAD: "ReloadUnit",
}
"""The actions that are a job, and the method that queues it."""

JOB_REMOVED = Match(MANAGER.interface, "JobRemoved", sender=SYSTEMD, path=MANAGER.path)


@dataclass(frozen=True, slots=True)
class Job:
    """A queued job; several may share a ``path``, since systemd merges jobs of one unit.

    ``ending`` becomes the job's result; ``wait`` gives it a bound.
    """

    kind: ActionKind
    unit: str
    path: str
    ending: "asyncio.Future[str]"

    async def wait(self, seconds: float) -> str:
        """Return how the job ended: ``done``, ``failed``, ``canceled``, ``timeout``, ….

        Raises CallTimeoutError if it still runs after ``seconds`` (it goes on, and can be awaited
        again) and BusGoneError if the bus goes first.
        """
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self.ending)
        except TimeoutError as error:
            raise CallTimeoutError(
                f"The {self.kind} job of {self.unit} still runs after {seconds:g} s"
            ) from error


class Jobs:
    """Queues jobs and learns how they end; made by ``Manager.jobs``.

    ``superseded`` are the units of which a job was cancelled, and another one ended after that:
    whoever queues a job that conflicts with one that is queued takes its place.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._results: dict[str, asyncio.Future[str]] = {}
        self._unanswered = 0
        self._cancelled: set[str] = set()
        self.superseded: set[str] = set()

    async def send(self, kind: ActionKind, unit: str) -> Job:
        """Queue a job, which replaces a conflicting one; CallError says why systemd refuses."""
        self._unanswered += 1
        try:
            [path] = await self._connection.call(
                MANAGER, METHODS[kind], "ss", unit, "replace", expect="o"
            )
            return Job(kind, unit, path, self._result(path))
        finally:
            self._unanswered -= 1
            self._forget()

    async def send_all(self, wanted: Iterable[tuple[ActionKind, str]]) -> list[Job | CallError]:
        """Queue jobs in this order without waiting between them, as systemd orders them together.

        What systemd refuses is in its place in the list as the CallError that says why.
        """
        return await side_by_side(self._try(kind, unit) for kind, unit in wanted)

    async def _try(self, kind: ActionKind, unit: str) -> Job | CallError:
        try:
            return await self.send(kind, unit)
        except CallError as refusal:
            return refusal

    def removed(self, signal: Signal) -> None:
        """Take up a JobRemoved signal.

        It may come before the call that made the job returns, so those of jobs not known yet are
        kept while any call has no answer.
        """
        _number, path, unit, result = signal.body
        if unit in self._cancelled:
            self.superseded.add(unit)
        if self._unanswered or path in self._results:
            if result == "canceled":
                self._cancelled.add(unit)
            future = self._result(path)
            if not future.done():
                future.set_result(result)
            self._forget()

    def _result(self, path: str) -> "asyncio.Future[str]":
        if path not in self._results:
            self._results[path] = self._connection.promise()
        return self._results[path]

    def _forget(self) -> None:
        if not self._unanswered:
            self._results = {
                path: result for path, result in self._results.items() if not result.done()
            }
