"""What a unit file and its drop-ins say together, as systemd merges them (systemd.unit(5)).

systemd reads the drop-ins after the file, one after the other, as if they stood at its end. What
an assignment does to those before it stands in ``assignment_rules``.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from hmsvcd.model.unit import Assignment, UnitFile
from hmsvcd.pipeline.syntax.assignment_rules import is_first_only, matches, undone_by
from hmsvcd.pipeline.syntax.unit_file import assignments


def effective(name: str, assigned: Iterable[Assignment]) -> UnitFile:
    """Return what these assignments, in the order in which systemd reads them, say together.

    What it is not known how to reset stays as it is written, empty assignments included.
    """
    sections: dict[str, dict[str, tuple[str, ...]]] = {}
    for section, key, value in surviving(assigned):
        directives = sections.setdefault(section, {})
        directives[key] = (*directives.get(key, ()), value)
    return UnitFile(name, sections)


def surviving(assigned: Iterable[Assignment]) -> list[Assignment]:
    """Return the assignments that count, in their order."""
    kept: list[Assignment] = []
    for section, key, value in assigned:
        name = f"{section}.{key}"
        if is_first_only(name) and any(name == _name(each) and each[2] for each in kept):
            continue
        undone = undone_by(name, is_empty=not value)
        if undone:
            kept = [each for each in kept if not matches(_name(each), undone)]
        if value or undone is None:
            kept.append((section, key, value))
    return kept


def _name(assignment: Assignment) -> str:
    return f"{assignment[0]}.{assignment[1]}"


def assigned_in(texts: Iterable[str]) -> Iterator[Assignment]:
    """Yield what texts assign that systemd reads one after the other."""
    return chain.from_iterable(map(assignments, texts))


def assigned_by(unit: UnitFile) -> Iterator[Assignment]:
    """Yield what a parsed unit assigns, directive by directive."""
    for section, directives in unit.sections.items():
        for key, values in directives.items():
            yield from ((section, key, value) for value in values)
