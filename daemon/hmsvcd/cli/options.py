"""Options and arguments that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from hmsvcd.app.session import Session

Command = TypeVar("Command", bound=Callable[..., Any])


def config_option(command: Command) -> Command:
    """Add ``-c``/``--config``, also read from ``$HMSVCD_CONFIG``."""
    return click.option(
        "-c",
        "--config",
        envvar="HMSVCD_CONFIG",
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="The declaration: a file, or a folder with config.toml and conf.d/.  "
        "[default: $XDG_CONFIG_HOME/hmsvcd]",
    )(command)


def json_option(command: Command) -> Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print a JSON document instead.")(
        command
    )


def backup_option(command: Command) -> Command:
    """Add ``--backup``."""
    return click.option(
        "--backup",
        metavar="EXT",
        help="Move foreign files that are in the way to NAME.EXT.",
    )(command)


def chosen_declaration(session: "Session", config: Path | None) -> Path:
    """Return the declaration that was named, or the user's own."""
    return config or session.paths.declaration
