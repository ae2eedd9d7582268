"""A message bus that fails: it stands between a client and the real bus, and forwards bytes.

At the method call with a given number something happens to it; what that is, ``FAULTS`` says.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

FAULTS = ("error", "close", "cut", "swallow")
"""An error is the answer; the connection ends just before the call, or just after it, without an
answer; there is never an answer."""

CALL, ERROR = 1, 3
ERROR_NAME, REPLY_SERIAL, SIGNATURE = 4, 5, 8
MEMBER = 3
JOBS = frozenset({"StartUnit", "StopUnit", "RestartUnit", "ReloadUnit", "ResetFailedUnit"})
NAME = "org.freedesktop.DBus.Error.LimitsExceeded"
TEXT = "the bus of the test is full"


@dataclass
class Trial:
    """What is to happen at which call, by number or name; ``calls`` are the names of all."""

    fault: str = ""
    at: int | str = 0
    calls: list[str] = field(default_factory=list)
    hit: str | None = None

    def has_come(self, call: str) -> bool:
        """Note a call, and say whether it is the one."""
        self.calls.append(call)
        if self.hit is None and self.at in (len(self.calls), call):
            self.hit = call
            return True
        return False


class FaultyBus:
    """Listens at ``path`` in place of the bus at ``real``."""

    def __init__(self, real: Path, path: Path) -> None:
        self.address = f"unix:path={path}"
        self.trial = Trial()
        self._real = str(real)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._threads = [_started(self._accept)]

    def close(self) -> None:
        """Stop listening, and wait for the end of all connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                bus = socket.socket(socket.AF_UNIX)
                bus.connect(self._real)
                self._threads += _Line(client, bus, self.trial).threads


class _Line:
    """One connection."""

    def __init__(self, client: socket.socket, bus: socket.socket, trial: Trial) -> None:
        self._client = client
        self._bus = bus
        self._trial = trial
        self._writing = threading.Lock()
        self._open = 2
        self.threads = [_started(self._to_bus), _started(self._to_client)]

    def _to_bus(self) -> None:
        with self._ending(), self._client.makefile("rb") as stream:
            for line in iter(stream.readline, b""):
                self._bus.sendall(line)
                if line.endswith(b"BEGIN\r\n"):
                    break
            for message in messages(stream.read):
                if message[1] != CALL or not self._trial.has_come(name(message)):
                    self._bus.sendall(message)
                elif not self._goes_on(message):
                    return

    def _goes_on(self, message: bytes) -> bool:
        """Do what is to be done at this call; say whether the connection lasts."""
        if self._trial.fault == "error":
            with self._writing:
                self._client.sendall(error(message))
        if self._trial.fault == "cut":
            self._bus.sendall(message)
        return self._trial.fault in ("error", "swallow")

    def _to_client(self) -> None:
        with self._ending(), self._bus.makefile("rb") as stream:
            for line in iter(stream.readline, b""):
                self._client.sendall(line)
                if line.startswith(b"OK "):
                    break
            for message in messages(stream.read):
                with self._writing:
                    self._client.sendall(message)

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """End both sides when one direction has ended; the last who is done closes them."""
        with suppress(OSError):
            yield
        for side in (self._client, self._bus):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
        with self._writing:
            self._open -= 1
            if not self._open:
                self._client.close()
                self._bus.close()


def _started(run: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def messages(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield whole messages (D-Bus Specification, "Message Format"; little-endian)."""
    while len(head := read(16)) == 16:
        body, _, fields = struct.unpack_from("<III", head, 4)
        yield head + read(_aligned(fields, 8) + body)


def name(message: bytes) -> str:
    """Return which method a call is for, and of jobs the unit: ``StartUnit a.service``."""
    method = _member(message)
    if method not in JOBS:
        return method
    [fields] = struct.unpack_from("<I", message, 12)
    at = _aligned(16 + fields, 8)
    [size] = struct.unpack_from("<I", message, at)
    return f"{method} {message[at + 4 : at + 4 + size].decode()}"


def _member(message: bytes) -> str:
    [length] = struct.unpack_from("<I", message, 12)
    at = 16
    while at < 16 + length:
        code, kind = message[at], chr(message[at + 2])
        at += 4
        size = message[at] if kind == "g" else struct.unpack_from("<I", message, at)[0]
        at += 1 if kind == "g" else 4
        if code == MEMBER:
            return message[at : at + size].decode()
        at = _aligned(at if kind == "u" else at + size + 1, 8)
    return ""


def error(call: bytes) -> bytes:
    """Return the error that answers a call."""
    [serial] = struct.unpack_from("<I", call, 8)
    body = _text(TEXT)
    fields = bytearray()
    for code, kind, value in (
        (ERROR_NAME, b"s", _text(NAME)),
        (REPLY_SERIAL, b"u", struct.pack("<I", serial)),
        (SIGNATURE, b"g", b"\1s\0"),
    ):
        fields += bytes(_aligned(len(fields), 8) - len(fields))
        fields += bytes([code, 1]) + kind + b"\0" + value
    head = struct.pack("<cBBBIII", b"l", ERROR, 1, 1, len(body), 0xFFFFFF, len(fields))
    return head + bytes(fields) + bytes(_aligned(len(fields), 8) - len(fields)) + body


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode() + b"\0"


def _aligned(offset: int, to: int) -> int:
    return -(-offset // to) * to
