"""How things stand, from the document of the daemon.

A ``Pass`` comes back without its problems, which are among the report's, and without its outcome.
"""

from hmsvcd.model.daemon import DaemonState, DaemonStatus, Pass
from hmsvcd.model.status import (
    LastAction,
    ServiceStatus,
    Standing,
    Status,
    StatusReport,
    UnitStatus,
)
from hmsvcd.pipeline.documents import Document
from hmsvcd.pipeline.from_documents.diagnostics import diagnostics_of
from hmsvcd.pipeline.from_documents.fields import number, table, tables, text, texts, word
from hmsvcd.pipeline.from_documents.undoing import undone_of

_STANDINGS = {"active": Standing.RUNNING, "failed": Standing.FAILED}
"""What stands for a state that is not known here: active state → standing."""


def status_report(found: Document) -> StatusReport:
    """Return what a document of ``status`` says."""
    declaration, daemon = table(found, "declaration"), table(found, "daemon")
    undone = undone_of(table(declaration, "rolled_back"))
    return StatusReport(
        status=_status(found) if isinstance(found.get("services"), dict) else None,
        paths=texts(declaration, "paths"),
        held=text(declaration, "held"),
        undone=undone if undone.failures else None,
        daemon=_daemon(daemon),
        silent=number(daemon, "pid") if daemon.get("state") is None else None,
        paused=daemon.get("paused") is True,
        diagnostics=diagnostics_of(found),
    )


def _daemon(found: Document) -> DaemonStatus | None:
    if found.get("running") is not True or found.get("state") is None:
        return None
    last = table(found, "last_pass")
    return DaemonStatus(
        pid=number(found, "pid") or 0,
        version=text(found, "version") or "",
        state=word(DaemonState, found, "state", DaemonState.WORKING),
        started=number(found, "started") or 0,
        declaration=text(found, "declaration") or "",
        watches=text(found, "watches") or "inotify",
        next_try=number(found, "next_try"),
        waiting=found.get("waiting") is True,
        last_pass=_pass(last) if last else None,
    )


def _pass(found: Document) -> Pass:
    return Pass(
        number=number(found, "number") or 0,
        cause=text(found, "cause") or "",
        at=number(found, "at") or 0,
        took=number(found, "took") or 0,
        end=word(DaemonState, found, "end", DaemonState.SETTLED),
        sentence=text(found, "sentence") or "",
        generation=number(found, "generation"),
    )


def _status(found: Document) -> Status:
    services = {
        name: ServiceStatus(name, _standing(service, units), units)
        for name, service in tables(found, "services")
        for units in [_units(service)]
    }
    return Status(services, _units(found), number(found, "generation"))


def _units(found: Document) -> dict[str, UnitStatus]:
    return {name: _unit(name, unit) for name, unit in tables(found, "units")}


def _unit(name: str, found: Document) -> UnitStatus:
    active = text(found, "active") or ""
    last = table(found, "last_action")
    return UnitStatus(
        name=name,
        standing=word(Standing, found, "state", _STANDINGS.get(active, Standing.STOPPED)),
        active=active,
        sub=text(found, "sub") or "",
        result=text(found, "result"),
        pid=number(found, "pid"),
        since=number(found, "since"),
        restarts=number(found, "restarts") or 0,
        pending=text(found, "pending"),
        last_action=_last_action(last) if last else None,
        overridden=text(found, "overridden"),
        drop_ins=texts(found, "drop_ins"),
        why=text(found, "why"),
    )


def _standing(service: Document, units: dict[str, UnitStatus]) -> Standing:
    usual = next((unit.standing for unit in units.values()), Standing.STOPPED)
    return word(Standing, service, "state", usual)


def _last_action(found: Document) -> LastAction:
    return LastAction(
        action=text(found, "action") or "",
        reason=text(found, "reason") or "",
        result=text(found, "result") or "",
        at=number(found, "at") or 0,
    )
