"""``hmsvcd plan``: show what apply would do, and why."""

from pathlib import Path

import click

from hmsvcd.cli.options import config_option, json_option
from hmsvcd.errors import ExitCode


@click.command("plan")
@config_option
@json_option
def command(config: Path | None, as_json: bool) -> ExitCode:  # noqa: FBT001 - click passes flags
    """Show what apply would do to each unit, why, and what changes in its text.

    Nothing is touched. Without a reachable systemd --user only the files are known.
    """
    from hmsvcd.app.request import Request  # noqa: PLC0415 - not for --help
    from hmsvcd.cli.planning import run_plan  # noqa: PLC0415

    return run_plan(config, Request(), as_json=as_json)
