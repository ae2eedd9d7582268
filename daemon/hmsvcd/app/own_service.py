"""Make hmsvcd a service of the session, and take it away again."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path  # noqa: TID251 - it names the declaration; only host reads it

from hmsvcd.app.apply import alone, switch_to
from hmsvcd.app.ports import Progress
from hmsvcd.app.refusals import demand_none
from hmsvcd.app.request import Request
from hmsvcd.app.session import Session
from hmsvcd.app.target import Target
from hmsvcd.errors import RefusedError
from hmsvcd.host import clock
from hmsvcd.host.disk import Disk
from hmsvcd.host.journal import Run, last_lines
from hmsvcd.host.session_service import (
    ACTIVATION,
    UNIT,
    SessionService,
    code_digest,
    packaged,
    remove_state,
    running_program,
)
from hmsvcd.host.systemd import Manager
from hmsvcd.model.daemon import BUS_NAME
from hmsvcd.model.generation import NOTHING
from hmsvcd.model.plan import ActionKind, Outcome
from hmsvcd.model.settings import Settings
from hmsvcd.pipeline.syntax.escape import escape_argv

JOB_SECONDS = 60.0
"""How long a start or stop of hmsvcd itself may take; its unit gives it half of that."""

_UP = frozenset({"active", "reloading", "refreshing"})
_DOWN = frozenset({"inactive", "failed"})
_UNSAFE = re.compile(r"""["'\\\x00-\x1f\x7f]""")
_EXEC_START = re.compile(r"^ExecStart=.*$", re.MULTILINE)


class Running(StrEnum):
    """What ``install`` came to: how the service runs now."""

    ALREADY = "already"
    STARTED = "started"
    RESTARTED = "restarted"
    FAILED = "failed"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Installed:
    """hmsvcd's own service after ``install``.

    ``changed`` are the files and links that were not there like that. ``process`` is 0 where it
    does not run, ``log`` what it last wrote where its start failed. With ``is_declared`` it is the
    declaration's unit of that name that runs.
    """

    changed: tuple[Path, ...]
    running: Running
    process: int = 0
    log: tuple[str, ...] = ()
    is_declared: bool = False


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """What ``uninstall`` has removed, and what it left, as others have written or changed it.

    ``edited`` are those of ``left`` that ``install`` had written.
    """

    removed: tuple[Path, ...]
    left: tuple[Path, ...]
    edited: tuple[Path, ...] = ()
    was_stopped: bool = False


async def install(session: Session, declaration: Path | None) -> Installed:
    """Write, enable and start hmsvcd's own service, and wait until it is ready.

    It is restarted where its unit or hmsvcd's code has changed; without a manager it is not
    started. Raises RefusedError where something foreign is in the way, or where a daemon runs
    that is not this service; nothing has been changed then.
    """
    service = SessionService(session.paths)
    demand_none(service.refusals())
    if session.connected:
        await _demand_no_other(session.connected)
    written = service.write(_unit(declaration), packaged(ACTIVATION))
    paths = {
        service.unit: written.unit,
        service.activation: written.activation,
        service.link: written.link,
    }
    changed = tuple(path for path, is_changed in paths.items() if is_changed)
    if session.connected is None:
        return Installed(changed, Running.LATER)
    await session.connected.reload()
    await session.connected.reload_bus()
    asked = clock.monotonic()
    running = await _bring_up(session.connected, renewed=written.unit)
    seen = (await session.connected.observe([UNIT])).unit(UNIT)
    log: tuple[str, ...] = ()
    if running is Running.FAILED:
        run = Run(seen.invocation, seen.last_main_pid, seen.main_start, asked)
        log = await last_lines(UNIT, session.environment, run=run)
    return Installed(changed, running, seen.main_pid, log, service.is_declared)


async def uninstall(session: Session) -> Uninstalled:
    """Stop hmsvcd's own service and remove what ``install`` has written, and nothing else.

    What somebody has edited stays, stopped and disabled. A unit of that name that is declared
    goes on, and so does everything that hmsvcd manages.
    """
    service, manager = SessionService(session.paths), session.connected
    removed = service.remove_activation()
    if manager:
        await manager.reload_bus()  # from here on no call starts it again
    was_stopped = bool(manager and service.counts and await _stop(manager))
    removed += service.remove_unit()
    if manager:
        await manager.reload()
    left, edited = tuple(service.left()), tuple(service.edited())
    return Uninstalled(tuple(removed), left, edited, was_stopped)


async def purge(session: Session, progress: Progress) -> Outcome | None:
    """Take away all that hmsvcd manages, as a switch to nothing, and then all that it keeps.

    None where there was nothing. Raises NoManagerError without a manager and RefusedError while a
    daemon runs, which would bring everything back; nothing has been changed then.
    """
    if not session.paths.state.exists():
        return None
    await _demand_no_other(session.manager)
    async with alone(session, progress):
        target = _nothing(session.disk)
        outcome = await switch_to(session, target, Request(replace=True), progress)
        if not outcome.interrupted:
            remove_state(session.paths)
    return outcome


async def _demand_no_other(manager: Manager) -> None:
    """Raise RefusedError where a daemon runs that is not the main process of the unit."""
    process = await manager.process_of(BUS_NAME)
    unit = (await manager.observe([UNIT])).unit(UNIT)
    if process is not None and process != unit.main_pid:
        message = f"process {process} runs hmsvcd already, and not as {UNIT}"
        raise RefusedError(message, "end that one first")


def _unit(declaration: Path | None) -> str:
    """Return the packaged unit with this installation's program; other code is another text."""
    argv = [*running_program(), "run"]
    if _UNSAFE.search(argv[0]):
        raise RefusedError(
            f"systemd runs no program with a quotation mark or a backslash in its path: {argv[0]}",
            "install hmsvcd in another folder",
        )
    if declaration is not None:
        argv += ["--config", str(declaration.absolute())]
    command = f"# code: {code_digest()}\nExecStart={escape_argv(argv)}"
    return _EXEC_START.sub(lambda _: command, packaged(UNIT))


async def _bring_up(manager: Manager, *, renewed: bool) -> Running:
    """Start the service, or restart it where it runs from another unit or code."""
    state = (await manager.observe([UNIT])).unit(UNIT).active_state
    if state in _UP and not renewed:
        return Running.ALREADY
    # one that waits for its next try, or is being stopped, is not down: start would do nothing
    kind = ActionKind.START if state in _DOWN else ActionKind.RESTART
    if await _job(manager, kind) != "done":
        return Running.FAILED
    return Running.RESTARTED if state in _UP else Running.STARTED


async def _stop(manager: Manager) -> bool:
    """Stop the service; say whether it ran."""
    if (await manager.observe([UNIT])).unit(UNIT).active_state in _DOWN:
        await manager.reset_failed(UNIT)
        return False
    await _job(manager, ActionKind.STOP)
    return True


async def _job(manager: Manager, kind: ActionKind) -> str:
    await manager.reset_failed(UNIT)  # earlier failures do not count against this
    async with manager.jobs() as jobs:
        job = await jobs.send(kind, UNIT)
        return await job.wait(JOB_SECONDS)


def _nothing(disk: Disk) -> Target:
    """Return the target in which nothing is installed."""
    current = disk.records.current()
    declaration = current.declaration if current else ""
    settings = current.settings if current else Settings()
    settings = replace(settings, on_failure="keep")  # what goes must not come back
    return Target(NOTHING, {}, declaration, "", "uninstall", settings)
