"""``hmsvcd install``: run hmsvcd as a service of the session."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.options import config_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode

if TYPE_CHECKING:
    from hmsvcd.app.own_service import Installed
    from hmsvcd.app.session import Session
    from hmsvcd.cli.console import Console

_SENTENCES = {
    "already": "hmsvcd.service runs already (process {process})",
    "started": "hmsvcd.service is started and ready (process {process})",
    "restarted": "hmsvcd.service is restarted and ready (process {process})",
    "later": "hmsvcd.service starts when you log in: there is no systemd --user to start it now",
    "failed": "hmsvcd.service could not be started",
}


@click.command("install")
@config_option
def command(config: Path | None) -> ExitCode:
    """Run hmsvcd as a service of your session, now and at every login.

    What it writes is said, and taken away by `hmsvcd uninstall`. Run it again after an upgrade:
    it restarts hmsvcd, and no service that hmsvcd manages. The exit code is 1 if something is in
    the way or PATH cannot be read (nothing is changed), and 4 if hmsvcd does not become ready.
    """

    async def body(session: "Session", report: Report) -> ExitCode:
        from hmsvcd.app.own_service import install  # noqa: PLC0415 - not for --help
        from hmsvcd.host.declaration import read_declaration  # noqa: PLC0415

        unreadable = read_declaration(config)[1] if config else []
        if unreadable:
            report.add(unreadable)
            return report.finish({}, lambda shown: shown.print("nothing was changed"))
        installed = await install(session, config)
        failed = installed.running == "failed"
        return report.finish(
            {},
            lambda shown: _show(installed, shown),
            code=ExitCode.UNIT_FAILED if failed else ExitCode.DONE,
        )

    return run_reported(body, Report())


def _show(installed: "Installed", shown: "Console") -> None:
    from hmsvcd.cli.console import one_line  # noqa: PLC0415 - rich is slow to import

    for path in installed.changed:
        shown.print(one_line(f"written: {path}"))
    if installed.is_declared:
        shown.print("the declaration has a hmsvcd.service of its own, which counts instead")
    failed = installed.running == "failed"
    sentence = _SENTENCES[installed.running].format(process=installed.process)
    shown.print(sentence, style="bold red" if failed else "green")
    for line in installed.log:
        shown.print(f"    {one_line(line)}", style="dim")
