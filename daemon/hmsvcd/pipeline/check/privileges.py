"""Directives that a user manager cannot honour, because it is no root.

The rows were tried on systemd 252 as an ordinary user; systemd.exec(5) says why. From 254 on the
sandboxing directives turn ``PrivateUsers=`` on by themselves and work.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hmsvcd.model.diagnostic import Diagnostic, warning
from hmsvcd.model.service import Unit, directive_place
from hmsvcd.model.unit import Directives, Sections
from hmsvcd.pipeline.syntax.booleans import is_no, is_yes

IMPLIED_USERS = 254
"""The version of systemd from which sandboxing in a user unit implies ``PrivateUsers=``."""


def _turned_on(value: str) -> bool:
    return value != "" and not is_no(value)


def _one_of(*values: str) -> Callable[[str], bool]:
    return lambda value: value.lower() in values


def _none_of(*values: str) -> Callable[[str], bool]:
    return lambda value: value.lower() not in values


def _negative(value: str) -> bool:
    return value.startswith("-")


@dataclass(frozen=True, slots=True)
class Limit:
    """What becomes of a directive in a user manager.

    ``private_users``: it works beside ``PrivateUsers=true``. ``before``: only versions below this
    one behave so (0: all). ``applies`` says whether a value asks for anything at all.
    """

    effect: str
    hint: str | None = None
    private_users: bool = False
    before: int = 0
    applies: Callable[[str], bool] = _turned_on


def _fails(status: str) -> str:
    return f"makes the start fail ({status})"


_IGNORED = "is ignored by a user manager"
_ADD_USERS = "it works beside PrivateUsers=true"
_OWN_USER = "services of a user manager run as its user; leave it out"
_SANDBOX = Limit(_IGNORED, _ADD_USERS, private_users=True, before=IMPLIED_USERS)
_SYSTEM_ONLY = Limit(f"{_IGNORED}: it is for system services only")


def _sandbox(status: str) -> Limit:
    return Limit(_fails(status), _ADD_USERS, private_users=True, before=IMPLIED_USERS)


def _capability(status: str, applies: Callable[[str], bool] = _turned_on) -> Limit:
    return Limit(_fails(status), _ADD_USERS, private_users=True, applies=applies)


LIMITS: Mapping[str, Limit] = {
    "User": Limit(f"{_fails('216/GROUP')} for any other user", _OWN_USER),
    "Group": Limit(f"{_fails('216/GROUP')} for any but the user's own group", _OWN_USER),
    "SupplementaryGroups": Limit(_fails("216/GROUP"), _OWN_USER),
    "DynamicUser": Limit(_fails("217/USER"), _OWN_USER),
    "PAMName": _SYSTEM_ONLY,
    "AmbientCapabilities": _capability("218/CAPABILITIES"),
    "CapabilityBoundingSet": _capability("218/CAPABILITIES", _none_of("~")),
    "SecureBits": _capability("213/SECUREBITS"),
    "SELinuxContext": _SYSTEM_ONLY,
    "AppArmorProfile": _SYSTEM_ONLY,
    "SmackProcessLabel": _SYSTEM_ONLY,
    "NetworkNamespacePath": Limit(_fails("225/NETWORK")),
    "LogNamespace": Limit(_fails("226/NAMESPACE")),
    "RootImage": Limit(_fails("226/NAMESPACE")),
    "MountImages": Limit(_fails("226/NAMESPACE")),
    "ExtensionImages": Limit(_fails("226/NAMESPACE")),
    "ExtensionDirectories": _sandbox("226/NAMESPACE"),
    "RootDirectory": _sandbox("226/NAMESPACE"),
    "TemporaryFileSystem": _sandbox("226/NAMESPACE"),
    "BindPaths": _sandbox("226/NAMESPACE"),
    "BindReadOnlyPaths": _sandbox("226/NAMESPACE"),
    "PrivateDevices": _sandbox("218/CAPABILITIES"),
    "ProtectClock": _sandbox("218/CAPABILITIES"),
    "ProtectKernelModules": _sandbox("218/CAPABILITIES"),
    "ProtectKernelLogs": _sandbox("218/CAPABILITIES"),
    "ProtectKernelTunables": Limit(
        "is applied in part only, without its mounts",
        _ADD_USERS,
        private_users=True,
        before=IMPLIED_USERS,
    ),
    "ProtectProc": Limit(_IGNORED, before=IMPLIED_USERS, applies=_none_of("", "default")),
    "ProcSubset": Limit(_IGNORED, before=IMPLIED_USERS, applies=_none_of("", "all")),
    **dict.fromkeys(
        (
            "ExecPaths",
            "InaccessiblePaths",
            "IPCNamespacePath",
            "MountFlags",
            "NoExecPaths",
            "PrivateIPC",
            "PrivateMounts",
            "PrivateNetwork",
            "PrivateTmp",
            "ProtectControlGroups",
            "ProtectHome",
            "ProtectHostname",
            "ProtectSystem",
            "ReadOnlyPaths",
            "ReadWritePaths",
        ),
        _SANDBOX,
    ),
    "CPUSchedulingPolicy": Limit(
        f"{_fails('214/SETSCHEDULER')} where the user may not set it",
        "see RLIMIT_RTPRIO in setrlimit(2)",
        applies=_one_of("fifo", "rr"),
    ),
    "IOSchedulingClass": Limit(_fails("211/IOPRIO"), applies=_one_of("realtime", "1")),
    "Nice": Limit(
        "is ignored where the user may not raise priorities",
        "see RLIMIT_NICE in setrlimit(2)",
        applies=_negative,
    ),
    "OOMScoreAdjust": Limit(
        "is not lowered below what the user manager has itself", applies=_negative
    ),
}
"""Directive → what becomes of it where processes are started."""

SOCKET_LIMITS: Mapping[str, Limit] = {
    "SocketUser": Limit("makes the start fail for any other user", _OWN_USER),
    "SocketGroup": Limit("makes the start fail for any but the user's own group", _OWN_USER),
    "PrivateNetwork": Limit(_fails("resources")),
    "NetworkNamespacePath": Limit(_fails("resources")),
}
"""Directive → what becomes of it where a socket is bound, whether or not it starts processes."""


def warnings(unit: Unit, systemd: int = 0) -> list[Diagnostic]:
    """Return a warning for each directive that a user manager of this version will not honour.

    ``systemd`` is its major version; 0, where it is not known, tells of older versions, too.
    """
    found = []
    for section, limits in _limits(unit.sections):
        directives = unit.sections[section]
        for directive, limit in limits.items():
            if directive in directives and _counts(limit, directive, directives, systemd):
                place = directive_place(unit.places, section, directive, -1) or unit.place
                since = f" (systemd before {limit.before})" if limit.before and not systemd else ""
                message = f"{directive}= {limit.effect}{since}"
                found.append(warning(message, place, hint=limit.hint))
    return found


def _limits(sections: Sections) -> list[tuple[str, Mapping[str, Limit]]]:
    """Return the sections of a unit that are limited, each with its table."""
    limited: list[tuple[str, Mapping[str, Limit]]] = []
    if "Service" in sections:
        limited.append(("Service", LIMITS))
    if "Socket" in sections:
        runs = any(directive.startswith("Exec") for directive in sections["Socket"])
        limited.append(("Socket", {**LIMITS, **SOCKET_LIMITS} if runs else SOCKET_LIMITS))
    return limited


def _counts(limit: Limit, directive: str, directives: Directives, systemd: int) -> bool:
    if limit.private_users and is_yes(_last(directives, "PrivateUsers")):
        return False
    if limit.before and systemd >= limit.before:
        return False
    return limit.applies(_last(directives, directive))


def _last(directives: Directives, directive: str) -> str:
    values = directives.get(directive, ())
    return values[-1].strip() if values else ""
