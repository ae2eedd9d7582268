"""A status as people read it: a row for each unit, what is worth a line of its own, the daemon."""

from collections.abc import Iterable, Iterator

from hmsvcd.cli.absence import HOW_TO_BEGIN, of_own_unit
from hmsvcd.cli.columns import aligned
from hmsvcd.cli.painting import Line, plain
from hmsvcd.cli.times import duration, near_time
from hmsvcd.model.daemon import DaemonState, DaemonStatus, Pass
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.plan import UNDER_WAY
from hmsvcd.model.status import (
    LastAction,
    ServiceStatus,
    Standing,
    Status,
    StatusReport,
    UnitStatus,
)
from hmsvcd.pipeline.undoing import held_in_words

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
_DAEMON_STYLES = {
    DaemonState.SETTLED: "green",
    DaemonState.WORKING: "cyan",
    DaemonState.RETRYING: "yellow",
    DaemonState.STUCK: "bold red",
    DaemonState.PAUSED: "yellow",
}
_ENDS = {"done": "", "kept": ""} | dict.fromkeys(UNDER_WAY, " (under way)")
_HEAD = ("SERVICE", "STATE", "SINCE", "PID", "RESTARTS", "LAST ACTION")

_HOW_TO_BEGIN = """\
To begin, write {path}:

    [services.hello]
    process.argv = ["/bin/sh", "-c", "while echo hello; do sleep 5; done"]

  hmsvcd try     runs it in a throw-away session
  hmsvcd apply   runs it in yours
"""


def way_to_begin(declaration: str) -> str:
    """Return what to do first, for the path of a declaration that is not there."""
    is_file = declaration.endswith(".toml")
    return _HOW_TO_BEGIN.format(path=declaration if is_file else f"{declaration}/config.toml")


def status_lines(status: Status, now: int) -> Iterator[Line]:
    """Yield a row for each unit under its service, then what is pending, held or overridden.

    ``now``, in microseconds of the epoch, decides which times need no date.
    """
    rows = list(_rows(status, now))
    if not rows:
        yield plain("nothing is installed")
        return
    head, *lines = aligned([_HEAD, *(cells for cells, _ in rows)])
    yield plain("  ".join(head).rstrip(), "dim")
    for (name, state, *rest), (_, standing) in zip(lines, rows, strict=True):
        more = "  ".join(["", *rest]).rstrip()
        yield (name, "bold"), ("  ", ""), (state, _STYLES[standing]), (more, "")
    yield from _remarks(status)


def report_lines(report: StatusReport, now: int) -> Iterator[Line]:
    """Yield the lines of a status, why the declaration is held, and how the daemon is."""
    if report.status is None:
        return
    yield from status_lines(report.status, now)
    if report.held:
        words = held_in_words(report.held, report.undone)
        yield plain(f"{words}: hmsvcd apply goes to it again", "yellow")
    yield _daemon_line(report, now)


def problem_lines(diagnostics: Iterable[Diagnostic]) -> Iterator[Line]:
    """Yield what is wrong, each in a line to search for, and what would help."""
    for each in diagnostics:
        place, position = each.place, each.position
        at = f"{position.line}:{position.column}:" if position else ""
        where = f"{place.file}:{at} " if place else ""
        colour = "bold red" if each.is_error else "bold yellow"
        said = f"{each.key}: {each.message}" if each.key else each.message
        yield (where, "bold"), (f"{each.severity.value}: ", colour), (said, "")
        if each.hint:
            yield ("  help: ", "bold green"), (each.hint, "")


def _daemon_line(report: StatusReport, now: int) -> Line:
    daemon = report.daemon
    if daemon is not None:
        more = "".join(f" · {each}" for each in _of_daemon(daemon, report, now))
        state = (daemon.state.value, _DAEMON_STYLES[daemon.state])
        return ("daemon: ", "dim"), state, (more, "dim")
    if report.silent is not None:
        return plain(f"daemon: process {report.silent} does not answer", "yellow")
    paused = ("; paused: hmsvcd resume ends that", "yellow") if report.paused else ("", "")
    if report.own_unit is not None:
        absence = of_own_unit(report.own_unit)
        words = ": ".join(filter(None, (absence.why, absence.remedy)))
        return (f"daemon: {words}", "yellow"), paused
    return (f"daemon: not running ({HOW_TO_BEGIN})", "dim"), paused


def _of_daemon(daemon: DaemonStatus, report: StatusReport, now: int) -> Iterator[str]:
    if report.paused or daemon.state is DaemonState.PAUSED:
        saves = "a save waits for" if daemon.waiting else "saves are not applied until"
        yield f"{saves} hmsvcd resume"
    if report.status and report.status.generation is not None:
        yield f"generation {report.status.generation}"
    if daemon.next_try is not None:
        words = "next try" if daemon.state is DaemonState.RETRYING else "next look"
        yield f"{words} {near_time(daemon.next_try, now)}"
    if daemon.watches != "inotify":
        yield daemon.watches
    if daemon.last_pass is not None:
        yield _told(daemon.last_pass, now)


def _told(last: Pass, now: int) -> str:
    return f"last pass {near_time(last.at, now)}, {duration(last.took)}: {last.sentence}"


def _rows(status: Status, now: int) -> Iterator[tuple[tuple[str, ...], Standing]]:
    for service in status.services.values():
        yield from _service_rows(service, now)
    for unit in status.units.values():
        yield _cells(unit.name, unit, now), unit.standing


def _service_rows(service: ServiceStatus, now: int) -> Iterator[tuple[tuple[str, ...], Standing]]:
    units = list(service.units.values())
    if len(units) == 1:
        yield _cells(service.name, units[0], now), service.standing
        return
    yield (service.name, service.standing.value, "", "", "", ""), service.standing
    for unit in units:
        yield _cells(f"  {unit.name}", unit, now), unit.standing


def _cells(name: str, unit: UnitStatus, now: int) -> tuple[str, ...]:
    return (
        name,
        unit.standing.value,
        near_time(unit.since, now) if unit.since else "",
        str(unit.pid or ""),
        str(unit.restarts or ""),
        _done(unit.last_action) if unit.last_action else "",
    )


def _done(action: LastAction) -> str:
    how = _ENDS.get(action.result, f" {action.result}")
    return f"{action.action}{how}: {action.reason}"


def _remarks(status: Status) -> Iterator[Line]:
    for unit in status.all_units:
        if unit.why:
            yield _failure(unit)
        for line in unit.log or ():
            yield plain(f"    {line}", "dim")
        if unit.pending:
            yield plain(f"{unit.name}: pending until its next start: {unit.pending}", "yellow")
        if unit.standing is Standing.HELD:
            again = f"systemctl --user start {unit.name}"
            yield plain(f"{unit.name}: held, as somebody ended it: {again}", "yellow")
        if unit.overridden:
            yield plain(f"{unit.name}: {unit.overridden} counts instead", "yellow")
        if unit.drop_ins:
            yield plain(f"{unit.name}: drop-ins {', '.join(unit.drop_ins)}", "dim")


def _failure(unit: UnitStatus) -> Line:
    if unit.standing is Standing.STARTING:
        return plain(f"{unit.name}: systemd starts it again after {unit.why}", "yellow")
    return plain(f"{unit.name}: failed: {unit.why}", "bold red")
