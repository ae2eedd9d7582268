"""``hmsvcd pause``: have the daemon leave saves alone."""

from typing import TYPE_CHECKING

import click

from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode

if TYPE_CHECKING:
    from hmsvcd.app.session import Session


@click.command("pause")
def command() -> ExitCode:
    """Have saves wait until `hmsvcd resume` or the end of the session.

    What is asked for, as with `hmsvcd apply`, is done all the same. Without a daemon it holds for
    the next one.
    """
    from hmsvcd.cli.finding import (  # noqa: PLC0415 - not for --help
        find_daemon,
        report_absence,
    )
    from hmsvcd.host.pausing import pause  # noqa: PLC0415

    async def body(session: "Session", report: Report) -> ExitCode:
        daemon = await find_daemon(session)
        if daemon is not None:
            await daemon.pause()
        else:
            pause(session.paths)
            await report_absence(session, report)
        return report.finish(
            {}, lambda shown: shown.print("paused: saves are not applied until hmsvcd resume")
        )

    return run_reported(body, Report())
