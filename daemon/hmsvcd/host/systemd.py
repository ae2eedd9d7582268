"""The user's service manager, over D-Bus (org.freedesktop.systemd1(5))."""

import re
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from hmsvcd.errors import BusGoneError, CallError, CallTimeoutError, NoManagerError
from hmsvcd.host import clock
from hmsvcd.host.bus import BUS, Connection, Remote, session_address, side_by_side
from hmsvcd.host.jobs import JOB_REMOVED, Jobs
from hmsvcd.host.properties import (
    KEYS,
    MANAGER,
    SYSTEMD,
    Row,
    brief_unit,
    full_unit,
    tables,
)
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.unit import is_template, template_of

PROPERTIES = "org.freedesktop.DBus.Properties"

PEER = Remote(SYSTEMD, MANAGER.path, "org.freedesktop.DBus.Peer")

CONNECT_SECONDS = 10.0

RELOAD_SECONDS = 300.0
"""A daemon-reload takes 0.6 s with 1,000 units; generators and a busy disk may take long."""

HINT = (
    "Log in with a session of your own, or run `loginctl enable-linger` to have systemd --user"
    " without one; after su or sudo, set XDG_RUNTIME_DIR=/run/user/$(id -u)."
)


class Manager:
    """One ``systemd --user``; of no use once ``gone`` is set."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.gone = connection.gone

    @classmethod
    async def connect(cls, environ: Mapping[str, str]) -> "Manager":
        """Find the manager on the session bus. Raises NoManagerError if there is none."""
        address = session_address(environ)
        if address is None:
            raise NoManagerError(
                "Cannot find systemd --user: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR"
                " is set",
                HINT,
            )
        try:
            connection = await Connection.open(address, keys=KEYS)
        except BusGoneError as error:
            raise NoManagerError(f"Cannot find systemd --user: {error.message}", HINT) from error
        try:
            await _greet(connection)
        except (BusGoneError, CallError, CallTimeoutError) as error:
            await connection.close()
            raise NoManagerError(
                f"The bus at {address} answers, but there is no systemd --user on it"
                f" ({SYSTEMD}: {error.message})",
                HINT,
            ) from error
        return cls(connection)

    async def close(self) -> None:
        """End the connection; jobs go on."""
        await self._connection.close()

    async def observe(
        self, names: Iterable[str], closely: Collection[str] | None = None
    ) -> Observed:
        """Return what the manager says of units and of the loaded instances of templates.

        A unit that is not loaded is ``not-found``, also if there is a file for it: systemd does
        not know it yet. Only units in ``closely`` (names or templates; default: all) have every
        property; the others have their states, description and job, which costs a hundredth.
        """
        wanted = frozenset(names)
        now = clock.monotonic()
        rows, manager = await self._rows(wanted), await self._properties(MANAGER)
        near = wanted if closely is None else frozenset(closely)
        units = {name: brief_unit(name, row) for name, row in rows.items()}
        seen = await side_by_side(
            self._unit(name, row)
            for name, row in rows.items()
            if name in near or template_of(name) in near
        )
        return Observed(
            units=units | {unit.name: unit for unit in seen},
            life=_life(manager["UserspaceTimestampMonotonic"]),
            now=now,
            units_loaded=manager.get("UnitsLoadTimestampMonotonic", 0),
            unit_path=tuple(manager["UnitPath"]),
            system_state=manager["SystemState"],
            version=_version(manager["Version"]),
            own_unit=unit_of_cgroup(_own_cgroup(), manager["ControlGroup"]),
            started=manager["UserspaceTimestampMonotonic"],
        )

    async def environment(self) -> dict[str, str]:
        """Return the environment that the manager gives to its units."""
        pairs = (entry.partition("=") for entry in await self._property("Environment"))
        return {name: value for name, _, value in pairs}

    async def version(self) -> int:
        """Return the major version of systemd, 0 if it does not begin with a number."""
        return _version(await self._property("Version"))

    async def process_of(self, bus_name: str) -> int | None:
        """Return the process that owns a name on the manager's bus, None if nobody does."""
        try:
            [pid] = await self._connection.call(
                BUS, "GetConnectionUnixProcessID", "s", bus_name, expect="u"
            )
        except CallError:
            return None
        return int(pid)

    async def reload(self) -> None:
        """Have the manager read all unit files again, and wait until it has."""
        await self._connection.call(MANAGER, "Reload", within=RELOAD_SECONDS)

    async def reset_failed(self, unit: str) -> None:
        """Clear a unit's ``failed`` state and start limit; one that is not loaded has neither."""
        try:
            await self._connection.call(MANAGER, "ResetFailedUnit", "s", unit)
        except CallError as error:
            if error.name != f"{SYSTEMD}.NoSuchUnit":
                raise

    @asynccontextmanager
    async def jobs(self) -> AsyncIterator[Jobs]:
        """Return what sends jobs and learns how they end."""
        jobs = Jobs(self._connection)
        async with self._connection.subscribe(JOB_REMOVED, jobs.removed):
            yield jobs

    async def _rows(self, wanted: frozenset[str]) -> dict[str, Row]:
        """Return the loaded units among those wanted, by the name they were asked for."""
        [listed] = await self._connection.call(MANAGER, "ListUnits", expect="a(ssssssouso)")
        loaded = [Row.parse(row) for row in listed]
        rows = {
            row.name: row
            for row in loaded
            if row.name in wanted or template_of(row.name) in wanted
        }
        by_path = {row.path: row for row in loaded}
        others = [name for name in wanted if name not in rows and not is_template(name)]
        paths = await side_by_side(self._path(name) for name in others)
        aliases = {
            name: by_path[path]
            for name, path in zip(others, paths, strict=True)
            if path in by_path
        }
        return rows | aliases

    async def _path(self, name: str) -> str | None:
        """Return the object of a unit by any of its names, None if it is not loaded."""
        try:
            [path] = await self._connection.call(MANAGER, "GetUnit", "s", name, expect="o")
        except CallError:
            return None
        return str(path)

    async def _unit(self, name: str, row: Row) -> ObservedUnit:
        properties: dict[str, Any] = {}
        for interface in tables(name):
            properties |= await self._properties(Remote(SYSTEMD, row.path, interface))
        return full_unit(name, row, properties)

    async def _properties(self, remote: Remote) -> dict[str, Any]:
        [properties] = await self._connection.call(
            Remote(remote.destination, remote.path, PROPERTIES),
            "GetAll",
            "s",
            remote.interface,
            expect="a{sv}",
        )
        return dict(properties)

    async def _property(self, name: str) -> Any:
        [value] = await self._connection.call(
            Remote(SYSTEMD, MANAGER.path, PROPERTIES),
            "Get",
            "ss",
            MANAGER.interface,
            name,
            expect="v",
        )
        return value


async def _greet(connection: Connection) -> None:
    """Wait until systemd is on the bus, which holds the call so long where it has just started.

    A manager that re-executes itself drops the first call, and answers the second when back.
    """
    try:
        await connection.call(PEER, "Ping", within=CONNECT_SECONDS)
    except CallError as error:
        if error.name != "org.freedesktop.DBus.Error.NoReply":
            raise
        await connection.call(PEER, "Ping", within=CONNECT_SECONDS)


def unit_of_cgroup(cgroup: str, top: str) -> str | None:
    """Return the service or scope that a control group below a manager's own belongs to.

    >>> unit_of_cgroup("/u.slice/user@1.service/app.slice/a.service/x", "/u.slice/user@1.service")
    'a.service'
    """
    inside = cgroup.removeprefix(top.rstrip("/") + "/")
    if inside == cgroup:
        return None
    units = (part.removeprefix("_") for part in inside.split("/"))
    return next((unit for unit in units if unit.endswith((".service", ".scope"))), None)


def _own_cgroup() -> str:
    """Return where this process is in the unified hierarchy (cgroups(7)); "" if nowhere."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            if line.startswith("0::"):
                return line.removeprefix("0::")
    return ""


def _life(started: int) -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}-{started}"


def _version(text: str) -> int:
    """Return the number at the start of a version such as ``252.39-1~deb12u1``."""
    number = re.match(r"v?(\d+)", text)
    return int(number[1]) if number else 0
