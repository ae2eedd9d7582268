"""The daemon outlives the message bus, and managers that are reloaded, replaced or ended."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from users import eventually

pytestmark = pytest.mark.systemd

STAYS = """
[services.stays]
process.argv = ["/bin/sleep", "1000"]
"""

COUNTED = """
[services.counted]
process.argv = ["/bin/sh", "-c", "echo {version} >> $XDG_RUNTIME_DIR/starts; sleep 1000"]
"""

READS = """
[services.reads]
process.argv = ["/bin/sleep", "1000"]
configData.conf.text = "x"
"""

SLOW = """
[services.slow]
process.argv = ["/bin/sleep", "1000"]
systemd.service.serviceConfig.ExecStartPre = "/bin/sh -c 'until [ -e %t/go ]; do sleep 0.01; done'"
"""


def counted(version: int) -> str:
    """Return a service that writes down each of its starts."""
    return COUNTED.format(version=version)


def starts(user) -> list[str]:
    """Return the version of the counted service at each of its starts."""
    return Path(user.session.runtime / "starts").read_text(encoding="ascii").split()


def kill_the_bus(user) -> None:
    """Kill the message bus; its socket starts another."""
    user.systemctl("kill", "--signal=KILL", "dbus.service")


def restart_the_bus(user) -> None:
    """Restart the message bus as an upgrade might."""
    user.systemctl("restart", "dbus.service")


@pytest.mark.parametrize("end", [restart_the_bus, kill_the_bus])
def test_a_bus_that_is_restarted(user, daemon, end):
    """With a new bus it has its name again, has looked at everything, and follows saves."""
    user.declare(STAYS + counted(1) + READS)
    daemon.start()
    daemon.until("pass finished", end="settled")
    eventually(lambda: starts(user) == ["1"])
    stays, told = user.pid("stays.service"), user.run("status").document["daemon"]
    stored = (user.config / "home-services/reads/conf").resolve()
    stored.chmod(0o600)
    daemon.send(signal.SIGSTOP)
    stored.write_text("y", encoding="ascii")
    user.declare(STAYS + counted(2) + READS)
    end(user)
    daemon.send(signal.SIGCONT)
    daemon.until("bus gone")
    daemon.until("bus back")
    daemon.until("pass finished", cause="start", end="settled", count=2)
    assert "repaired conf" in daemon.events("pass finished")[-1]["summary"]
    again = user.run("status").document["daemon"]
    assert (again["pid"], again["started"]) == (daemon.pid, told["started"])
    user.declare(STAYS + counted(3) + READS)
    eventually(lambda: starts(user) == ["1", "2", "3"])
    assert user.pid("stays.service") == stays


def test_a_bus_that_ends_during_a_pass(user, daemon):
    """What had been begun is finished with the next bus, and nothing is done twice."""
    user.declare(STAYS)
    daemon.start()
    daemon.until("pass finished", end="settled")
    stays = user.pid("stays.service")
    user.declare(STAYS + counted(1) + SLOW)
    eventually(lambda: user.state_of("slow.service") == "activating")
    [slow] = user.show("slow.service", "ControlPID")
    assert (user.state / "pending").exists()
    kill_the_bus(user)
    daemon.until("bus back")
    daemon.until("pass finished", cause="start", end="settled", count=2)
    assert not (user.state / "pending").exists()
    assert user.show("slow.service", "ControlPID") == [slow]
    (user.session.runtime / "go").touch()
    eventually(lambda: user.state_of("slow.service") == "active")
    assert starts(user) == ["1"]
    assert user.pid("stays.service") == stays
    assert not daemon.events("problem")


def test_a_bus_with_a_new_address(user, daemon):
    """Where the address that it was given is dead, it looks where systemd puts the bus."""
    alias = user.session.home / "bus"
    alias.symlink_to(user.session.runtime / "bus")
    user.declare(STAYS)
    daemon.start(DBUS_SESSION_BUS_ADDRESS=f"unix:path={alias}")
    daemon.until("pass finished", end="settled")
    alias.unlink()
    restart_the_bus(user)
    daemon.until("bus back")
    user.declare(STAYS + counted(1))
    eventually(lambda: user.state_of("counted.service") == "active")


def test_an_end_while_there_is_no_bus(user, daemon):
    """Told to end while it looks for a bus, it ends at once and well."""
    user.declare(STAYS)
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.systemctl("stop", "dbus.socket", "dbus.service")
    daemon.until("bus gone")
    assert daemon.end() == 0
    assert user.state_of("stays.service") == "active"


@pytest.mark.parametrize("command", ["daemon-reload", "daemon-reexec"])
def test_others_have_the_manager_reload_while_it_waits(user, daemon, command):
    """It goes on as before, and has nothing to say."""
    user.declare(STAYS + counted(1))
    daemon.start()
    daemon.until("pass finished", end="settled")
    before, stays = daemon.log, user.pid("stays.service")
    for _ in range(3):
        user.systemctl(command)
    assert user.run("status").document["daemon"]["pid"] == daemon.pid
    assert daemon.log == before
    user.declare(STAYS + counted(2))
    eventually(lambda: starts(user) == ["1", "2"])
    assert user.pid("stays.service") == stays


@contextmanager
def again_and_again(user, command: str) -> Iterator[list[str]]:
    """Have somebody type a command all the time; yield what was typed so far."""
    is_over = threading.Event()
    typed: list[str] = []

    def go_on() -> None:
        while not is_over.wait(0.02):
            user.systemctl(command)
            typed.append(command)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield typed
    finally:
        is_over.set()
        thread.join()


@pytest.mark.parametrize("command", ["daemon-reload", "daemon-reexec"])
def test_others_have_the_manager_reload_during_passes(user, daemon, command):
    """Saves are applied all the same: each once, and nothing else is touched."""
    user.declare(STAYS + counted(0))
    daemon.start()
    daemon.until("pass finished", end="settled")
    stays = user.pid("stays.service")
    with again_and_again(user, command) as typed:
        for version in range(1, 7):
            user.declare(STAYS + counted(version))
            eventually(lambda: starts(user)[-1] == str(version))  # noqa: B023 - it is called here
    assert len(typed) > 6
    eventually(lambda: not (user.state / "pending").exists())
    assert starts(user) == [str(version) for version in range(7)]
    assert user.pid("stays.service") == stays
    assert user.run("plan").document["actions"] == []


def test_no_manager_at_the_start(user):
    """Without a manager it does not start, says what it has looked for, and changes nothing."""
    user.declare(STAYS)
    user.session.log_out()
    before = user.listing()
    ran = subprocess.run(
        [sys.executable, "-m", "hmsvcd", "run"],
        env=user.session.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 3
    assert "Cannot find systemd --user" in ran.stderr
    assert "loginctl enable-linger" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert user.listing() == before


def follow_as_a_service(user) -> None:
    """Have the daemon run as a service of the session."""
    user.type("install")
    eventually(lambda: user.state_of("stays.service") == "active")


def kill_the_session(user) -> None:
    """End the session as a power failure does."""
    user.session.log_out()


def log_out(user) -> None:
    """End the session as systemd ends it at a log out."""
    pid = user.session.pid
    user.systemctl("exit")
    eventually(lambda: has_ended(pid), within=60)
    user.session.log_out()


def has_ended(pid: int) -> bool:
    """Say whether a child process has ended."""
    return ") Z " in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")


@pytest.mark.parametrize("end", [kill_the_session, log_out])
def test_the_session_ends_during_a_pass(user, end):
    """The next login runs what is declared, once, and finishes what was under way."""
    user.declare(STAYS + counted(1))
    follow_as_a_service(user)
    eventually(lambda: user.run("status").document["daemon"]["state"] == "settled")
    user.declare(STAYS + counted(2) + SLOW)
    eventually(lambda: user.state_of("slow.service") == "activating")
    end(user)
    assert (user.state / "pending").exists()
    user.session.start()
    eventually(lambda: user.state_of("slow.service") == "activating")
    (user.session.runtime / "go").touch()
    eventually(lambda: user.state_of("slow.service") == "active")
    eventually(lambda: not (user.state / "pending").exists())
    eventually(lambda: user.run("status").document["daemon"]["state"] == "settled")
    assert starts(user) == ["2"]
    assert user.state_of("stays.service") == "active"
    assert user.run("plan").document["actions"] == []


def test_a_machine_that_slept(user, daemon):
    """What was edited while the daemon did not run is applied when it runs on."""
    user.declare(STAYS + counted(1))
    daemon.start()
    daemon.until("pass finished", end="settled")
    stays = user.pid("stays.service")
    daemon.send(signal.SIGSTOP)
    for version in range(2, 6):
        user.declare(STAYS + counted(version))
        time.sleep(0.1)
    daemon.send(signal.SIGCONT)
    eventually(lambda: starts(user)[-1] == "5")
    assert starts(user) == ["1", "5"]
    assert user.pid("stays.service") == stays
