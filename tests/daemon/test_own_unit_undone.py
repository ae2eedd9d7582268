"""A switch that changes hmsvcd's own unit and fails: what is undone was never restarted."""

import json
import sys

import pytest

pytestmark = pytest.mark.systemd

SETTINGS = '[daemon]\non_failure = "{}"\nsettle = "200ms"\n'
FAILS = """
[services.bad]
process.argv = ["/bin/false"]
systemd.service.serviceConfig.Restart = "no"
systemd.service.serviceConfig.Type = "oneshot"
"""


def declared(version: int, on_failure: str, more: str = "") -> str:
    """Return a declaration of the service that follows it, which writes down its starts."""
    argv = json.dumps([sys.executable, "-m", "hmsvcd", "run"])
    return f"""{SETTINGS.format(on_failure)}
[services.follower]
process.argv = {argv}
[services.follower.systemd.service]
environment.VERSION = {version}
serviceConfig.Type = "notify"
serviceConfig.ExecStartPre = "/bin/sh -c 'echo {version} >>%h/starts'"
{more}"""


def starts(user) -> list[str]:
    """Return the versions in which the daemon has been started."""
    text: str = (user.home / "starts").read_text(encoding="utf-8")
    return text.split()


def generations(user) -> int:
    """Return how many generations there are."""
    return len(list((user.state / "generations").iterdir()))


def passes(user) -> int:
    """Return how many passes the daemon that runs has made; none where it does not answer."""
    daemon = user.run("status").document["daemon"]
    return int(daemon["last_pass"]["number"]) if daemon and daemon["last_pass"] else 0


@pytest.fixture
def followed(user):
    """A user whose session runs the daemon that the declaration declares."""
    yield user
    user.systemctl("stop", "follower.service", check=False)


def test_what_is_undone_is_not_restarted(followed, wait_until):
    """The daemon that brings the generation before back runs on, as its unit is what it was."""
    user = followed
    user.apply(declared(1, "rollback"))
    wait_until(lambda: passes(user) > 0)
    pid = user.pid("follower.service")
    user.save(declared(2, "rollback", FAILS))
    wait_until(lambda: generations(user) == 3)
    wait_until(lambda: not (user.state / "pending").exists())
    assert user.run("reconcile").code == 0
    assert (starts(user), user.pid("follower.service")) == (["1"], pid)
    user.save(declared(3, "rollback"))
    wait_until(lambda: starts(user) == ["1", "3"])


def test_what_stays_is_restarted_once(followed, wait_until):
    """Where the failure is kept, the daemon is restarted once, at the end."""
    user = followed
    user.apply(declared(1, "keep"))
    wait_until(lambda: passes(user) > 0)
    user.save(declared(2, "keep", FAILS))
    wait_until(lambda: starts(user) == ["1", "2"])
    wait_until(lambda: passes(user) > 0)
    assert user.run("reconcile").code == 0
    assert starts(user) == ["1", "2"]


def test_what_systemd_refuses_is_not_done(followed, wait_until):
    """Where the daemon may not be restarted, that is told, and tried again once it may."""
    user = followed
    user.apply(declared(1, "keep"))
    wait_until(lambda: passes(user) > 0)
    drop_in = user.units / "follower.service.d/kept.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Unit]\nRefuseManualStart=yes\nRefuseManualStop=yes\n", encoding="ascii")
    user.systemctl("daemon-reload")
    user.save(declared(2, "keep"))
    wait_until(lambda: generations(user) == 2)
    ran = user.run("apply")
    assert (ran.code, ran.results) == (4, {"follower.service": "refused"})
    assert starts(user) == ["1"]
    drop_in.unlink()
    user.systemctl("daemon-reload")
    wait_until(lambda: user.run("reconcile") and starts(user) == ["1", "2"])
