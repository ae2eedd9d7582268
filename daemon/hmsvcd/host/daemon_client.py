"""The daemon as its callers see it: a running one on the bus, and its passes (docs/dbus.md)."""

import asyncio
from collections.abc import Iterable
from typing import Any

from hmsvcd.errors import CallError, HmsvcdError
from hmsvcd.host.bus import BUS, Connection, Match, Remote, Signal, side_by_side
from hmsvcd.host.bus_messages import owner_changed
from hmsvcd.host.bus_object import PROPERTIES
from hmsvcd.host.control import ERRORS, INTERNAL, MANAGER, NAME, OPTIONS, PATH

FIND_SECONDS = 10.0
ANSWER_SECONDS = 300.0
"""How long calls may take: a plan reads and renders everything, on a busy disk too. The end of the
daemon ends them at once."""

GONE = frozenset(
    f"org.freedesktop.DBus.Error.{name}"
    for name in ("NameHasNoOwner", "ServiceUnknown", "NoReply")
)
"""How the bus says that somebody has left it."""

LOG = "`journalctl --user --unit hmsvcd` has its log"

_TYPES = {name: kind for kind, name in ERRORS.items()}


class Daemon:
    """A daemon that was found running, with its process, its version and what it follows.

    Calls raise the error that the daemon raised, HmsvcdError where it ends meanwhile, and
    BusGoneError where the bus does.
    """

    def __init__(
        self, connection: Connection, owner: str, pid: int, *, declaration: str, version: str
    ) -> None:
        self.pid = pid
        self.declaration = declaration
        self.version = version
        self._connection = connection
        self._remote = Remote(owner, PATH, MANAGER.name, auto_start=False)

    @classmethod
    async def find(cls, connection: Connection) -> "Daemon | None":
        """Return the daemon on a bus, None if there is none; it is never started for this."""
        try:
            [owner] = await connection.call(BUS, "GetNameOwner", "s", NAME, expect="s")
            properties = Remote(owner, PATH, PROPERTIES.name, auto_start=False)
            [pid] = await connection.call(
                BUS, "GetConnectionUnixProcessID", "s", owner, expect="u"
            )
            [declaration], [version] = await side_by_side(
                connection.call(
                    properties, "Get", "ss", MANAGER.name, name, expect="v", within=FIND_SECONDS
                )
                for name in ("Declaration", "Version")
            )
        except CallError as error:
            if error.name in GONE:
                return None
            raise
        return cls(connection, owner, pid, declaration=declaration, version=version)

    async def status(self) -> str:
        """Return the document of ``hmsvcd status --json``."""
        return str(await self._call("Status", expect="s"))

    async def plan(self) -> str:
        """Return the document of ``hmsvcd plan --json``."""
        return str(await self._call("Plan", expect="s"))

    async def apply(
        self, backup: str | None = None, *, replace: bool = False, adopt: Iterable[str] = ()
    ) -> str:
        """Have the declaration applied, and return what came of it, however long that takes."""
        given = {"backup": backup, "replace": replace or None, "adopt": sorted(adopt) or None}
        options = {
            name: self._connection.variant(OPTIONS[name], value)
            for name, value in given.items()
            if value is not None
        }
        return await self._pass("Apply", "a{sv}", options)

    async def reconcile(self) -> str:
        """Have everything looked at again, and return what came of it."""
        return await self._pass("Reconcile")

    async def rollback(self, number: int | None) -> str:
        """Have a generation brought back, None for the last one, and return what came of it."""
        return await self._pass("Rollback", "t", number or 0)

    async def pause(self) -> None:
        """Have it make no more passes by itself."""
        await self._call("Pause", expect="")

    async def resume(self) -> None:
        """Have it make passes by itself again."""
        await self._call("Resume", expect="")

    async def _pass(self, member: str, signature: str = "", *arguments: Any) -> str:
        """Begin a pass and return its document when it has ended."""
        owner = self._remote.destination
        finished = Match(MANAGER.name, "PassFinished", owner, PATH)
        wait = _Wait(self._connection.promise(), self._ended())
        try:
            async with (
                self._connection.subscribe(finished, wait.finished),
                self._connection.subscribe(owner_changed(NAME), wait.left),
            ):
                wait.number = await self._call(member, signature, *arguments, expect="t")
                wait.look()
                return await wait.document
        finally:
            wait.document.cancel()

    async def _call(self, member: str, signature: str = "", *arguments: Any, expect: str) -> Any:
        try:
            reply = await self._connection.call(
                self._remote, member, signature, *arguments, expect=expect, within=ANSWER_SECONDS
            )
        except CallError as error:
            raise await self._meant(error) from error
        return reply[0] if reply else None

    async def _meant(self, error: CallError) -> HmsvcdError:
        """Return the error that an answer of the daemon, or the lack of one, stands for."""
        if kind := _TYPES.get(error.name):
            return kind(error.text.removesuffix(f"; {error.hint}"), error.hint)
        if error.name == INTERNAL:
            return HmsvcdError(f"the daemon met {error.text}", LOG)
        return error if await self._runs() else self._ended()

    async def _runs(self) -> bool:
        try:
            [owner] = await self._connection.call(BUS, "GetNameOwner", "s", NAME, expect="s")
        except CallError:
            return False
        return bool(owner == self._remote.destination)

    def _ended(self) -> HmsvcdError:
        return HmsvcdError(
            f"the daemon (process {self.pid}) ended before it had answered",
            "`hmsvcd status` shows how far it came; the next pass finishes what it began",
        )


class _Wait:
    """Waits for the end of one pass, which may be told before we learn its number."""

    def __init__(self, document: "asyncio.Future[str]", end: HmsvcdError) -> None:
        self.document = document
        self.number: int | None = None
        self._end = end
        self._documents: dict[int, str] = {}

    def finished(self, signal: Signal) -> None:
        number, document = signal.body
        if self.number in {None, number}:
            self._documents.setdefault(number, document)
            self.look()

    def look(self) -> None:
        """See whether the pass has ended."""
        if self.number in self._documents and not self.document.done():
            self.document.set_result(self._documents[self.number])

    def left(self, _: Signal) -> None:
        """Give up: the daemon has let go of its name."""
        if not self.document.done():
            self.document.set_exception(self._end)
            self.document.exception()  # whoever awaits it still gets it; nobody has to
