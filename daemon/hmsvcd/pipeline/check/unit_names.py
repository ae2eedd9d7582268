"""What systemd takes for the name of a unit (systemd.unit(5); ``unit_name_is_valid``)."""

import re

from hmsvcd.model.unit import UnitKind, suffix

_CHARACTERS = re.compile(r"[A-Za-z0-9:_.\\-][A-Za-z0-9:_.\\@-]*\.[a-z]+")
_LIMIT = 255
_SUFFIXES = frozenset({*UnitKind, "scope", "swap", "device"})
_ASCII = 128
_PLAIN_IN_PATH = re.compile(r"[A-Za-z0-9:_.]")


def unit_name_problem(name: str) -> str | None:
    """Say why this is no unit name that systemd takes, or None."""
    if "." not in name or suffix(name) not in _SUFFIXES:
        return "a unit name ends in its kind, such as `.target` or `.service`"
    if not _CHARACTERS.fullmatch(name):
        return "a unit name is letters, digits and `:-_.\\@`, and does not begin with `@`"
    if len(name) > _LIMIT:
        return f"a unit name has at most {_LIMIT} characters"
    if suffix(name) == UnitKind.SLICE and not _is_slice(name.removesuffix(".slice")):
        return "the parts of a slice's name are joined by single dashes"
    return None


def _is_slice(stem: str) -> bool:
    return stem == "-" or all(stem.split("-"))


def stem_for_path(path: str) -> str:
    r"""Return what a mount or automount unit of a path is called (``systemd-escape --path``).

    >>> print(stem_for_path("/mnt/my-disk"))
    mnt-my\x2ddisk
    """
    parts = [part for part in path.split("/") if part not in {"", "."}]
    stem = "-".join("".join(map(_escaped, part.encode())) for part in parts) or "-"
    return f"\\x2e{stem[1:]}" if stem.startswith(".") else stem


def _escaped(byte: int) -> str:
    return chr(byte) if byte < _ASCII and _PLAIN_IN_PATH.fullmatch(chr(byte)) else f"\\x{byte:02x}"
