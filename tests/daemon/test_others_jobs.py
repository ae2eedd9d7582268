"""What somebody does to a unit while a job of ours runs for it: it is told what they meant."""

import json

import pytest

from at_will import PATIENT, let, service, slow, starts, stubborn
from users import User

pytestmark = pytest.mark.systemd


def job_of(user: User, unit: str) -> str:
    """Return the number of a unit's job, "" where it has none."""
    return user.show(unit, "Job")[0].removeprefix("0")


def summary(daemon) -> str:
    """Return what the last pass came to, in words."""
    return str(daemon.events("pass finished")[-1]["summary"])


@pytest.fixture
def starting(user, daemon, wait_until):
    """A daemon whose start of a new unit takes its time."""
    user.save(PATIENT + service("first", 1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(PATIENT + service("first", 1000) + slow(1000))
    wait_until(lambda: job_of(user, "web.service"))
    return daemon


@pytest.fixture
def restarting(user, daemon, wait_until):
    """A daemon whose restart of a unit waits until that has stopped."""
    user.save(PATIENT + stubborn(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(PATIENT + stubborn(1001))
    wait_until(lambda: user.state_of("web.service") == "deactivating")
    return daemon


def is_held(user: User, daemon) -> None:
    """Nobody has started or will start the unit, and all is well with that."""
    assert (daemon.events("pass finished")[-1]["end"], summary(daemon)) == ("settled", "held web")
    count = len(starts(user))
    user.save(user.declaration.read_text(encoding="utf-8") + service("other", 1000))
    daemon.until("pass finished", summary="started other")
    assert user.run("reconcile").code == 0
    assert starts(user)[count:] == ["other.service"]


def test_a_stop_during_our_start(user, starting):
    """Whoever stops what we are starting means it: it is reported, and not tried again."""
    user.systemctl("stop", "web.service")
    starting.until("pass finished", summary="held web")
    is_held(user, starting)
    assert starts(user) == ["first.service", "other.service"]


def test_a_stop_during_our_restart(user, restarting, wait_until):
    """Whoever stops what we are restarting means it; its next start has the new definition."""
    user.systemctl("stop", "--no-block", "web.service")
    restarting.until("pass finished", summary="held web")
    let(user)
    wait_until(lambda: user.state_of("web.service") == "inactive")
    is_held(user, restarting)
    assert user.run("status").document["services"]["web"]["state"] == "held"
    user.systemctl("start", "web.service")
    assert "1001" in "".join(user.show("web.service", "ExecStart"))
    assert user.run("plan").document["actions"] == []


def test_a_restart_during_our_start(user, starting):
    """Whoever restarts what we are starting wants what we want: it is up, and all is done."""
    user.systemctl("restart", "--no-block", "web.service")
    let(user)
    starting.until("pass finished", end="settled", summary="started web")
    assert user.state_of("web.service") == "active"
    assert user.run("plan").document["actions"] == []
    assert starts(user) == ["first.service", "web.service"]


def test_a_stop_and_a_start_during_our_restart(user, restarting, wait_until):
    """Whoever stops and starts it has the new definition run, and nothing is left to do."""
    user.systemctl("stop", "--no-block", "web.service")
    user.systemctl("start", "--no-block", "web.service")
    let(user)
    wait_until(lambda: starts(user) == ["web.service", "web.service"])
    restarting.until("pass finished", count=2, end="settled")
    assert user.run("reconcile").code == 0
    assert user.state_of("web.service") == "active"
    assert starts(user) == ["web.service", "web.service"]
    assert user.run("plan").document["actions"] == []


def test_a_job_that_is_taken_off(user, restarting, wait_until):
    """`systemctl cancel` says nothing of the unit, so what it has cut short is tried again."""
    user.systemctl("cancel", job_of(user, "web.service"))
    restarting.until("pass finished", end="retrying")
    let(user)
    wait_until(lambda: starts(user) == ["web.service", "web.service"])
    restarting.until("pass finished", count=2, end="settled")
    assert "1001" in "".join(user.show("web.service", "ExecStart"))


def test_what_systemd_stops_with_another(user, daemon, wait_until):
    """A unit that goes down with what it is bound to is not held: it comes back with that."""
    bound = [f'systemd.service.{key} = "base.service"' for key in ("bindsTo", "after")]
    base = service("base", 1000)
    user.save(PATIENT + base + stubborn(1000, *bound))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(PATIENT + base + stubborn(1001, *bound))
    wait_until(lambda: user.state_of("web.service") == "deactivating")
    user.systemctl("kill", "--signal=KILL", "base.service")
    wait_until(lambda: user.state_of("base.service") == "failed")
    let(user)
    wait_until(lambda: user.state_of("web.service") == "inactive")
    user.save(PATIENT + service("base", 1001) + stubborn(1001, *bound))
    wait_until(lambda: user.state_of("web.service") == "active")


def test_a_start_during_our_stop(user, daemon, wait_until):
    """What goes does not run on without its unit file, though somebody starts it meanwhile."""
    user.save(PATIENT + service("first", 1000) + stubborn(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(PATIENT + service("first", 1000))
    wait_until(lambda: user.state_of("web.service") == "deactivating")
    user.systemctl("start", "--no-block", "web.service")
    daemon.until("pass finished", end="retrying")
    assert user.show("web.service", "LoadState") == ["loaded"]
    let(user)
    wait_until(lambda: not (user.units / "web.service").is_symlink())
    assert user.show("web.service", "LoadState", "ActiveState") == ["not-found", "inactive"]


def test_a_command_tells_them_apart_too(user, wait_until):
    """`hmsvcd apply` names what was stopped meanwhile, which is no failure."""
    user.declare(PATIENT + slow(1000))
    process = user.start("apply")
    wait_until(lambda: job_of(user, "web.service"))
    user.systemctl("stop", "web.service")
    stdout, _ = process.communicate(timeout=60)
    document = json.loads(stdout)
    assert process.returncode == 0
    assert [(one["unit"], one["result"]) for one in document["results"]] == [
        ("web.service", "held")
    ]
