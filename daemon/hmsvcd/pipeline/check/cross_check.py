"""Check what the units and files of a declaration say together."""

from collections.abc import Iterable, Iterator, Sequence

from hmsvcd.model.diagnostic import Diagnostic, Note, Place, error, warning
from hmsvcd.model.service import ConfigFile, Unit
from hmsvcd.model.unit import UnitKind, is_template, suffix

_STARTERS = (
    *(("Unit", directive) for directive in ("Wants", "Requires", "BindsTo", "Upholds")),
    ("Service", "Sockets"),
)


def collisions(units: Sequence[Unit], files: Sequence[ConfigFile]) -> Iterator[Diagnostic]:
    """Yield an error for each unit and file that is declared twice, and each file in the way."""
    yield from _twice("unit", ((unit.name, unit.place) for unit in units))
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


def idle_sockets(units: Sequence[Unit]) -> Iterator[Diagnostic]:
    """Yield a warning for each socket that nothing starts: it would never listen."""
    started = {
        name
        for unit in units
        for section, directive in _STARTERS
        for value in unit.sections.get(section, {}).get(directive, ())
        for name in value.split()
    }
    for unit in units:
        if suffix(unit.name) != UnitKind.SOCKET or is_template(unit.name):
            continue
        if unit.name not in started and not unit.wanted_by and not unit.required_by:
            hint = 'add wantedBy = ["sockets.target"]'
            yield warning("nothing starts this socket", unit.place, hint=hint)
