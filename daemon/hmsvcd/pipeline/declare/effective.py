"""What a unit file and its drop-ins say together, as systemd merges them (systemd.unit(5)).

Drop-ins are read as if they stood at the end of the file. Of what an empty assignment resets,
nothing before it is left.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from hmsvcd.model.schema_units import DEPENDENCIES
from hmsvcd.model.unit import UnitFile
from hmsvcd.pipeline.syntax.unit_file import assignments

_TOGETHER: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "Unit": (("Condition*",), ("Assert*",)),
    "Timer": (
        ("OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec",
         "OnCalendar"),
    ),
    "Socket": (("Listen*",),),
    "Path": (
        ("PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty"),
    ),
}  # fmt: skip
"""Section → groups of lists of which an empty assignment to one resets all."""

_LISTS = (
    "Exec*", "Environment", "EnvironmentFile", "PassEnvironment", "UnsetEnvironment",
    "Documentation", "LoadCredential*", "SetCredential*", "ReadWritePaths", "ReadOnlyPaths",
    "InaccessiblePaths", "BindPaths", "BindReadOnlyPaths", "TemporaryFileSystem",
    "SuccessExitStatus", "RestartPreventExitStatus", "RestartForceExitStatus",
)  # fmt: skip
"""Lists of which an empty assignment resets only the one that it is made to."""

_NEVER_RESET = frozenset(DEPENDENCIES.values())
"""Lists of units, to which an empty assignment does nothing."""

_SINGLE = (
    "Description", "Type", "Restart", "RestartSec", "RemainAfterExit", "WorkingDirectory",
    "PIDFile", "BusName", "Timeout*Sec", "WatchdogSec", "NotifyAccess", "KillMode", "KillSignal",
    "Nice", "OOMScoreAdjust", "UMask", "Slice", "StandardInput", "StandardOutput", "StandardError",
    "SyslogIdentifier", "Memory*", "CPUWeight", "CPUQuota", "IOWeight", "TasksMax", "Limit*",
    "NoNewPrivileges", "Private*", "ProtectSystem", "ProtectHome", "StartLimit*", "Persistent",
    "RandomizedDelaySec", "AccuracySec", "WakeSystem", "Unit", "Accept", "SocketMode", "Where",
    "What", "Options",
)  # fmt: skip
"""Directives of one value, of which the last assignment counts."""


def effective(name: str, texts: Iterable[str]) -> UnitFile:
    """Return what a unit file, the first text, and its drop-ins say together.

    What it is not known how to reset stays as it is written, empty assignments included.
    """
    sections: dict[str, dict[str, tuple[str, ...]]] = {}
    for text in texts:
        for section, key, value in assignments(text):
            _assign(sections.setdefault(section, {}), section, key, value)
    return UnitFile(name, {section: keys for section, keys in sections.items() if keys})


def _assign(directives: dict[str, tuple[str, ...]], section: str, key: str, value: str) -> None:
    if value:
        earlier = () if _matches(key, _SINGLE) else directives.get(key, ())
        directives[key] = (*earlier, value)
    elif patterns := _reset_with(section, key):
        for other in [other for other in directives if _matches(other, patterns)]:
            del directives[other]
    elif key not in _NEVER_RESET:
        directives[key] = (*directives.get(key, ()), value)


def _reset_with(section: str, key: str) -> tuple[str, ...]:
    """Return the patterns of what an empty assignment to a directive resets, if it is known."""
    for patterns in _TOGETHER.get(section, ()):
        if _matches(key, patterns):
            return patterns
    return (key,) if _matches(key, _LISTS) else ()


def _matches(key: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)
