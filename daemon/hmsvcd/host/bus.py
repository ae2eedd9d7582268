"""The message bus: calls with a bound, signals to handlers, and one event for its end.

This is the only module that imports the D-Bus library: dbus-next, or dbus-fast with
``HMSVCD_DBUS_LIBRARY=dbus_fast``. Only low-level messages are used, never proxies (one costs 9 ms
and 65 kB of XML), and never unix file descriptors (both libraries leak them).
"""

import asyncio
import os
import typing
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any, TypeVar

from hmsvcd.errors import BusGoneError, CallError, CallTimeoutError
from hmsvcd.host.bus_guards import BusGuards
from hmsvcd.host.bus_messages import BUS, Match, Remote, Signal
from hmsvcd.host.bus_serving import Serving

T = TypeVar("T")

CALLS_IN_FLIGHT = 64
"""How many calls may wait for a reply at once: enough to hide the round trip, and far below the
400 at which the socket is full."""

MOST_TRIES = 5
"""How often a call is made at most to a peer that goes off the bus again and again."""

NO_REPLY = "org.freedesktop.DBus.Error.NoReply"
"""What the bus answers for a peer that has gone without reading the call, or answering it."""

BUS_ADDRESS = "DBUS_SESSION_BUS_ADDRESS"
"""The variable that names the session bus."""

__all__ = ["BUS", "Connection", "Match", "Remote", "Signal", "session_address", "side_by_side"]


def session_address(environ: Mapping[str, str]) -> str | None:
    """Return the address of the session bus, or None where nothing names one.

    The libraries look at DISPLAY instead of ``$XDG_RUNTIME_DIR/bus``, where systemd puts it.
    """
    if address := environ.get(BUS_ADDRESS):
        return address
    runtime = environ.get("XDG_RUNTIME_DIR")
    return f"unix:path={runtime}/bus" if runtime else None


_FLAT = frozenset({str, int, bool, float, bytes})
"""Types of which a list holds no variant."""


class Connection:
    """One connection to a bus; of no use once ``gone`` is set."""

    def __init__(self, bus: Any, library: Any) -> None:
        self.gone = asyncio.Event()
        self.serving = Serving(bus, library, self.gone)
        self._bus = bus
        self._library = library
        self._slots = asyncio.Semaphore(CALLS_IN_FLIGHT)
        self._subscriptions: list[tuple[Match, Callable[[Signal], object]]] = []
        self._promises: set[asyncio.Future[Any]] = set()
        bus.when_finalized = self._end
        bus.add_message_handler(self._dispatch)

    @classmethod
    async def open(
        cls, address: str, within: float = 10.0, keys: Collection[str] | None = None
    ) -> "Connection":
        """Connect to the first address of a list (``unix:path=…;unix:path=…``) that answers.

        ``within`` are the seconds that each may take. With ``keys``, dictionaries of variants may
        come with only these keys, which is much faster. Raises BusGoneError where none answers.
        """
        library = _library(os.environ.get("HMSVCD_DBUS_LIBRARY", "dbus_next"))
        failure = BusGoneError(f"No bus address in {address!r}")
        for one in filter(None, address.split(";")):
            try:
                return cls(await _connected(library, one, within, keys), library)
            except BusGoneError as error:
                failure = error
        raise failure

    async def call(
        self,
        remote: Remote,
        member: str,
        signature: str = "",
        *arguments: Any,
        expect: str | None = None,
        within: float = 25.0,
    ) -> list[Any]:
        """Call a method and return the body of its reply, variants replaced by their values.

        A call that ``comes_back`` lets be made once more may be made ``MOST_TRIES`` times.

        ``expect`` is the signature that the reply must have, ``within`` the seconds it may take
        once the call is sent. Raises CallError, CallTimeoutError or BusGoneError.
        """
        tries_left = MOST_TRIES if remote.comes_back else 1
        while True:
            reply = await self._send(remote, member, signature, arguments, within)
            tries_left -= 1
            if not (tries_left and self._is_left(reply)):
                break
        if reply.message_type is self._library.MessageType.ERROR:
            refusal = CallError(reply.error_name, *map(str, reply.body[:2] or [""]))
            refusal.message = f"{remote.destination} refused {member}: {refusal.message}"
            raise refusal
        if expect is not None and reply.signature != expect:
            raise CallError(
                "org.freedesktop.DBus.Error.InvalidSignature",
                f"{member} answered {reply.signature!r} instead of {expect!r}",
            )
        return [self._plain(value) for value in reply.body]

    async def _send(
        self, remote: Remote, member: str, signature: str, arguments: Iterable[Any], within: float
    ) -> Any:
        flags = self._library.MessageFlag
        message = self._library.Message(
            destination=remote.destination,
            path=remote.path,
            interface=remote.interface,
            member=member,
            signature=signature,
            body=list(arguments),
            flags=flags.NONE if remote.auto_start else flags.NO_AUTOSTART,
        )
        async with self._slots:
            return await self._exchange(message, within)

    def _is_left(self, reply: Any) -> bool:
        is_error = reply.message_type is self._library.MessageType.ERROR
        return is_error and reply.error_name == NO_REPLY

    def variant(self, signature: str, value: Any) -> Any:
        """Return a value as ``call`` takes it where a signature has ``v``."""
        return self._library.Variant(signature, value)

    async def _exchange(self, message: Any, within: float) -> Any:
        if self.gone.is_set():  # the libraries would wait for a reply for ever
            raise BusGoneError(f"The bus went away before {message.member} was called")
        try:
            async with asyncio.timeout(within):
                reply = await self._bus.call(message)
        except TimeoutError as error:
            raise CallTimeoutError(
                f"{message.destination} did not answer {message.member} within {within:g} s"
            ) from error
        except Exception as error:
            if not self.gone.is_set():
                raise
            raise BusGoneError(f"The bus went away during {message.member}") from error
        finally:  # the libraries keep a call without a reply for ever
            self._bus.forget(message.serial)
        if reply is None:
            raise BusGoneError(f"The bus went away during {message.member}")
        return reply

    @asynccontextmanager
    async def subscribe(
        self, match: Match, handler: Callable[[Signal], object]
    ) -> AsyncIterator[None]:
        """Have a handler called with each signal of a kind, until the block is left.

        It must return at once, so it is no coroutine: a queue's ``put_nowait`` will do. What it
        returns is dropped: a library that is handed something true takes the message for answered.
        """
        subscription = (match, handler)
        self._subscriptions.append(subscription)
        try:
            await self.call(BUS, "AddMatch", "s", match.rule)
            yield
        finally:
            self._subscriptions.remove(subscription)
            with suppress(BusGoneError, CallTimeoutError, CallError):
                await self.call(BUS, "RemoveMatch", "s", match.rule)

    def promise(self) -> "asyncio.Future[Any]":
        """Return a future that fails with BusGoneError when the connection ends first."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._promises.add(future)
        future.add_done_callback(self._promises.discard)
        if self.gone.is_set():
            _break(future)
        return future

    async def close(self) -> None:
        """End the connection; a second time does nothing."""
        if not self.gone.is_set():
            self._bus.finish()

    def _dispatch(self, message: Any) -> bool:
        """Hand on what comes; the library's only handler, as removing one may skip another.

        Returns whether the library is to leave the message alone: only for a call that is served
        here, as a reply that it leaves alone is lost.
        """
        if message.message_type is self._library.MessageType.SIGNAL:
            self._signal(message)
        return self.serving.takes(message)

    def _signal(self, message: Any) -> None:
        signal = Signal(
            sender=message.sender,
            path=message.path,
            interface=message.interface,
            member=message.member,
            body=tuple(self._plain(value) for value in message.body),
        )
        for match, handler in tuple(self._subscriptions):
            if match.admits(signal):
                handler(signal)

    def _end(self) -> None:
        self.gone.set()
        for future in tuple(self._promises):
            _break(future)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, self._library.Variant):
            return self._plain(value.value)
        if isinstance(value, dict):
            return {key: self._plain(inner) for key, inner in value.items()}
        if isinstance(value, list) and not _FLAT.issuperset(map(type, value)):
            return [self._plain(inner) for inner in value]
        return value


async def side_by_side(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Await calls sent together, in this order; the first failure ends all and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def _break(future: "asyncio.Future[Any]") -> None:
    if not future.done():
        future.set_exception(BusGoneError("The bus went away"))
        future.exception()  # whoever awaits it still gets it; nobody has to


async def _connected(
    library: Any, address: str, within: float, keys: Collection[str] | None
) -> Any:
    try:
        bus = _guarded(library)(bus_address=address)
        bus.wanted_keys = None if keys is None else frozenset(key.encode() for key in keys)
        async with asyncio.timeout(within):
            await _handshake(bus)
    except TimeoutError as error:
        raise BusGoneError(f"The bus at {address} did not answer within {within:g} s") from error
    except Exception as error:  # the libraries raise a dozen types for a handshake that went wrong
        why = str(error) or "it ended the connection"
        raise BusGoneError(f"Cannot connect to the bus at {address}: {why}") from error
    return bus


async def _handshake(bus: Any) -> None:
    try:
        await bus.connect()
        bus.check_hello()
    except BaseException:
        bus.finish()
        raise


@cache
def _library(name: str) -> Any:
    if name == "dbus_fast":
        import dbus_fast.aio  # noqa: PLC0415 - a test dependency

        return dbus_fast
    # Python 3.13 deprecates and 3.15 removes what dbus-next only imports to mark its decorators.
    names, key = vars(typing), "no_type_check_decorator"
    original = names.get(key)
    names[key] = lambda decorator: decorator
    try:
        import dbus_next.aio  # noqa: PLC0415 - 80 ms that only a command with a bus pays
    finally:
        del names[key]
        if original is not None:
            names[key] = original
    return dbus_next


@cache
def _guarded(library: Any) -> Any:
    return type("GuardedBus", (BusGuards, library.aio.MessageBus), {})
