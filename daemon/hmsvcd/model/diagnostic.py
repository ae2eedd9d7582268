"""What is wrong with a declaration, and where."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

Key = tuple[str | int, ...]
"""Table keys and list indices that lead to a value, from the root of a TOML file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: a file of the declaration and the keys that lead to it there.

    What a service module says has the module's file, the keys that a file of the declaration would
    have for it, and in ``imported`` where the declaration imports the module.
    """

    file: str
    key: Key = ()
    imported: "Place | None" = None

    def child(self, key: str | int) -> "Place":
        """Return the place one table key or list index further inside."""
        return Place(self.file, (*self.key, key), self.imported)

    @property
    def in_declaration(self) -> "Place":
        """The place in a file of the declaration: of what a module says that of its import."""
        return self.imported.in_declaration if self.imported else self


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
    ``pipeline.read.places`` when something is to be reported. An error that ``refuses`` a service
    keeps nothing else from being used.
    """

    severity: Severity
    message: str
    key: str | None = None
    hint: str | None = None
    place: Place | None = None
    position: Position | None = None
    notes: tuple[Note, ...] = field(default=())
    quoting: str | None = None
    refuses: str | None = None

    @property
    def in_full(self) -> "Diagnostic":
        """The diagnostic as a command shows it to the user whose declaration it is."""
        return replace(self, message=self.quoting, quoting=None) if self.quoting else self

    @property
    def at_import(self) -> "Diagnostic":
        """The diagnostic where the user can do something about it: at the import of a module.

        What has a position in a module's file stays there.
        """
        found = self
        while found.position is None and found.place and found.place.imported:
            note = Note("a service module says so", Place(found.place.file))
            found = replace(found, place=found.place.imported, notes=(*found.notes, note))
        return found

    @property
    def is_error(self) -> bool:
        """Whether something cannot be used as it is declared."""
        return self.severity is Severity.ERROR

    @property
    def refuses_all(self) -> bool:
        """Whether this keeps the declaration from being used."""
        return self.is_error and self.refuses is None


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
