"""Write values so that systemd reads them back as they were meant.

See systemd.syntax(7) for quoting and systemd.service(5) for command lines.
"""

import json
import re
from collections.abc import Sequence
from types import SimpleNamespace

PROGRAM_PREFIXES = "@-:+!|"
"""What systemd takes as a prefix of the program in ``ExecStart=``, inside quotes too."""

_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:=,+-]*")
_C_ESCAPES = {
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
}


def escape_argv(arguments: Sequence[str]) -> str:
    """Return a command line that runs exactly these arguments.

    As nixpkgs' ``utils.escapeSystemdExecArgs``: JSON strings with ``%`` and ``$`` doubled; in the
    program ``$`` stays, since systemd expands no variables there.
    """
    return " ".join(
        _quote(argument) if index == 0 else _quote(argument).replace("$", "$$")
        for index, argument in enumerate(arguments)
    )


def _quote(argument: str) -> str:
    return escape_specifiers(json.dumps(argument, ensure_ascii=False))


def escape_specifiers(text: str) -> str:
    """Return a text for a directive in which systemd expands no specifiers (systemd.unit(5))."""
    return text.replace("%", "%%")


def environment_assignment(name: str, value: str) -> str:
    """Return the value of an ``Environment=`` line that sets a variable to exactly this value."""
    if _PLAIN_VALUE.fullmatch(value):
        return f"{name}={value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{name}={"".join(map(_printable, escaped))}"'


def _printable(character: str) -> str:
    if character in _C_ESCAPES:
        return _C_ESCAPES[character]
    if character < " " or character == "\x7f":
        return f"\\x{ord(character):02x}"
    return character


LIBRARY = SimpleNamespace(escape_argv=escape_argv, escape_specifiers=escape_specifiers)
"""The read-only ``systemd.lib``, for service modules."""


def program_problem(program: str) -> str | None:
    """Say why systemd would not run this as the program of ``ExecStart=``, or None."""
    if not program:
        return "the program is empty"
    if program[0] in PROGRAM_PREFIXES:
        return f"systemd would take the `{program[0]}` before the program as a prefix"
    if "/" in program and not program.startswith("/"):
        return "systemd takes no relative path of a program"
    return None


def argument_problem(argument: str) -> str | None:
    """Say why not even an escaped argument or variable can be this, or None."""
    if "\0" in argument:
        return "neither arguments nor variables can hold a NUL"
    if not argument.isascii() and any(map(_is_noncharacter, argument)):
        return "systemd refuses a unit with a Unicode noncharacter such as U+FFFE"
    return None


def value_problem(value: str) -> str | None:
    """Say why a directive cannot have this value, or None.

    It would add a directive, swallow the next, or make systemd refuse the whole unit.
    """
    for character, name in (("\n", "a line feed"), ("\r", "a carriage return"), ("\0", "a NUL")):
        if character in value:
            return f"{name} cannot stand in a directive"
    if value.endswith("\\"):
        return "a trailing backslash would swallow the next directive"
    return argument_problem(value)


def _is_noncharacter(character: str) -> bool:
    """Say whether systemd's ``unichar_is_valid`` refuses a character."""
    return "\ufdd0" <= character <= "\ufdef" or ord(character) & 0xFFFE == 0xFFFE  # noqa: PLR2004 - the last two of each plane
