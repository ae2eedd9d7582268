"""The daemon is to end while systemd hangs, or is to read its settings again as a pause begins."""

import os
import signal
import subprocess

import pytest

from users import eventually

pytestmark = pytest.mark.systemd

SERVICE = """
[services.changes]
process.argv = ["/bin/sleep", "{version}"]
"""

SLOW_START = """
[daemon]
start_wait = "100s"
[services.slow]
process.argv = ["/bin/sleep", "1000"]
systemd.service.serviceConfig.ExecStartPre = "/bin/sh -c 'until [ -e %t/go ]; do sleep 0.01; done'"
"""

FREEZER = """
import os, signal, sys
def audit(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith("/systemd/user/changes.service"):
        if os.path.exists(os.environ["FREEZES"]):
            os.kill(int(os.environ["MANAGER"]), signal.SIGSTOP)
sys.addaudithook(audit)
"""
"""A sitecustomize that has systemd hang when a unit has been renewed: before a daemon-reload."""


def ask_for(user, method: str) -> None:
    """Call a method of the daemon, and wait for its answer."""
    call = ["busctl", "--user", "call", "org.hmsvcd", "/org/hmsvcd", "org.hmsvcd.Manager1", method]
    subprocess.run(call, env=user.session.env, check=True, capture_output=True)


def test_told_to_end_while_systemd_hangs(user, daemon, tmp_path):
    """Nobody waits for a systemd that does not answer; the next start finishes the switch."""
    (tmp_path / "sitecustomize.py").write_text(FREEZER, encoding="ascii")
    freezes, manager = tmp_path / "freezes", user.session.pid
    user.declare(SERVICE.format(version=1001))
    daemon.start(PYTHONPATH=str(tmp_path), FREEZES=str(freezes), MANAGER=str(manager))
    daemon.until("pass finished", end="settled")
    installed = user.units / "changes.service"
    before = installed.readlink()
    freezes.touch()
    try:
        user.save(SERVICE.format(version=1002))
        eventually(lambda: installed.readlink() != before)
        assert daemon.end() == 0
    finally:
        os.kill(manager, signal.SIGCONT)
    assert (user.state / "pending").exists()
    assert "does not answer" in daemon.events("broken off")[0]["why"]
    daemon.start()
    eventually(lambda: not (user.state / "pending").exists())
    assert "/bin/sleep ; argv[]=/bin/sleep 1002" in user.show("changes.service", "ExecStart")[0]
    assert user.run("plan").document["actions"] == []


def test_a_pause_begins_before_the_settings_are_read_again(user, daemon):
    """systemd does not wait for a pass that is only made when the pause ends."""
    user.declare(SLOW_START)
    daemon.start()
    eventually(lambda: user.state_of("slow.service") == "activating")
    daemon.send(signal.SIGHUP)
    eventually(lambda: "RELOADING=1" in daemon.told)
    ask_for(user, "Pause")
    assert daemon.told[-1] != "READY=1"
    (user.session.runtime / "go").touch()
    eventually(lambda: daemon.told.count("READY=1") == 2)
    assert not daemon.events("settings reloaded")
    ask_for(user, "Resume")
    daemon.until("settings reloaded")
