"""Bring the session to the declaration, by the daemon or by the command itself."""

from pathlib import Path
from typing import TYPE_CHECKING

from hmsvcd.app.apply import apply
from hmsvcd.cli.asking import outcome_by_daemon
from hmsvcd.cli.finding import find_daemon
from hmsvcd.cli.options import chosen_declaration
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.cli.switching import report_switch
from hmsvcd.errors import ExitCode
from hmsvcd.host.paths import is_same_place
from hmsvcd.pipeline.documents import APPLY

if TYPE_CHECKING:
    from hmsvcd.app.load import Loaded
    from hmsvcd.app.request import Request
    from hmsvcd.app.session import Session
    from hmsvcd.host.daemon_client import Daemon


def run_apply(config: Path | None, request: "Request", *, as_json: bool) -> ExitCode:
    """Bring the session to a declaration, by default to what the daemon follows, and report it."""

    async def body(session: "Session", report: Report) -> ExitCode:
        daemon = await find_daemon(session)
        if daemon and (config is None or is_same_place(str(config), daemon.declaration)):
            return await _ask(session, daemon, request, report)
        path = chosen_declaration(session, config)

        async def read() -> "Loaded":
            return await report.load(session, path, refuse_others=True)

        if session.absent:  # so that what is wrong with the declaration is said all the same
            await read()
        return await report_switch(
            lambda progress: apply(session, read, request, progress),
            report,
            adopting=bool(request.adopt),
        )

    return run_reported(body, Report(APPLY, as_json=as_json))


async def _ask(
    session: "Session", daemon: "Daemon", request: "Request", report: Report
) -> ExitCode:
    loaded = await report.load(session, Path(daemon.declaration), refuse_others=True)
    if loaded.rendering is None:
        return report.finish({}, lambda shown: shown.print("nothing was changed"))

    async def ask() -> str:
        return await daemon.apply(request.backup, replace=request.replace, adopt=request.adopt)

    return await report_switch(
        lambda progress: outcome_by_daemon(session, daemon, ask, report, progress),
        report,
        adopting=bool(request.adopt),
    )
