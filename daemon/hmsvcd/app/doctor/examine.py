"""Make every check, whatever the others find."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hmsvcd.app.doctor.following import (
    check_daemon,
    check_declaration,
    check_file_systems,
    check_inotify,
    check_service,
)
from hmsvcd.app.doctor.installed import check_links, check_manager, check_units
from hmsvcd.app.doctor.kept import check_records, check_state_folder, check_store
from hmsvcd.app.doctor.machine import check_lingering, check_programs
from hmsvcd.app.doctor.patient import Patient
from hmsvcd.errors import HmsvcdError
from hmsvcd.model.finding import Finding, Level, wrong

Explain = Callable[[Exception], HmsvcdError]


@dataclass(frozen=True, slots=True)
class Check:
    """A thing to look at. It yields nothing where something else keeps it from being looked at."""

    name: str
    look: Callable[[Patient], Iterator[Finding]]


CHECKS = (
    Check("systemd", check_manager),
    Check("declaration", check_declaration),
    Check("state", check_state_folder),
    Check("records", check_records),
    Check("store", check_store),
    Check("links", check_links),
    Check("units", check_units),
    Check("daemon", check_daemon),
    Check("service", check_service),
    Check("file systems", check_file_systems),
    Check("inotify", check_inotify),
    Check("programs", check_programs),
    Check("lingering", check_lingering),
)


def examine(patient: Patient, explain: Explain) -> Iterator[Finding]:
    """Yield what all checks find; where one cannot be made, ``explain`` says why, and it goes on.

    For the same reason several may fail, which is said once.
    """
    told: set[str] = set()
    for check in CHECKS:
        for finding in _made(check, patient, explain):
            if finding.level is Level.OK or finding.message not in told:
                yield replace(finding, check=check.name)
            told.add(finding.message)


def _made(check: Check, patient: Patient, explain: Explain) -> Iterator[Finding]:
    try:
        yield from check.look(patient)
    except Exception as error:  # noqa: BLE001 - what breaks one check must not hide the others
        problem = explain(error)
        yield wrong(problem.message, problem.hint)
