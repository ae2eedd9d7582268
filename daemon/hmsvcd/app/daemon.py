"""The daemon: follows a declaration for as long as the session lasts (docs/daemon.md)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TID251 - it names the declaration; only host reads it

from hmsvcd import __version__
from hmsvcd.app.answers import Answers
from hmsvcd.app.attempt import Attempts
from hmsvcd.app.session import Session, join_session
from hmsvcd.app.tell.failures import follow_units
from hmsvcd.app.tell.telling import RELOAD, Telling
from hmsvcd.app.tell.verifying import Verifying
from hmsvcd.app.watched import places
from hmsvcd.app.worker import Worker
from hmsvcd.errors import (
    BrokenOffError,
    BusGoneError,
    CallError,
    CallTimeoutError,
    HmsvcdError,
    NoManagerError,
)
from hmsvcd.host import process
from hmsvcd.host.bus import BUS_ADDRESS
from hmsvcd.host.control import Control
from hmsvcd.host.desktop import Desktop
from hmsvcd.host.installation import Installation
from hmsvcd.host.logs import Logger
from hmsvcd.host.notify import Notifier
from hmsvcd.host.signals import Ending
from hmsvcd.host.watch import Change, Watcher
from hmsvcd.model.daemon import DaemonState, Pass

SHORTEST_WAIT, LONGEST_WAIT = 0.1, 5.0
"""Seconds between two tries to find the manager again."""

LOOK_SECONDS = 300.0
"""How often what is not watched is looked at."""

AGAIN_SECONDS = 60.0
"""Seconds until what goes on beside the passes is begun anew, where it could not go on."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who the daemon runs for.

    ``in_terminal``: SIGHUP is the end, as the terminal's; else it has everything looked at anew.
    ``shown`` is called with each pass that is news.
    """

    log: Logger
    notifier: Notifier
    in_terminal: bool = False
    shown: Callable[[Pass], None] = field(default=lambda _: None)


async def run(config: Path | None, audience: Audience) -> None:
    """Follow a declaration, the user's own without ``config``, until SIGTERM or SIGINT.

    A manager or a message bus that goes away is waited for. Raises NoManagerError where there is
    none at the start, RefusedError where another daemon runs, and BrokenOffError where a second
    signal ends it.
    """
    ending = Ending()
    session = await _join()
    async with Watcher() as watcher:
        declaration = (config or session.paths.declaration).absolute()
        daemon = _Daemon(declaration, audience, ending, watcher)
        on_hangup = None if audience.in_terminal else daemon.read_settings_again
        with _staying_watched(audience.notifier):
            async with ending.listening(audience.notifier.stopping, on_hangup):
                await daemon.follow(session)
                while not ending.requested.is_set():
                    await daemon.reconnect()
                audience.log.info("stopping")


async def _join() -> Session:
    """Find the manager, on a bus that the environment names or where systemd puts it.

    The one that was named may have gone while this process lives.
    """
    environ = process.environment()
    try:
        return await join_session(environ)
    except NoManagerError:
        if environ.pop(BUS_ADDRESS, None) is None:
            raise
        with suppress(NoManagerError):
            return await join_session(environ)
        raise


@contextmanager
def _staying_watched(notifier: Notifier) -> Iterator[None]:
    """Tell systemd that this process is alive, as often as it wants to hear that.

    A loop that hangs tells nothing.
    """
    interval = notifier.watchdog_interval
    if interval is None:
        yield
        return
    loop = asyncio.get_running_loop()
    following: list[asyncio.TimerHandle] = []

    def tell() -> None:
        notifier.watchdog()
        following[:] = [loop.call_later(interval, tell)]

    tell()
    try:
        yield
    finally:
        following[0].cancel()


class _Daemon:
    """What lasts longer than a connection to the manager."""

    def __init__(
        self,
        declaration: Path,
        audience: Audience,
        ending: Ending,
        watcher: Watcher,
    ) -> None:
        self._log = audience.log
        self._notifier = audience.notifier
        self._ending = ending
        self._watcher = watcher
        self._attempts = Attempts(declaration, ending, audience.log)
        self._telling = Telling(audience.log, audience.notifier, self._attempts, audience.shown)
        self._verifying = Verifying(self._attempts, self._telling)
        self._worker = Worker(self._attempts, ending, self._telling)
        self._wait = SHORTEST_WAIT
        self._has_started = False
        self._problems = self._telling.problems

    def read_settings_again(self) -> None:
        """Look at everything anew, as SIGHUP asks for."""
        self._notifier.reloading()
        self._worker.touch(RELOAD, thoroughly=True)

    async def follow(self, session: Session) -> None:
        """Serve and make passes until the end is asked for, or the manager is gone."""
        try:
            await self._follow(session)
        except* (BusGoneError, CallError, CallTimeoutError):
            if not self._ending.requested.is_set():
                self._log.warning("bus gone")
        finally:
            await session.manager.close()

    async def reconnect(self) -> None:
        """Wait for the manager, and follow on."""
        with suppress(BrokenOffError):
            async with self._ending.breakable():
                session = await self._found()
            self._log.info("bus back")
            await self.follow(session)

    async def _found(self) -> Session:
        """Return the session once it is there again, for which is looked ever less often."""
        while True:
            await asyncio.sleep(self._wait)
            self._wait = min(LONGEST_WAIT, self._wait * 2)
            with suppress(NoManagerError):
                return await _join()

    async def _follow(self, session: Session) -> None:
        connection = session.manager.connection
        answers = Answers(session, self._worker, self._attempts, self._telling, self._watcher)
        self._look_at(session)
        async with (
            Control(connection, answers, answers.properties, self._defect) as control,
            asyncio.TaskGroup() as group,
        ):
            self._tell_of_start()
            self._wait = SHORTEST_WAIT
            self._telling.publish = control.pass_finished

            def changed() -> None:
                control.update(answers.properties)
                self._tell_of_problems(control)
                if not self._worker.is_working:
                    self._look_at(session)
                    self._verifying.hint()

            self._telling.changed = changed
            self._notifier.ready()
            desktop = Desktop(connection)
            others = [
                group.create_task(self._watch(session.disk.installation)),
                group.create_task(self._notice_end(session)),
                *(
                    group.create_task(self._keep_on(work))
                    for work in (
                        lambda: self._telling.notices.run(desktop),
                        lambda: self._verifying.run(session),
                        lambda: follow_units(session, self._worker, self._telling.units),
                        lambda: self._worker.hurry(session),
                        self._look_now_and_then,
                    )
                ),
            ]
            self._worker.touch("start")
            try:
                await self._worker.run(session)
            finally:
                self._telling.forget()
                for other in others:
                    other.cancel()

    def _tell_of_problems(self, control: Control) -> None:
        """Tell others if something else is wrong, which no property shows."""
        problems = self._telling.problems
        if problems != self._problems:
            self._problems = problems
            control.problems_changed()

    def _tell_of_start(self) -> None:
        """Log the start, once the bus name is this process's: before that another one may run."""
        if not self._has_started:
            declaration = str(self._attempts.declaration)
            self._log.info("started", version=__version__, declaration=declaration)
        self._has_started = True

    async def _keep_on(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do what goes on beside the passes; what keeps it from that ends no daemon."""
        while True:
            try:
                await work()
            except BusGoneError:
                return  # the worker finds out, too
            except HmsvcdError as problem:
                self._log.warning("problem", text=problem.message)
            except Exception as defect:  # noqa: BLE001 - as in a pass
                self._defect(defect)
            await asyncio.sleep(AGAIN_SECONDS)

    def _look_at(self, session: Session) -> None:
        self._watcher.look_at(
            places(self._attempts.declaration, self._attempts.loaded, session.paths)
        )

    def _defect(self, error: Exception) -> None:
        self._log.error("internal error", exc_info=error)

    async def _watch(self, installation: Installation) -> None:
        told = None
        while True:
            if await self._watcher.changed() is Change.ANYWHERE:
                installation.doubt()
            self._worker.touch("change")
            problem = self._watcher.problem
            if problem and problem != told:
                self._log.warning("polling", text=problem)
            told = problem

    async def _look_now_and_then(self) -> None:
        """Have what is not watched looked at, too: the store, and what is written down."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._worker.last and self._worker.last.end is DaemonState.SETTLED:
                self._worker.touch("look")

    async def _notice_end(self, session: Session) -> None:
        """Wake the worker when the end is asked for, or the manager has gone."""
        async with asyncio.TaskGroup() as group:
            for event in (self._ending.requested, session.manager.gone):
                group.create_task(self._wake_at(event))

    async def _wake_at(self, event: asyncio.Event) -> None:
        await event.wait()
        self._worker.look()
