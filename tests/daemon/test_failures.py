"""What fails is told once, named, and not fought; what comes up again is told, too."""

import json

import pytest

pytestmark = pytest.mark.systemd

NEVER = 'systemd.service.serviceConfig.Restart = "no"\n'
AGAIN = 'systemd.service.serviceConfig.RestartSec = "100ms"\n'


def service(name, script, *settings):
    """Return a service that runs a script of the shell."""
    argv = json.dumps(["/bin/sh", "-c", script])
    return f"[services.{name}]\nprocess.argv = {argv}\n{''.join(settings)}"


def setting(directive, value):
    """Return a line of a service's main unit."""
    return f'systemd.service.serviceConfig.{directive} = "{value}"\n'


@pytest.fixture
def follows(user, daemon):
    """Return what starts the daemon with a declaration, and waits until it has settled."""

    def follow(text):
        user.save(text)
        daemon.start()
        daemon.until("pass finished", end="settled")
        return daemon

    return follow


@pytest.mark.parametrize(
    ("end", "why"), [("exit 3", "exit-code, status 3"), ("kill -9 $$", "signal, status 9")]
)
def test_a_unit_that_fails_later_is_told_of_once(user, follows, end, why):
    """Whether it exits or is killed, it is reported, shown, and left as it is."""
    script = f"while ! test -e {user.home}/end; do sleep 0.05; done; {end}"
    daemon = follows(service("demo", script, NEVER))
    before = user.show("demo.service", "InvocationID")
    (user.home / "end").touch()
    daemon.until("unit failed", unit="demo.service", why=why)
    assert user.run("reconcile").code == 0
    status = user.run("status")
    assert status.code == 4
    assert status.document["services"]["demo"]["state"] == "failed"
    assert user.show("demo.service", "InvocationID") == before
    assert len(daemon.events("unit failed")) == 1
    assert f"STATUS=demo.service has failed: {why}" in daemon.told


def test_a_unit_that_fails_again_and_again_is_told_of_once(user, follows, wait_until):
    """systemd starts it again as it is told to; that is no news, and no recovery."""
    daemon = follows(
        service("demo", f"test -e {user.home}/end || exec sleep 1000; sleep 0.3; exit 1", AGAIN)
        + "systemd.service.unitConfig.StartLimitIntervalSec = 0\n"
    )
    (user.home / "end").touch()
    user.systemctl("kill", "--signal=KILL", "demo.service")
    daemon.until("unit failed", unit="demo.service")
    restarts = int(user.show("demo.service", "NRestarts")[0])
    wait_until(lambda: int(user.show("demo.service", "NRestarts")[0]) > restarts + 5)
    assert len(daemon.events("unit failed")) == 1
    assert daemon.events("unit recovered") == []


def test_a_unit_that_runs_again_is_told_of(user, follows):
    """Somebody starts it, and it is reported as recovered; the next failure is news."""
    daemon = follows(service("demo", "exec sleep 1000", NEVER))
    user.systemctl("kill", "--signal=KILL", "demo.service")
    daemon.until("unit failed", unit="demo.service")
    user.systemctl("start", "demo.service")
    daemon.until("unit recovered", unit="demo.service")
    assert user.run("status").code == 0
    user.systemctl("kill", "--signal=KILL", "demo.service")
    daemon.until("unit failed", 2, unit="demo.service")


@pytest.mark.parametrize("end", ["", "trap 'exit 5' TERM; "])
def test_a_unit_that_the_user_stops_is_no_failure(user, follows, end):
    """It is held, whatever it says when it is told to end."""
    script = f"{end}while :; do sleep 0.05; done"
    daemon = follows(service("demo", script))
    user.systemctl("stop", "demo.service")
    status = user.run("status")
    assert (status.code, status.document["services"]["demo"]["state"]) == (0, "held")
    assert user.run("reconcile").code == 0
    assert user.state_of("demo.service") != "active"
    assert daemon.events("unit failed") == []


def test_what_fails_to_start_is_named_and_holds_nobody_up(user, follows):
    """Each failing start is told with its reason, once, with the pass; the others run."""
    daemon = follows(
        service("bad", "exit 7", NEVER)
        + '[services.lost]\nprocess.argv = ["/does/not/exist"]\n'
        + NEVER
        + service("good", "exec sleep 1000")
    )
    told = {each["unit"]: each for each in daemon.events("unit failed")}
    assert told.keys() == {"bad.service", "lost.service"}
    assert told["bad.service"]["why"] == "exit-code, status 7"
    assert told["lost.service"]["why"] == "exit-code, status 203"
    assert user.state_of("good.service") == "active"
    assert user.run("status").code == 4
    assert user.run("reconcile").code == 0
    assert len(daemon.events("unit failed")) == 2
    starts = user.show("bad.service", "InvocationID")
    user.apply(code=4)
    assert user.show("bad.service", "InvocationID") != starts


@pytest.mark.parametrize(("end", "event"), [("true", "unit started"), ("false", "unit failed")])
def test_a_start_that_takes_long_is_followed_up(user, follows, end, event):
    """The pass ends while the unit starts; how that ends is told when it does."""
    script = f"while ! test -e {user.home}/end; do sleep 0.05; done; {end}"
    daemon = follows(
        '[daemon]\nstart_wait = "100ms"\n' + service("demo", script, setting("Type", "oneshot"))
    )
    assert "starting demo" in daemon.events("pass finished")[0]["summary"]
    assert user.run("status").document["services"]["demo"]["state"] == "starting"
    (user.home / "end").touch()
    daemon.until(event, unit="demo.service")
    assert user.run("status").code == (4 if event == "unit failed" else 0)
    assert len(daemon.events("unit started") + daemon.events("unit failed")) == 1


def test_a_failure_before_the_daemon_is_told_of(user, follows):
    """What a login has started and what failed then is news to the daemon that starts last."""
    text = service("demo", "exec sleep 1000", NEVER)
    user.apply(text)
    user.systemctl("kill", "--signal=KILL", "demo.service")
    daemon = follows(text)
    daemon.until("unit failed", unit="demo.service", why="signal, status 9")


def test_an_unreadable_generation_does_not_end_the_daemon(user, follows):
    """A unit that changes while it is not known what is installed is looked at all the same."""
    daemon = follows(service("demo", "exec sleep 1000", NEVER))
    user.systemctl("kill", "--signal=KILL", "demo.service")
    daemon.until("unit failed", unit="demo.service")
    for manifest in (user.state / "generations").iterdir():
        manifest.unlink()
    user.systemctl("start", "demo.service")
    daemon.until("unit recovered", unit="demo.service")
