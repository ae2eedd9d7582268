"""Units that are there already come into a declaration that the daemon follows."""

from pathlib import Path

import pytest

from desktops import desktop_beside

pytestmark = pytest.mark.systemd

FAULTS = Path(__file__).parents[1] / "faults"
UNIT = "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=default.target\n"
OTHER = '[services.other]\nprocess.argv = ["/bin/sleep", "1000"]\n'


@pytest.fixture
def imported(user, daemon):
    """Two units that run, of which the TOML is returned; the daemon follows another service."""
    user.units.mkdir(parents=True, exist_ok=True)
    for name in ("one", "two"):
        (user.units / f"{name}.service").write_text(UNIT)
    user.systemctl("daemon-reload")
    user.systemctl("enable", "--now", "--quiet", "one.service", "two.service")
    user.save("services = {}\n")
    daemon.start()
    daemon.until("pass finished", end="settled")
    return user.type("import", "one", "two")


def test_the_way_out_is_named_everywhere(user, daemon, imported, wait_until):
    """Log, status, plan and desktop name the one command that takes all of them over."""
    way_out = "hmsvcd adopt one.service two.service"
    with desktop_beside(user.session.bus_address) as desktop:
        user.save(OTHER + imported)
        daemon.until("pass finished", end="stuck")
        [problem] = daemon.events("problem")
        assert way_out in problem["help"]
        assert way_out in user.run("status").messages
        assert way_out in user.run("plan").messages
        wait_until(lambda: desktop.shown)
        assert way_out in desktop.text[1]
    assert user.state_of("other.service") == "inactive"


def test_it_goes_on_at_once(user, daemon, imported):
    """What is adopted keeps its process, and all that had to wait for it is done with it."""
    pids = [user.pid("one.service"), user.pid("two.service")]
    user.save(OTHER + imported)
    daemon.until("pass finished", end="stuck")
    ran = user.run("adopt", "one", "two")
    assert (ran.code, ran.actions) == (0, {"other.service": "start"}), ran.messages
    moved = [f"{user.units}/{name}.service" for name in ("one", "two")]
    assert ran.document["moves"] == [{"path": path, "to": f"{path}.bak"} for path in moved]
    assert [user.pid("one.service"), user.pid("two.service")] == pids
    status = user.run("status").document
    assert (status["daemon"]["state"], status["errors"]) == ("settled", [])
    user.save(OTHER + imported.replace("sleep 1000", "sleep 999"))
    daemon.until("pass finished", cause="change", end="settled")
    assert user.pid("one.service") not in pids


def test_a_file_that_is_taken_away(user, daemon, imported, wait_until):
    """Where somebody moves the files away by hand, the daemon installs its own in their place."""
    user.save(OTHER + imported)
    daemon.until("pass finished", end="stuck")
    for name in ("one", "two"):
        (user.units / f"{name}.service").unlink()
    wait_until((user.units / "one.service").is_symlink)
    wait_until(lambda: user.run("status").document["daemon"]["state"] == "settled")
    assert user.state_of("other.service") == "active"


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_killed_adoption(user, daemon, tmp_path, is_declared):
    """The daemon finds it when it starts: it finishes it, or gives back what is not declared."""
    user.units.mkdir(parents=True, exist_ok=True)
    place = user.units / "one.service"
    place.write_text(UNIT)
    user.systemctl("daemon-reload")
    user.systemctl("enable", "--now", "--quiet", "one.service")
    pid = user.pid("one.service")
    user.apply(OTHER)
    user.declare(OTHER + user.type("import", "one"))
    environ = {"FAULT": "SIGKILL", "FAULT_AT": "/default.target.wants/.hmsvcd-new"}
    environ |= {"PYTHONPATH": str(FAULTS), "FAULT_LOG": str(tmp_path / "calls")}
    user.start("adopt", "one", PYTHONDONTWRITEBYTECODE="1", **environ).communicate()
    assert (user.state / "pending").exists()
    if not is_declared:
        user.declare(OTHER)
    daemon.start()
    daemon.until("pass finished", end="settled")
    assert not (user.state / "pending").exists()
    assert place.is_symlink() is is_declared
    assert (place.with_name("one.service.bak") if is_declared else place).read_text() == UNIT
    wants = user.units / "default.target.wants/one.service"
    assert ("/store/" in str(wants.readlink())) is is_declared
    assert user.pid("one.service") == pid
