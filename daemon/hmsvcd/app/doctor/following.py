"""Checks of the daemon, of what it follows, and of what lets it see changes."""

from collections.abc import Iterator

from hmsvcd import __version__
from hmsvcd.app.doctor.patient import Patient
from hmsvcd.app.watched import places
from hmsvcd.host.declaration import read_declaration, writable_by_others
from hmsvcd.host.inotify_limits import Watched, in_use, limits
from hmsvcd.host.mounts import mounted
from hmsvcd.host.paths import is_same_place
from hmsvcd.host.pausing import is_paused
from hmsvcd.host.places import Picture
from hmsvcd.model.daemon import DaemonState, DaemonStatus
from hmsvcd.model.finding import Finding, ok, warned, wrong

_UNWELL = frozenset({DaemonState.STUCK, DaemonState.RETRYING})
_NOT_ENABLED = frozenset({"disabled", "masked", "masked-runtime", "bad"})


def check_declaration(patient: Patient) -> Iterator[Finding]:
    """Look whether the declaration can be read, and who else can write it."""
    path = patient.declaration
    is_begun = patient.paths.current.is_symlink()
    if not is_begun and not path.exists():
        yield ok(f"there is no declaration yet in {path}", "the README shows a first one")
        return
    sources, problems = read_declaration(path)
    for problem in problems:
        where = problem.place.file if problem.place else str(path)
        yield wrong(f"{where}: {problem.message}", problem.hint)
    who = writable_by_others(path)
    if who is not None:
        yield wrong(f"{who}, so it is not applied", "chmod go-w takes that right away")
    if not problems and who is None:
        files = "1 file" if len(sources) == 1 else f"{len(sources)} files"
        yield ok(f"{path} can be read ({files}), and nobody else can write it")


def check_daemon(patient: Patient) -> Iterator[Finding]:
    """Look whether the daemon runs, is of this version, follows what is installed, and is well."""
    daemon = patient.daemon
    if patient.silent is not None:
        hint = "systemctl --user restart hmsvcd"
        yield wrong(f"the daemon does not say how it is: {patient.silent}", hint)
    elif daemon is None:
        yield warned("the daemon does not run: saves are not applied", "hmsvcd install")
    else:
        yield ok(f"the daemon runs as process {daemon.pid}, and follows {daemon.declaration}")
        yield from _daemon(patient, daemon)
    if is_paused(patient.paths):
        yield warned("it is paused: saves wait", "hmsvcd resume")


def _daemon(patient: Patient, daemon: DaemonStatus) -> Iterator[Finding]:
    if daemon.version != __version__:
        yield warned(
            f"the daemon is hmsvcd {daemon.version}, this command is {__version__}",
            "hmsvcd install has the new one run",
        )
    current = patient.disk.records.current()
    if current and not is_same_place(current.declaration, daemon.declaration):
        yield wrong(
            f"what is installed comes from {current.declaration}, and the daemon follows another",
            "hmsvcd install --config PATH has it follow another one",
        )
    if daemon.state in _UNWELL:
        yield warned(f"its last pass is {daemon.state.value}", "hmsvcd status says why")


def check_service(patient: Patient) -> Iterator[Finding]:
    """Look whether hmsvcd starts with the session."""
    if patient.manager is None:
        return
    if patient.service is None:
        yield warned("hmsvcd does not start with your session", "hmsvcd install")
    elif patient.service in _NOT_ENABLED:
        message = f"hmsvcd.service is {patient.service}, so it does not start with your session"
        yield warned(message, "hmsvcd install")
    else:
        yield ok("hmsvcd starts with your session")


def check_file_systems(patient: Patient) -> Iterator[Finding]:
    """Look whether all lies where changes are told, and where locks and renames hold."""
    mounts = mounted()
    paths = patient.paths
    found = False
    for folder in dict.fromkeys((patient.declaration, paths.config_home, paths.state)):
        kind = mounts.silent(str(folder.resolve()))
        if kind is not None:
            found = True
            yield warned(
                f"{folder} is on {kind}, which does not tell of changes that others make",
                "the daemon looks for changes every few seconds there",
            )
    if not found:
        yield ok("declaration, links and state are on local file systems")


def check_inotify(patient: Patient) -> Iterator[Finding]:
    """Look whether the daemon learns of changes at once, or could."""
    if patient.daemon is not None and patient.daemon.watches != "inotify":
        yield warned(
            "the daemon looks for changes every few seconds, as it is not told of them",
            "its log says why: journalctl --user -u hmsvcd.service",
        )
    allowed = limits()
    if allowed is None:
        yield warned("the system does not say how much may be watched (fs.inotify)")
        return
    needed = _needed(patient)
    used = in_use()
    if patient.daemon is None and (short := _short(allowed, used, needed)):
        yield warned(*short)
    else:
        yield ok(
            f"{needed} folders are to be watched; {allowed.watches} may be (fs.inotify),"
            f" of which {used.watches} are"
        )


def _needed(patient: Patient) -> int:
    picture = Picture(places(patient.declaration, None, patient.paths))
    return len(picture.folders.keys() | picture.around.keys())


def _short(allowed: Watched, used: Watched, needed: int) -> tuple[str, str] | None:
    """Return what there is too little of, and how to get more."""
    if used.instances >= allowed.instances:
        name, more = "max_user_instances", 2 * allowed.instances
    elif used.watches + needed > allowed.watches:
        name, more = "max_user_watches", 2 * (used.watches + needed)
    else:
        return None
    message = f"too little may be watched (fs.inotify.{name}): the daemon would be slow to notice"
    return message, f"sudo sysctl fs.inotify.{name}={more}"
