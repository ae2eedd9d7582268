"""``hmsvcd import``: print the TOML that declares units which are there already."""

from typing import TYPE_CHECKING

import click

from hmsvcd.cli.names import unit_names
from hmsvcd.cli.options import json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.pipeline.documents import IMPORT

if TYPE_CHECKING:
    from hmsvcd.app.session import Session


@click.command("import")
@click.argument("units", metavar="UNIT...", nargs=-1, required=True, callback=unit_names)
@json_option
def command(
    units: tuple[str, ...],
    as_json: bool,  # noqa: FBT001 - click passes flags
) -> ExitCode:
    """Print the TOML that declares each UNIT as it is; nothing is touched.

    Put it into the declaration; then `hmsvcd adopt UNIT...` takes the unit over, and what runs
    goes on running.
    """
    from hmsvcd.app.import_units import declare_existing  # noqa: PLC0415 - not for --help

    async def body(session: "Session", report: Report) -> ExitCode:
        declared = await declare_existing(session, units)
        report.add(declared.diagnostics)
        code = report.finish({"toml": declared.toml})
        if declared.toml is not None and not as_json:
            click.echo(declared.toml, nl=False)
        return code

    return run_reported(body, Report(IMPORT, as_json=as_json))
