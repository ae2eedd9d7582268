"""``hmsvcd resume``: end a pause."""

from typing import TYPE_CHECKING

import click

from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode

if TYPE_CHECKING:
    from hmsvcd.app.session import Session


@click.command("resume")
def command() -> ExitCode:
    """Have saves applied again, also those that came meanwhile."""
    from hmsvcd.cli.finding import (  # noqa: PLC0415 - not for --help
        find_daemon,
        report_absence,
    )
    from hmsvcd.host.pausing import resume  # noqa: PLC0415

    async def body(session: "Session", report: Report) -> ExitCode:
        daemon = await find_daemon(session)
        if daemon is not None:
            await daemon.resume()
        else:
            resume(session.paths)
            await report_absence(session, report)
        words = "saves are applied again" if daemon else "no longer paused"
        return report.finish({}, lambda shown: shown.print(words))

    return run_reported(body, Report())
