"""``hmsvcd logs``: show what a service has written."""

import os
from typing import TYPE_CHECKING, NoReturn

import click

from hmsvcd.cli.names import complete_services, no_such_service
from hmsvcd.cli.options import json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.pipeline.documents import LOGS

if TYPE_CHECKING:
    from hmsvcd.app.session import Session
    from hmsvcd.model.generation import Generation


@click.command("logs")
@click.argument("service", shell_complete=complete_services)
@click.option(
    "-n", "--lines", type=click.IntRange(min=1), default=100, show_default=True,
    help="How many of the newest lines to show.",
)  # fmt: skip
@click.option("-f", "--follow", is_flag=True, help="Go on showing new lines.")
@click.option("--since", metavar="TIME", help="Only newer lines; a time as in systemd.time(7).")
@json_option
def command(
    service: str,
    lines: int,
    follow: bool,  # noqa: FBT001 - click passes flags
    since: str | None,
    as_json: bool,  # noqa: FBT001 - click passes flags
) -> ExitCode:
    """Show what SERVICE, or one of its units, has written to the journal."""
    from hmsvcd.app.status import installed_generation  # noqa: PLC0415 - not for --help
    from hmsvcd.host.journal import follow_argv, last_lines  # noqa: PLC0415

    if as_json and (follow or since):
        raise click.UsageError("--json goes with neither --follow nor --since")

    async def body(session: "Session", report: Report) -> ExitCode:
        units = _units_of(installed_generation(session.paths), service)
        if as_json:
            found = [
                {"unit": unit, "line": line}
                for unit in units
                for line in await last_lines(unit, session.environment, lines=lines)
            ]
            return report.finish({"lines": found})
        argv = follow_argv(units, session.environment, lines=lines, follow=follow, since=since)
        words = [await last_lines(unit, session.environment, lines=1) for unit in units]
        if not follow and not any(words):
            return report.finish({}, lambda shown: shown.print(f"{service} has written nothing"))
        _become(argv)

    return run_reported(body, Report(LOGS, as_json=as_json))


def _become(argv: list[str]) -> NoReturn:
    """Let journalctl take over: it shows, follows and ends as everybody knows it."""
    os.execv(argv[0], argv)  # noqa: S606 - found on PATH, and there is no shell


def _units_of(generation: "Generation", service: str) -> tuple[str, ...]:
    """Return the units of a service by its dashed name, or the one unit that is called so."""
    if service in generation.services:
        return generation.services[service]
    if service in generation.units:
        return (service,)
    raise no_such_service(service, [*generation.services, *generation.units])
