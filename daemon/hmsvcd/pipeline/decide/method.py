"""What a definition says of how it wants to be switched."""

import re
from collections.abc import Iterable

from hmsvcd.model.decision import Method
from hmsvcd.model.observed import Observed
from hmsvcd.model.unit import UnitFile, suffix
from hmsvcd.pipeline.syntax.booleans import NO, YES

_SECOND = 1_000_000
_MICROSECONDS = {
    unit: factor
    for units, factor in (
        ("us usec µs μs", 1),
        ("ms msec", 1_000),
        ("s sec second seconds", _SECOND),
        ("m min minute minutes", 60 * _SECOND),
        ("h hr hour hours", 3_600 * _SECOND),
        ("d day days", 86_400 * _SECOND),
        ("w week weeks", 604_800 * _SECOND),
        ("M month months", 2_629_800 * _SECOND),
        ("y year years", 31_557_600 * _SECOND),
    )
    for unit in units.split()
} | {"": _SECOND}
_TIME_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zµμM]*)")


def method_of(unit: UnitFile) -> Method | None:
    """Return the switch method that a definition asks for, None where it leaves the choice open.

    A unit that only dependencies may start or stop keeps what runs: an edit must not take down
    what nothing brings back.
    """
    if refuses_start(unit) or refuses_stop(unit):
        return Method.KEEP_OLD
    declared = _flag(unit, "X-SwitchMethod")
    if declared in set(Method):
        return Method(declared)
    return next((method for name, value, method in _LEGACY if _flag(unit, name) in value), None)


_LEGACY = (
    ("X-ReloadIfChanged", YES, Method.RELOAD),
    ("X-RestartIfChanged", NO, Method.KEEP_OLD),
    ("X-StopIfChanged", NO, Method.RESTART),
)


def refuses_start(unit: UnitFile) -> bool:
    """Say whether nobody but a dependency may start it."""
    return _flag(unit, "RefuseManualStart") in YES or _flag(unit, "X-OnlyManualStart") in YES


def refuses_stop(unit: UnitFile) -> bool:
    """Say whether nobody but a dependency may stop it."""
    return _flag(unit, "RefuseManualStop") in YES


def stays_on_removal(unit: UnitFile) -> bool:
    """Say whether it is left running once it is no longer declared."""
    return _flag(unit, "X-StopOnRemoval") in NO or refuses_stop(unit)


def can_reload(unit: UnitFile) -> bool:
    """Say whether systemd can reload it while it is up."""
    if suffix(unit.name) == "mount":
        return True
    return unit.last("Service", "Type") == "notify-reload" or bool(
        unit.last("Service", "ExecReload")
    )


def is_plain_oneshot(unit: UnitFile) -> bool:
    """Say whether it is a job that is over when it has run: oneshot without RemainAfterExit."""
    remains = (unit.last("Service", "RemainAfterExit") or "").lower() in YES
    return unit.last("Service", "Type") == "oneshot" and not remains


def elapses_at_once(timer: UnitFile, observed: Observed) -> bool:
    """Say whether a timer that is started now would elapse for a moment that is past.

    OnBootSec counts from the boot, OnStartupSec from the manager's start (systemd.timer(5)).
    """
    return _is_past(timer.values("Timer", "OnBootSec"), 0, observed.now) or _is_past(
        timer.values("Timer", "OnStartupSec"), observed.started, observed.now
    )


def _is_past(spans: Iterable[str], since: int, now: int) -> bool:
    return any(span.strip() and since + microseconds(span) <= now for span in spans)


def microseconds(span: str) -> int:
    """Return a time span of systemd.time(7), such as ``1min 30s``; a bare number is seconds."""
    return sum(
        round(float(number) * _MICROSECONDS.get(unit, _SECOND))
        for number, unit in _TIME_SPAN.findall(span)
    )


def _flag(unit: UnitFile, name: str) -> str | None:
    value = unit.last("Unit", name)
    declared = unit.last("Service", name) if value is None else value
    return None if declared is None else declared.lower()
