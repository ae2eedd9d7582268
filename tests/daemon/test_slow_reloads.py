"""A reload that hangs, or a stop before a start, holds nothing else up."""

import json

import pytest

from at_will import PATIENT, let, service
from users import User

pytestmark = pytest.mark.systemd

EACH_TIME_AT_WILL = (
    "/bin/sh -c 'echo begin >>%h/seen; until [ -e %t/go ]; do sleep 0.02; done; rm %t/go; {}'"
)


def other(seconds: int) -> str:
    """Return a service that only runs."""
    return service("other", seconds)


def web(method: str, text: str, seconds: int = 1000, end: str = "echo end >>%h/seen") -> str:
    """Return a service that reloads and stops only when it is let."""
    slow = json.dumps(EACH_TIME_AT_WILL.format(end))
    return f"""
[services.web]
process.argv = ["/bin/sleep", "{seconds}"]
configData.conf.text = "{text}"
systemd.service.unitConfig.X-SwitchMethod = "{method}"
[services.web.systemd.service.serviceConfig]
ExecReload = {slow}
ExecStop = {slow}
TimeoutStopSec = "infinity"
TimeoutStartSec = "infinity"
"""


def seen(user: User) -> list[str]:
    """Return what has begun and ended, in order."""
    file = user.home / "seen"
    return file.read_text(encoding="utf-8").split() if file.exists() else []


def runs(user: User, unit: str, seconds: int) -> bool:
    """Say whether a service runs as it was saved last."""
    return str(seconds) in user.arguments(unit)


@pytest.fixture
def begin(user, daemon, wait_until):
    """Return what starts the daemon with the two services."""

    def started(text: str) -> None:
        user.save(PATIENT + text)
        daemon.start()
        daemon.until("pass finished", end="settled")
        wait_until(lambda: runs(user, "other.service", 1000))

    return started


def test_a_save_while_something_reloads(user, daemon, begin, wait_until):
    """The other service is restarted meanwhile; the end of the reload is told, and it is one."""
    begin(web("reload", "one") + other(1000))
    pid = user.pid("web.service")
    user.save(PATIENT + web("reload", "two") + other(1000))
    wait_until(lambda: user.state_of("web.service") == "reloading")
    user.save(PATIENT + web("reload", "two") + other(1001))
    wait_until(lambda: runs(user, "other.service", 1001))
    assert user.state_of("web.service") == "reloading"
    assert any("reloading web" in each["summary"] for each in daemon.events("pass finished"))
    assert not daemon.events("unit reloaded")
    let(user)
    daemon.until("unit reloaded", unit="web.service")
    assert user.run("reconcile").code == 0
    assert (seen(user), user.pid("web.service")) == (["begin", "end"], pid)
    assert user.run("plan").document["actions"] == []


def test_what_is_saved_while_it_reloads_is_taken_up(user, begin, wait_until):
    """A second edit of the same file is another reload, after the first."""
    begin(web("reload", "one") + other(1000))
    user.save(PATIENT + web("reload", "two") + other(1000))
    wait_until(lambda: seen(user) == ["begin"])
    user.save(PATIENT + web("reload", "three") + other(1001))
    wait_until(lambda: runs(user, "other.service", 1001))
    let(user)
    wait_until(lambda: seen(user) == ["begin", "end", "begin"])
    let(user)
    wait_until(lambda: seen(user) == ["begin", "end", "begin", "end"])
    wait_until(lambda: user.state_of("web.service") == "active")


def test_a_reload_that_fails_late(user, daemon, begin, wait_until):
    """It is told, and the service runs on."""
    begin(web("reload", "one", end="exit 3") + other(1000))
    user.save(PATIENT + web("reload", "two", end="exit 3") + other(1000))
    wait_until(lambda: user.state_of("web.service") == "reloading")
    user.save(PATIENT + web("reload", "two", end="exit 3") + other(1001))
    wait_until(lambda: runs(user, "other.service", 1001))
    let(user)
    daemon.until("reload failed", unit="web.service")
    assert not daemon.events("unit reloaded")


def test_a_save_while_something_stops_to_be_started(user, begin, wait_until):
    """It holds nothing up, and is started once when it is down."""
    begin(web("stop-start", "one") + other(1000))
    user.save(PATIENT + web("stop-start", "one", 1001) + other(1000))
    wait_until(lambda: seen(user) == ["begin"])
    user.save(PATIENT + web("stop-start", "one", 1001) + other(1001))
    wait_until(lambda: runs(user, "other.service", 1001))
    assert user.state_of("web.service") == "deactivating"
    let(user)
    wait_until(lambda: runs(user, "web.service", 1001))
    assert user.run("reconcile").code == 0
    assert seen(user) == ["begin", "end"]
    assert user.run("plan").document["actions"] == []


def test_a_command_does_not_wait_for_a_reload_for_ever(user, wait_until):
    """After `start_wait` it is reported as under way; after `stop_wait`, so is a stop."""
    quick = '[daemon]\nstart_wait = "200ms"\nstop_wait = "200ms"\nsettle = "0s"\n'
    user.apply(quick + web("reload", "one"))
    ran = user.apply(quick + web("reload", "two"))
    assert ran.results == {"web.service": "reloading"}
    let(user)
    wait_until(lambda: user.state_of("web.service") == "active")
    stopping = user.apply(quick + web("stop-start", "two", 1001))
    assert stopping.results == {"web.service": "leaving"}
    assert "1000" in "".join(user.show("web.service", "ExecStart"))
    again = user.apply(quick + web("stop-start", "two", 1001))
    assert again.results == {"web.service": "starting"}
    let(user)
    wait_until(lambda: runs(user, "web.service", 1001))
