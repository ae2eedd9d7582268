"""Serves the calls that come over a connection, for callers of our own user only.

Each call is a task that ends in one reply, at the latest when the connection or the serving ends.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from hmsvcd.errors import BusGoneError, CallError, CallTimeoutError
from hmsvcd.host.bus import BUS, Connection
from hmsvcd.host.bus_messages import MethodCall, owner_changed

ERROR = "org.freedesktop.DBus.Error"

CALLS_AT_ONCE = 64
"""How many calls are worked on at once; others wait for their turn."""

CALLS_IN_LINE = 1024
"""How many calls there may be in all; what comes then is refused."""

DO_NOT_QUEUE = 4
PRIMARY_OWNER = 1
"""Of RequestName (D-Bus specification, "org.freedesktop.DBus.RequestName")."""

Answer = Callable[[MethodCall], Awaitable[tuple[str, list[Any]]]]
"""Carries a call out and returns the signature and body of its reply, or raises."""


@asynccontextmanager
async def served(
    connection: Connection, answer: Answer, refusal: Callable[[Exception], CallError]
) -> AsyncIterator[None]:
    """Answer every call until the block is left; ``refusal`` words what ``answer`` raises."""
    group = await asyncio.TaskGroup().__aenter__()
    server = _Server(connection, answer, refusal, group)
    gone = connection.promise()
    gone.add_done_callback(lambda _: server.end())
    try:
        with connection.serving.calls(server.take):
            yield
    finally:
        gone.cancel()
        server.end()
        await group.__aexit__(None, None, None)  # it would wrap what the block raised


@asynccontextmanager
async def owned(connection: Connection, name: str) -> AsyncIterator[bool]:
    """Own a name until the block is left; say whether we do, as another may and keeps it."""
    [result] = await connection.call(BUS, "RequestName", "su", name, DO_NOT_QUEUE, expect="u")
    try:
        yield result == PRIMARY_OWNER
    finally:
        if result == PRIMARY_OWNER:
            with suppress(BusGoneError, CallTimeoutError, CallError):
                await connection.call(BUS, "ReleaseName", "s", name)


class _Server:
    def __init__(
        self,
        connection: Connection,
        answer: Answer,
        refusal: Callable[[Exception], CallError],
        group: asyncio.TaskGroup,
    ) -> None:
        self._connection = connection
        self._answer = answer
        self._refusal = refusal
        self._group = group
        self._turns = asyncio.Semaphore(CALLS_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_line = 0
        self._users: dict[str, asyncio.Future[int | None]] = {}

    def take(self, call: MethodCall) -> None:
        """Begin to answer a call."""
        if self._in_line >= CALLS_IN_LINE:
            error = CallError(f"{ERROR}.LimitsExceeded", "too many calls at once")
            self._connection.serving.refuse(call, error)
            return
        self._in_line += 1
        self._begin(self._reply(call, self._user(call.sender)))

    def end(self) -> None:
        """Cancel all that is under way."""
        for task in self._tasks:
            task.cancel()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, call: MethodCall, user: "asyncio.Future[int | None]") -> None:
        serving = self._connection.serving
        try:
            _permit(await asyncio.shield(user))
            async with self._turns:
                types, body = await self._answer(call)
            serving.answer(call, types, *body)
        except asyncio.CancelledError:
            serving.refuse(call, CallError(f"{ERROR}.NoReply", "the daemon is ending"))
            raise
        except Exception as error:  # noqa: BLE001 - the boundary: every call has its reply
            serving.refuse(call, self._refusal(error))
        finally:
            self._in_line -= 1

    def _user(self, caller: str) -> "asyncio.Future[int | None]":
        """Return who a caller will turn out to be: a user's id, or None if it has left."""
        user = self._users.get(caller)
        if user is None:
            user = self._users[caller] = asyncio.get_running_loop().create_future()
            self._begin(self._know(caller, user))
        return user

    async def _know(self, caller: str, user: "asyncio.Future[int | None]") -> None:
        """Ask who a caller is, and forget it when it leaves the bus."""
        left = asyncio.Event()
        connection = self._connection
        try:
            async with connection.subscribe(owner_changed(caller), lambda _: left.set()):
                [number] = await connection.call(
                    BUS, "GetConnectionUnixUser", "s", caller, expect="u"
                )
                user.set_result(number)
                await left.wait()
        except (CallError, CallTimeoutError, BusGoneError):
            pass  # it has left already, or nobody can tell who it is
        finally:
            del self._users[caller]
            if not user.done():
                user.set_result(None)


def _permit(user: int | None) -> None:
    if user != os.geteuid():
        raise CallError(f"{ERROR}.AccessDenied", "only the user whose daemon it is may call it")
