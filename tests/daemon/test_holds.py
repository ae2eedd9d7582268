"""What ends a hold after an automatic rollback, and what of a service's own doing does not."""

import json
import time

import pytest

from hmsvcd.app.brakes import SOON
from listening import call

pytestmark = pytest.mark.systemd

SETTINGS = '[daemon]\non_failure = "rollback"\nsettle = "200ms"\nremoval_delay = "10ms"\n'


def service(name: str, script: str, *lines: str) -> str:
    """Return a service that runs a script of the shell, and is not started again by systemd."""
    argv = json.dumps(["/bin/sh", "-c", script])
    restart = 'systemd.service.serviceConfig.Restart = "no"'
    return "\n".join([f"[services.{name}]", f"process.argv = {argv}", restart, *lines, ""])


def number(user) -> int:
    """Return the generation that is installed."""
    return int((user.state / "current").readlink().stem)


def held(user) -> str | None:
    """Return why the declaration is held, as ``status`` says."""
    why: str | None = user.run("status").document["declaration"]["held"]
    return why


@pytest.fixture
def source(user):
    """A file outside of the declaration."""
    path = user.home / "web.conf"
    path.write_text("good")
    return path


def rests(user) -> None:
    """Have the daemon see whatever has changed, and what that makes it do."""
    for _ in range(2):
        assert user.run("reconcile").code == 0


def test_a_service_that_writes_into_its_own_source(user, daemon, source):
    """A declaration that fails is tried once, whatever the service writes at each start."""
    line = f'configData.conf.source = "{source}"'
    user.save(SETTINGS + service("web", f"echo $$ > {source}; exec sleep 1000", line))
    daemon.start()
    daemon.until("pass finished", end="settled")
    rests(user)
    before = number(user)
    user.save(SETTINGS + service("web", f"echo $$ > {source}; exit 3", line))
    daemon.until("unit failed", unit="web.service")
    rests(user)
    source.write_text("again")
    rests(user)
    assert len(daemon.events("unit failed")) == 1
    assert user.state_of("web.service") == "active"
    assert "web.service failed in" in (held(user) or "")
    assert number(user) >= before + 2
    listed = user.run("generations").document["generations"]
    assert len([each for each in listed if "failed" in each["cause"]]) == 1


def test_a_source_that_somebody_mends(user, daemon, source, wait_until):
    """Where an edit of a source made the service fail, the next edit of it ends the hold."""
    installed = user.config / "home-services/web/conf"
    line = f'configData.conf.source = "{source}"'
    script = f"grep -q good {installed} && exec sleep 1000; exit 3"
    user.save(SETTINGS + service("web", script, line))
    daemon.start()
    daemon.until("pass finished", end="settled")
    source.write_text("bad")
    daemon.until("unit failed", unit="web.service")
    rests(user)
    assert held(user) == "rollback to 1 after web.service failed in 2"
    assert installed.read_text() == "good"
    time.sleep(SOON)  # what comes sooner may be the doing of the service
    source.write_text("good as new")
    wait_until(lambda: installed.read_text() == "good as new")
    wait_until(lambda: held(user) is None)
    assert user.state_of("web.service") == "active"
    assert len(daemon.events("unit failed")) == 1


def test_a_source_that_was_not_the_reason(user, daemon, source):
    """Where an edit of the declaration made it fail, no source ends the hold."""
    line = f'configData.conf.source = "{source}"'
    user.save(SETTINGS + service("web", "exec sleep 1000", line))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(SETTINGS + service("web", "exit 3", line))
    daemon.until("unit failed", unit="web.service")
    rests(user)
    time.sleep(SOON)
    source.write_text("other")
    rests(user)
    assert held(user) is not None
    assert len(daemon.events("unit failed")) == 1


def test_the_log_of_what_failed_alone(user, daemon):
    """Neither what ran before nor what came back has a line in what is shown of the failure."""
    user.save(SETTINGS + service("web", "echo old words; exec sleep 1000"))
    daemon.start()
    daemon.until("pass finished", end="settled")
    call(user.session, "Pause")
    user.declare(SETTINGS + service("web", "echo alas; sleep 0.1; exit 3"))
    ran = user.run("apply")
    assert ran.code == 4
    assert ran.document["rolled_back"]["to"] == 1
    [web] = [each for each in ran.document["results"] if each["unit"] == "web.service"]
    said = "\n".join(web["log"])
    assert "alas" in said
    assert "old words" not in said
