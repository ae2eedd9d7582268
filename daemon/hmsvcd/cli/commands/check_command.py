"""``hmsvcd check``: say what is wrong with the declaration."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.diagnostics import counted
from hmsvcd.cli.options import config_option, json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode

if TYPE_CHECKING:
    from hmsvcd.app.session import Session


@click.command("check")
@config_option
@json_option
def command(config: Path | None, as_json: bool) -> ExitCode:  # noqa: FBT001 - click passes flags
    """Say what is wrong with the declaration, and where; nothing is touched.

    The exit code is 1 if there is any error; warnings alone are 0.
    """

    async def body(session: "Session", report: Report) -> ExitCode:
        from hmsvcd.cli.finding import declaration_as_applied  # noqa: PLC0415 - not for --help

        path = await declaration_as_applied(session, config, report)
        loaded = await report.load(session, path)
        wrong = len(loaded.errors)
        doubtful = len(loaded.diagnostics) - wrong
        found = {"error": wrong, "warning": doubtful}
        words = ", ".join(counted(number, noun) for noun, number in found.items() if number)
        words = words or "nothing is wrong"
        style = "bold red" if wrong else "bold yellow" if doubtful else "green"
        return report.finish({}, lambda console: console.print(words, style=style))

    return run_reported(body, Report(as_json=as_json, findings=True))
