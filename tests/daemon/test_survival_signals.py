"""The daemon is told to end, to look again, to be alive; or it is killed, or its clock is set."""

import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest

from hmsvcd.host.store import Store
from users import eventually

pytestmark = pytest.mark.systemd

STAYS = """
[daemon]
start_wait = "100s"
stop_wait = "100s"
settle = "20ms"
removal_delay = "50ms"
[services.stays]
process.argv = ["/bin/sleep", "1000"]
"""

CHANGES = """
[services.changes]
process.argv = ["/bin/sleep", "{version}"]
"""

SLOW_START = """
[services.slow]
process.argv = ["/bin/sleep", "{version}"]
systemd.service.serviceConfig.ExecStartPre = "/bin/sh -c 'until [ -e %t/go ]; do sleep 0.01; done'"
"""

SLOW_STOP = """
[services.slow]
process.argv = ["/bin/sleep", "{version}"]
systemd.service.unitConfig.X-SwitchMethod = "stop-start"
systemd.service.serviceConfig.ExecStop = "/bin/sh -c 'until [ -e %t/go ]; do sleep 0.01; done'"
"""


def changes(version: int) -> str:
    """Return a service that each version restarts."""
    return CHANGES.format(version=version)


def argument(user, unit: str) -> str:
    """Return what the process of a service was told, "" where none runs just now."""
    arguments = user.arguments(unit)
    return arguments[1] if len(arguments) == 2 else ""  # else it has not begun


def type_in(user, command: str) -> None:
    """Type a command that has to work."""
    command_line = [sys.executable, "-m", "hmsvcd", command]
    subprocess.run(command_line, env=user.session.env, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("slow", "state"), [(SLOW_START, "activating"), (SLOW_STOP, "deactivating")]
)
def test_told_to_end_during_a_pass(user, daemon, slow, state):
    """What has begun is sent, but not awaited for long; the next start goes on from there."""
    user.declare(STAYS + changes(1001) + slow.format(version=1001))
    (user.session.runtime / "go").touch()
    daemon.start()
    daemon.until("pass finished", end="settled")
    stays = user.pid("stays.service")
    (user.session.runtime / "go").unlink()
    user.declare(STAYS + changes(1002) + slow.format(version=1002))
    eventually(lambda: user.state_of("slow.service") == state)
    assert daemon.end() == 0
    assert not (user.state / "pending").exists()
    assert argument(user, "changes.service") == "1002"
    assert "STOPPING=1" in daemon.told
    daemon.start()
    (user.session.runtime / "go").touch()
    eventually(lambda: user.state_of("slow.service") == "active")
    eventually(lambda: argument(user, "slow.service") == "1002")
    assert user.pid("stays.service") == stays
    assert user.run("plan").document["actions"] == []


def test_told_to_end_before_the_first_change(user, daemon):
    """A pass that waits for others has changed nothing, and is not waited for."""
    user.declare(STAYS + SLOW_START.format(version=1001))
    command = user.start("apply")
    eventually(lambda: user.state_of("slow.service") == "activating")
    user.declare(STAYS + changes(1001))
    daemon.start()
    daemon.until("waiting")
    assert f"process {command.pid}" in daemon.events("waiting")[0]["text"]
    assert daemon.end() == 0
    assert not daemon.events("problem")
    assert user.state_of("changes.service") == "inactive"
    (user.session.runtime / "go").touch()
    command.communicate()


def test_another_command_is_at_work(user, daemon):
    """The daemon says whom it waits for, and goes on when that has ended."""
    user.declare(STAYS + SLOW_START.format(version=1001))
    command = user.start("apply")
    eventually(lambda: user.state_of("slow.service") == "activating")
    user.declare(STAYS + SLOW_START.format(version=1001) + changes(1001))
    daemon.start()
    daemon.until("waiting")
    assert f"process {command.pid}" in daemon.events("waiting")[0]["text"]
    (user.session.runtime / "go").touch()
    command.communicate()
    assert command.returncode == 0
    daemon.until("pass finished", end="settled")
    assert user.state_of("changes.service") == "active"


def test_told_to_end_twice(user, daemon):
    """A second signal ends it at once, and the next start finishes the switch."""
    user.declare(STAYS + SLOW_START.format(version=1001) + changes(1001))
    daemon.start()
    eventually(lambda: user.state_of("slow.service") == "activating")
    changed = user.pid("changes.service")
    daemon.send(signal.SIGTERM)
    eventually(lambda: "STOPPING=1" in daemon.told)
    assert daemon.end() == 130
    assert (user.state / "pending").exists()
    assert "interrupted" in daemon.log
    daemon.start()
    (user.session.runtime / "go").touch()
    daemon.until("pass finished", end="settled")
    assert not (user.state / "pending").exists()
    assert user.state_of("slow.service") == "active"
    assert user.pid("changes.service") == changed


def only(name: str) -> str:
    """Return a service with a file that only some versions have."""
    return f"""
[services.{name}]
process.argv = ["/bin/sleep", "1000"]
configData.conf.text = "x"
"""


def test_killed_at_any_time(user, daemon):
    """Killed at any moment of passes that follow saves, it loses nothing and touches no other."""
    chance = random.Random(11)
    user.declare(STAYS + changes(1000) + only("even"))
    daemon.start()
    daemon.until("pass finished", end="settled")
    stays, cut_off = user.pid("stays.service"), 0
    for version in range(1001, 1022):
        user.declare(STAYS + changes(version) + only("odd" if version % 2 else "even"))
        time.sleep(chance.uniform(0, 0.15))
        daemon.end(signal.SIGKILL)
        cut_off += (user.state / "pending").exists()
        daemon.start()
        time.sleep(chance.choice([0, 0.3]))
    assert cut_off > 0
    eventually(lambda: argument(user, "changes.service") == "1021")
    eventually(lambda: user.state_of("even.service") == "inactive")
    eventually(lambda: not (user.state / "pending").exists())
    assert user.state_of("odd.service") == "active"
    assert user.pid("stays.service") == stays
    listed = user.systemctl("list-units", "--plain", "--no-legend", "stays*", "odd*", "even*")
    assert {line.split()[0] for line in listed.splitlines()} == {"stays.service", "odd.service"}
    assert not [path for path in user.installed() if "even" in path or ".hmsvcd-new-" in path]
    store = Store(user.state / "store")
    assert all(store.verify(name) for name in store.names())
    assert user.run("plan").document["actions"] == []


def test_settings_are_read_again(user, daemon):
    """SIGHUP is answered as systemd wants it, and everything is looked at anew."""
    user.declare(STAYS + only("odd"))
    daemon.start()
    daemon.until("pass finished", end="settled")
    stored = (user.config / "home-services/odd/conf").resolve()
    stored.chmod(0o600)
    stored.write_text("y", encoding="ascii")
    daemon.send(signal.SIGHUP)
    daemon.until("settings reloaded")
    eventually(lambda: daemon.told.count("READY=1") == 2)
    words = " ".join(word for word in daemon.told if not word.startswith("STATUS="))
    assert re.fullmatch(r"READY=1 RELOADING=1 MONOTONIC_USEC=\d+ READY=1", words)
    assert stored.read_text(encoding="ascii") == "x"


def test_settings_are_in_force(user, daemon):
    """What is logged goes by the declaration as it was read last."""
    user.declare(STAYS)
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.declare(STAYS.replace("[daemon]", '[daemon]\nlog_level = "error"'))
    eventually(lambda: user.run("status").document["daemon"]["last_pass"]["number"] > 1)
    before = daemon.log
    daemon.send(signal.SIGHUP)
    eventually(lambda: daemon.told.count("READY=1") == 2)
    assert daemon.log == before


def test_settings_are_read_again_while_there_is_much_to_do(user, daemon):
    """SIGHUP is answered whatever else happens at the same time."""
    user.declare(STAYS + changes(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    for number in range(1, 6):
        user.declare(STAYS + changes(1000 + number))
        time.sleep(number * 0.02)
        daemon.send(signal.SIGHUP)
        user.declare(STAYS + changes(2000 + number))
        eventually(lambda: daemon.told.count("READY=1") == number + 1)  # noqa: B023 - called here
    assert daemon.told.count("RELOADING=1") == 5


def test_settings_are_read_again_while_paused(user, daemon):
    """SIGHUP is answered at once, and what is declared waits for the end of the pause."""
    user.declare(STAYS)
    daemon.start()
    daemon.until("pass finished", end="settled")
    type_in(user, "pause")
    user.declare(STAYS + changes(1000))
    daemon.send(signal.SIGHUP)
    eventually(lambda: daemon.told[-1] == "READY=1" and "RELOADING=1" in daemon.told)
    assert user.state_of("changes.service") == "inactive"
    type_in(user, "resume")
    eventually(lambda: user.state_of("changes.service") == "active")


def test_it_says_that_it_is_alive(user, daemon):
    """systemd hears from it as often as it wants to, also while there is no bus."""
    user.declare(STAYS)
    daemon.start(WATCHDOG_USEC="200000")
    eventually(lambda: daemon.told.count("WATCHDOG=1") > 5)
    user.systemctl("stop", "dbus.socket", "dbus.service")
    daemon.until("bus gone")
    told = daemon.told.count("WATCHDOG=1")
    eventually(lambda: daemon.told.count("WATCHDOG=1") > told + 5)
    daemon.send(signal.SIGSTOP)
    time.sleep(0.1)
    told = daemon.told.count("WATCHDOG=1")
    time.sleep(0.5)
    assert daemon.told.count("WATCHDOG=1") == told
    daemon.send(signal.SIGCONT)


BREAKER = """
import os, sys
def audit(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith("/pending"):
        if os.path.exists(os.environ["BROKEN"]):
            raise RuntimeError("secret")
sys.addaudithook(audit)
"""
"""A sitecustomize that makes a step of a pass fail in a way that no code reckons with."""


def test_a_defect_does_not_end_it(user, daemon, tmp_path):
    """A pass with a mistake of ours is told of, and the next change is a new chance."""
    (tmp_path / "sitecustomize.py").write_text(BREAKER, encoding="ascii")
    broken = tmp_path / "broken"
    broken.touch()
    user.declare(STAYS)
    daemon.is_broken = True
    daemon.start(PYTHONPATH=str(tmp_path), BROKEN=str(broken))
    daemon.until("pass finished", end="stuck")
    assert daemon.events("internal error")[0]["type"] == "RuntimeError"
    assert "secret" not in daemon.log
    broken.unlink()
    user.declare(STAYS + changes(1000))
    eventually(lambda: user.state_of("changes.service") == "active")
    assert user.state_of("stays.service") == "active"


CLOCK = """
import os, time
told = time.time_ns
def set_by_somebody():
    with open(os.environ["SECONDS_OFF"]) as file:
        return told() + int(file.read()) * 10 ** 9
time.time_ns = set_by_somebody
time.time = lambda: set_by_somebody() / 10 ** 9
"""
"""A sitecustomize that has the clock of its process be off by what a file says."""


@pytest.mark.parametrize("years", [30, -30])
def test_a_clock_that_jumps(user, daemon, tmp_path, years):
    """Whatever time somebody sets, saves are seen, and what waits for a while goes on."""
    (tmp_path / "sitecustomize.py").write_text(CLOCK, encoding="ascii")
    off = tmp_path / "off"
    off.write_text("0", encoding="ascii")
    user.declare(STAYS + changes(1000) + only("odd"))
    daemon.start(PYTHONPATH=str(tmp_path), SECONDS_OFF=str(off))
    daemon.until("pass finished", end="settled")
    jump = off.with_name("jump")
    jump.write_text(str(years * 365 * 86_400), encoding="ascii")
    jump.rename(off)
    user.declare(STAYS + changes(1001))
    eventually(lambda: argument(user, "changes.service") == "1001")
    eventually(lambda: user.state_of("odd.service") == "inactive")
    last = user.run("status").document["daemon"]["last_pass"]["at"] / 1e6
    assert round((last - time.time()) / 365 / 86_400) == years


@pytest.mark.parametrize("year", [1971, 2037])
def test_files_with_any_time(user, daemon, year):
    """A file that is older than the one before, or from the future, is read all the same."""
    user.declare(STAYS + changes(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    beside = user.declaration.with_name(".new")
    beside.write_text(STAYS + changes(1001), encoding="ascii")
    seconds = (year - 1970) * 365 * 86_400
    os.utime(beside, (seconds, seconds))
    beside.rename(user.declaration)
    eventually(lambda: argument(user, "changes.service") == "1001")
