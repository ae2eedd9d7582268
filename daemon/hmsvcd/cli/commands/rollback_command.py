"""``hmsvcd rollback``: bring back an earlier generation."""

# typing.override came with Python 3.12.
# mypy: disable-error-code="explicit-override"

from typing import TYPE_CHECKING

import click

from hmsvcd.cli.documents import APPLY
from hmsvcd.cli.names import complete_generations
from hmsvcd.cli.options import backup_option, json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode

if TYPE_CHECKING:
    from hmsvcd.app.session import Session


class _Number(click.ParamType):
    """The number of a generation."""

    name = "number"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; a usage error for anything else."""
        if not value.isdecimal() or int(value) < 1:
            self.fail("NUMBER must be a whole number from 1 on", param, ctx)
        return int(value)


@click.command("rollback")
@click.argument("number", type=_Number(), required=False, shell_complete=complete_generations)
@backup_option
@json_option
def command(
    number: int | None,
    backup: str | None,
    as_json: bool,  # noqa: FBT001 - click passes flags
) -> ExitCode:
    """Bring back generation NUMBER, or the last one before the current one.

    It becomes a new generation. The next apply goes to the declaration again.
    """
    from hmsvcd.app.apply import Request, rollback  # noqa: PLC0415 - not for --help
    from hmsvcd.cli.switching import report_switch  # noqa: PLC0415

    async def body(session: "Session", report: Report) -> ExitCode:
        request = Request(backup, replace=True)
        return await report_switch(
            lambda progress: rollback(session, number, request, progress), report
        )

    return run_reported(body, Report(APPLY, as_json=as_json))
