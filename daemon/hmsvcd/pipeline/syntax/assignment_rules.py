"""What an assignment does to those that systemd has read before it, as tables.

Names are ``Section.Directive``, with ``*`` for any text. Source: systemd's manual pages
(systemd.unit(5), systemd.service(5), systemd.socket(5), systemd.exec(5), …), and, where these are
silent, what systemd 252 does.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from hmsvcd.model.schema_units import DEPENDENCIES

Names = tuple[str, ...]
Subjects = frozenset[str]

_ALL = frozenset({""})


@dataclass(frozen=True, slots=True)
class OrderedGroup:
    """Directives that are one list, or act on each other: their order among each other counts.

    It counts for assignments that have one of their ``subjects`` in common. ``because`` completes
    a message.
    """

    names: Names
    because: str
    subjects: Callable[[str], Subjects] = lambda _: _ALL


def _before_colon(value: str) -> Subjects:
    return frozenset({value.partition(":")[0]})


def _destinations(value: str) -> Subjects:
    """Return what is mounted over: of ``SOURCE[:DESTINATION[:OPTIONS]]``, each."""
    mounts = (word.removeprefix("-").split(":") for word in value.split())
    return frozenset(mount[1] if mount[1:] else mount[0] for mount in mounts)


_SOCKETS = ("Socket.Listen*",)
_INPUT = ("*.StandardInputText", "*.StandardInputData")
_CPU_SCHEDULING = ("*.CPUSchedulingPolicy", "*.CPUSchedulingPriority")
_IO_SCHEDULING = ("*.IOSchedulingClass", "*.IOSchedulingPriority")
_LOADED_CREDENTIALS = ("*.LoadCredential", "*.LoadCredentialEncrypted")
_SET_CREDENTIALS = ("*.SetCredential", "*.SetCredentialEncrypted")
_BIND_MOUNTS = ("*.BindPaths", "*.BindReadOnlyPaths")

ORDERED_GROUPS = (
    OrderedGroup(_SOCKETS, "a service is passed its sockets in the order of these lines"),
    OrderedGroup(_INPUT, "the input is put together in the order of these lines"),
    OrderedGroup(_CPU_SCHEDULING, "a policy bounds the priority that has been set before it"),
    OrderedGroup(_IO_SCHEDULING, "a class can undo the priority that has been set before it"),
    OrderedGroup(_LOADED_CREDENTIALS, "the last line for a credential counts", _before_colon),
    OrderedGroup(_SET_CREDENTIALS, "the last line for a credential counts", _before_colon),
    OrderedGroup(_BIND_MOUNTS, "the first line for a mount point counts", _destinations),
)

_TIMERS = (
    "Timer.OnActiveSec", "Timer.OnBootSec", "Timer.OnStartupSec", "Timer.OnUnitActiveSec",
    "Timer.OnUnitInactiveSec", "Timer.OnCalendar",
)  # fmt: skip
_PATHS = (
    "Path.PathExists", "Path.PathExistsGlob", "Path.PathChanged", "Path.PathModified",
    "Path.DirectoryNotEmpty",
)  # fmt: skip

_PATH_SETS: tuple[Names, ...] = (
    ("*.ReadWritePaths", "*.ReadWriteDirectories"),
    ("*.ReadOnlyPaths", "*.ReadOnlyDirectories"),
    ("*.InaccessiblePaths", "*.InaccessibleDirectories"),
)
"""Sets of paths, each with its old name."""

_RESET_TOGETHER: tuple[Names, ...] = (
    ("Unit.Condition*",), ("Unit.Assert*",), _TIMERS, _PATHS, _SOCKETS, _INPUT, _IO_SCHEDULING,
    _LOADED_CREDENTIALS, _SET_CREDENTIALS, _BIND_MOUNTS, *_PATH_SETS,
    ("Unit.RebootArgument", "Service.RebootArgument"),
)  # fmt: skip
"""Directives of which an empty assignment to one resets all."""

_RESETS: tuple[tuple[str, Names], ...] = (
    *((name, together) for together in _RESET_TOGETHER for name in together),
    ("*.CPUSchedulingPolicy", _CPU_SCHEDULING),
    *(
        (f"*.{kind}Directory", (f"*.{kind}Directory", f"*.{kind}DirectoryMode"))
        for kind in ("Runtime", "State", "Cache", "Logs", "Configuration")
    ),
)
"""Directive → what an empty assignment to it resets."""

_LISTS = (
    "*.Exec*", "*.Environment", "*.EnvironmentFile", "*.PassEnvironment", "*.UnsetEnvironment",
    "Unit.Documentation", "*.TemporaryFileSystem", "Service.SuccessExitStatus",
    "Service.Restart*ExitStatus",
)  # fmt: skip
"""Lists of which an empty assignment resets only the one that it is made to."""

_NEVER_RESET = tuple(f"Unit.{directive}" for directive in DEPENDENCIES.values())
"""Lists of units, to which an empty assignment does nothing."""

UNORDERED: Names = (
    *_NEVER_RESET, "Unit.Propagates*To", "Unit.*PropagatedFrom", "Unit.JoinsNamespaceOf",
    "Unit.RequiresMountsFor", "Unit.Documentation", "Unit.Condition*", "Unit.Assert*", *_TIMERS,
    *_PATHS, *(name for names in _PATH_SETS for name in names), "Service.SuccessExitStatus",
    "Service.Restart*ExitStatus", "*.PassEnvironment", "*.UnsetEnvironment",
)  # fmt: skip
"""Lists whose order does not count."""

_LAST_COUNTS = (
    "Unit.Description", "*.StartLimit*", "Service.Type", "Service.Restart", "Service.RestartSec",
    "Service.RemainAfterExit", "Service.PIDFile", "Service.BusName", "Service.WatchdogSec",
    "Service.NotifyAccess", "*.Timeout*Sec", "*.WorkingDirectory", "*.KillMode", "*.KillSignal",
    "*.Nice", "*.OOMScoreAdjust", "*.UMask", "*.Slice", "*.StandardInput", "*.StandardOutput",
    "*.StandardError", "*.SyslogIdentifier", "*.Memory*", "*.CPUWeight", "*.CPUQuota",
    "*.IOWeight", "*.TasksMax", "*.Limit*", "*.NoNewPrivileges", "*.Private*", "*.ProtectSystem",
    "*.ProtectHome", "Timer.Persistent", "Timer.RandomizedDelaySec", "Timer.AccuracySec",
    "Timer.WakeSystem", "Socket.Accept", "Socket.SocketMode", "*.Where", "*.What", "*.Options",
)  # fmt: skip
"""Directives of one value, of which the last assignment counts."""

_FIRST_COUNTS = ("Timer.Unit", "Path.Unit")
"""Directives of one value, of which systemd takes the first and warns of the others."""

_ONE_VALUE: tuple[Names, ...] = (
    ("Unit.StartLimitIntervalSec", "Unit.StartLimitInterval", "Service.StartLimitInterval"),
    ("Unit.StartLimitBurst", "Service.StartLimitBurst"),
    ("Unit.StartLimitAction", "Service.StartLimitAction"),
    ("Unit.FailureAction", "Service.FailureAction"),
    ("Unit.RebootArgument", "Service.RebootArgument"),
    ("Unit.OnFailureJobMode", "Unit.OnFailureIsolate"),
)
"""Names for one value, old ones too, of which the last assignment counts."""

_REPLACES: tuple[tuple[str, Names], ...] = (
    (
        "Service.TimeoutSec",
        ("Service.TimeoutSec", "Service.TimeoutStartSec", "Service.TimeoutStopSec"),
    ),
    *((name, names) for names in _ONE_VALUE for name in names),
)
"""Directive → what an assignment to it takes the place of."""


@lru_cache(maxsize=1024)
def undone_by(name: str, *, is_empty: bool) -> Names | None:
    """Return the directives whose earlier assignments no longer count after one to ``name``.

    None for an empty assignment of which it is not known what it does.
    """
    for directive, undone in _RESETS if is_empty else _REPLACES:
        if fnmatchcase(name, directive):
            return undone
    if is_empty:
        return (name,) if matches(name, _LISTS) else () if matches(name, _NEVER_RESET) else None
    return (name,) if matches(name, _LAST_COUNTS) else ()


@lru_cache(maxsize=1024)
def is_first_only(name: str) -> bool:
    """Say whether only the first assignment to a directive counts."""
    return matches(name, _FIRST_COUNTS)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Say whether ``Section.Directive`` is one of these names."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
