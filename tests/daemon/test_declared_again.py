"""What goes and is declared again before it is down comes back; what the user stopped does not."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from at_will import let, service, starts, stubborn
from users import User

pytestmark = pytest.mark.systemd

SETTINGS = """
[daemon]
settle = "50ms"
stop_wait = "200ms"
start_wait = "200ms"
removal_delay = "50ms"
"""


def other(seconds: int) -> str:
    """Return a service that only runs."""
    return service("other", seconds)


@contextmanager
def a_stop_by_hand(user: User, wait_until, unit: str) -> Iterator[None]:
    """Type `systemctl --user stop`, which waits for the end of the unit."""
    command = ["systemctl", "--user", "stop", unit]
    with subprocess.Popen(command, env=user.session.env) as stop:
        wait_until(lambda: user.state_of(unit) == "deactivating")
        yield
        let(user)
        assert stop.wait(60) == 0


@pytest.mark.parametrize("seconds", [1000, 1001])
def test_it_comes_back(user, daemon, wait_until, seconds):
    """Declared again while it stops, as it was or otherwise, it starts once when it is down."""
    user.save(SETTINGS + stubborn(1000) + other(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(SETTINGS + other(1000))
    wait_until(lambda: user.state_of("web.service") == "deactivating")
    user.save(SETTINGS + stubborn(seconds) + other(1001))
    wait_until(lambda: starts(user).count("other.service") == 2)
    assert user.state_of("web.service") == "deactivating"
    let(user)
    wait_until(lambda: starts(user).count("web.service") == 2)
    assert user.run("reconcile").code == 0
    assert f"{seconds}" in "".join(user.show("web.service", "ExecStart"))
    assert user.run("status").document["services"]["web"]["state"] == "running"
    user.save(SETTINGS + other(1002))
    wait_until(lambda: not (user.units / "web.service").is_symlink())
    assert starts(user).count("web.service") == 2


def test_it_stays_away(user, daemon, wait_until):
    """What is not declared again is not started, however long it takes to stop."""
    user.save(SETTINGS + stubborn(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save("services = {}\n" + SETTINGS)
    wait_until(lambda: user.state_of("web.service") == "deactivating")
    assert user.run("reconcile").code == 0
    let(user)
    wait_until(lambda: not (user.units / "web.service").is_symlink())
    assert user.run("reconcile").code == 0
    assert starts(user) == ["web.service"]
    assert user.show("web.service", "LoadState", "ActiveState") == ["not-found", "inactive"]
    assert "web" not in (user.state / "state.toml").read_text(encoding="utf-8")


def test_who_has_stopped_it_meant_it(user, daemon, wait_until):
    """A unit that the user is stopping, and that is edited meanwhile, stays down."""
    user.save(SETTINGS + stubborn(1000) + other(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    with a_stop_by_hand(user, wait_until, "web.service"):
        user.save(SETTINGS + other(1000))
        wait_until(lambda: not (user.units / "default.target.wants/web.service").is_symlink())
        user.save(SETTINGS + stubborn(1000) + other(1001))
        wait_until(lambda: starts(user).count("other.service") == 2)
    assert user.run("reconcile").code == 0
    assert user.run("status").document["services"]["web"]["state"] == "held"
    assert starts(user).count("web.service") == 1


def test_who_stops_it_once_more_meant_it(user, daemon, wait_until):
    """While it stops for us and is to come back, the user's own stop is the last word."""
    user.save(SETTINGS + stubborn(1000) + other(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(SETTINGS + other(1000))
    wait_until(lambda: user.state_of("web.service") == "deactivating")
    user.save(SETTINGS + stubborn(1000) + other(1001))
    wait_until(lambda: starts(user).count("other.service") == 2)
    assert user.run("reconcile").code == 0
    with a_stop_by_hand(user, wait_until, "web.service"):
        user.save(SETTINGS + stubborn(1000) + other(1002))
        wait_until(lambda: starts(user).count("other.service") == 3)
    user.save(SETTINGS + stubborn(1000) + other(1003))
    wait_until(lambda: starts(user).count("other.service") == 4)
    assert user.run("reconcile").code == 0
    assert starts(user).count("web.service") == 1
    assert user.run("status").document["services"]["web"]["state"] == "held"


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_rollback_brings_it_back(user, wait_until, by_hand):
    """What still stops when a switch is undone, by hand or by itself, starts when it is down."""
    text = SETTINGS + ("" if by_hand else 'on_failure = "rollback"\n')
    added = (
        other(1000) if by_hand else service("bad", 1000, ExecStartPre="/bin/false", Restart="no")
    )
    user.apply(text + stubborn(1000))
    ran = user.apply(text + added, code=0 if by_hand else 4)
    assert ran.results["web.service"] == "leaving"
    if by_hand:
        assert user.run("rollback").code == 0
    assert user.state_of("web.service") == "deactivating"
    let(user)
    wait_until(lambda: starts(user).count("web.service") == 2)
    assert user.state_of("web.service") == "active"
