"""The daemon takes units over, when ``hmsvcd adopt`` asks it to."""

import pytest

pytestmark = pytest.mark.systemd

FOREIGN = "[Service]\nExecStart=/bin/sleep 1000\n"
DECLARED = """
[services.mine]
systemd.mainExecStart = "/bin/sleep 1000"
systemd.service.wantedBy = []
systemd.service.serviceConfig = { Type = [], Restart = [], RestartSec = [] }
"""


def test_the_daemon_adopts(user, daemon):
    """A save that a foreign file refuses is carried out by ``adopt``, and nothing restarts."""
    user.units.mkdir(parents=True, exist_ok=True)
    place = user.units / "mine.service"
    place.write_text(FOREIGN)
    user.systemctl("daemon-reload")
    user.systemctl("start", "mine.service")
    pid = user.pid("mine.service")
    user.save("services = {}\n")
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.save(DECLARED)
    daemon.until("pass finished", end="stuck")
    assert place.read_text() == FOREIGN
    ran = user.run("adopt", "mine")
    assert (ran.code, ran.actions) == (0, {}), ran.messages
    assert ran.document["generation"] == 2
    assert "store" in str(place.readlink())
    assert place.with_name("mine.service.bak").read_text() == FOREIGN
    assert user.pid("mine.service") == pid
    status = user.run("status").document
    assert status["daemon"]["state"] == "settled"
    assert status["services"]["mine"]["state"] == "running"


def test_the_daemon_refuses(user, daemon):
    """What is not declared is refused by the daemon as by the command itself."""
    user.save("services = {}\n")
    daemon.start()
    ran = user.run("adopt", "mine")
    assert ran.code == 1
    assert "hmsvcd import mine.service" in ran.messages
