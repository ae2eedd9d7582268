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
@json_option
def command(
    units: tuple[str, ...],
    config: Path | None,
    backup: str,
    as_json: bool,  # noqa: FBT001 - click passes flags
) -> ExitCode:
    """Take over each UNIT, which has to be declared, and apply the declaration.

    The file that lies in its place is moved aside, and so are your drop-ins. What runs goes on
    running if it is declared as it was: `hmsvcd import UNIT...` writes that declaration.
    """
    from hmsvcd.app.request import Request  # noqa: PLC0415 - not for --help
    from hmsvcd.cli.applying import run_apply  # noqa: PLC0415

    return run_apply(config, Request(backup, adopt=frozenset(units)), as_json=as_json)
