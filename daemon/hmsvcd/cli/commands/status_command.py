"""``hmsvcd status``: show how the services are."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.documents import STATUS, Document, problem_diagnostic, status_values
from hmsvcd.cli.names import complete_services, no_such_service
from hmsvcd.cli.options import config_option, json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode

if TYPE_CHECKING:
    from hmsvcd.app.load import Loaded
    from hmsvcd.app.session import Session
    from hmsvcd.app.status import Seen
    from hmsvcd.cli.console import Console
    from hmsvcd.model.status import Status


@click.command("status")
@click.argument("service", required=False, shell_complete=complete_services)
@config_option
@json_option
def command(service: str | None, config: Path | None, as_json: bool) -> ExitCode:  # noqa: FBT001
    """Show how the services are, or SERVICE alone: state, since when, and what was done last.

    The exit code is 0 when all is well, 4 when a service has failed, 1 when the declaration is
    wrong.
    """
    from hmsvcd.app.status import installed_declaration, look  # noqa: PLC0415 - not for --help

    async def body(session: "Session", report: Report) -> ExitCode:
        path = config or installed_declaration(session.paths) or session.paths.declaration
        loaded = await report.load(session, Path(path), with_systemd=False)
        if session.absent:
            report.add([problem_diagnostic(session.absent)])
            return report.finish(_values(loaded, None, None), code=ExitCode.INTERNAL)
        seen = await look(session, loaded)
        status = _only(seen.status, service, loaded) if service else seen.status
        wrong = ExitCode.REFUSED if loaded.errors else None
        failed = ExitCode.UNIT_FAILED if status.has_failed else ExitCode.DONE
        return report.finish(
            _values(loaded, seen, status),
            lambda console: _show(loaded, seen, status, console),
            wrong or failed,
        )

    return run_reported(body, Report(STATUS, as_json=as_json))


def _values(loaded: "Loaded", seen: "Seen | None", status: "Status | None") -> Document:
    pid = seen.daemon if seen else None
    return {
        "daemon": {"running": pid is not None, "pid": pid, "version": None, "last_pass": None},
        "declaration": {
            "paths": list(loaded.texts) or [str(loaded.path)],
            "held": seen.held if seen else None,
        },
        **(status_values(status) if status else {}),
    }


def _only(status: "Status", name: str, loaded: "Loaded") -> "Status":
    """Return what there is of one service or unit; RefusedError where nothing is called so."""
    found = status.only(name)
    if found is not None:
        return found
    rendering = loaded.rendering
    declared = rendering is not None and (name in rendering.services or name in rendering.units)
    services = status.services.values()
    known = [*status.services, *(unit for each in services for unit in each.units), *status.units]
    raise no_such_service(name, known, declared=declared)


def _show(loaded: "Loaded", seen: "Seen", status: "Status", console: "Console") -> None:
    from hmsvcd.cli.status_view import (  # noqa: PLC0415 - rich is slow to import
        HOW_TO_BEGIN,
        show_status,
    )

    if not loaded.texts and not status.services and not status.units:
        console.print(HOW_TO_BEGIN.format(path=loaded.path / "config.toml"), end="")
        return
    show_status(status, console)
    if seen.held:
        console.print(
            f"the declaration is held after the {seen.held}: hmsvcd apply goes to it again",
            style="yellow",
        )
    if seen.daemon is None:
        console.print("the daemon does not run", style="dim")
