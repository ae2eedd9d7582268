"""Ask the daemon, which is the one writer while it runs, and take up what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from hmsvcd.app.ports import Progress
from hmsvcd.app.settled import read_logs
from hmsvcd.cli.running import Report
from hmsvcd.cli.status_source import sources_of
from hmsvcd.errors import CallError, CallTimeoutError
from hmsvcd.host import clock
from hmsvcd.host.daemon_client import Daemon
from hmsvcd.model.plan import Outcome
from hmsvcd.pipeline.from_documents.diagnostics import diagnostics_of
from hmsvcd.pipeline.from_documents.fields import read_document
from hmsvcd.pipeline.from_documents.outcome import outcome_of

if TYPE_CHECKING:
    from hmsvcd.app.session import Session

FIND_SECONDS = 5.0


async def find_daemon(session: "Session") -> Daemon | None:
    """Return the daemon of a session, None where none runs, or answers."""
    if session.connected is None:
        return None
    with suppress(TimeoutError, CallTimeoutError, CallError):
        async with asyncio.timeout(FIND_SECONDS):
            return await Daemon.find(session.manager.connection)
    return None


async def outcome_by_daemon(
    session: "Session",
    daemon: Daemon,
    ask: Callable[[], Awaitable[str]],
    report: Report,
    progress: Progress,
    *,
    of_declaration: bool = True,
) -> Outcome | None:
    """Ask for a pass and return what came of it; None, with the reasons reported, if nothing did.

    What is wrong with the declaration is left out unless it is ``of_declaration``. Log lines of
    what failed are read here: the daemon sends none.
    """
    progress.waiting(f"asking the daemon (process {daemon.pid})")
    begun = clock.monotonic()
    found = read_document(await ask())
    told = [each for each in diagnostics_of(found) if of_declaration or each.place is None]
    news = report.unknown(told)
    report.take(sources_of(news))
    outcome = outcome_of(found)
    if outcome is None:
        report.add(news)
        return None
    results = await read_logs(session, outcome.results, begun)
    progress.planned(outcome.plan)
    for result in results:
        progress.finished(result)
    return replace(
        outcome,
        plan=replace(outcome.plan, warnings=tuple(each for each in news if not each.is_error)),
        results=results,
        problems=tuple(each for each in news if each.is_error),
    )
