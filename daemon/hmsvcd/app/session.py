"""The session that a command works for: its manager, its environment, its folders."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from hmsvcd.app.context import context_of
from hmsvcd.errors import BusGoneError, CallError, CallTimeoutError, NoManagerError
from hmsvcd.host import process
from hmsvcd.host.disk import Disk
from hmsvcd.host.paths import Paths
from hmsvcd.host.systemd import Manager
from hmsvcd.model.context import Context


@dataclass(frozen=True, slots=True)
class Session:
    """A user's session. Without a manager, ``absent`` says what was looked for.

    ``systemd`` is the manager's major version, 0 where there is none.
    """

    environment: Mapping[str, str]
    disk: Disk
    connected: Manager | None = None
    absent: NoManagerError | None = None
    systemd: int = 0

    @property
    def paths(self) -> Paths:
        """Where everything lies."""
        return self.disk.paths

    @property
    def manager(self) -> Manager:
        """The manager; raises NoManagerError where there is none."""
        if self.connected is None:
            raise self.absent or NoManagerError("there is no systemd --user")
        return self.connected

    async def refreshed(self) -> "Session":
        """Return the session with what the manager gives to its units now (set-environment)."""
        environ = {"HOME": self.environment.get("HOME", "")} | await self.manager.environment()
        return self if environ == self.environment else replace(self, environment=environ)

    @property
    def context(self) -> Context:
        """What references of a declaration can name in this session."""
        return context_of(self.environment, self.paths, self.systemd)


@asynccontextmanager
async def open_session() -> AsyncIterator[Session]:
    """Connect to the manager; its environment counts, or this process's where there is none."""
    environ = process.environment()
    try:
        session = await join_session(environ)
    except NoManagerError as absent:
        yield Session(environ, Disk.at(Paths.from_environ(environ)), absent=absent)
        return
    try:
        yield session
    finally:
        await session.manager.close()


async def join_session(environ: Mapping[str, str]) -> Session:
    """Connect to the manager; whoever calls this closes it. Raises NoManagerError without one."""
    manager = await Manager.connect(environ)
    try:
        given = {"HOME": environ.get("HOME", "")} | await manager.environment()
        version = await manager.version()
    except (BusGoneError, CallError, CallTimeoutError) as error:
        await manager.close()
        raise NoManagerError(f"Cannot find systemd --user any more: {error.message}") from error
    except BaseException:
        await manager.close()
        raise
    return Session(given, Disk.at(Paths.from_environ(given)), manager, systemd=version)
