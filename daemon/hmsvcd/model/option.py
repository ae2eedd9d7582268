"""Options as data: their types, defaults and documentation.

From one declaration of an option come merging, checking, the manual and the editors' schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hmsvcd.model.definition import OPTION_DEFAULT

INTEGER_LIMIT = 2**63
"""TOML and Nix integers are signed and have 64 bits."""

UNSET: Final = object()
"""The default of an option that has none."""


@dataclass(frozen=True, slots=True)
class ByName:
    """A default that has the name of the table it stands in for each ``{}`` of its text."""

    text: str

    def of(self, name: str) -> str:
        """Return the default in the table of this name."""
        return self.text.replace("{}", name)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; two different definitions of one priority conflict.

    An integer must not be below ``least`` nor above ``most``, and a string begins with ``begins``.
    """

    name: str
    kinds: tuple[type, ...]
    choices: tuple[str, ...] = ()
    least: int = -INTEGER_LIMIT
    most: int = INTEGER_LIMIT - 1
    begins: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Text; several definitions are joined by a line feed."""

    name: str = "a string"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; several definitions are concatenated.

    With ``single``, a string is a list of one. With ``words``, whoever writes a string for it is
    told to write its words.
    """

    element: Scalar
    name: str
    single: bool = False
    words: bool = False


@dataclass(frozen=True, slots=True)
class RecordList:
    """A list of tables with fixed keys, such as ``assertions``."""

    fields: Mapping[str, Scalar]
    name: str


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive of a unit file: a string, integer or boolean, or a list of these.

    With ``strings_only`` (``Exec…``) nothing but strings.
    """

    name: str
    strings_only: bool = False


@dataclass(frozen=True, slots=True)
class Datum:
    """Structured data that is one value: no properties inside."""

    name: str = "any value"


@dataclass(frozen=True, slots=True)
class Names:
    """Which keys a free-form table takes: a pattern for all of a key, and what to say else.

    The manual writes ``<placeholder>`` for a key.
    """

    pattern: str
    wanted: str
    placeholder: str = "name"


@dataclass(frozen=True, slots=True)
class Directives:
    """A section of a unit file: free-form directives by name."""

    names: Names


@dataclass(frozen=True, slots=True)
class AttrsOf:
    """A table from free names to values of one type; ``element`` may name a type of the schema.

    With ``owner_alias``, the last name of the service that the table belongs to stands for ``""``.
    """

    element: "Type | str"
    names: Names
    owner_alias: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A table with fixed keys, and with ``freeform`` any others, which all have that type.

    ``aliases`` maps a further key to the option and key that it stands for. ``foreign`` maps what
    other tools write here to what is to be written instead. ``kind`` says what the record is, to
    those who give some records a meaning of their own. ``freeform`` may name a type of the schema.
    One that ``is_namespace`` only holds the options of modules: a priority around it is one around
    each of them.
    """

    options: Mapping[str, "Option"]
    name: str
    aliases: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    kind: str = ""
    foreign: Mapping[str, str] = field(default_factory=dict)
    freeform: "Type | str | None" = None
    is_namespace: bool = False


@dataclass(frozen=True, slots=True)
class Either:
    """A value, or, where one of its definitions is a table, a table."""

    leaf: "Leaf"
    table: "Table"


Leaf = Scalar | Lines | ListOf | RecordList | Directive | Datum
Table = Record | AttrsOf | Directives
Type = Leaf | Table | Either


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its type, its default, and how the manual explains it.

    Without a default, a list is empty, and a value must be set before a service module can read
    it; None is the default of a value that may stay unset.

    ``default`` stands at ``default_priority`` among the definitions; one of a service module may
    be a function of the merged configuration, or a ``ByName``. ``default_text`` says in words
    what a computed default is. A ``read_only`` option takes no definition; in the strings of a
    ``literal`` one nothing is replaced.
    """

    type: Type
    description: str
    default: Any = UNSET
    default_text: str | None = None
    example: Any = UNSET
    default_priority: int = OPTION_DEFAULT
    read_only: bool = False
    literal: bool = False


STRING = Scalar("a string", (str,))
BOOL = Scalar("a boolean", (bool,))
INTEGER = Scalar("an integer", (int,))
PORT = Scalar("a port from 0 to 65535", (int,), least=0, most=65535)
PATH = Scalar("an absolute path", (str,), begins="/")
STRINGS = ListOf(STRING, "a list of strings")
ARGUMENTS = ListOf(STRING, "a list of strings", words=True)
STRING_OR_STRINGS = ListOf(STRING, "a string or a list of strings", single=True)

ANY_NAME = Names(r"(?s:.*)", "any name")
ATOM = Scalar("a string, an integer or a boolean", (str, int, bool))
SETTING = Either(Datum(), AttrsOf("setting", ANY_NAME))
"""Structured settings: tables of tables merge, everything else is one value."""
SETTINGS = AttrsOf("setting", ANY_NAME)


def accepts(scalar: Scalar, value: Any) -> bool:
    """Say whether a resolved value is of this type (a boolean is no integer)."""
    if isinstance(value, bool):
        return bool in scalar.kinds
    if isinstance(value, int) and not scalar.least <= value <= scalar.most:
        return False
    if isinstance(value, str) and not value.startswith(scalar.begins):
        return False
    return isinstance(value, scalar.kinds) and (not scalar.choices or value in scalar.choices)
