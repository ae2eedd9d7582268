"""What was rolled back stays so, whatever happens, until somebody changes the declaration."""

import signal
from functools import partial
from pathlib import Path

import pytest

from desktops import desktop_beside
from users import ended

pytestmark = pytest.mark.systemd

SETTINGS = '[daemon]\non_failure = "rollback"\nsettle = "200ms"\n'
FAILS = '["/bin/sh", "-c", "exit 3"]'
KILLER = """
import os, signal, sys
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
left = int(os.environ["KILL_AT"])
def audit(event, arguments):
    global left
    path = str(arguments[0]) if arguments else ""
    touches = event in {"os.rename", "os.symlink", "os.remove", "os.rmdir", "os.mkdir"}
    if event == "open" and isinstance(arguments[2], int):
        touches = arguments[2] & WRITES
    if touches and ("/home/" in path or event == "os.symlink"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(audit)
"""
"""A sitecustomize that kills its process just before it changes the disk for the n-th time."""


def service(name: str, argv: str = '["/bin/sleep", "1000"]') -> str:
    """Return a service that is not started again when it fails."""
    return f"""
[services.{name}]
process.argv = {argv}
configData.conf.text = '{argv}'
systemd.service.serviceConfig.Restart = "no"
"""


GOOD = SETTINGS + service("web") + service("other") + service("goes")
FAILED = "generation 2 failed: web.service (exit-code, status 3); rolled back to 1"
HELD = "the declaration is held until it changes"
BROKEN = SETTINGS + service("web", FAILS) + service("other", '["/bin/sleep", "999"]')


def held(user) -> str | None:
    """Return why the declaration is held, as ``status`` says."""
    why: str | None = user.run("status").document["declaration"]["held"]
    return why


def number(user) -> int:
    """Return the generation that is installed."""
    return int((user.state / "current").readlink().stem)


def test_a_save_that_fails(user, daemon, wait_until):
    """It is undone, which is told in the log, to systemd, on the desktop and in ``status``."""
    user.save(GOOD)
    with desktop_beside(user.session.bus_address) as desktop:
        daemon.start()
        daemon.until("pass finished", end="settled")
        installed = user.installed()
        user.save(BROKEN)
        daemon.until("unit failed", unit="web.service")
        [told] = [each for each in daemon.events("problem") if "rolled back" in each["text"]]
        assert told["text"] == FAILED
        wait_until(lambda: f"STATUS={FAILED}; {HELD}" in daemon.told)
        wait_until(lambda: desktop.shown)
        assert desktop.text[0] == "Services have failed; generation 1 is back"
    assert user.installed() == installed
    assert user.state_of("web.service") == "active"
    assert held(user) == "rollback to 1 after web.service failed in 2"


def test_the_hold_lasts(user, daemon, wait_until):
    """Over a reconcile, a comment, a restart of the daemon and drift, which is repaired."""
    user.save(GOOD)
    daemon.start()
    daemon.until("pass finished", end="settled")
    installed = user.installed()
    user.save(BROKEN)
    daemon.until("unit failed", unit="web.service")
    pid = user.pid("web.service")
    assert user.run("reconcile").code == 0
    user.save(f"# a comment\n{BROKEN}")
    assert user.run("reconcile").code == 0
    assert held(user) is not None
    daemon.end(signal.SIGKILL)
    [conf] = (user.config / "home-services/web").iterdir()
    conf.unlink()
    conf.symlink_to(user.state / "store/0000-elsewhere")
    daemon.start()
    wait_until(lambda: user.installed() == installed)
    assert (number(user), user.pid("web.service")) == (3, pid)
    assert len(daemon.events("unit failed")) == 1
    user.save(GOOD.replace("1000", "998"))
    wait_until(lambda: number(user) == 4)
    wait_until(lambda: "998" in user.arguments("web.service"))
    assert held(user) is None


def test_an_apply_of_the_daemon(user, daemon):
    """It ends the hold: what fails again is undone again, with the log of what failed."""
    user.save(GOOD)
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(BROKEN.replace("exit 3", "echo alas; exit 3"))
    daemon.until("unit failed", unit="web.service")
    ran = user.run("apply")
    assert (ran.code, ran.document["generation"]) == (4, 5)
    assert ran.document["rolled_back"]["to"] == 3
    [web] = [each for each in ran.document["results"] if each["unit"] == "web.service"]
    assert (web["result"], "alas" in "\n".join(web["log"])) == ("failed", True)


def test_a_rollback_by_hand(user, daemon, wait_until):
    """It holds as well: over a comment and a restart of the daemon, until an apply."""
    user.save(GOOD)
    daemon.start()
    daemon.until("pass finished", end="settled")
    later = GOOD.replace("1000", "999")
    user.save(later)
    wait_until(lambda: number(user) == 2)
    assert user.run("rollback").code == 0
    user.save(f"# a comment\n{later}")
    assert user.run("reconcile").code == 0
    assert daemon.end() == 0
    daemon.start()
    daemon.until("pass finished", cause="start", count=2)
    assert held(user) == "rollback to 1"
    assert "1000" in user.arguments("web.service")
    assert user.run("apply").code == 0
    assert "999" in user.arguments("web.service")


def trial(user, daemon, folder: Path, at: int) -> bool:
    """Kill an apply of what fails, and let the daemon go on; say whether it was killed."""
    user.apply(GOOD)
    installed = user.installed()
    user.declare(BROKEN)
    (folder / "sitecustomize.py").write_text(KILLER)
    process = user.start("apply", PYTHONPATH=str(folder), KILL_AT=str(at))
    process.communicate()
    count = len(daemon.events("pass finished"))
    daemon.start()
    daemon.until("pass finished", count + 1)
    assert user.run("reconcile").code == 0
    assert daemon.end() == 0
    assert user.installed() == installed
    assert not (user.state / "pending").exists()
    for name in ("web", "other", "goes"):
        assert user.arguments(f"{name}.service")[1] == "1000", name
    assert held(user) is not None
    return bool(process.returncode == -signal.SIGKILL)


def test_killed_on_the_way(user, daemon, tmp_path):
    """Killed before any change of the disk, on the way there or back, all of it comes back."""
    at = 5
    while trial(user, daemon, tmp_path, at):
        at += 13
    assert at > 60


def has_started(user) -> bool:
    """Say whether the switch under way has noted how the start of ``new`` ended."""
    pending = user.state / "pending"
    return pending.exists() and '"new.service", "action": "start"' in pending.read_text()


def assert_back(user, daemon, wait_until, installed: dict[str, str], failed: str) -> None:
    """The daemon, which starts now, brings back what was installed."""
    daemon.start()
    wait_until(lambda: number(user) == 3)
    assert user.installed() == installed
    assert user.state_of("web.service") == "active"
    assert held(user) == f"rollback to 1 after {failed} failed in 2"


def test_killed_before_it_was_judged(user, daemon, wait_until):
    """What a killed switch has started fails meanwhile: the one that goes on looks again."""
    user.apply(GOOD)
    installed = user.installed()
    failing = GOOD + service("new", FAILS)
    user.declare(failing.replace("200ms", "100s"))
    process = user.start("apply")
    wait_until(partial(has_started, user))
    wait_until(lambda: user.state_of("new.service") == "failed")
    process.kill()
    process.communicate()
    user.declare(failing)
    assert_back(user, daemon, wait_until, installed, "new.service")


SLOW = f"""{service("slow")}
systemd.service.serviceConfig.ExecStartPre = "/bin/sh -c 'until [ -e %t/go ]; do sleep 0.01; done'"
"""


def test_a_signal_on_the_way(user, daemon, wait_until):
    """Who is told to end does not begin to go back: that is written down for the next one."""
    user.apply(GOOD)
    installed = user.installed()
    user.declare(BROKEN.replace("[daemon]", '[daemon]\nstart_wait = "100s"') + SLOW)
    process = user.start("apply")
    wait_until(lambda: user.state_of("web.service") == "failed")
    process.send_signal(signal.SIGTERM)
    ran = ended(process)
    assert (ran.code, ran.document["rolled_back"]["failure"]) == (130, "interrupted")
    assert user.state_of("web.service") == "failed"
    assert_back(user, daemon, wait_until, installed, "web.service")
