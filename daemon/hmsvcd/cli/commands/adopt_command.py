"""``hmsvcd adopt``: take over units that others have put there."""

from pathlib import Path

import click

from hmsvcd.cli.names import unit_names
from hmsvcd.cli.options import config_option, json_option
from hmsvcd.errors import ExitCode


@click.command("adopt")
@click.argument("units", metavar="UNIT...", nargs=-1, required=True, callback=unit_names)
@config_option
@click.option(
    "--backup",
    metavar="EXT",
    default="bak",
    show_default=True,
    help="What was there is moved to NAME.EXT, never over another file.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be moved, and what restarted.")
@json_option
def command(
    units: tuple[str, ...],
    config: Path | None,
    backup: str,
    dry_run: bool,  # noqa: FBT001 - click passes flags
    as_json: bool,  # noqa: FBT001 - click passes flags
) -> ExitCode:
    """Take over each UNIT, which has to be declared, and apply the declaration.

    The file that lies in its place is moved aside, and so are your drop-ins. What runs goes on
    running if it is declared as it was: `hmsvcd import UNIT...` writes that declaration.
    """
    from hmsvcd.app.request import Request  # noqa: PLC0415 - not for --help

    request = Request(backup, adopt=frozenset(units))
    if dry_run:
        from hmsvcd.cli.planning import run_plan  # noqa: PLC0415

        return run_plan(config, request, as_json=as_json)
    from hmsvcd.cli.applying import run_apply  # noqa: PLC0415

    return run_apply(config, request, as_json=as_json)
