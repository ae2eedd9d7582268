"""A user whose session runs the daemon."""

import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hmsvcd.host.sandbox import Sandbox
from saving import SECONDS, Follower, main_file
from users import User, eventually


class Daemon:
    """``hmsvcd run`` in a session, with all that it says to others."""

    def __init__(self, user: User, folder: Path) -> None:
        self.user = user
        self._log = folder / "daemon.log"
        self._address = str(user.session.runtime / "notify")
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.bind(self._address)
        self._notified.setblocking(False)
        self._told: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self.is_broken = False  # a test has broken it on purpose

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, *options: str, command: tuple[str, ...] = (), **environ: str) -> None:
        """Start it, and wait until it says that it is ready."""
        ready = self.told.count("READY=1")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, sys.executable, "-m", "hmsvcd", "run", *options],
                env=self.user.session.env | {"NOTIFY_SOCKET": self._address} | environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(lambda: self.told.count("READY=1") > ready or not self.is_running)
        assert self.is_running, self.log

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, and return how it has ended."""
        self.send(number)
        assert self._process is not None
        return self._process.wait(timeout=60)

    def close(self) -> None:
        """Leave nothing behind."""
        if self.is_running:
            self.end(signal.SIGKILL)
        self._notified.close()

    @property
    def told(self) -> list[str]:
        """All lines that it has told systemd (sd_notify(3))."""
        try:
            while True:
                self._told += self._notified.recv(65536).decode().splitlines()
        except BlockingIOError:
            return self._told

    @property
    def log(self) -> str:
        """All that it has logged."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def events(self, name: str) -> list[dict[str, str]]:
        """Return the values of all events of that name in the log."""
        lines = (line.split(" ", 2)[2] for line in self.log.splitlines() if line.count(" ") > 1)
        found = [line for line in lines if line.startswith(name)]
        words = (shlex.split(line.removeprefix(name)) for line in found)
        return [dict(word.partition("=")[::2] for word in each) for each in words]

    def until(self, name: str, count: int = 1, **values: str) -> None:
        """Wait until it has logged an event so many times."""

        def has_logged() -> bool:
            found = self.events(name)
            return sum(values.items() <= each.items() for each in found) >= count

        try:
            eventually(has_logged)
        except AssertionError:
            raise AssertionError(f"{name} {values} was not logged:\n{self.log}") from None


@pytest.fixture
def user(manager: Sandbox) -> User:
    """A user with an empty home and a fresh session."""
    return User(manager)


@pytest.fixture
def daemon(user: User, tmp_path: Path) -> Iterator[Daemon]:
    """The daemon of that user, not started yet."""
    yield from without_defects(Daemon(user, tmp_path))


@pytest.fixture(scope="module")
def shared_user(shared_manager: Sandbox) -> User:
    """The user of a module whose tests do not disturb each other."""
    return User(shared_manager)


@pytest.fixture(scope="module")
def shared_daemon(shared_user: User, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """The daemon of that user, not started yet."""
    yield from without_defects(Daemon(shared_user, tmp_path_factory.mktemp("daemon")))


def without_defects(daemon: Daemon) -> Iterator[Daemon]:
    """Yield a daemon, end it, and fail if it has logged a defect."""
    yield daemon
    daemon.close()
    assert "Traceback" not in daemon.log, daemon.log
    assert daemon.is_broken or "internal error" not in daemon.log, daemon.log


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Return what waits until something holds."""
    return eventually


@pytest.fixture(scope="module")
def follower_daemon(shared_user, shared_daemon):
    """The daemon of a module, started with what a follower begins with."""
    shared_user.declare(main_file(next(SECONDS)))
    shared_daemon.start()
    return shared_daemon


@pytest.fixture
def follower(shared_user, follower_daemon, wait_until) -> Follower:
    """A user with a plain folder and one file in it, all of it in force."""
    assert follower_daemon.is_running
    follower = Follower(shared_user, wait_until, shared_user.declaration)
    follower.begin()
    follower.runs_as_begun()
    return follower
