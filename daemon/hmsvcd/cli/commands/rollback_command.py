"""``hmsvcd rollback``: bring back an earlier generation."""

from typing import TYPE_CHECKING

import click

from hmsvcd.cli.names import complete_generations
from hmsvcd.cli.options import backup_option, json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.pipeline.documents import APPLY

if TYPE_CHECKING:
    from hmsvcd.app.ports import Progress
    from hmsvcd.app.session import Session
    from hmsvcd.model.plan import Outcome


def _number(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise click.BadParameter("NUMBER must be a whole number from 1 on")
    return int(value)


@click.command("rollback")
@click.argument("number", required=False, callback=_number, shell_complete=complete_generations)
@backup_option
@json_option
def command(
    number: int | None,
    backup: str | None,
    as_json: bool,  # noqa: FBT001 - click passes flags
) -> ExitCode:
    """Bring back generation NUMBER, or the one before the current one.

    After a rollback, that is the one before what was brought back: each goes one further back.
    What comes back becomes a new generation. It stays until the declaration is edited or applied.
    """
    from hmsvcd.app.apply import rollback  # noqa: PLC0415 - not for --help
    from hmsvcd.app.request import Request  # noqa: PLC0415
    from hmsvcd.cli.asking import outcome_by_daemon  # noqa: PLC0415
    from hmsvcd.cli.finding import find_daemon  # noqa: PLC0415
    from hmsvcd.cli.switching import report_switch  # noqa: PLC0415

    async def body(session: "Session", report: Report) -> ExitCode:
        daemon = None if backup else await find_daemon(session)  # it moves nothing for a rollback
        request = Request(backup, replace=True)

        async def switch(progress: "Progress") -> "Outcome | None":
            if daemon is None:
                return await rollback(session, number, request, progress)
            return await outcome_by_daemon(
                session,
                daemon,
                lambda: daemon.rollback(number),
                report,
                progress,
                of_declaration=False,
            )

        return await report_switch(switch, report)

    return run_reported(body, Report(APPLY, as_json=as_json))
