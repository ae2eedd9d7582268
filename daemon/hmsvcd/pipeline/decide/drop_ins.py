"""Drop-ins: what they make of the unit that they belong to (systemd.unit(5))."""

from collections.abc import Iterable

from hmsvcd.model.unit import UnitFile


def with_drop_ins(unit: UnitFile, drop_ins: Iterable[UnitFile]) -> UnitFile:
    """Return a unit as its drop-ins, in the order in which they are read, change it.

    An empty assignment in a drop-in drops what was assigned before.
    """
    sections = {name: dict(directives) for name, directives in unit.sections.items()}
    for drop_in in drop_ins:
        for name, directives in drop_in.sections.items():
            had = sections.setdefault(name, {})
            for directive, values in directives.items():
                had[directive] = _since_reset((*had.get(directive, ()), *values))
    return UnitFile(unit.name, sections)


def _since_reset(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the assignments from the last empty one on, that one too if nothing follows it."""
    last = max((at for at, value in enumerate(values) if not value), default=-1)
    return values[last + 1 :] or values[last:]
