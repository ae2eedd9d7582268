"""What the daemon tells of a pause, of what waits meanwhile, and of its end."""

import signal

import pytest

from desktops import desktop_beside
from listening import call
from users import eventually

pytestmark = pytest.mark.systemd

SLEEPER = '[services.demo]\nprocess.argv = ["/bin/sleep", "{}"]\n'
SLOW = """
[daemon]
start_wait = "100s"
[services.slow]
process.argv = ["/bin/true"]
systemd.service.serviceConfig.ExecStartPre = "/bin/sh -c 'until [ -e %t/go ]; do sleep 0.01; done'"
"""
PAUSED = "paused: saves wait for hmsvcd resume"


def last_status(daemon):
    """Return the sentence that `systemctl status` shows, "" before the first."""
    said = [line for line in daemon.told if line.startswith("STATUS=")]
    return said[-1].removeprefix("STATUS=") if said else ""


def daemon_of(user):
    """Return what `status` says of the daemon."""
    return user.run("status").document["daemon"]


@pytest.fixture
def desktop(user):
    """A desktop that shows notifications."""
    with desktop_beside(user.session.bus_address) as shell:
        yield shell


def test_a_pause_stands_before_what_was_done_last(user, daemon):
    """The sentence says so from `pause` to `resume`, also of what is asked for meanwhile."""
    user.save(SLEEPER.format(1000))
    daemon.start()
    eventually(lambda: last_status(daemon) == "started demo")
    call(user.session, "Pause")
    eventually(lambda: last_status(daemon) == f"{PAUSED}; started demo")
    user.save(SLEEPER.format(2000))
    assert user.run("apply").code == 0
    eventually(lambda: last_status(daemon) == f"{PAUSED}; restarted demo")
    call(user.session, "Resume")
    eventually(lambda: last_status(daemon) == "everything is as declared")


def test_a_daemon_that_starts_into_a_pause_says_so(user, daemon):
    """It was paused before it began, so nothing is applied and the sentence says why."""
    user.save(SLEEPER.format(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    call(user.session, "Pause")
    assert daemon.end() == 0
    user.save(SLEEPER.format(2000))
    daemon.start()
    eventually(lambda: last_status(daemon) == PAUSED)
    assert daemon_of(user)["waiting"] is True
    user.save(SLEEPER.format(1000))
    assert daemon_of(user)["waiting"] is False


def test_a_save_that_waits_is_shown_until_it_is_applied(user, daemon):
    """Only what is saved while paused waits: not what is applied, and not what is taken back."""
    user.save(SLEEPER.format(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    call(user.session, "Pause")
    assert daemon_of(user)["waiting"] is False
    user.save(SLEEPER.format(2000))
    assert daemon_of(user)["waiting"] is True
    user.save(SLEEPER.format(1000))
    assert daemon_of(user)["waiting"] is False
    user.save(SLEEPER.format(3000))
    assert user.run("apply").code == 0
    assert daemon_of(user)["waiting"] is False
    user.save(SLEEPER.format(4000))
    assert daemon_of(user)["waiting"] is True
    call(user.session, "Resume")
    daemon.until("pass finished", cause="resume")
    assert daemon_of(user)["waiting"] is False


def test_an_end_that_was_asked_for_is_no_error(user, daemon, desktop):
    """SIGTERM in the middle of a pass is told once, as what has happened, and to nobody else."""
    user.save(SLOW)
    daemon.start()
    eventually(lambda: user.state_of("slow.service") == "activating")
    assert daemon.end(signal.SIGTERM) == 0
    (user.session.runtime / "go").touch()
    assert not daemon.events("problem")
    assert len(daemon.events("interrupted")) == 1
    assert " error " not in daemon.log
    assert "Notify" not in desktop.asked


def test_what_systemd_finds_after_the_jobs_is_shown_until_it_is_mended(user, daemon, desktop):
    """An error that nothing declared is to blame for is on the desktop, once, and then gone."""
    user.apply(SLEEPER.format(1000))
    drop_in = user.units / "demo.service.d/type.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nType=dbus\n")
    daemon.start()
    eventually(lambda: desktop.shown)
    summary, body = desktop.text
    assert summary == "systemd refuses units"
    assert body == f"{user.declaration}:1:11: demo.service: systemd refuses it"
    assert [each["message"] for each in user.run("status").document["errors"]] == [
        "demo.service: systemd refuses it"
    ]
    drop_in.unlink()
    user.save(SLEEPER.format(2000))
    eventually(lambda: not desktop.shown)
    assert desktop.asked.count("Notify") == 1
    assert len(daemon.events("problem")) == 1
