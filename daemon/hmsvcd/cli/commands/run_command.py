"""``hmsvcd run``: the daemon."""

import os
import sys
from pathlib import Path

import click

from hmsvcd.cli.options import config_option
from hmsvcd.errors import ExitCode


@click.command("run")
@config_option
def command(config: Path | None) -> ExitCode:
    """Follow the declaration: what is saved is applied, until SIGTERM or Ctrl-C.

    SIGHUP has everything looked at anew. `hmsvcd install` makes a service of your session of it.
    """
    from hmsvcd.host.lean import import_without_tls  # noqa: PLC0415 - not for --help

    import_without_tls()
    import asyncio  # noqa: PLC0415

    from hmsvcd.app.daemon import Audience, run  # noqa: PLC0415
    from hmsvcd.host.logs import configure, get  # noqa: PLC0415
    from hmsvcd.host.notify import Notifier  # noqa: PLC0415

    configure("info")
    audience = Audience(get(), Notifier(os.environ), in_terminal=sys.stderr.isatty())
    asyncio.run(run(config, audience))
    return ExitCode.DONE
