"""What the daemon answers on D-Bus."""

import json
from collections.abc import Collection
from dataclasses import replace
from os import getpid

from hmsvcd import __version__
from hmsvcd.app.attempt import Attempts
from hmsvcd.app.load import Loaded
from hmsvcd.app.planning import plan_switch
from hmsvcd.app.request import Request
from hmsvcd.app.session import Session
from hmsvcd.app.status import look
from hmsvcd.app.target import from_declaration
from hmsvcd.app.tell.telling import Telling
from hmsvcd.app.wish import Apply, Reconcile, Rollback
from hmsvcd.app.worker import Worker
from hmsvcd.errors import RefusedError
from hmsvcd.host import pausing
from hmsvcd.host.control import Properties
from hmsvcd.host.watch import Watcher
from hmsvcd.model.daemon import DaemonState, DaemonStatus
from hmsvcd.model.status import StatusReport
from hmsvcd.pipeline.documents import PLAN, document, plan_values, status_document


class Answers:
    """The daemon's side of org.hmsvcd.Manager1 (docs/dbus.md), for one session."""

    def __init__(
        self,
        session: Session,
        worker: Worker,
        attempts: Attempts,
        telling: Telling,
        watcher: Watcher,
    ) -> None:
        self._session = session
        self._worker = worker
        self._attempts = attempts
        self._telling = telling
        self._watcher = watcher

    async def apply(
        self,
        backup: str | None,
        replace: bool,  # noqa: FBT001 - the port's
        adopt: Collection[str],
    ) -> int:
        """Begin a pass to the declaration that somebody asks for."""
        return self._worker.ask(Apply(Request(backup, replace, frozenset(adopt))))

    async def reconcile(self) -> int:
        """Begin a pass as of an event."""
        return self._worker.ask(Reconcile())

    async def rollback(self, generation: int | None) -> int:
        """Begin a pass to an earlier generation."""
        return self._worker.ask(Rollback(generation))

    async def plan(self) -> str:
        """Return the document of what ``apply`` would do now."""
        loaded = await self._attempts.read(self._session)
        if loaded.rendering is None:
            return json.dumps(document(PLAN, loaded.diagnostics, {}))
        planned = await plan_switch(self._session, from_declaration(loaded, self._session.disk))
        found = (*loaded.diagnostics, *planned.plan.warnings)
        return json.dumps(document(PLAN, found, plan_values(planned.plan)))

    async def status(self) -> str:
        """Return the document of how everything stands."""
        unread = Loaded(self._attempts.declaration, texts={}, diagnostics=(), inputs="")
        loaded = self._attempts.loaded or unread  # no pass has come so far
        seen = await look(self._session, loaded)
        report = StatusReport(
            status=seen.status,
            paths=tuple(loaded.texts) or (str(loaded.path),),
            held=seen.held,
            undone=seen.undone,
            daemon=replace(self.daemon, waiting=await self._has_waiting()),
            paused=pausing.is_paused(self._session.paths),
            diagnostics=self._telling.problems,
        )
        return json.dumps(status_document(report))

    async def pause(self) -> None:
        """Have saves wait."""
        pausing.pause(self._session.paths)
        self._worker.look()
        self._telling.paused(is_so=True)

    async def resume(self) -> None:
        """Have saves applied again, also those that were waiting."""
        pausing.resume(self._session.paths)
        self._worker.touch("resume")
        self._telling.paused(is_so=False)

    @property
    def daemon(self) -> DaemonStatus:
        """The daemon itself."""
        return DaemonStatus(
            pid=getpid(),
            version=__version__,
            state=self._state(),
            started=self._worker.started,
            declaration=str(self._attempts.declaration),
            watches=self._watcher.watches,
            next_try=self._worker.next_try,
            last_pass=self._telling.last,
        )

    @property
    def properties(self) -> Properties:
        """What everybody may follow."""
        return Properties(
            generation=self._telling.generation,
            state=self._state().value,
            paused=pausing.is_paused(self._session.paths),
            version=__version__,
            declaration=str(self._attempts.declaration),
        )

    def _state(self) -> DaemonState:
        if self._worker.is_working:
            return DaemonState.WORKING
        if pausing.is_paused(self._session.paths):
            return DaemonState.PAUSED
        return self._worker.last.end if self._worker.last else DaemonState.WORKING

    async def _has_waiting(self) -> bool:
        """Say whether what is declared is not what was read last, and waits for ``resume``.

        An event says only that something may have changed, also when a pass has changed it.
        """
        if not pausing.is_paused(self._session.paths):
            return False
        loaded, declared = self._attempts.loaded, await self._attempts.read(self._session)
        if loaded is not None:
            return declared.inputs != loaded.inputs
        current = self._session.disk.records.current()
        return bool(declared.texts) and (current is None or declared.inputs != current.inputs)

    async def _loaded(self) -> Loaded:
        """Return the declaration as the last pass has read it."""
        if self._attempts.loaded is None:
            raise RefusedError("the first pass is still under way", "ask again in a moment")
        return self._attempts.loaded
