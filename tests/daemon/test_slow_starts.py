"""What takes long to start or to stop holds nothing else up."""

import json

import pytest

from at_will import PATIENT

pytestmark = pytest.mark.systemd

TYPE = "systemd.service.serviceConfig.Type"
STUBBORN = (
    'systemd.service.serviceConfig.TimeoutStopSec = "infinity"',
    'systemd.service.serviceConfig.KillMode = "process"',
)


def service(name, script, *lines):
    """Return a service that runs a script of the shell."""
    argv = json.dumps(["/bin/sh", "-c", script])
    return f"[services.{name}]\nprocess.argv = {argv}\n" + "\n".join(lines) + "\n"


def other(seconds):
    """Return a service that only runs."""
    return service("other", f"exec sleep {seconds}")


@pytest.fixture
def runs(user, wait_until):
    """Return what waits until the other service runs as it was saved last."""

    def wait(seconds):
        wait_until(lambda: str(seconds) in user.arguments("other.service"))

    return wait


@pytest.mark.parametrize("kind", ["oneshot", "notify"])
def test_a_save_while_something_starts(user, daemon, runs, wait_until, kind):
    """The other service is restarted while the first still is activating, and ends up well."""
    end = "true" if kind == "oneshot" else "systemd-notify --ready; exec sleep 1000"
    slow = service(
        "slow",
        f"while ! test -e {user.home}/end; do sleep 0.05; done; {end}",
        f'{TYPE} = "{kind}"',
        'systemd.service.serviceConfig.NotifyAccess = "all"',
        'systemd.service.serviceConfig.TimeoutStartSec = "infinity"',
        "systemd.service.serviceConfig.RemainAfterExit = true",
    )
    user.save(PATIENT + other(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(PATIENT + slow + other(1001))
    runs(1001)
    wait_until(lambda: user.state_of("slow.service") == "activating")
    invocation = user.show("slow.service", "InvocationID")
    for seconds in (1002, 1003):
        user.save(PATIENT + slow + other(seconds))
        runs(seconds)
        assert user.state_of("slow.service") == "activating"
    assert any("starting slow" in each["summary"] for each in daemon.events("pass finished"))
    (user.home / "end").touch()
    wait_until(lambda: user.state_of("slow.service") == "active")
    daemon.until("unit started", unit="slow.service")
    assert user.run("reconcile").code == 0
    assert user.show("slow.service", "InvocationID") == invocation


def test_what_changes_nothing_is_no_reason_to_hurry(user, daemon, wait_until):
    """A pass waits for a start while only its own links, or nothing at all, is new to it."""
    slow = service(
        "slow",
        f"while ! test -e {user.home}/end; do sleep 0.05; done",
        f'{TYPE} = "oneshot"',
        "systemd.service.serviceConfig.RemainAfterExit = true",
    )
    text = PATIENT + slow
    user.save(text)
    daemon.start()
    wait_until(lambda: user.state_of("slow.service") == "activating")
    before = user.run("status").document["daemon"]
    user.save(text)
    (user.home / "end").touch()
    daemon.until("pass finished", end="settled")
    assert before["state"] == "working"
    assert daemon.events("pass finished")[0]["summary"].endswith("started slow")


def test_a_removed_unit_that_hangs_holds_up_itself_alone(user, daemon, runs, wait_until):
    """While a stop hangs, the save of another service acts; when it ends, the rest goes."""
    stubborn = service(
        "stubborn",
        f"trap 'while ! test -e {user.home}/end; do sleep 0.05; done; exit 0' TERM; "
        "while :; do sleep 0.05; done",
        *STUBBORN,
    )
    user.save(PATIENT + 'removal_delay = "100ms"\n' + stubborn + other(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    runs(1000)
    user.save(PATIENT + 'removal_delay = "100ms"\n' + other(1000))
    wait_until(lambda: user.state_of("stubborn.service") == "deactivating")
    user.save(PATIENT + 'removal_delay = "100ms"\n' + other(1001))
    runs(1001)
    assert user.state_of("stubborn.service") == "deactivating"
    (user.home / "end").touch()
    wait_until(lambda: user.state_of("stubborn.service") == "inactive")
    wait_until(lambda: not (user.units / "stubborn.service").is_symlink())


def test_an_order_is_a_reason_to_hurry(user, daemon, wait_until):
    """Whoever asks for a pass while something starts gets an answer before that has ended."""
    slow = service(
        "slow",
        f"while ! test -e {user.home}/end; do sleep 0.05; done",
        f'{TYPE} = "oneshot"',
        "systemd.service.serviceConfig.RemainAfterExit = true",
    )
    user.save(PATIENT + slow)
    daemon.start()
    wait_until(lambda: user.state_of("slow.service") == "activating")
    assert user.run("reconcile").code == 0
    assert user.state_of("slow.service") == "activating"
    assert user.run("status").document["services"]["slow"]["state"] == "starting"


def test_a_restart_that_takes_long_to_stop_is_one_restart(user, daemon, runs, wait_until):
    """Nobody waits while the old process ends; the new one then is not restarted once more."""

    def slow(text):
        script = (
            f"echo {text} >> {user.home}/starts; "
            f"trap 'while ! test -e {user.home}/end; do sleep 0.05; done; exit 0' TERM; "
            "while :; do sleep 0.05; done"
        )
        return service("slow", script, *STUBBORN)

    def starts():
        return (user.home / "starts").read_text().split()

    user.save(PATIENT + slow("one") + other(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    wait_until(lambda: starts() == ["one"])
    user.save(PATIENT + slow("two") + other(1000))
    wait_until(lambda: user.state_of("slow.service") == "deactivating")
    user.save("[")
    daemon.until("pass finished", end="stuck")
    assert user.state_of("slow.service") == "deactivating"
    (user.home / "end").touch()
    wait_until(lambda: starts() == ["one", "two"])
    user.save(PATIENT + slow("two") + other(1001))
    runs(1001)
    assert user.run("reconcile").code == 0
    assert starts() == ["one", "two"]
