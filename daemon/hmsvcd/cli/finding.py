"""Find the daemon of a session, and the declaration that a command is about because of it."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hmsvcd.cli.absence import NOT_INSTALLED, Absence, of_own_unit, of_silence
from hmsvcd.errors import CallError, CallTimeoutError
from hmsvcd.host.paths import is_same_place
from hmsvcd.model.daemon import BUS_NAME
from hmsvcd.model.diagnostic import warning

if TYPE_CHECKING:
    from hmsvcd.app.session import Session
    from hmsvcd.cli.running import Report
    from hmsvcd.host.daemon_client import Daemon

FIND_SECONDS = 5.0


async def find_daemon(session: "Session") -> "Daemon | None":
    """Return the daemon of a session, None where none runs, or answers.

    That none runs costs a single call, and no import.
    """
    if session.connected is None:
        return None
    with suppress(TimeoutError, CallTimeoutError, CallError):
        async with asyncio.timeout(FIND_SECONDS):
            if await session.connected.process_of(BUS_NAME) is None:
                return None
            from hmsvcd.host.daemon_client import Daemon  # noqa: PLC0415 - 7 ms

            return await Daemon.find(session.connected.connection)
    return None


async def why_absent(session: "Session") -> Absence:
    """Return why ``find_daemon`` has found none, and what starts one."""
    if session.connected is None:
        return NOT_INSTALLED
    process = await session.connected.process_of(BUS_NAME)
    if process is not None:
        return of_silence(process)
    from hmsvcd.app.status import own_unit  # noqa: PLC0415 - only where none runs

    unit = await own_unit(session)
    return NOT_INSTALLED if unit is None else of_own_unit(unit)


async def report_absence(session: "Session", report: "Report") -> None:
    """Warn that what was done without a daemon has no effect before one runs."""
    absence = await why_absent(session)
    report.add([warning(absence.why, None, hint=absence.remedy)])


async def declaration_as_applied(
    session: "Session", config: Path | None, report: "Report"
) -> Path:
    """Return the declaration that ``apply`` would apply.

    That is the one that was named, else what the daemon follows, else the user's own. Where the
    daemon follows another, it is reported that this is not about the user's own.
    """
    own = session.paths.declaration
    daemon = None if config else await find_daemon(session)
    if daemon is None or is_same_place(daemon.declaration, str(own)):
        return config or own
    if own.exists():
        text = f"this is about {daemon.declaration}, which the daemon follows, and not about {own}"
        report.add([warning(text, None, hint=f"--config {own} names the other")])
    return Path(daemon.declaration)
