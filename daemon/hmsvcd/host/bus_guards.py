"""What dbus-next 0.2.3 lacks, and partly dbus-fast, mixed into the library's ``MessageBus``.

dbus-next is unmaintained, so it is mended here, at the private names that both libraries share.
Each guard has a test that shows the defect on a real bus.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hmsvcd.host.bus_skim import Skimmer

LINE_LIMIT = 16384
"""The longest line of the authentication that is read, in bytes."""

MessageBus: Any = object
"""Stands for the library's class, which is chosen at run time and comes next in the bases."""


class BusGuards(MessageBus):  # type: ignore[misc]  # Any on purpose: see MessageBus
    """Copes with a full socket and an early end, and leaves nothing open."""

    when_finalized: Callable[[], None] = staticmethod(lambda: None)
    wanted_keys: frozenset[bytes] | None = None

    def _setup_socket(self) -> None:
        """Only make the socket: dbus-next would connect here, and block (dbus-fast does not)."""
        transport, options = self._bus_address[0]
        if transport != "unix" or options.keys().isdisjoint({"path", "abstract"}):
            raise ValueError("only unix:path=… and unix:abstract=… are understood")
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._stream = self._sock.makefile("rwb")
        self._fd = self._sock.fileno()
        self._sock.setblocking(False)
        self._unconnected = options.get("path") or "\0" + options["abstract"]

    async def connect(self) -> None:
        """Connect, authenticate and say Hello; from then on a full socket is waited for."""
        if hasattr(self, "_unconnected"):
            await self._loop.sock_connect(self._sock, self._unconnected)
        await super().connect()
        self._writer.sock = _PatientSocket(self._sock)

    def _create_unmarshaller(self) -> Any:
        """Make what reads the next message; only dbus-next, the slower one, asks for it."""
        unmarshaller = super()._create_unmarshaller()
        if self.wanted_keys is not None:
            unmarshaller.readers["a"] = Skimmer(unmarshaller, self.wanted_keys).read_array
        return unmarshaller

    def _call(self, msg: Any, callback: Callable[[Any, Any], None]) -> None:
        """Send a call whose answer is for a callback; dbus-next alone comes here.

        It would look first at what kind of callback that is, for 0.3 ms, and keep who answered.
        """
        if not msg.serial:
            msg.serial = self.next_serial()
        self.send(msg)
        self._method_return_handlers[msg.serial] = callback

    async def _auth_readline(self) -> str:
        """Read a line; at the end of the stream, where dbus-next spins, stop."""
        line = b""
        while not line.endswith(b"\r\n"):
            received = await self._loop.sock_recv(self._sock, 2)
            line += received
            if not received:
                raise ConnectionAbortedError("it ended the connection during authentication")
            if len(line) > LINE_LIMIT:
                raise ConnectionAbortedError("it answers the authentication without end")
        return line[:-2].decode()

    def check_hello(self) -> None:
        """Raise if the answer to Hello was an error, whose text is then taken for our name."""
        if not str(self.unique_name).startswith(":"):
            raise ConnectionRefusedError(self.unique_name)

    def _finalize(self, err: Exception | None = None) -> None:
        if self._disconnected:
            return
        super()._finalize(err)
        # Whatever still wants to write would write to whoever gets the descriptor's number next.
        self._writer.schedule_write = lambda *_: None
        for opened in (self._stream, self._sock):  # dbus-next leaves both open
            with suppress(OSError):
                opened.close()
        for future in (self._disconnect_future, self._writer.fut):
            if future is not None and future.done():
                future.exception()  # else asyncio reports it as never looked at
        self.when_finalized()

    def finish(self) -> None:
        """End the connection now, if there is one."""
        if self._sock is not None:
            self._finalize()

    def forget(self, serial: int) -> None:
        """Drop what waits for a reply; the libraries keep it for ever when none comes."""
        self._method_return_handlers.pop(serial, None)


class _PatientSocket:
    """What a writer sends through: where there is no room, nothing is sent yet.

    The writers wait for room after a short write, but end the connection at EAGAIN.
    """

    def __init__(self, wrapped: socket.socket) -> None:
        self._wrapped = wrapped

    def send(self, data: memoryview) -> int:
        """Send what there is room for and return how many bytes that was."""
        try:
            return self._wrapped.send(data)
        except BlockingIOError:
            return 0
