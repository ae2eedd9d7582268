"""What ``hmsvcd doctor`` finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """OK: as it has to be. WARNING: it works, but one should know. ERROR: to be mended."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and what would help. It quotes no declared value.

    ``check`` is the name of the check that found it.
    """

    level: Level
    message: str
    hint: str | None = None
    check: str = ""


def ok(message: str, hint: str | None = None) -> Finding:
    """Return that something is as it has to be."""
    return Finding(Level.OK, message, hint)


def warned(message: str, hint: str | None = None) -> Finding:
    """Return that something works, but not as well as it could, or not as one may expect."""
    return Finding(Level.WARNING, message, hint)


def wrong(message: str, hint: str | None = None) -> Finding:
    """Return that something has to be mended."""
    return Finding(Level.ERROR, message, hint)
