"""What somebody orders, and what that does to everything else."""

import json
import subprocess

import pytest

pytestmark = pytest.mark.systemd

SLEEPER = """
[services.{name}]
process.argv = ["/bin/sleep", "{seconds}"]
"""


def sleeper(name: str, seconds: int = 1000) -> str:
    """Return a service that only runs."""
    return SLEEPER.format(name=name, seconds=seconds)


def status(user) -> subprocess.CompletedProcess[str]:
    """Ask how things stand."""
    ran = user.start("status")
    out, err = ran.communicate(timeout=60)
    return subprocess.CompletedProcess([], ran.returncode, out, err)


def test_a_refused_order_is_the_business_of_who_gave_it(user, daemon, wait_until):
    """It changes neither the state nor what is wrong, nor what was put off or may be missing."""
    settings = '[daemon]\nremoval_delay = "4s"\n'
    user.declare(settings + sleeper("a") + sleeper("b"))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(settings + sleeper("a"))
    assert user.run("rollback", "999").code == 1
    daemon.until("refused", cause="rollback")
    said = status(user)
    assert said.returncode == 0
    assert json.loads(said.stdout)["daemon"]["state"] == "settled"
    wait_until(lambda: user.state_of("b.service") == "inactive")


def test_a_rollback_goes_to_what_was_declared(user, daemon, wait_until):
    """A generation that only waited for a removal was never declared: nobody wants it back."""
    user.declare(sleeper("a", 1001) + sleeper("b"))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(sleeper("a", 1002))
    wait_until(lambda: user.state_of("b.service") == "inactive")
    daemon.until("pass finished", cause="rest")
    assert user.run("rollback").code == 0
    wait_until(lambda: user.state_of("b.service") == "active")
    assert "1001" in user.show("a.service", "ExecStart")[0]
