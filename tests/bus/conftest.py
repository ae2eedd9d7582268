"""Real buses to talk to: a private dbus-daemon, and servers that misbehave as no real bus will."""

import asyncio
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import pack

import pytest

from hmsvcd.host.bus import Connection
from hmsvcd.host.control import Control
from hmsvcd.host.properties import KEYS
from stand_in import SHOWN, StandIn

SECONDS = 20
CONFIG = """\
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <servicedir>{folder}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""


@dataclass(frozen=True, slots=True)
class PrivateBus:
    """A dbus-daemon of one test."""

    folder: Path
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        return f"unix:path={self.folder}/bus"

    def freeze(self) -> None:
        """Let it keep its connections without answering."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after ``freeze``."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(autouse=True, params=["dbus_next", "dbus_fast"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test of the bus runs on both libraries."""
    monkeypatch.setenv("HMSVCD_DBUS_LIBRARY", request.param)
    return str(request.param)


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """End a test whose event loop spins, which no timeout of asyncio can."""

    def fail(*_: object) -> None:
        pytest.fail(f"still running after {SECONDS} s")

    previous = signal.signal(signal.SIGALRM, fail)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of a socket has 108 bytes at most (unix(7))."""
    path = Path(tempfile.mkdtemp(prefix="hb"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def bus(folder: Path) -> Iterator[PrivateBus]:
    """A private dbus-daemon that is ready for connections."""
    program = shutil.which("dbus-daemon")
    if program is None:
        pytest.skip("dbus-daemon is not installed")
    config = folder / "bus.conf"
    config.write_text(CONFIG.format(folder=folder))
    process = subprocess.Popen(
        [program, f"--config-file={config}", "--nofork", "--nopidfile", "--print-address"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield PrivateBus(folder, process)
        process.kill()


@pytest.fixture
def descriptors() -> Callable[[], list[str]]:
    """What lists the open descriptors of this process."""
    return lambda: sorted(path.name for path in Path("/proc/self/fd").iterdir())


class FakeBus:
    """Servers that do one wrong thing each; ``said`` holds what clients sent to log in."""

    def __init__(self, folder: Path) -> None:
        self.said: list[bytes] = []
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self._folder = folder
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, behaviour: "Behaviour") -> str:
        """Start a server of one behaviour and return its address."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                await behaviour(reader, writer)
            except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        path = self._folder / f"fake{len(self._servers)}"
        self._servers.append(await asyncio.start_unix_server(handle, path))
        return f"unix:path={path}"

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def closes_at_once(
        self, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        """End the connection in the middle of the authentication."""
        await reader.readuntil(b"\r\n")

    async def says_nothing(
        self, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        """Never answer the authentication."""
        await reader.read()

    async def talks_without_end(
        self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer the authentication with a line that has no end."""
        while True:
            writer.write(b"O" * 4096)
            await writer.drain()

    async def refuses_hello(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer Hello with an error."""
        await self._authenticate(reader, writer)
        writer.write(answer(1, "too many connections", "org.freedesktop.DBus.Error.Failed"))
        await reader.read()

    async def never_answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer Hello, and then no call until ``may_answer``: the second message, late."""
        await self._authenticate(reader, writer)
        await reader.read(1)
        writer.write(answer(1, ":1.1"))
        await self.may_answer.wait()
        writer.write(answer(2, "too late"))
        await writer.drain()
        await reader.read()

    async def _authenticate(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Accept whoever asks (D-Bus specification, "Authentication Protocol")."""
        said = await reader.readuntil(b"\r\n")
        writer.write(b"OK 0123456789abcdef0123456789abcdef\r\n")
        while not said.endswith(b"BEGIN\r\n"):
            said += await reader.readuntil(b"\r\n")
            if said.endswith(b"NEGOTIATE_UNIX_FD\r\n"):
                writer.write(b"AGREE_UNIX_FD\r\n")
        self.said.append(said)


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def connection(bus):
    """The daemon's connection, opened as that to the service manager is."""
    opened = await Connection.open(bus.address, keys=KEYS)
    yield opened
    await opened.close()


@pytest.fixture
async def caller(bus):
    """Somebody else's connection."""
    opened = await Connection.open(bus.address)
    yield opened
    await opened.close()


@pytest.fixture
def handlers():
    """What is behind the interface."""
    return StandIn()


@pytest.fixture
def defects():
    """What the daemon's log would get."""
    return []


@pytest.fixture
async def control(connection, handlers, defects):
    """A daemon that is served."""
    async with Control(connection, handlers, SHOWN, defects.append) as serving:
        yield serving


@pytest.fixture
async def fake(folder: Path) -> AsyncIterator[FakeBus]:
    """What starts servers that misbehave."""
    servers = FakeBus(folder)
    yield servers
    await servers.stop()


def answer(serial: int, text: str, error: str | None = None) -> bytes:
    """Return the answer to a call: a message with one string (D-Bus specification, "Messages")."""
    fields = _field(5, b"u", pack("<I", serial))
    if error is not None:
        fields += _field(4, b"s", _string(error))
    fields += b"\x08\1g\0\1s\0"
    body = _string(text)
    kind = 2 if error is None else 3
    start = pack("<cBBBIII", b"l", kind, 0, 1, len(body), serial, len(fields))
    return start + fields + bytes(-len(fields) % 8) + body


def _string(text: str) -> bytes:
    return pack("<I", len(text)) + text.encode() + b"\0"


def _field(code: int, kind: bytes, value: bytes) -> bytes:
    """Return a header field and the padding before the next one."""
    field = bytes([code, 1]) + kind + b"\0" + value
    return field + bytes(-len(field) % 8)
