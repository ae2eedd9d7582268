"""Units: their kinds, and a unit file as sections of directives."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Held = TypeVar("Held")

Directives = Mapping[str, tuple[str, ...]]
"""Directive name → its assignments, in order."""

Sections = Mapping[str, Directives]
"""Section name → its directives."""

TRIGGERS = ("Unit", "X-Reload-Triggers")
"""Section and name of the directive that changes with what a unit reads (Home Manager)."""


class UnitKind(StrEnum):
    """The kinds of unit that a declaration can name; the value is the file suffix."""

    SERVICE = "service"
    SOCKET = "socket"
    TIMER = "timer"
    PATH = "path"
    TARGET = "target"
    SLICE = "slice"
    MOUNT = "mount"
    AUTOMOUNT = "automount"

    @property
    def section(self) -> str:
        """The section that is named after the kind, such as ``Service``."""
        return self.value.capitalize()


TRIGGERING = frozenset({UnitKind.SOCKET, UnitKind.TIMER, UnitKind.PATH, UnitKind.AUTOMOUNT})
"""The kinds whose units start another unit."""


def suffix(unit: str) -> str:
    """Return what follows the last dot of a unit name: ``service`` for ``mpd.service``."""
    return unit.rpartition(".")[2]


def sections_of(kind: str) -> tuple[str, ...]:
    """Return the sections that systemd reads in units of a kind (a target has none of its own)."""
    own = () if kind == UnitKind.TARGET else (UnitKind(kind).section,)
    return ("Unit", "Install", *own)


def is_template(unit: str) -> bool:
    """Say whether this is a bare template such as ``foo@.service``, which cannot run itself."""
    return unit.rpartition(".")[0].endswith("@")


def template_of(unit: str) -> str | None:
    """Return ``foo@.service`` for ``foo@bar.service``; None for anything but an instance."""
    stem, _, kind = unit.rpartition(".")
    prefix, at, instance = stem.partition("@")
    return f"{prefix}@.{kind}" if at and instance else None


def held_for(unit: str, held: Mapping[str, Held]) -> Held | None:
    """Return what a table holds for a unit, or else for the template that it is made from."""
    found = held.get(unit)
    return held.get(template_of(unit) or "") if found is None else found


Assignment = tuple[str, str, str]
"""Section, directive and value of one line of a unit file."""


@dataclass(frozen=True, slots=True)
class UnitFile:
    """A unit file of any origin: its name and what its text says."""

    name: str
    sections: Sections

    def values(self, section: str, directive: str) -> tuple[str, ...]:
        """Return all assignments of a directive, empty ones included."""
        return self.sections.get(section, {}).get(directive, ())

    def last(self, section: str, directive: str) -> str | None:
        """Return the assignment that counts for a directive that is one value."""
        values = self.values(section, directive)
        return values[-1] if values else None

    def words(self, section: str, directive: str) -> tuple[str, ...]:
        """Return the words of a list directive; an empty assignment resets the list."""
        words: list[str] = []
        for value in self.values(section, directive):
            words = [*words, *value.split()] if value.strip() else []
        return tuple(words)
