"""Checks of what hmsvcd keeps for itself: the state folder, what is recorded, the store."""

import stat
from collections.abc import Callable, Iterator
from itertools import chain

from hmsvcd.app.doctor.patient import Patient
from hmsvcd.app.gc import find_garbage, objects_of_links
from hmsvcd.errors import HostError
from hmsvcd.host import files
from hmsvcd.host.lock import holder
from hmsvcd.host.store_care import Loose, loose, loose_folder
from hmsvcd.model.finding import Finding, ok, warned, wrong

_MOST_NAMED = 3
_APPLY_MENDS = "hmsvcd apply writes it anew"


def check_state_folder(patient: Patient) -> Iterator[Finding]:
    """Look whether what is kept is the user's alone, and in folders of its own."""
    paths = patient.paths
    with files.translated("look at", paths.state):
        if not paths.state.exists():
            yield ok("nothing has been installed yet")
            return
        if not paths.state.is_dir():
            yield wrong(f"{paths.state} is no folder", "move it away")
            return
    folders = (paths.state, paths.store, paths.generations)
    found = [*_told_of_folders(patient), *_told(chain(*map(loose_folder, folders)))]
    with files.translated("look at", paths.lock):
        status = paths.lock.lstat() if paths.lock.is_symlink() or paths.lock.exists() else None
    if status is not None and not stat.S_ISREG(status.st_mode):
        found.append(wrong(f"{paths.lock} is no file, so nothing can be locked", "remove it"))
    yield from found or [ok(f"{paths.state} is yours alone")]


def check_records(patient: Patient) -> Iterator[Finding]:
    """Look whether all that is written down can be read, and whether a switch was cut off."""
    records = patient.disk.records
    numbers = records.numbers()
    reads: list[Callable[[], object]] = [
        *((lambda number=number: records.manifest(number)) for number in numbers),
        records.current,
        records.state,
        patient.disk.pending.read,
    ]
    problems = list(dict.fromkeys(problem for read in reads for problem in _problems(read)))
    yield from problems
    if problems:
        return
    current = records.current_number()
    if current is None:
        yield ok("no generation is recorded yet")
    else:
        yield ok(f"generation {current} is installed; kept and readable: {len(numbers)}")
    if patient.disk.pending.read() is not None:
        if holder(patient.paths.lock) is None:
            yield wrong("a switch was interrupted", "hmsvcd apply finishes it")
        else:
            yield ok("a switch is under way")


def check_store(patient: Patient) -> Iterator[Finding]:
    """Look whether objects hold what their names say, are read-only, and all there."""
    store = patient.disk.store
    names = store.names()
    damaged = {name for name in names if not store.verify(name)}
    found = [*_lost(patient, names, damaged)]
    found += _told(each for name in sorted(names) for each in loose(store.path(name)))
    yield from found or [ok(f"all objects ({len(names)}) are what their names say")]
    records = patient.disk.records
    linked = objects_of_links(patient.disk.installation.scan())
    unneeded = find_garbage(patient.disk, len(records.numbers()) + 1, linked).objects
    if unneeded:
        yield ok(f"needed by nothing any more: {len(unneeded)} of them", "hmsvcd gc removes them")


def _lost(patient: Patient, names: frozenset[str], damaged: set[str]) -> Iterator[Finding]:
    records, store = patient.disk.records, patient.disk.store
    current = records.current()
    installed = current.generation.objects if current else frozenset()
    for name in sorted(installed & damaged):
        yield wrong(f"{store.path(name)} is not what it was", _APPLY_MENDS)
    for name in sorted(installed - names):
        yield wrong(f"{store.path(name)} is missing", _APPLY_MENDS)
    for name in sorted((records.objects() - installed) & damaged):
        yield warned(
            f"{store.path(name)} is not what it was, and an earlier generation needs it",
            "a rollback to that one is not possible any more",
        )


def _problems(read: Callable[[], object]) -> Iterator[Finding]:
    try:
        read()
    except HostError as error:
        yield wrong(error.message, error.hint)


def _told_of_folders(patient: Patient) -> Iterator[Finding]:
    for folder in (patient.paths.store, patient.paths.generations):
        try:
            files.refuse_link(folder)
        except HostError as error:
            yield wrong(error.message, error.hint)


def _told(found: Iterator[Loose]) -> Iterator[Finding]:
    """Yield a finding for each of the first, and one for the others."""
    every = list(found)
    for each in every[:_MOST_NAMED]:
        yield wrong(f"{each.path} {each.why}", each.mend)
    others = len(every) - _MOST_NAMED
    if others > 0:
        yield wrong(f"and {others} more", "mend them likewise")
