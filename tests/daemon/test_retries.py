"""What an event tries again by itself, and what it leaves to somebody who mends or asks."""

import json

import pytest

pytestmark = pytest.mark.systemd

FAST = '[daemon]\nsettle = "50ms"\n'
ONCE = 'systemd.service.serviceConfig.Type = "oneshot"\n'
NEVER = 'systemd.service.serviceConfig.Restart = "no"\n'


def service(name, script, *lines):
    """Return a service that runs a script of the shell."""
    argv = json.dumps(["/bin/sh", "-c", script])
    return f"[services.{name}]\nprocess.argv = {argv}\n{''.join(lines)}"


def other(seconds):
    """Return a service that only runs."""
    return service("other", f"exec sleep {seconds}")


def test_what_has_failed_is_left_by_events(user, daemon, wait_until):
    """No event starts it again but its own edit; an order does."""

    def starts():
        return len((user.home / "starts").read_text().splitlines())

    def bad(code):
        return service("bad", f"echo >> {user.home}/starts; exit {code}", NEVER)

    user.save(FAST + bad(1) + other(1000))
    daemon.start()
    daemon.until("unit failed", unit="bad.service")
    user.save(FAST + bad(1) + other(1001))
    wait_until(lambda: "1001" in "".join(user.show("other.service", "ExecStart")))
    assert user.run("reconcile").code == 0
    assert starts() == 1
    user.save(FAST + bad(2) + other(1001))
    wait_until(lambda: starts() == 2)
    daemon.until("unit failed", 2, unit="bad.service")
    assert user.run("reconcile").code == 0
    assert starts() == 2
    user.apply(code=4)
    assert starts() == 3


def test_a_job_that_never_ran_is_tried_again(user, daemon, wait_until):
    """A unit whose requirement fails is started as soon as that can be, without any save."""
    user.save(
        FAST
        + service("base", f"test -e {user.home}/good", ONCE)
        + service("top", "exec sleep 1000")
        + 'systemd.service.requires = ["base.service"]\n'
        + 'systemd.service.after = ["base.service"]\n'
        + "systemd.service.unitConfig.StartLimitIntervalSec = 0\n"
    )
    daemon.start()
    daemon.until("pass finished", end="retrying")
    assert user.state_of("top.service") == "inactive"
    (user.home / "good").touch()
    wait_until(lambda: user.state_of("top.service") == "active")
    daemon.until("pass finished", end="settled")
    assert user.run("status").code == 0
