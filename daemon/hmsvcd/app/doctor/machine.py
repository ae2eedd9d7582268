"""Checks of what the machine offers: programs, and whether services outlive a login."""

from collections.abc import Iterator

from hmsvcd.app.doctor.patient import Patient
from hmsvcd.host.lingering import is_lingering
from hmsvcd.host.process import find_program, username
from hmsvcd.model.finding import Finding, ok, warned

_PROGRAMS = {
    "systemd-analyze": "without it, nobody says what systemd would ignore in a unit",
    "journalctl": "without it, the log lines of what failed are not shown",
}


def check_programs(patient: Patient) -> Iterator[Finding]:
    """Look for the programs that hmsvcd asks."""
    path = patient.session.environment.get("PATH")
    missing = [name for name in _PROGRAMS if find_program(name, path) is None]
    for name in missing:
        yield warned(f"{name} is not on PATH: {_PROGRAMS[name]}", "it comes with systemd")
    if not missing:
        yield ok(" and ".join(_PROGRAMS) + " are there")


def check_lingering(patient: Patient) -> Iterator[Finding]:
    """Look whether services outlive a login, which is for the user to choose."""
    if is_lingering(username(patient.session.environment)):
        yield ok("services start with the machine, and outlive your logins (lingering)")
    else:
        yield ok("services end with your last login", "loginctl enable-linger has them stay")
