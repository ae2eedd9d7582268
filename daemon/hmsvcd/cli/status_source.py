"""Where a status comes from: from the daemon, which knows it, or from a look of one's own."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hmsvcd.errors import BusGoneError, CallError, HmsvcdError, NoManagerError
from hmsvcd.host import process
from hmsvcd.host.bus import BUS, Connection, session_address
from hmsvcd.host.control import NAME
from hmsvcd.host.daemon_client import Daemon
from hmsvcd.host.paths import is_same_place
from hmsvcd.model.diagnostic import Diagnostic, Severity
from hmsvcd.model.status import StatusReport
from hmsvcd.pipeline.documents import problem_diagnostic
from hmsvcd.pipeline.from_documents.fields import read_document
from hmsvcd.pipeline.from_documents.status import status_report

if TYPE_CHECKING:
    from hmsvcd.app.load import Loaded
    from hmsvcd.app.session import Session
    from hmsvcd.app.status import Seen
    from hmsvcd.host.paths import Paths

ANSWER_SECONDS = 5.0
"""How long the daemon may take to say how things stand."""

_SILENT_HINT = "systemctl --user status hmsvcd may say why"

_INTERRUPTED = Diagnostic(
    Severity.WARNING, "a switch was interrupted", hint="hmsvcd apply finishes it"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """How things stand.

    ``declaration`` is the path that was asked about. ``declared`` are the services and units of
    it, where it had to be read. ``absent``: why there is no manager.
    """

    report: StatusReport
    declaration: str
    declared: frozenset[str] = frozenset()
    absent: NoManagerError | None = None


async def status_answer(config: Path | None) -> Answer:
    """Say how things stand with a declaration, or with the one that is installed."""
    address = session_address(process.environment())
    try:
        connection = await Connection.open(address or "")
    except BusGoneError:
        return await _look(config, StatusReport())
    try:
        return await answer_of(connection, config)
    finally:
        await connection.close()


async def answer_of(connection: Connection, config: Path | None) -> Answer:
    """Ask the daemon; where none follows the declaration that is meant, look without it."""
    said = await _daemon_says(connection)
    daemon = said.daemon
    if daemon and (config is None or is_same_place(str(config), daemon.declaration)):
        return Answer(said, daemon.declaration)
    return await _look(config, said)


async def _daemon_says(connection: Connection) -> StatusReport:
    """Return the daemon's report; without a status where it does not answer, or does not run."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            daemon = await Daemon.find(connection)
            if daemon is not None:
                return status_report(read_document(await daemon.status()))
    except BusGoneError:
        raise
    except (HmsvcdError, TimeoutError) as error:
        return await _silent(connection, error)
    return StatusReport()


async def _silent(connection: Connection, error: Exception) -> StatusReport:
    """Return what is known of a daemon that does not say how things stand."""
    why, hint = f"nothing came within {ANSWER_SECONDS:g} s", _SILENT_HINT
    if isinstance(error, HmsvcdError):
        why, hint = error.message, error.hint or hint
    problem = HmsvcdError(f"the daemon does not say how things stand: {why}", hint)
    diagnostics = (problem_diagnostic(problem, Severity.WARNING),)
    try:
        [pid] = await connection.call(BUS, "GetConnectionUnixProcessID", "s", NAME, expect="u")
    except CallError:  # it has ended meanwhile
        pid = None
    return StatusReport(silent=pid, diagnostics=diagnostics)


async def _look(config: Path | None, said: StatusReport) -> Answer:
    """Look without the daemon, of which only what it says of itself is taken up."""
    from hmsvcd.app.load import load  # noqa: PLC0415 - the daemon spares us these 100 ms
    from hmsvcd.app.session import open_session  # noqa: PLC0415
    from hmsvcd.app.status import installed_declaration, look, own_unit  # noqa: PLC0415

    async with open_session() as session:
        path = config or installed_declaration(session.paths) or session.paths.declaration
        loaded = await load(Path(path), session.context, with_systemd=False)
        seen = None if session.absent else await look(session, loaded)
        is_unknown = seen is not None and said.daemon is None and said.silent is None
        own = await own_unit(session) if is_unknown else None
        report = replace(_reported(session, loaded, seen, said), own_unit=own)
        rendering = loaded.rendering
        declared = {*rendering.services, *rendering.units} if rendering else ()
        return Answer(report, str(path), frozenset(declared), session.absent)


def _reported(
    session: "Session", loaded: "Loaded", seen: "Seen | None", said: StatusReport
) -> StatusReport:
    found = [*loaded.diagnostics]
    if session.absent:
        found.append(problem_diagnostic(session.absent))
    if seen and seen.interrupted:
        found.append(_INTERRUPTED)
    if said.daemon is None:
        found += said.diagnostics
    return replace(
        said,
        status=seen.status if seen else None,
        paths=tuple(loaded.texts) or (str(loaded.path),),
        held=seen.held if seen else None,
        undone=seen.undone if seen else None,
        paused=said.paused or _is_paused(session.paths),
        diagnostics=tuple(found),
    )


def _is_paused(paths: "Paths") -> bool:
    from hmsvcd.host.pausing import is_paused  # noqa: PLC0415 - the daemon says it

    return is_paused(paths)


def is_beginning(report: StatusReport) -> bool:
    """Say whether there is neither a declaration nor anything installed."""
    status = report.status
    if status is None or status.services or status.units:
        return False
    return not any(Path(path).is_file() for path in report.paths)


def sources_of(diagnostics: Iterable[Diagnostic]) -> dict[str, str]:
    """Return the texts of the files that diagnostics name, as far as they can be read."""
    from hmsvcd.host.declaration import read_declaration  # noqa: PLC0415 - for mistakes only

    files = {each.place.file for each in diagnostics if each.place and each.position}
    return {
        source.file: source.text
        for file in sorted(files)
        for source in read_declaration(Path(file))[0]
    }
