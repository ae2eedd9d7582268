"""What units that have failed wrote last, for a status of one service.

The journal is read here: no line of a service crosses D-Bus.
"""

from dataclasses import replace

from hmsvcd.errors import BusGoneError, CallError, CallTimeoutError, NoManagerError
from hmsvcd.host import process
from hmsvcd.host.journal import Run, last_lines
from hmsvcd.host.systemd import Manager
from hmsvcd.model.observed import Observed
from hmsvcd.model.status import Status, StatusReport, UnitStatus


async def with_log(report: StatusReport) -> StatusReport:
    """Return the report with the last lines of each unit, none for those that have not failed."""
    status = report.status
    if status is None:
        return report
    observed = await _observe([unit.name for unit in status.all_units if unit.why])
    logs = {unit.name: await _lines(unit, observed) for unit in status.all_units}
    return replace(report, status=_with_logs(status, logs))


async def _observe(units: list[str]) -> Observed:
    """Ask systemd which run of each unit was the last; without it all lines of a unit count."""
    if not units:
        return Observed()
    try:
        manager = await Manager.connect(process.environment())
    except NoManagerError:
        return Observed()
    try:
        return await manager.observe(units)
    except (BusGoneError, CallError, CallTimeoutError):
        return Observed()
    finally:
        await manager.close()


async def _lines(unit: UnitStatus, observed: Observed) -> tuple[str, ...]:
    if not unit.why:
        return ()
    seen = observed.unit(unit.name)
    run = Run(seen.invocation, seen.last_main_pid, seen.main_start)
    return await last_lines(unit.name, process.environment(), run=run)


def _with_logs(status: Status, logs: dict[str, tuple[str, ...]]) -> Status:
    def with_logs(units: "dict[str, UnitStatus]") -> "dict[str, UnitStatus]":
        return {name: replace(unit, log=logs[name]) for name, unit in units.items()}

    services = {
        name: replace(service, units=with_logs(dict(service.units)))
        for name, service in status.services.items()
    }
    return replace(status, services=services, units=with_logs(dict(status.units)))
