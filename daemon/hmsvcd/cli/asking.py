"""Ask the daemon, which is the one writer while it runs, and take up what came of it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from hmsvcd.app.carry_out.settled import read_logs
from hmsvcd.app.ports import Progress
from hmsvcd.cli.running import Report
from hmsvcd.cli.status_source import sources_of
from hmsvcd.cli.switching import replay
from hmsvcd.host import clock
from hmsvcd.host.daemon_client import Daemon
from hmsvcd.model.plan import Outcome
from hmsvcd.pipeline.from_documents.diagnostics import diagnostics_of
from hmsvcd.pipeline.from_documents.fields import read_document
from hmsvcd.pipeline.from_documents.outcome import outcome_of

if TYPE_CHECKING:
    from hmsvcd.app.session import Session


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
    fallback = outcome.fallback
    until = fallback.at if fallback is not None else 0
    if fallback is not None:
        logged = await read_logs(session, fallback.results, begun)
        fallback = replace(fallback, results=logged)
    outcome = replace(
        outcome,
        plan=replace(outcome.plan, warnings=tuple(each for each in news if not each.is_error)),
        results=await read_logs(session, outcome.results, begun, until),
        problems=tuple(each for each in news if each.is_error),
        fallback=fallback,
    )
    replay(outcome, progress)
    return outcome
