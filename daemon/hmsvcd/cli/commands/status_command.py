"""``hmsvcd status``: show how the services are."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.diagnostics import counted
from hmsvcd.cli.documents import STATUS, Document, problem_diagnostic, status_values
from hmsvcd.cli.names import complete_services, no_such_service
from hmsvcd.cli.options import config_option, json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.model.diagnostic import Diagnostic, Key, Severity

if TYPE_CHECKING:
    from hmsvcd.app.load import Loaded
    from hmsvcd.app.session import Session
    from hmsvcd.app.status import Seen
    from hmsvcd.cli.console import Console
    from hmsvcd.model.status import Status


_INTERRUPTED = Diagnostic(
    Severity.WARNING, "a switch was interrupted", hint="hmsvcd apply finishes it"
)


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
        loaded = await report.load(session, Path(path), with_systemd=False, with_warnings=False)
        if session.absent:
            report.add([problem_diagnostic(session.absent)])
            return report.finish(_values(loaded, None, None), code=ExitCode.INTERNAL)
        seen = await look(session, loaded)
        if seen.interrupted:
            report.add([_INTERRUPTED])
        status = _only(seen.status, service, loaded) if service else seen.status
        if service:
            report.show(each for each in _warnings(loaded) if _concerns(each, status))
        wrong = ExitCode.REFUSED if loaded.errors else None
        failed = ExitCode.UNIT_FAILED if status.has_failed else ExitCode.DONE
        return report.finish(
            _values(loaded, seen, status),
            lambda console: _show(loaded, seen, status, console, whole=service is None),
            wrong or failed,
        )

    return run_reported(body, Report(STATUS, as_json=as_json))


def _warnings(loaded: "Loaded") -> list[Diagnostic]:
    return [each for each in loaded.diagnostics if not each.is_error]


def _concerns(found: Diagnostic, status: "Status") -> bool:
    """Say whether what is wrong is wrong with a service or native unit of a status."""
    key = found.place.key if found.place else ()
    match key:
        case ("systemd", "user", kind, name, *_):
            return f"{name}.{str(kind).removesuffix('s')}" in status.units
        case _:
            return _service_of(key) in status.services


def _service_of(key: Key) -> str:
    """Return the dashed name of the service that a key is inside of; empty outside of all."""
    names: list[str] = []
    while len(key) > 1 and key[0] == "services":
        names.append(str(key[1]))
        key = key[2:]
    return "-".join(names)


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


def _show(
    loaded: "Loaded", seen: "Seen", status: "Status", console: "Console", *, whole: bool
) -> None:
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
    if seen.daemon is not None:
        console.print(f"the daemon runs (process {seen.daemon})", style="dim")
    warnings = len(_warnings(loaded))
    if whole and warnings:
        console.print(f"{counted(warnings, 'warning')}: hmsvcd check shows them", style="yellow")
