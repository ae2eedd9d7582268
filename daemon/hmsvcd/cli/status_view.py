"""A status as people read it: a row for each unit, and what is worth a line of its own."""

from collections.abc import Iterator

from rich.text import Text

from hmsvcd.cli.columns import aligned
from hmsvcd.cli.console import Console, one_line
from hmsvcd.cli.times import local_time
from hmsvcd.model.status import LastAction, ServiceStatus, Standing, Status, UnitStatus

_STYLES = {
    Standing.RUNNING: "green",
    Standing.STARTING: "cyan",
    Standing.FINISHED: "green",
    Standing.WAITING: "cyan",
    Standing.STOPPED: "dim",
    Standing.HELD: "yellow",
    Standing.OVERRIDDEN: "yellow",
    Standing.LEAVING: "yellow",
    Standing.FAILED: "bold red",
}
_ENDS = {"done": "", "kept": "", "starting": " (under way)", "leaving": " (under way)"}
_HEAD = ("SERVICE", "STATE", "SINCE", "PID", "RESTARTS", "LAST ACTION")

HOW_TO_BEGIN = """\
To begin, write {path}:

    [services.hello]
    process.argv = ["/bin/sh", "-c", "while echo hello; do sleep 5; done"]

  hmsvcd try     runs it in a throw-away session
  hmsvcd apply   runs it in yours
"""


def show_status(status: Status, console: Console) -> None:
    """Print a row for each unit under its service, then what is pending or overridden."""
    rows = list(_rows(status))
    if not rows:
        console.print("nothing is installed")
        return
    head, *lines = aligned([_HEAD, *(cells for cells, _ in rows)])
    console.print(Text("  ".join(head).rstrip(), "dim"))
    for (name, state, *rest), (_, standing) in zip(lines, rows, strict=True):
        more = "  ".join(["", *rest]).rstrip()
        console.print(Text.assemble((name, "bold"), "  ", (state, _STYLES[standing]), more))
    for line in _remarks(status):
        console.print(line)


def _rows(status: Status) -> Iterator[tuple[tuple[str, ...], Standing]]:
    for service in status.services.values():
        yield from _service_rows(service)
    for unit in status.units.values():
        yield _cells(unit.name, unit), unit.standing


def _service_rows(service: ServiceStatus) -> Iterator[tuple[tuple[str, ...], Standing]]:
    units = list(service.units.values())
    if len(units) == 1:
        yield _cells(service.name, units[0]), service.standing
        return
    yield (service.name, service.standing.value, "", "", "", ""), service.standing
    for unit in units:
        yield _cells(f"  {unit.name}", unit), unit.standing


def _cells(name: str, unit: UnitStatus) -> tuple[str, ...]:
    return (
        name,
        unit.standing.value,
        local_time(unit.since) if unit.since else "",
        str(unit.pid or ""),
        str(unit.restarts or ""),
        _done(unit.last_action) if unit.last_action else "",
    )


def _done(action: LastAction) -> str:
    how = _ENDS.get(action.result, f" {action.result}")
    return f"{action.action}{how}: {action.reason}"


def _remarks(status: Status) -> Iterator[Text]:
    services = [unit for service in status.services.values() for unit in service.units.values()]
    for unit in (*services, *status.units.values()):
        if unit.pending:
            yield Text(f"{unit.name}: pending until its next start: {unit.pending}", "yellow")
        if unit.overridden:
            yield Text(f"{unit.name}: {one_line(unit.overridden)} counts instead", "yellow")
        if unit.drop_ins:
            yield Text(f"{unit.name}: drop-ins {one_line(', '.join(unit.drop_ins))}", "dim")
