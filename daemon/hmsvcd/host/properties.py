"""Which properties of systemd's objects are read, and what they are called here.

The tables follow org.freedesktop.systemd1(5).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hmsvcd.host.bus import Remote
from hmsvcd.model.observed import ObservedUnit
from hmsvcd.model.unit import suffix

SYSTEMD = "org.freedesktop.systemd1"


def systemd_object(path: str, interface: str) -> Remote:
    """Return an object of the manager, which goes off the bus to re-execute itself and comes back.

    It carries out no call that it has not answered.
    """
    return Remote(SYSTEMD, path, interface, comes_back=True)


MANAGER = systemd_object("/org/freedesktop/systemd1", f"{SYSTEMD}.Manager")


@dataclass(frozen=True, slots=True)
class Row:
    """A loaded unit as ListUnits reports it; the job is None if none is queued."""

    name: str
    description: str
    load_state: str
    active_state: str
    sub_state: str
    path: str
    job_type: str | None
    job_path: str | None

    @classmethod
    def parse(cls, row: list[Any]) -> "Row":
        """Read an element of the array ``a(ssssssouso)``; job 0 is none."""
        name, description, load, active, sub, _following, path, job, kind, job_path = row
        return cls(
            name=name,
            description=description,
            load_state=load,
            active_state=active,
            sub_state=sub,
            path=path,
            job_type=kind if job else None,
            job_path=job_path if job else None,
        )


def _same(value: Any) -> Any:
    return value


def _hex(value: Iterable[int]) -> str:
    return bytes(value).hex()


Table = Mapping[str, tuple[str, Callable[[Any], Any]]]
"""Property → (field of ObservedUnit, conversion)."""

UNIT: Table = {
    "LoadState": ("load_state", _same),
    "ActiveState": ("active_state", _same),
    "SubState": ("sub_state", _same),
    "Description": ("description", _same),
    "FragmentPath": ("fragment", _same),
    "DropInPaths": ("drop_in_paths", tuple),
    "CanReload": ("can_reload", _same),
    "ConditionResult": ("condition_result", _same),
    "ConditionTimestampMonotonic": ("condition_timestamp", _same),
    "AssertResult": ("assert_result", _same),
    "AssertTimestampMonotonic": ("assert_timestamp", _same),
    "ActiveExitTimestampMonotonic": ("active_exit", _same),
    "InactiveEnterTimestampMonotonic": ("inactive_enter", _same),
    "InactiveExitTimestampMonotonic": ("inactive_exit", _same),
    "StateChangeTimestamp": ("state_change_realtime", _same),
    "InvocationID": ("invocation", _hex),
    "Requires": ("requires", tuple),
    "Wants": ("wants", tuple),
    "BindsTo": ("binds_to", tuple),
    "Upholds": ("upholds", tuple),
    "Conflicts": ("conflicts", tuple),
    "RequiredBy": ("required_by", tuple),
    "BoundBy": ("bound_by", tuple),
    "WantedBy": ("wanted_by", tuple),
    "UpheldBy": ("upheld_by", tuple),
    "ConsistsOf": ("consists_of", tuple),
    "Triggers": ("triggers", tuple),
    "TriggeredBy": ("triggered_by", tuple),
    "Before": ("before", tuple),
    "After": ("after", tuple),
}

RESULT = {"Result": ("result", _same)}

SERVICE: Table = {
    **RESULT,
    "Type": ("service_type", _same),
    "RemainAfterExit": ("remain_after_exit", _same),
    "MainPID": ("main_pid", _same),
    "ExecMainPID": ("last_main_pid", _same),
    "ExecMainStartTimestampMonotonic": ("main_start", _same),
    "ExecMainExitTimestampMonotonic": ("main_exit", _same),
    "ExecMainStatus": ("main_status", _same),
    "KillSignal": ("kill_signal", _same),
    "NRestarts": ("restarts", _same),
    "ReloadResult": ("reload_result", _same),
}

KINDS: Mapping[str, tuple[str, Table]] = {
    "service": ("Service", SERVICE),
    "socket": ("Socket", RESULT),
    "timer": ("Timer", RESULT),
    "path": ("Path", RESULT),
    "mount": ("Mount", RESULT),
    "automount": ("Automount", RESULT),
    "swap": ("Swap", RESULT),
    "scope": ("Scope", RESULT),
}
"""Unit suffix → (its interface, the properties read there)."""


MANAGER_KEYS = frozenset(
    {
        "ControlGroup",
        "SystemState",
        "UnitPath",
        "UnitsLoadTimestampMonotonic",
        "UserspaceTimestampMonotonic",
        "Version",
    }
)
"""The properties of the manager itself that are read."""

KEYS = MANAGER_KEYS.union(["Job"], UNIT, *(table for _, table in KINDS.values()))
"""Every property that is read of anything."""


def tables(unit: str) -> Mapping[str, Table]:
    """Return the interfaces of a unit that are read, each with its properties."""
    of_kind = KINDS.get(suffix(unit))
    shared = {f"{SYSTEMD}.Unit": UNIT}
    return shared if of_kind is None else shared | {f"{SYSTEMD}.{of_kind[0]}": of_kind[1]}


def brief_unit(name: str, row: Row) -> ObservedUnit:
    """Return what ListUnits alone says of a unit, by the name it was asked for."""
    return ObservedUnit(
        name=name,
        load_state=row.load_state,
        active_state=row.active_state,
        sub_state=row.sub_state,
        description=row.description,
        job=row.job_type,
        job_path=row.job_path,
    )


def full_unit(name: str, row: Row, properties: Mapping[str, Any]) -> ObservedUnit:
    """Return a unit by the name it was asked for, from the properties of all its interfaces."""
    table = {key: entry for part in tables(name).values() for key, entry in part.items()}
    fields = {
        field: convert(properties[key])
        for key, (field, convert) in table.items()
        if key in properties
    }
    number, _ = properties["Job"]  # the row is a moment older, and the job may have ended since
    return ObservedUnit(
        name=name,
        job=row.job_type if number else None,
        job_path=row.job_path if number else None,
        **fields,
    )
