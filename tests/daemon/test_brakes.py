"""A service that changes by itself again and again is left alone; everybody else is not."""

import json

import pytest

pytestmark = pytest.mark.systemd

FAST = '[daemon]\nsettle = "0s"\n'


def service(name, script, *lines):
    """Return a service that runs a script of the shell."""
    argv = json.dumps(["/bin/sh", "-c", script])
    return f"[services.{name}]\nprocess.argv = {argv}\n" + "\n".join(lines) + "\n"


@pytest.fixture
def spinner(user):
    """A service that writes at each start into the file that it is configured by."""
    source = user.home / "spinner.conf"
    source.write_text("0")
    script = f"echo start >> {user.home}/starts; echo $$ > {source}; exec sleep 1000"
    return service("spinner", script, f'configData."a.conf".source = "{source}"')


@pytest.fixture
def starts(user):
    """Return what counts the starts of the spinner."""
    path = user.home / "starts"
    return lambda: path.read_text().count("start") if path.exists() else 0


@pytest.fixture
def braked(user, daemon, spinner):
    """A daemon that has left the spinner alone, after as many restarts as are too often."""
    user.save(FAST + spinner + service("other", "exec sleep 1001"))
    daemon.start()
    daemon.until("problem", text=TOLD)
    return daemon


TOLD = "spinner.service changes too often: it is left as it is for 1 min"


def test_a_service_that_changes_itself_does_not_spin(user, braked, starts):
    """After five restarts it stays as it is, whatever it writes; that is told of once."""
    assert starts() == 6
    pid = user.pid("spinner.service")
    for text in ("one", "two"):
        (user.home / "spinner.conf").write_text(text)
        assert user.run("reconcile").code == 0
    assert (starts(), user.pid("spinner.service")) == (6, pid)
    assert len([each for each in braked.events("problem") if each["text"] == TOLD]) == 1
    status = user.run("status")
    assert status.code == 0
    assert TOLD in status.messages
    last = status.document["daemon"]["last_pass"]["sentence"]
    assert "left spinner as before (changes too often)" in last
    assert status.document["daemon"]["next_try"] is not None


def test_nobody_else_is_held_up(user, braked, spinner, starts, wait_until):
    """The save of another service acts while the spinner is left as it is, files and all."""
    assert braked.is_running
    installed = user.installed()
    user.save(FAST + spinner + service("other", "exec sleep 1002"))
    wait_until(lambda: "1002" in "".join(user.show("other.service", "ExecStart")))
    wait_until(lambda: user.state_of("other.service") == "active")
    now = user.installed()
    changed = {path for path in installed | now if installed.get(path) != now.get(path)}
    assert {path.rpartition("/")[2] for path in changed} == {"other.service"}
    assert starts() == 6


def test_an_asked_pass_acts_at_once(user, braked, starts, wait_until):
    """``apply`` installs and restarts what was left, and the count begins anew."""
    (user.home / "spinner.conf").write_text("mine")
    ran = user.apply()
    assert ran.actions["spinner.service"] == "restart"
    assert braked.is_running
    wait_until(lambda: starts() == 12)  # once for apply, five times for what it writes
    assert user.run("reconcile").code == 0
    assert starts() == 12


def test_a_daemon_that_ends_loses_nothing(user, braked, starts):
    """What it has left as it was comes into force without it."""
    assert braked.end() == 0
    source = user.home / "spinner.conf"
    last = source.read_text()
    installed = user.config / "home-services/spinner/a.conf"
    assert installed.read_text() != last
    user.apply()
    assert installed.read_text() == last
    assert starts() == 7


def test_what_somebody_saves_again_and_again_is_in_force(user, daemon, wait_until):
    """To edit the declaration is never too often."""
    user.save(FAST + service("demo", "exec sleep 1000"))
    daemon.start()
    for seconds in range(1001, 1009):
        user.save(FAST + service("demo", f"exec sleep {seconds}"))
        wait_until(lambda: str(seconds) in "".join(user.show("demo.service", "ExecStart")))  # noqa: B023 - called at once
        wait_until(lambda: user.state_of("demo.service") == "active")
    assert daemon.events("problem") == []


@pytest.mark.usefixtures("braked")
def test_an_edit_of_the_service_is_in_force_at_once(user, starts, wait_until):
    """Whoever mends it need not wait for the end of the time for which it is left."""
    mended = service("spinner", f"echo start >> {user.home}/starts; exec sleep 1003")
    user.save(FAST + mended + service("other", "exec sleep 1001"))
    wait_until(lambda: "1003" in "".join(user.show("spinner.service", "ExecStart")))
    wait_until(lambda: starts() == 7)
