"""``hmsvcd uninstall``: take hmsvcd's own service away."""

from typing import TYPE_CHECKING

import click

from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode

if TYPE_CHECKING:
    from hmsvcd.app.own_service import Uninstalled
    from hmsvcd.app.session import Session
    from hmsvcd.cli.console import Console


@click.command("uninstall")
@click.option("--purge", is_flag=True, help="Take away all that hmsvcd manages and keeps, too.")
def command(purge: bool) -> ExitCode:  # noqa: FBT001 - click passes flags
    """Stop hmsvcd, and remove what `hmsvcd install` has written.

    The services that hmsvcd manages go on, and start at every login. With --purge they are
    stopped and removed, together with all generations; the declaration stays. A file that you
    have edited, or written yourself, stays, too, and the exit code is 1.
    """

    async def body(session: "Session", report: Report) -> ExitCode:
        from hmsvcd.app.own_service import uninstall  # noqa: PLC0415 - not for --help

        if purge and session.paths.state.exists():
            _ = session.manager  # what runs cannot be taken away without one: nothing is done
        uninstalled = await uninstall(session)
        _show(uninstalled, report.console())
        if purge:
            return await _purge(session, report)
        return ExitCode.REFUSED if uninstalled.left else ExitCode.DONE

    return run_reported(body, Report())


async def _purge(session: "Session", report: Report) -> ExitCode:
    from hmsvcd.app import own_service  # noqa: PLC0415 - not for --help
    from hmsvcd.cli.switching import report_switch  # noqa: PLC0415

    state = session.paths.state
    if not state.exists():
        return report.finish({}, lambda shown: shown.print("nothing is managed"))
    code = await report_switch(lambda progress: own_service.purge(session, progress), report)
    if not state.exists():
        report.console().print(f"removed: {state}")
    return code


def _show(uninstalled: "Uninstalled", shown: "Console") -> None:
    from hmsvcd.cli.console import one_line  # noqa: PLC0415 - rich is slow to import

    others = [path for path in uninstalled.left if path not in uninstalled.edited]
    if uninstalled.was_stopped:
        shown.print("hmsvcd.service is stopped")
    for path in uninstalled.removed:
        shown.print(one_line(f"removed: {path}"))
    for path in uninstalled.edited:
        shown.print(one_line(f"kept, as it was edited after hmsvcd had written it: {path}"))
        shown.print(one_line(f"  help: rm {path}"))
    for path in others:
        shown.print(one_line(f"left as it is, as hmsvcd did not write it: {path}"))
    if others:
        shown.print("  help: systemctl --user disable --now hmsvcd ends what is left of it")
    if not uninstalled.removed and not uninstalled.left:
        shown.print("hmsvcd is not installed as a service")
