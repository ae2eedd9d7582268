"""Check what the units and files of a declaration say together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from hmsvcd.model.diagnostic import Diagnostic, Note, Place, error, warning
from hmsvcd.model.service import ConfigFile, Unit
from hmsvcd.model.unit import UnitKind, is_template, suffix

_STARTERS = (
    *(("Unit", directive) for directive in ("Wants", "Requires", "BindsTo", "Upholds")),
    ("Service", "Sockets"),
)

_TARGETS: Mapping[str, str] = {
    UnitKind.SOCKET: "sockets.target",
    UnitKind.TIMER: "timers.target",
    UnitKind.PATH: "paths.target",
}
"""Kinds of units that are there to be started → what usually does so (systemd.special(7))."""


def collisions(units: Sequence[Unit], files: Sequence[ConfigFile]) -> Iterator[Diagnostic]:
    """Yield an error for each unit and file that is declared twice, and each file in the way."""
    if len({unit.name for unit in units}) < len(units):
        yield from _twice("unit", ((unit.name, unit.place) for unit in units))
    if not _are_apart([file.target for file in files]):
        yield from _in_the_way(files)


def _are_apart(paths: Sequence[str]) -> bool:
    """Say whether no path is given twice or is the folder of another, in the time of a sort."""
    in_order = sorted(
        f"{path}/".replace("/", "\0") for path in paths
    )  # right before what is in it
    return not any(after.startswith(path) for path, after in pairwise(in_order))


def _in_the_way(files: Sequence[ConfigFile]) -> Iterator[Diagnostic]:
    yield from _twice("file", ((file.target, file.place) for file in files))
    places = {file.target: file.place for file in files}
    for file in files:
        parts = file.target.split("/")
        for length in range(1, len(parts)):
            folder = "/".join(parts[:length])
            if folder in places:
                message = f"`{folder}` is a file, and the folder of another"
                yield error(message, file.place, notes=_notes("the file", places[folder]))


def _twice(what: str, named: Iterable[tuple[str, Place | None]]) -> Iterator[Diagnostic]:
    first: dict[str, Place | None] = {}
    for name, place in named:
        if name in first:
            message = f"two declarations produce the {what} `{name}`"
            yield error(message, place, notes=_notes("the other one", first[name]))
        first.setdefault(name, place)


def _notes(message: str, place: Place | None) -> tuple[Note, ...]:
    return (Note(message, place),) if place else ()


def idle_units(units: Sequence[Unit], broken: frozenset[str]) -> Iterator[Diagnostic]:
    """Yield a warning for each socket, timer and path that nothing starts: it would do nothing.

    Of a unit that is ``broken`` it is not known what starts it.
    """
    idle = [unit for unit in units if waits_for_a_start(unit) and unit.name not in broken]
    started = started_by(units) if idle else ()
    for unit in idle:
        if unit.name not in started:
            kind = suffix(unit.name)
            option = "Install.WantedBy" if _is_native(unit) else "wantedBy"
            hint = f'add {option} = ["{_TARGETS[kind]}"]'
            yield warning(f"nothing starts this {kind}", unit.place, hint=hint)


def started_by(units: Iterable[Unit]) -> frozenset[str]:
    """Return the units that some units start with themselves."""
    return frozenset(
        name
        for unit in units
        for section, directive in _STARTERS
        for value in unit.sections.get(section, {}).get(directive, ())
        for name in value.split()
    )


def waits_for_a_start(unit: Unit) -> bool:
    """Say whether a unit does nothing unless it is started, and no target does so."""
    if unit.wanted_by or unit.required_by:
        return False
    return suffix(unit.name) in _TARGETS and not is_template(unit.name)


def _is_native(unit: Unit) -> bool:
    return unit.place is not None and unit.place.key[:1] == ("systemd",)
