"""What a service manager hears: real sockets, as sd_notify(3) describes them."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmsvcd.host import clock
from hmsvcd.host.notify import MOST_CHARACTERS, Notifier


class Ears:
    """The socket of a service manager."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(address.replace("@", "\0", 1))

    def heard(self) -> list[dict[str, str]]:
        """Return what was said since the last time, one table for each datagram."""
        found: list[dict[str, str]] = []
        while True:
            try:
                text = self._socket.recv(65536).decode()
            except BlockingIOError:
                return found
            found.append({key: value for key, _, value in map(split, text.splitlines())})

    def close(self) -> None:
        self._socket.close()


def split(line: str) -> tuple[str, str, str]:
    """Return an assignment in its three parts."""
    return line.partition("=")


@pytest.fixture(params=["path", "abstract"])
def ears(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ears]:
    """A manager that listens, at either kind of address."""
    path = str(tmp_path / "notify")
    listening = Ears(path if request.param == "path" else f"@hmsvcd-test-{os.getpid()}")
    yield listening
    listening.close()


@pytest.fixture
def notifier(ears: Ears) -> Iterator[Notifier]:
    """What tells that manager."""
    telling = Notifier({"NOTIFY_SOCKET": ears.address})
    yield telling
    telling.close()


def test_every_word_arrives(ears: Ears, notifier: Notifier) -> None:
    """Each call is one datagram with the assignment that systemd knows."""
    notifier.ready()
    notifier.status("2 services run")
    notifier.watchdog()
    notifier.stopping()
    assert ears.heard() == [
        {"READY": "1"},
        {"STATUS": "2 services run"},
        {"WATCHDOG": "1"},
        {"STOPPING": "1"},
    ]


def test_a_reload_says_when_it_began(ears: Ears, notifier: Notifier) -> None:
    """Type=notify-reload takes only a RELOADING=1 with the time of CLOCK_MONOTONIC."""
    before = clock.monotonic()
    notifier.reloading()
    after = clock.monotonic()
    [said] = ears.heard()
    assert said["RELOADING"] == "1"
    assert before <= int(said["MONOTONIC_USEC"]) <= after


@pytest.mark.parametrize("address", [None, "", "@", "/", "relative", "vsock:2:1234"])
def test_without_a_manager_nothing_happens(address: str | None) -> None:
    """An address that is missing or of another kind makes every word a silent one."""
    notifier = Notifier({} if address is None else {"NOTIFY_SOCKET": address})
    say_everything(notifier)


def test_a_manager_that_has_gone_disturbs_nobody(tmp_path: Path) -> None:
    """Words to a socket that nobody has are lost without an error."""
    for address in (str(tmp_path / "gone"), str(tmp_path / ("x" * 200)), "@hmsvcd-test-nobody"):
        say_everything(Notifier({"NOTIFY_SOCKET": address}))


def test_a_state_that_could_not_be_said_comes_with_the_next_word(tmp_path: Path) -> None:
    """A manager that comes back hears that the service is ready, and the newest state only."""
    path = str(tmp_path / "notify")
    notifier = Notifier({"NOTIFY_SOCKET": path})
    notifier.reloading()
    notifier.ready()
    late = Ears(path)
    notifier.status("2 services run")
    notifier.watchdog()
    assert late.heard() == [{"READY": "1", "STATUS": "2 services run"}, {"WATCHDOG": "1"}]
    notifier.close()
    late.close()


def test_a_manager_that_does_not_read_holds_nobody_up(ears: Ears, notifier: Notifier) -> None:
    """When its queue is full, words are lost but for the state, which follows."""
    for _ in range(100_000):
        notifier.watchdog()
    notifier.ready()
    assert {"READY": "1"} not in ears.heard(), "the queue was not full"
    notifier.watchdog()
    assert ears.heard() == [{"READY": "1", "WATCHDOG": "1"}]


@given(st.text(max_size=400))
def test_a_status_is_one_line_of_text(sentence: str) -> None:
    """Whatever the sentence holds, it assigns nothing else and no terminal obeys it."""
    address = f"@hmsvcd-test-status-{os.getpid()}"
    listening = Ears(address)
    notifier = Notifier({"NOTIFY_SOCKET": address})
    try:
        notifier.status(sentence)
        [said] = listening.heard()
    finally:
        notifier.close()
        listening.close()
    assert said.keys() == {"STATUS"}
    assert said["STATUS"].isprintable()
    assert len(said["STATUS"]) <= MOST_CHARACTERS
    if sentence.isprintable() and len(sentence) <= MOST_CHARACTERS:
        assert said["STATUS"] == " ".join(sentence.split())


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": ""}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "9" * 5000}, None),
    ],
)
def test_the_watchdog_wants_to_hear_twice_in_its_time(
    environ: dict[str, str], seconds: float | None
) -> None:
    """The interval is half of what systemd waits for, if that is meant for this process."""
    assert Notifier(environ).watchdog_interval == seconds


def say_everything(notifier: Notifier) -> None:
    """Say every word once."""
    notifier.ready()
    notifier.reloading()
    notifier.status("hello")
    notifier.watchdog()
    notifier.stopping()
    notifier.close()
