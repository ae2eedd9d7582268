"""Commands that are for the daemon, where none runs, does not answer, or runs already."""

import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from hmsvcd.host.session_service import UNIT
from running_daemon import RUNNING, Waiting, daemon_beside, daemon_of

STARTS = f"systemctl --user start {UNIT}"


@pytest.fixture
def daemon(user: Any, wait_until: Waiting) -> Iterator["subprocess.Popen[bytes]"]:
    """A daemon that has applied the declaration of one service."""
    user.declare(RUNNING)
    with daemon_beside(user, wait_until) as process:
        yield process


@pytest.fixture
def stopped(user: Any, manager: Any) -> Any:
    """A user whose session has hmsvcd's own service, which does not run."""
    unit = manager.units / UNIT
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text("[Service]\nExecStart=/bin/sleep 1000\n", encoding="utf-8")
    manager.systemctl("daemon-reload")
    return user


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_that_no_daemon_runs_is_said(user: Any, stranger: Any, command: str) -> None:
    """What was asked for is done, and nobody believes that somebody follows saves."""
    for whoever in (user, stranger):
        ran = whoever(command)
        assert ran.code == 0
        assert "warning: the daemon does not run" in ran.err
        assert "hmsvcd install" in ran.err
        assert "applied again" not in ran.out
    assert daemon_of(user)["paused"] is (command == "pause")


@pytest.mark.usefixtures("daemon")
def test_with_a_daemon_there_is_nothing_to_warn_of(user: Any) -> None:
    """Only what was done is said."""
    assert user("pause").err == user("resume").err == ""


@pytest.mark.parametrize("command", ["pause", "resume", "reconcile"])
def test_a_service_that_is_stopped_is_to_be_started(stopped: Any, command: str) -> None:
    """Whoever has installed the daemon is told how to start that one, and of no other way."""
    ran = stopped(command)
    assert ran.code == (1 if command == "reconcile" else 0)
    assert f"{UNIT} is installed but does not run" in ran.err
    assert STARTS in ran.err
    assert "hmsvcd run" not in ran.err


def test_without_any_reconcile_says_how_to_have_one(user: Any) -> None:
    """Both ways are named, and the one without a daemon."""
    [error] = user("reconcile", "--json").document["errors"]
    assert error["message"] == "the daemon does not run"
    assert all(way in error["hint"] for way in ("install", "hmsvcd run", "hmsvcd apply"))


def test_a_daemon_that_hangs_is_not_said_to_be_none(user: Any, daemon: Any) -> None:
    """It is named, and nobody is told to start another one."""
    daemon.send_signal(signal.SIGSTOP)
    ran = user("pause")
    assert ran.code == 0
    assert f"the daemon (process {daemon.pid}) does not answer" in ran.err
    assert "install" not in ran.err
    daemon.send_signal(signal.SIGCONT)
    assert daemon_of(user)["paused"] is True


def test_a_second_daemon_only_says_who_is_there(user: Any, daemon: Any) -> None:
    """It logs nothing that would look like a start, and the first one goes on."""
    second = user("run")
    assert second.code == 1
    first, *more = second.err.splitlines()
    assert f"another hmsvcd daemon runs (process {daemon.pid})" in first
    assert [line for line in more if "systemctl --user stop hmsvcd" not in line] == []
    assert second.out == ""
    assert daemon_of(user)["pid"] == daemon.pid
