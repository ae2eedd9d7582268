"""The daemon follows the declaration: what is saved is in force."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.systemd

SLEEPER = """
[services.{name}]
process.argv = ["/bin/sleep", "{seconds}"]
"""


def sleeper(name: str = "demo", seconds: int = 1000) -> str:
    """Return a service that only runs."""
    return SLEEPER.format(name=name, seconds=seconds)


def test_what_is_declared_at_the_start_runs(user, daemon, wait_until):
    """The first pass brings the session to the declaration."""
    user.declare(sleeper())
    daemon.start()
    wait_until(lambda: user.state_of("demo.service") == "active")


def test_a_save_is_applied(user, daemon, wait_until):
    """A changed command runs, and what did not change keeps its process."""
    user.declare(sleeper("a") + sleeper("b"))
    daemon.start()
    daemon.until("pass finished", end="settled")
    kept = user.pid("a.service")
    user.declare(sleeper("a") + sleeper("b", 2000))
    wait_until(lambda: "2000" in user.show("b.service", "ExecStart")[0])
    daemon.until("pass finished", 2)
    assert user.pid("a.service") == kept
    assert user.state_of("b.service") == "active"


def test_nothing_is_said_where_nothing_changes(user, daemon):
    """A settled daemon logs nothing, also when a file is saved as it was."""
    user.declare(sleeper())
    daemon.start()
    daemon.until("pass finished")
    before = daemon.log
    user.declare(sleeper())
    assert user.run("reconcile").code == 0
    user.declare(sleeper())
    assert user.run("status").code == 0
    said = daemon.log.removeprefix(before).splitlines()
    assert [line for line in said if "cause=reconcile" not in line] == []


def test_the_daemon_ends_when_it_is_told_to(user, daemon):
    """SIGTERM ends it at once and well; what it manages goes on."""
    user.declare(sleeper())
    daemon.start()
    daemon.until("pass finished")
    pid = user.pid("demo.service")
    assert daemon.end() == 0
    assert "STOPPING=1" in daemon.told
    assert user.pid("demo.service") == pid


def test_a_second_daemon_is_refused(user, daemon):
    """There is one daemon in a session, and the other one says which."""
    user.declare(sleeper())
    daemon.start()
    command = [sys.executable, "-m", "hmsvcd", "run"]
    environ = user.session.env
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert f"process {daemon.pid}" in ran.stderr
    assert "Traceback" not in ran.stderr
