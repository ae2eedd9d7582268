"""What of a status is shown, and what it means for the exit code."""

import re
from collections.abc import Iterator
from dataclasses import replace

from hmsvcd.cli.names import no_such_service
from hmsvcd.cli.status_source import Answer
from hmsvcd.errors import ExitCode
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.status import Status, StatusReport
from hmsvcd.pipeline.undoing import in_words

_KEY_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|([^".]+)')
"""One part of a dotted key, in quotes or bare."""


def chosen(answer: Answer, name: str | None) -> StatusReport:
    """Return what there is of one service or unit, or all.

    Raises RefusedError where nothing is called so.
    """
    status = answer.report.status
    if name is None or status is None:
        return answer.report
    found = status.only(name)
    if found is None:
        raise no_such_service(name, _names(status), declared=name in answer.declared)
    return replace(answer.report, status=found)


def exit_code(answer: Answer, report: StatusReport) -> ExitCode:
    """Return what a status means: the declaration's errors go before a service's failure."""
    if answer.absent:
        return ExitCode.INTERNAL
    if any(each.is_error for each in report.diagnostics):
        return ExitCode.REFUSED
    failed = report.status is not None and report.status.has_failed
    return ExitCode.UNIT_FAILED if failed else ExitCode.DONE


def worth_showing(report: StatusReport, name: str | None) -> Iterator[Diagnostic]:
    """Yield the errors, and the warnings that are of ``name`` or are none of the declaration."""
    told = in_words(report.undone) if report.undone else None  # with the declaration that is held
    for each in report.diagnostics:
        if each.message == told:
            continue
        if each.is_error or each.place is None or (name and _concerns(each, report.status)):
            yield each


def _names(status: Status) -> Iterator[str]:
    yield from status.services
    for service in status.services.values():
        yield from service.units
    yield from status.units


def _concerns(found: Diagnostic, status: Status | None) -> bool:
    """Say whether what is wrong is wrong with a service or native unit of a status."""
    if status is None:
        return False
    match [quoted or bare for quoted, bare in _KEY_PART.findall(found.key or "")]:
        case ["systemd", "user", kind, name, *_]:
            return f"{name}.{kind.removesuffix('s')}" in status.units
        case key:
            return _service_of(key) in status.services


def _service_of(key: list[str]) -> str:
    """Return the dashed name of the service that a key is inside of; empty outside of all."""
    names: list[str] = []
    while len(key) > 1 and key[0] == "services":
        names.append(key[1])
        key = key[2:]
    return "-".join(names)
