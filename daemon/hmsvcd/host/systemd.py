"""The user's service manager, over D-Bus (org.freedesktop.systemd1(5))."""

import re
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from hmsvcd.errors import BusGoneError, CallError, CallTimeoutError, NoManagerError
from hmsvcd.host import clock
from hmsvcd.host.bus import (
    BUS,
    Connection,
    Match,
    Remote,
    Signal,
    session_address,
    side_by_side,
)
from hmsvcd.host.jobs import JOB_REMOVED, Jobs
from hmsvcd.host.properties import (
    KEYS,
    MANAGER,
    SYSTEMD,
    Row,
    brief_unit,
    full_unit,
    systemd_object,
)
from hmsvcd.host.unit_of import own_cgroup, unit_of_cgroup, unit_of_path
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.unit import is_template, template_of

PROPERTIES = "org.freedesktop.DBus.Properties"

PEER = systemd_object(MANAGER.path, "org.freedesktop.DBus.Peer")

UNIT_CHANGED = Match(PROPERTIES, "PropertiesChanged", sender=SYSTEMD, argument=f"{SYSTEMD}.Unit")

CONNECT_SECONDS = 10.0

RELOAD_SECONDS = 300.0
"""A daemon-reload takes 0.6 s with 1,000 units; generators and a busy disk may take long."""

FEW = 100
"""Units that are asked for by name; for more, to list all of a thousand is as fast."""

HINT = (
    "Log in with a session of your own, or run `loginctl enable-linger` to have systemd --user"
    " without one; after su or sudo, set XDG_RUNTIME_DIR=/run/user/$(id -u)."
)


class Manager:
    """One ``systemd --user``; of no use once ``gone`` is set."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.gone = connection.gone
        self._lasting = AsyncExitStack()
        self._jobs: list[Jobs] | None = None

    @classmethod
    async def connect(cls, environ: Mapping[str, str]) -> "Manager":
        """Find the manager on the session bus. Raises NoManagerError if there is none.

        Dictionaries that are answered over its connection have the keys of units' properties only.
        """
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
        await self.connection.close()
        await self._lasting.aclose()  # which then asks nobody any more

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
        manager, rows = await side_by_side((self._properties(MANAGER), self._rows(wanted)))
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
            own_unit=unit_of_cgroup(own_cgroup(), manager["ControlGroup"]),
            started=manager["UserspaceTimestampMonotonic"],
        )

    async def environment(self) -> dict[str, str]:
        """Return the environment that the manager gives to its units."""
        pairs = (entry.partition("=") for entry in await self._property("Environment"))
        return {name: value for name, _, value in pairs}

    async def version(self) -> int:
        """Return the major version of systemd, 0 if it does not begin with a number."""
        return _version(await self._property("Version"))

    async def unit_path(self) -> tuple[str, ...]:
        """Return the search path for unit files in order."""
        return tuple(await self._property("UnitPath"))

    async def has_file(self, unit: str) -> bool:
        """Say whether there is a file for a unit, loaded or not, that is no mask."""
        with suppress(CallError):
            [state] = await self.connection.call(MANAGER, "GetUnitFileState", "s", unit)
            return not state.startswith("masked")
        return False

    async def process_of(self, bus_name: str) -> int | None:
        """Return the process that owns a name on the manager's bus, None if nobody does."""
        try:
            [pid] = await self.connection.call(
                BUS, "GetConnectionUnixProcessID", "s", bus_name, expect="u"
            )
        except CallError:
            return None
        return int(pid)

    async def reload(self) -> None:
        """Have the manager read all unit files again, and wait until it has."""
        await self.connection.call(MANAGER, "Reload", within=RELOAD_SECONDS)

    async def reload_bus(self) -> None:
        """Have the message bus look again what it can start."""
        await self.connection.call(BUS, "ReloadConfig")

    async def reset_failed(self, unit: str) -> None:
        """Clear a unit's ``failed`` state and start limit; one that is not loaded has neither."""
        try:
            await self.connection.call(MANAGER, "ResetFailedUnit", "s", unit)
        except CallError as error:
            if error.name != f"{SYSTEMD}.NoSuchUnit":
                raise

    @asynccontextmanager
    async def jobs(self) -> AsyncIterator[Jobs]:
        """Return what sends jobs and learns how they end, those of others too.

        From the first time on the signals are listened to, which the next need not wait for.
        """
        jobs = Jobs(self.connection)
        if self._jobs is None:
            listening = self.connection.subscribe(JOB_REMOVED, self._removed)
            await self._lasting.enter_async_context(listening)
            await self._subscribe()
            self._jobs = []
        self._jobs.append(jobs)
        try:
            yield jobs
        finally:
            self._jobs.remove(jobs)

    def _removed(self, signal: Signal) -> None:
        for jobs in self._jobs or ():
            jobs.removed(signal)

    @asynccontextmanager
    async def unit_changes(self, handler: Callable[[str, str], object]) -> AsyncIterator[None]:
        """Have a handler called with each unit that may have changed, until the block is left.

        And with its SubState where the manager says so, else "": one that lasts for milliseconds
        is over when it is asked for.
        """

        def changed(signal: Signal) -> None:
            _, properties, *_ = signal.body
            handler(unit_of_path(signal.path), properties.get("SubState", ""))

        async with self.connection.subscribe(UNIT_CHANGED, changed):
            await self._subscribe()
            yield

    async def _subscribe(self) -> None:
        """Have systemd send its signals, which it does until the connection ends."""
        with suppress(CallError):  # AlreadySubscribed
            await self.connection.call(MANAGER, "Subscribe")

    async def _rows(self, wanted: frozenset[str]) -> dict[str, Row]:
        """Return the loaded units among those wanted, by the name they were asked for."""
        loaded = await self._loaded(wanted)
        rows = {
            row.name: row
            for row in loaded
            if row.name in wanted or template_of(row.name) in wanted
        }
        others = [name for name in wanted if name not in rows and not is_template(name)]
        paths = await side_by_side(self._path(name) for name in others)
        aliases = {name: path for name, path in zip(others, paths, strict=True) if path}
        by_path = {row.path: row for row in loaded}
        further = {unit_of_path(path) for path in aliases.values() if path not in by_path}
        by_path |= {row.path: row for row in await self._loaded(further)}
        return rows | {name: by_path[path] for name, path in aliases.items() if path in by_path}

    async def _loaded(self, names: Collection[str]) -> list[Row]:
        """Return the loaded units of some names, instances of templates too, and maybe others."""
        if not names:
            return []
        call, rows = self.connection.call, "a(ssssssouso)"
        if len(names) > FEW:
            [listed] = await call(MANAGER, "ListUnits", expect=rows)
        else:  # to ask for them by name would load them
            patterns = [_pattern(name) for name in names]
            method = "ListUnitsByPatterns"
            [listed] = await call(MANAGER, method, "asas", [], patterns, expect=rows)
        return [Row.parse(row) for row in listed]

    async def _path(self, name: str) -> str | None:
        """Return the object of a unit by any of its names, None if it is not loaded."""
        try:
            [path] = await self.connection.call(MANAGER, "GetUnit", "s", name, expect="o")
        except CallError:
            return None
        return str(path)

    async def _unit(self, name: str, row: Row) -> ObservedUnit:
        every_interface = systemd_object(row.path, "")
        return full_unit(name, row, await self._properties(every_interface))

    async def _properties(self, remote: Remote) -> dict[str, Any]:
        [properties] = await self.connection.call(
            systemd_object(remote.path, PROPERTIES),
            "GetAll",
            "s",
            remote.interface,
            expect="a{sv}",
        )
        return dict(properties)

    async def _property(self, name: str) -> Any:
        [value] = await self.connection.call(
            systemd_object(MANAGER.path, PROPERTIES),
            "Get",
            "ss",
            MANAGER.interface,
            name,
            expect="v",
        )
        return value


def _pattern(name: str) -> str:
    """Return what matches a unit, or the instances of a template; no name holds a ``*``."""
    stem, _, kind = name.rpartition(".")
    return f"{stem}*.{kind}" if is_template(name) else name


async def _greet(connection: Connection) -> None:
    """Wait until systemd is on the bus, which holds the call so long where it has just started."""
    await connection.call(PEER, "Ping", within=CONNECT_SECONDS)


def _life(started: int) -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}-{started}"


def _version(text: str) -> int:
    """Return the number at the start of a version such as ``252.39-1~deb12u1``."""
    number = re.match(r"v?(\d+)", text)
    return int(number[1]) if number else 0
