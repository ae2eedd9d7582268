"""``hmsvcd status --watch``: the status, and again whenever it changes.

What systemd, the daemon and the bus signal only says that something may have changed. Each time
all is fetched anew, and shown if it is not what was shown last.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from hmsvcd.cli.status_choice import chosen
from hmsvcd.cli.status_log import with_log
from hmsvcd.cli.status_source import answer_of
from hmsvcd.cli.watched_output import Output, output
from hmsvcd.errors import BusGoneError, CallTimeoutError, ExitCode, HmsvcdError, NoManagerError
from hmsvcd.host import process
from hmsvcd.host.bus import Match
from hmsvcd.host.bus_messages import owner_changed
from hmsvcd.host.bus_object import PROPERTIES
from hmsvcd.host.control import MANAGER, NAME, PATH
from hmsvcd.host.systemd import Manager
from hmsvcd.model.daemon import DaemonState
from hmsvcd.model.status import StatusReport
from hmsvcd.pipeline.documents import problem_diagnostic

BETWEEN_SECONDS = 0.25
"""How long a status is shown at least."""

LOOK_SECONDS = 2.0
"""How often to look whether the bus is there and, without a daemon that would say so (one that is
paused does not), whether the declaration has changed."""

RECONNECT_SECONDS = 1.0

_GONE = BusGoneError("the message bus went away; waiting for it to come back")


async def watch_status(service: str | None, config: Path | None, *, as_json: bool) -> ExitCode:
    """Show a status, and again whenever it changes, until Ctrl-C or until nobody reads it.

    Raises what keeps the first one from being shown.
    """
    manager = await Manager.connect(process.environment())
    hint = asyncio.Event()
    with output(hint.set, as_json=as_json) as shown:
        watch = _Watch(service, config, shown, hint)
        while True:
            try:
                await watch.follow(manager)
            finally:
                await manager.close()
            shown.show(StatusReport(diagnostics=(problem_diagnostic(_GONE),)))
            manager = await _connected_again()


async def _connected_again() -> Manager:
    while True:
        await asyncio.sleep(RECONNECT_SECONDS)
        with suppress(NoManagerError):
            return await Manager.connect(process.environment())


class _Watch:
    """What is watched, and where it is shown; ``hint`` is set when there may be news."""

    def __init__(
        self, service: str | None, config: Path | None, shown: Output, hint: asyncio.Event
    ) -> None:
        self._service = service
        self._config = config
        self._shown = shown
        self._hint = hint
        self._daemon_tells = False

    async def follow(self, manager: Manager) -> None:
        """Show what changes until the bus goes away."""
        with suppress(BusGoneError, CallTimeoutError):
            async with _hints(manager, self._hint.set):
                while not manager.gone.is_set():
                    self._hint.clear()
                    self._shown.show(await self._report(manager))
                    await asyncio.sleep(BETWEEN_SECONDS)
                    await self._news(manager)

    async def _report(self, manager: Manager) -> StatusReport:
        """Fetch a status; once one was shown, what is wrong with a later one is shown, too."""
        try:
            answer = await answer_of(manager.connection, self._config)
            daemon = answer.report.daemon
            self._daemon_tells = daemon is not None and daemon.state is not DaemonState.PAUSED
            report = chosen(answer, self._service)
            return report if self._service is None else await with_log(report)
        except BusGoneError:
            raise
        except HmsvcdError as error:
            if not self._shown.has_shown:
                raise
            return StatusReport(diagnostics=(problem_diagnostic(error),))

    async def _news(self, manager: Manager) -> None:
        """Wait until there may be news."""
        while not manager.gone.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._hint.wait()
                return
            if not self._daemon_tells:
                return


@asynccontextmanager
async def _hints(manager: Manager, hint: Callable[[], None]) -> AsyncIterator[None]:
    """Call ``hint`` whenever a unit, the daemon or whether there is one may have changed."""
    connection = manager.connection
    changed = Match(PROPERTIES.name, "PropertiesChanged", NAME, PATH)
    problems = Match(MANAGER.name, "ProblemsChanged", NAME, PATH)
    async with (
        manager.unit_changes(lambda *_: hint()),
        connection.subscribe(changed, lambda _: hint()),
        connection.subscribe(problems, lambda _: hint()),
        connection.subscribe(owner_changed(NAME), lambda _: hint()),
    ):
        yield
