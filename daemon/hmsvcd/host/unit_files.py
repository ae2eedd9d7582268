"""Which file systemd has read for a unit, and whether that is what lies there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hmsvcd.errors import CallError
from hmsvcd.host.bus import Connection, side_by_side
from hmsvcd.host.properties import MANAGER, SYSTEMD, systemd_object

_PROPERTIES = "org.freedesktop.DBus.Properties"


@dataclass(frozen=True, slots=True)
class UnitAsRead:
    """LoadState, FragmentPath and NeedDaemonReload of a unit (org.freedesktop.systemd1(5))."""

    load_state: str
    path: str = ""
    is_stale: bool = False


async def units_as_read(connection: Connection, units: Iterable[str]) -> Mapping[str, UnitAsRead]:
    """Return what systemd has read for units; one that is not loaded is, as by ``systemctl show``.

    Templates are not to be among them.
    """
    names = list(units)
    found = await side_by_side(_as_read(connection, name) for name in names)
    return dict(zip(names, found, strict=True))


async def unit_file_state(connection: Connection, unit: str) -> str | None:
    """Return UnitFileState (``enabled``, ``disabled``, ``masked``, …), None without a file."""
    try:
        [state] = await connection.call(MANAGER, "GetUnitFileState", "s", unit, expect="s")
    except CallError:
        return None
    return str(state)


async def _as_read(connection: Connection, unit: str) -> UnitAsRead:
    try:
        [path] = await connection.call(MANAGER, "LoadUnit", "s", unit, expect="o")
        state, file, stale = await side_by_side(
            _property(connection, path, name)
            for name in ("LoadState", "FragmentPath", "NeedDaemonReload")
        )
    except CallError as error:
        return UnitAsRead(load_state=error.text)
    return UnitAsRead(state, file, stale)


async def _property(connection: Connection, path: str, name: str) -> Any:
    unit = systemd_object(path, _PROPERTIES)
    [value] = await connection.call(unit, "Get", "ss", f"{SYSTEMD}.Unit", name, expect="v")
    return value
