"""Checks of what is installed: the links, and how systemd sees the units."""

from collections.abc import Iterator

from hmsvcd.app.doctor.patient import Patient
from hmsvcd.app.gather.ground import read_ground
from hmsvcd.app.gather.surroundings import look_around
from hmsvcd.app.planning import file_changes
from hmsvcd.host.unit_files import UnitAsRead
from hmsvcd.model.finding import Finding, ok, warned, wrong
from hmsvcd.model.plan import Change, FileChange

OLDEST_SYSTEMD = 252
"""What hmsvcd has been tried on: this and newer."""

_APPLY_REPAIRS = "hmsvcd apply repairs it"
_DRIFT = {
    Change.CREATE: "the link {} is missing",
    Change.REPLACE: "the link {} does not lead to what is installed",
    Change.REMOVE: "the link {} is hmsvcd's, but no generation has it",
}


def check_links(patient: Patient) -> Iterator[Finding]:
    """Look whether the links are those of the installed generation, and lead to its objects.

    While a switch is unfinished they are between two generations, which is said of the records.
    """
    disk = patient.disk
    ground = read_ground(disk)
    if ground.pending is not None:
        return
    generation = ground.generation
    foreign = look_around(disk.installation, ground, generation, None)
    changes = [*file_changes(disk.installation, ground, generation, foreign)]
    yield from map(_drifted, changes)
    for name, path in foreign.overridden.items():
        hint = f"hmsvcd apply --backup EXT puts it aside, as {path}.EXT"
        yield warned(f"{path} is not hmsvcd's, and lies in the place of {name}", hint)
    for left in ground.installed.leftovers:
        yield warned(f"{left} is what a kill has left", "hmsvcd apply removes it")
    if not changes and not foreign.overridden:
        installed = ground.installed
        number = sum(map(len, (installed.units, installed.files, *installed.links.values())))
        yield ok(f"all links ({number}) lead where they have to")


def check_manager(patient: Patient) -> Iterator[Finding]:
    """Look whether ``systemd --user`` answers, is new enough, and looks where hmsvcd installs."""
    absent, manager = patient.session.absent, patient.manager
    if absent is not None:
        yield wrong(absent.message, absent.hint)
    if patient.trouble is not None:
        yield wrong(f"systemd --user does not answer: {patient.trouble}", "log in anew")
    if manager is None:
        return
    if manager.version < OLDEST_SYSTEMD:
        message = f"systemd has version {manager.version}; hmsvcd needs {OLDEST_SYSTEMD}"
        yield wrong(message, "use a newer release of your distribution")
    else:
        yield ok(f"systemd --user {manager.version} answers, and is {manager.system_state}")
    if not patient.disk.unit_path(manager.unit_path).holds_own:
        yield wrong(
            f"systemd does not look for units in {patient.paths.unit_folder}",
            "its search path is: " + ":".join(manager.unit_path),
        )


def check_units(patient: Patient) -> Iterator[Finding]:
    """Look whether systemd has read for each unit what hmsvcd has installed.

    Units that an unfinished switch changes are passed over, as their links are.
    """
    if patient.manager is None:
        return
    pending = patient.disk.pending.read()
    units = patient.units.keys() - (pending.definitions if pending else {}).keys()
    found = [one for unit in sorted(units) for one in _unit(patient, unit, patient.units[unit])]
    yield from found or [ok(f"all units ({len(units)}) are read by systemd as installed")]


def _unit(patient: Patient, unit: str, seen: UnitAsRead) -> Iterator[Finding]:
    place = str(patient.disk.installation.unit(unit))
    if seen.load_state == "masked":
        yield warned(f"{unit} is masked by {seen.path}", f"systemctl --user unmask {unit}")
    elif seen.load_state != "loaded":
        yield wrong(
            f"systemd cannot load {unit}: {seen.load_state}", f"systemctl --user status {unit}"
        )
    elif seen.path != place:
        message = f"systemd reads {seen.path} for {unit}, and not {place}"
        yield warned(message, "it counts first; move it away if yours is to count")
    if seen.is_stale:
        yield warned(
            f"{unit} has changed on disk since systemd has read it",
            "systemctl --user daemon-reload",
        )


def _drifted(change: FileChange) -> Finding:
    return wrong(_DRIFT[change.change].format(change.path), _APPLY_REPAIRS)
