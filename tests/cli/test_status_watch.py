"""``hmsvcd status --watch``: the status, and again whenever it changes."""

import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import pytest

RUNNING = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'
PATIENCE = 30.0  # seconds, for what comes at once


@contextmanager
def watching(user: Any, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A status that is watched through a pipe, until the block is left."""
    with subprocess.Popen(
        [sys.executable, "-m", "hmsvcd", "status", "--watch", *arguments],
        cwd=user.folder, env=user.environ, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process
        process.kill()


def read(stream: IO[str] | None) -> dict[str, Any]:
    """Return the next document."""
    assert stream is not None
    document: dict[str, Any] = json.loads(stream.readline())
    return document


def state_of(document: dict[str, Any], service: str) -> str:
    """Return a service's state."""
    state: str = document["services"][service]["state"]
    return state


def test_each_change_is_a_line(user: Any, manager: Any) -> None:
    """A unit that stops and starts again is told by documents that differ, and by no other."""
    user.declare(RUNNING)
    user("apply")
    with watching(user, "--json") as watch:
        seen = [read(watch.stdout)]
        assert state_of(seen[0], "one") == "running"
        for verb, state in (("stop", "held"), ("start", "running")):
            manager.systemctl(verb, "one.service")
            while state_of(seen[-1], "one") != state:
                seen.append(read(watch.stdout))
    assert all(one != other for one, other in itertools.pairwise(seen))


def test_an_edit_is_seen(user: Any) -> None:
    """A declaration that becomes wrong is told without a daemon, too."""
    user.declare(RUNNING)
    user("apply")
    with watching(user, "--json") as watch:
        assert read(watch.stdout)["errors"] == []
        user.declare(RUNNING + "x = 1\n")
        assert read(watch.stdout)["errors"][0]["line"] == 3


def test_an_interrupt_is_the_usual_end(user: Any) -> None:
    """Ctrl-C ends it with exit code 0."""
    user.declare(RUNNING)
    with watching(user, "--json") as watch:
        read(watch.stdout)
        watch.send_signal(signal.SIGINT)
        assert watch.wait(PATIENCE) == 0
        assert watch.stderr is not None
        assert watch.stderr.read() == ""


def test_a_pipe_that_is_closed_ends_it(user: Any) -> None:
    """It ends when nobody reads any more, though nothing changes."""
    user.declare(RUNNING)
    with watching(user) as watch:
        assert watch.stdout is not None
        assert watch.stdout.readline() == "nothing is installed\n"
        watch.stdout.close()
        assert watch.wait(PATIENCE) == 0


def test_a_terminal_is_drawn_over(user: Any, manager: Any) -> None:
    """What is new stands where the old was, and a resized terminal is drawn anew."""
    user.declare(RUNNING)
    user("apply")
    with user.in_terminal("status", "--watch") as terminal:
        assert "\x1b[2J" not in terminal.read_until("running.*daemon: ")
        manager.systemctl("stop", "one.service")
        terminal.read_until("\x1b\\[\\dF.*held")
        terminal.resize(rows=20, columns=30)
        narrow = terminal.read_until("\x1b\\[2J.*held.*…")
        assert "LAST ACTION" not in narrow
        terminal.type(b"\x03")
        assert terminal.end() == 0


def test_the_bus_may_go_and_come_back(user: Any, manager: Any) -> None:
    """It says that the bus is gone, and goes on when there is one again."""
    user.declare(RUNNING)
    user("apply")
    with watching(user, "--json") as watch:
        read(watch.stdout)
        manager.systemctl("kill", "--signal=KILL", "dbus.service")
        while "bus went away" not in json.dumps((seen := read(watch.stdout))["errors"]):
            pass
        assert seen["services"] is None
        while not (seen := read(watch.stdout))["services"]:
            pass
        assert state_of(seen, "one") == "running"


@pytest.mark.parametrize(("arguments", "code"), [(("nosuch",), 1), ((), 3)])
def test_what_cannot_be_shown_at_all_is_an_error(
    request: Any, arguments: tuple[str, ...], code: int
) -> None:
    """A service that is not there, or no manager, is told at once."""
    program = request.getfixturevalue("user" if arguments else "stranger")
    program.declare(RUNNING)
    if arguments:
        program("apply")
    assert program("status", "--watch", *arguments).code == code
