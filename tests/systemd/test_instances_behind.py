"""An instance whose restart never ran is brought to its template's definition by the next switch.

Its siblings, which have been restarted, are left alone meanwhile.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faulty_bus import FaultyBus, Trial
from users import Ran, User

pytestmark = pytest.mark.systemd

TEMPLATE = """
[daemon]
settle = "20ms"
[services."echo@"]
process.argv = ["/bin/sleep", "infinity"]
systemd.service.wantedBy = {{ mkForce = [] }}
systemd.service.environment.VERSION = "{version}"
systemd.service.serviceConfig.Restart = "no"
systemd.service.serviceConfig.ExecStartPre = "/bin/sh -c 'echo ${{VERSION}} >>%t/%i'"
"""
ONE, OTHER = "echo@one.service", "echo@other.service"


class Echoes:
    """A user with two instances of a template, whose restarts may be refused."""

    def __init__(self, user: User, bus: FaultyBus) -> None:
        self.user = user
        self._bus = bus
        self._runtime = Path(user.session.runtime)
        user.apply(TEMPLATE.format(version=1))
        user.systemctl("start", ONE, OTHER)

    def apply(self, version: int, refused: str = "") -> Ran:
        """Apply a version of the template: the restart of one instance is refused."""
        self._bus.trial = Trial("error", f"RestartUnit {refused}")
        self.user.declare(TEMPLATE.format(version=version))
        return self.user.run("apply", DBUS_SESSION_BUS_ADDRESS=self._bus.address)

    def starts(self, unit: str) -> str:
        """Return the versions that an instance was started with."""
        name = unit.partition("@")[2].removesuffix(".service")
        return (self._runtime / name).read_text(encoding="ascii").replace("\n", " ").strip()

    def records(self) -> str:
        """Return what is recorded of all units."""
        return (self.user.state / "state.toml").read_text(encoding="utf-8")


@pytest.fixture
def echoes(user: User) -> Iterator[Echoes]:
    """Two instances that run, over a bus that may refuse calls."""
    runtime = Path(user.session.runtime)
    bus = FaultyBus(runtime / "bus", runtime / "faulty")
    yield Echoes(user, bus)
    bus.close()


def test_refused_restart_is_made_up_for(echoes: Echoes) -> None:
    """The next switch restarts the one instance that runs the old definition, and no other."""
    ran = echoes.apply(2, ONE)
    assert (ran.code, ran.results[ONE], ran.results[OTHER]) == (4, "refused", "done")
    assert ONE in echoes.records()

    assert echoes.apply(2).actions == {ONE: "restart"}
    assert (echoes.starts(ONE), echoes.starts(OTHER)) == ("1 2", "1 2")
    assert ONE not in echoes.records()
    assert not echoes.apply(2).actions


def test_further_changes_find_each_where_it_is(echoes: Echoes) -> None:
    """Where its restarts are refused, an instance runs what the declaration goes back to."""
    echoes.apply(2, ONE)
    echoes.apply(3, ONE)
    assert echoes.apply(1).actions == {OTHER: "restart"}
    assert (echoes.starts(ONE), echoes.starts(OTHER)) == ("1", "1 2 3 1")


def test_instance_that_somebody_restarts(echoes: Echoes) -> None:
    """What others have restarted meanwhile has the new definition: nothing is left to do."""
    echoes.apply(2, ONE)
    echoes.user.systemctl("restart", ONE)
    assert not echoes.apply(2).actions
    assert echoes.apply(3).actions == {ONE: "restart", OTHER: "restart"}
    assert echoes.starts(ONE) == "1 2 3"
    assert ONE not in echoes.records()


def test_instance_that_somebody_stops(echoes: Echoes) -> None:
    """Nobody starts one that somebody has stopped; its next start has the new definition."""
    echoes.apply(2, ONE)
    echoes.user.systemctl("stop", ONE)
    assert not echoes.apply(2).actions
    echoes.user.systemctl("start", ONE)
    assert not echoes.apply(2).actions
    assert echoes.starts(ONE) == "1 2"


def test_instance_that_gets_a_file_of_its_own(echoes: Echoes) -> None:
    """It is not ours any more, so that nothing is made up for."""
    echoes.apply(2, ONE)
    text = "[Service]\nExecStart=/bin/sleep infinity\n"
    (echoes.user.units / ONE).write_text(text, encoding="ascii")
    echoes.user.systemctl("daemon-reload")
    assert not echoes.apply(2).actions
    assert echoes.apply(3).actions == {OTHER: "restart"}
    assert echoes.starts(ONE) == "1"
    assert ONE not in echoes.records()


def test_instance_of_a_template_that_goes(echoes: Echoes) -> None:
    """It is stopped as all others are, and nothing of it is remembered."""
    echoes.apply(2, ONE)
    echoes.user.apply("services = {}\n")
    states = [echoes.user.state_of(unit) for unit in (ONE, OTHER)]
    assert states == ["inactive", "inactive"]
    assert "echo@" not in echoes.records()
