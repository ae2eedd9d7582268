"""``hmsvcd apply``: bring the session to what the declaration says."""

from pathlib import Path

import click

from hmsvcd.cli.options import backup_option, config_option, json_option
from hmsvcd.errors import ExitCode


@click.command("apply")
@config_option
@backup_option
@click.option("--replace", is_flag=True, help="Replace all services of another declaration.")
@json_option
def command(
    config: Path | None,
    backup: str | None,
    replace: bool,  # noqa: FBT001 - click passes flags
    as_json: bool,  # noqa: FBT001 - click passes flags
) -> ExitCode:
    """Bring the session to what the declaration says, with as little disturbance as possible.

    The exit code is 1 if the declaration is wrong (nothing is changed), 4 if a unit failed.
    """
    from hmsvcd.app.request import Request  # noqa: PLC0415 - not for --help
    from hmsvcd.cli.applying import run_apply  # noqa: PLC0415

    return run_apply(config, Request(backup, replace), as_json=as_json)
