"""How far two definitions of a unit are apart: what a change of each directive costs."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from hmsvcd.model.decision import Difference
from hmsvcd.model.unit import TRIGGERS, UnitFile

MOUNT_OPTIONS = ("Mount", "Options")

SWITCH_FLAGS = (
    "X-SwitchMethod", "X-ReloadIfChanged", "X-RestartIfChanged", "X-StopIfChanged",
    "X-StopOnRemoval", "X-OnlyManualStart",
)  # fmt: skip
"""Directives that tell a switch what to do; they stand in [Unit] or [Service]."""

TAKEN_UP_BY_DAEMON_RELOAD: Mapping[str, tuple[str, ...]] = {
    "Unit": (
        "Description", "Documentation", "After", "Before", "OnFailure", "OnSuccess",
        "OnFailureJobMode", "IgnoreOnIsolate", "RefuseManualStart", "RefuseManualStop",
        "AllowIsolate", "CollectMode", "SourcePath", "StartLimit*", "JobTimeout*",
    ),
    "Service": (
        "Restart*", "TimeoutStopSec", "ExecReload", "ExecStop", "ExecStopPost", "KillMode",
        "KillSignal", "SendSIGKILL", "SuccessExitStatus",
    ),
    "Install": ("*",),
}  # fmt: skip
"""Section → directives that a daemon-reload alone takes up (docs/switching.md: EQ)."""

_RANK = {difference: rank for rank, difference in enumerate(Difference)}


def difference(old: UnitFile, new: UnitFile) -> Difference:
    """Return what the weightiest changed directive makes of the change."""
    return _weightiest(_changes(old, new).values())


def worst(olds: Iterable[UnitFile], new: UnitFile) -> Difference:
    """Return the greatest difference to any possible old definition; CHG where none is known."""
    differences = [difference(old, new) for old in olds]
    return _weightiest(differences) if differences else Difference.CHG


def only_triggers(olds: Iterable[UnitFile], new: UnitFile) -> bool:
    """Say whether X-Reload-Triggers is all that differs from every possible old definition."""
    return all(set(_changes(old, new)) <= {TRIGGERS} for old in olds)


def changed_directives(old: UnitFile, new: UnitFile) -> tuple[str, ...]:
    """Return the names of the directives that make the difference what it is, never values."""
    changes = _changes(old, new)
    greatest = _weightiest(changes.values())
    return tuple(dict.fromkeys(key for (_, key), weight in changes.items() if weight is greatest))


def _weightiest(differences: Iterable[Difference]) -> Difference:
    return max(differences, key=_RANK.__getitem__, default=Difference.SAME)


def _changes(old: UnitFile, new: UnitFile) -> dict[tuple[str, str], Difference]:
    if old.sections == new.sections:
        return {}
    directives = {
        (section, key)
        for unit in (old, new)
        for section, keys in unit.sections.items()
        for key in keys
    }
    return {
        (section, key): _weight(section, key)
        for section, key in sorted(directives)
        if old.values(section, key) != new.values(section, key)
    }


def _weight(section: str, key: str) -> Difference:
    if (section, key) == TRIGGERS:
        return Difference.TRIG
    if (section, key) == MOUNT_OPTIONS:
        return Difference.OPTIONS
    free = (*TAKEN_UP_BY_DAEMON_RELOAD.get(section, ()), *SWITCH_FLAGS)
    return Difference.EQ if any(fnmatchcase(key, pattern) for pattern in free) else Difference.CHG
