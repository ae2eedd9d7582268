"""What is wrong with a declaration, and where."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

Key = tuple[str | int, ...]
"""Table keys and list indices that lead to a value, from the root of a TOML file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: a file of the declaration and the keys that lead to it there."""

    file: str
    key: Key = ()

    def child(self, key: str | int) -> "Place":
        """Return the place one table key or list index further inside."""
        return Place(self.file, (*self.key, key))


@dataclass(frozen=True, slots=True)
class Position:
    """A place as people count it: line and column from 1, columns in code points."""

    line: int
    column: int


class Severity(StrEnum):
    """Whether a declaration can be used all the same."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """A further place that belongs to a diagnostic, such as the other side of a conflict."""

    message: str
    place: Place
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong.

    ``message``, ``hint`` and notes quote no value that is declared: they go to the log and over
    D-Bus. ``quoting`` is the message that does, for the eyes of the user only.

    ``key`` is the dotted key as a user would write it. ``place`` is where, if it stands in a file;
    ``position`` is known at once for syntax errors and otherwise filled in by
    ``pipeline.read.places`` when something is to be reported.
    """

    severity: Severity
    message: str
    key: str | None = None
    hint: str | None = None
    place: Place | None = None
    position: Position | None = None
    notes: tuple[Note, ...] = field(default=())
    quoting: str | None = None

    @property
    def in_full(self) -> "Diagnostic":
        """The diagnostic as a command shows it to the user whose declaration it is."""
        return replace(self, message=self.quoting, quoting=None) if self.quoting else self

    @property
    def is_error(self) -> bool:
        """Whether this keeps the declaration from being used."""
        return self.severity is Severity.ERROR


def error(
    message: str,
    place: Place | None,
    key: str | None = None,
    hint: str | None = None,
    notes: tuple[Note, ...] = (),
    quoting: str | None = None,
) -> Diagnostic:
    """Return an error; without ``key`` the place's own key is shown."""
    if key is None and place is not None:
        key = dotted(place.key)
    return Diagnostic(Severity.ERROR, message, key, hint, place, notes=notes, quoting=quoting)


def warning(
    message: str,
    place: Place | None,
    key: str | None = None,
    hint: str | None = None,
    notes: tuple[Note, ...] = (),
    quoting: str | None = None,
) -> Diagnostic:
    """Return a warning; without ``key`` the place's own key is shown."""
    return replace(error(message, place, key, hint, notes, quoting), severity=Severity.WARNING)


_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def dotted(key: Key) -> str | None:
    """Return a key as TOML writes it, quoted where it must be; None for the root.

    >>> dotted(("configData", "app.toml", 2))
    'configData."app.toml".2'
    """
    return ".".join(_part(part) for part in key) or None


def _part(part: str | int) -> str:
    text = str(part)
    if text and _BARE.issuperset(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
