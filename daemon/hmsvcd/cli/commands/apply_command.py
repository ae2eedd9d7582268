"""``hmsvcd apply``: bring the session to what the declaration says."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.options import backup_option, chosen_declaration, config_option, json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.pipeline.documents import APPLY

if TYPE_CHECKING:
    from hmsvcd.app.load import Loaded
    from hmsvcd.app.session import Session
    from hmsvcd.host.daemon_client import Daemon


@click.command("apply")
@config_option
@backup_option
@click.option("--replace", is_flag=True, help="Replace all services of another declaration.")
@json_option
def command(
    config: Path | None,
    backup: str | None,
    replace: bool,  # noqa: FBT001 - click passes flags
    as_json: bool,  # noqa: FBT001 - click passes flags
) -> ExitCode:
    """Bring the session to what the declaration says, with as little disturbance as possible.

    The exit code is 1 if the declaration is wrong (nothing is changed), 4 if a unit failed.
    """
    from hmsvcd.app.apply import apply  # noqa: PLC0415 - not for --help
    from hmsvcd.app.request import Request  # noqa: PLC0415
    from hmsvcd.cli.asking import find_daemon, outcome_by_daemon  # noqa: PLC0415
    from hmsvcd.cli.switching import report_switch  # noqa: PLC0415
    from hmsvcd.host.paths import is_same_place  # noqa: PLC0415

    async def body(session: "Session", report: Report) -> ExitCode:
        daemon = await find_daemon(session)
        if daemon and (config is None or is_same_place(str(config), daemon.declaration)):
            return await ask(session, daemon, report)
        path = chosen_declaration(session, config)

        async def read() -> "Loaded":
            return await report.load(session, path, refuse_others=True)

        if session.absent:  # so that what is wrong with the declaration is said all the same
            await read()
        request = Request(backup, replace)
        return await report_switch(
            lambda progress: apply(session, read, request, progress), report
        )

    async def ask(session: "Session", daemon: "Daemon", report: Report) -> ExitCode:
        loaded = await report.load(session, Path(daemon.declaration), refuse_others=True)
        if loaded.rendering is None:
            return report.finish({}, lambda shown: shown.print("nothing was changed"))
        return await report_switch(
            lambda progress: outcome_by_daemon(
                session, daemon, lambda: daemon.apply(backup, replace=replace), report, progress
            ),
            report,
        )

    return run_reported(body, Report(APPLY, as_json=as_json))
