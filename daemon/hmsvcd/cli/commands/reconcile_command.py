"""``hmsvcd reconcile``: have the daemon look at everything again."""

from typing import TYPE_CHECKING

import click

from hmsvcd.cli.options import json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode, RefusedError
from hmsvcd.pipeline.documents import APPLY

if TYPE_CHECKING:
    from hmsvcd.app.session import Session


@click.command("reconcile")
@json_option
def command(as_json: bool) -> ExitCode:  # noqa: FBT001 - click passes flags
    """Have the daemon look at everything again, as after an edit, and say what came of it.

    Unlike apply, it retries nothing that has failed before.
    """
    from hmsvcd.cli.asking import outcome_by_daemon  # noqa: PLC0415 - not for --help
    from hmsvcd.cli.finding import find_daemon, why_absent  # noqa: PLC0415
    from hmsvcd.cli.switching import report_switch  # noqa: PLC0415

    async def body(session: "Session", report: Report) -> ExitCode:
        _ = session.manager  # without one, that is what is wrong
        daemon = await find_daemon(session)
        if daemon is None:
            absence = await why_absent(session)
            hints = filter(None, (absence.remedy, "hmsvcd apply does without"))
            raise RefusedError(absence.why, "; ".join(hints))
        return await report_switch(
            lambda progress: outcome_by_daemon(
                session, daemon, daemon.reconcile, report, progress
            ),
            report,
        )

    return run_reported(body, Report(APPLY, as_json=as_json))
