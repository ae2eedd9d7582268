"""What an adoption would do is said beforehand, and what it has done afterwards."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.systemd

MINE = "[Service]\nExecStart=/bin/sleep 1000\n"
DECLARED = """
[services.mine]
systemd.mainExecStart = "/bin/sleep 1000"
systemd.service.wantedBy = []
systemd.service.serviceConfig = { Type = [], Restart = [], RestartSec = [] }
"""


@pytest.fixture
def place(user) -> Path:
    """A unit file of the user's own, with a drop-in; it runs, and is declared, too."""
    path: Path = user.units / "mine.service"
    own: Path = path.with_name("mine.service.d") / "own.conf"
    own.parent.mkdir(parents=True)
    path.write_text(MINE)
    own.write_text("[Unit]\nDescription=Mine\n")
    user.systemctl("daemon-reload")
    user.systemctl("start", "mine.service")
    user.declare(DECLARED)
    return path


def test_what_would_be_moved(user, place):
    """The dry run names each file and its new name, no restart, and touches nothing."""
    before = user.listing()
    ran = user.run("adopt", "--dry-run", "mine")
    paths = [str(place), f"{place}.d/own.conf"]
    assert ran.document["moves"] == [{"path": path, "to": f"{path}.bak"} for path in paths]
    assert (ran.code, ran.actions) == (0, {})
    text = user.type("adopt", "--dry-run", "--backup", "old", "mine")
    assert f"move          {place}  to mine.service.old" in text
    assert "2 to move" in text
    assert user.listing() == before


@pytest.mark.usefixtures("place")
def test_what_would_be_restarted(user):
    """A unit that is declared otherwise than it runs would be restarted, and it says why."""
    user.declare(DECLARED.replace("1000", "999"))
    ran = user.run("adopt", "--dry-run", "mine")
    assert ran.actions == {"mine.service": "restart"}
    assert "ExecStart" in ran.document["actions"][0]["reason"]


def test_what_would_be_refused(user, place):
    """A backup that is there already is an error of the dry run, too."""
    place.with_name("mine.service.bak").write_text("older")
    ran = user.run("adopt", "--dry-run", "mine")
    assert ran.code == 1
    assert "adopt would refuse" in ran.messages
    assert "mine.service.bak is there already" in ran.messages


def test_what_was_moved(user, place):
    """Each file has a line that says where it is now; where there was none, that is said."""
    text = user.type("adopt", "mine")
    assert f"moved         {place}  to mine.service.bak" in text
    assert f"moved         {place}.d/own.conf  to own.conf.bak" in text
    assert "nothing had to be moved" in user.type("adopt", "mine")
    assert user.run("adopt", "mine").document["moves"] == []
