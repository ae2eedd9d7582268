"""The words for what ``systemd-analyze verify`` says of a line: ours, and in full systemd's own.

systemd quotes values where it finds fault with them, so its words are for the user only.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from hmsvcd.model.rendering import RenderedUnit
from hmsvcd.model.unit import UnitKind
from hmsvcd.pipeline.check.missing_units import needed_but_missing

UNIT_NAME = r"[A-Za-z0-9:_.\\@-]+\.(?:" + "|".join(UnitKind) + ")"
NOT_FOUND = re.compile(rf"Failed to create .*: Unit (?P<unit>{UNIT_NAME}) not found")
NOT_LOADED = re.compile(rf"service (?P<unit>{UNIT_NAME}) not loaded, socket cannot be started")
COMMAND = re.compile(r"Command (?P<program>.+) is not executable: (?P<why>.*)")
REFUSING = " Refusing."
"""How a reason ends for which systemd does not load a unit at all."""

_UNKNOWN_KEY = re.compile(
    r"Unknown (?:key name|key|lvalue) '(?P<name>[^']+)' in section "
    r"\W*(?P<section>[\w-]+)"
)
_VALUE_HINTS = {
    "OnCalendar": "`systemd-analyze calendar` says what it takes, see systemd.time(7)",
    "ListenStream": "write a path, a port or an address with a port, see systemd.socket(5)",
    "ListenDatagram": "write a path, a port or an address with a port, see systemd.socket(5)",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the output about a unit of ours.

    ``number`` is a line of the unit's text. ``is_cause`` says that the unit is refused for it.
    """

    unit: RenderedUnit
    text: str
    number: int | None = None
    is_cause: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What to say of a line, and what to say where values may be quoted."""

    message: str
    hint: str | None = None
    quoting: str | None = None


def is_ignored(text: str) -> bool:
    """Say whether systemd goes on without what it finds fault with."""
    return "ignoring" in text.lower()


def worded(line: Line, directive: str | None, known: Mapping[str, tuple[str, ...]]) -> Words:
    """Return what to say: in our words where users meet it often; systemd's may quote values."""
    name = line.unit.name
    if match := _UNKNOWN_KEY.match(line.text):
        hint = _nearest(match["name"], known.get(match["section"], ()), "{}=")
        return Words(f"{name}: systemd ignores the unknown directive {match['name']}=", hint)
    if match := COMMAND.match(line.text):
        why = match["why"].lower()
        quoting = f"{name}: cannot run {match['program']}: {why}"
        return Words(f"{name}: cannot run its program: {why}", quoting=quoting)
    if match := NOT_FOUND.match(line.text):
        return Words(needed_but_missing(name, match["unit"]))
    if match := NOT_LOADED.match(line.text):
        return Words(f"{name}: nothing to start: there is no {match['unit']}")
    return _words_of_systemd(line, directive)


def _words_of_systemd(line: Line, directive: str | None) -> Words:
    name = line.unit.name
    hint = _VALUE_HINTS.get(directive or "")
    about = f"{name}: {directive}=" if directive else name
    if line.text.endswith(REFUSING):
        reason = line.text.removesuffix(REFUSING)
        return Words(f"{about}: systemd refuses it", hint, f"{name}: systemd refuses it: {reason}")
    if line.number is None:
        return Words(f"{about}: systemd warns of it", hint, f"{name}: {line.text}")
    text = line.text.replace(", ignoring", "") if line.is_cause else line.text
    does = "ignores" if is_ignored(text) else "does not take"
    return Words(f"{about}: systemd {does} this value", hint, f"{about}: {text}")


def _nearest(name: str, candidates: Iterable[str], form: str) -> str | None:
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return f"did you mean {form.format(by_lower[close[0]])}?" if close else None
