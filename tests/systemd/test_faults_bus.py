"""A switch over a bus that fails at any call is finished or undone by the next one."""

from collections.abc import Iterator

import pytest

from faulty_bus import FaultyBus, Trial
from switches import VERSIONS, Scene, declaration, sample, tell, told_wrongly, wants_all
from users import Ran, User

pytestmark = pytest.mark.systemd


class Trials:
    """Switches that are disturbed, each followed by one that is not."""

    def __init__(self, user: User, bus: FaultyBus) -> None:
        self.scene = Scene(user)
        self.lost: list[str] = []
        self.tried = 0
        self._user = user
        self._bus = bus

    def calls(self) -> list[str]:
        """Return the methods that a switch calls."""
        self._begin(2, "", 0)
        self.scene.rest()
        self.lost += self.scene.lost(1, 2)
        return self._bus.trial.calls

    def _begin(self, there: int, fault: str, at: int | str) -> Ran:
        self._bus.trial = Trial(fault, at)
        self._user.declare(declaration(there))
        return self._user.run("apply", DBUS_SESSION_BUS_ADDRESS=self._bus.address)

    def make(self, fault: str, at: int | str, turn: int | None = None) -> None:
        """Disturb a switch; then go to where it went, to where it came from, or elsewhere."""
        here = self.scene.version
        there = VERSIONS[here % 3]
        ran = self._begin(there, fault, at)
        if self._bus.trial.hit is None:
            return
        lost = list(told_wrongly(ran))
        self.scene.rest()
        turn = self.tried if turn is None else turn
        then = (there, here, VERSIONS[there % 3])[turn % 3]
        self._user.apply(declaration(then), code=4)
        lost += self.scene.lost(here, then)
        self.tried += 1
        where = f"{fault} at {at} ({self._bus.trial.hit}), {here} to {there}, then {then}"
        self.lost += [f"{where}: {what}" for what in lost]


@pytest.fixture
def trials(user) -> Iterator[Trials]:
    """A session with a bus that can be disturbed."""
    runtime = user.session.runtime
    bus = FaultyBus(runtime / "bus", runtime / "faulty")
    yield Trials(user, bus)
    bus.close()


@pytest.mark.parametrize("fault", ["error", "close", "cut"])
def test_disturbed_at_any_call(trials, fault, capsys):
    """At whatever call the bus fails, the switch says so and loses nothing."""
    total = len(trials.calls())
    for at in sample(total, 6):
        trials.make(fault, at)
    with capsys.disabled():
        tell(f"{fault} at {trials.tried} of {total} calls", trials.lost)
    assert not trials.lost


def test_start_refused(trials, capsys):
    """A start that is refused is made up for, also where the switch is undone then."""
    starts = [f"StartUnit {name}.service" for name in ("stops", "leans", "fails")]
    for call in (*starts, "RestartUnit echoes@one.service"):
        trials.make("error", call, turn=1)
    with capsys.disabled():
        tell(f"{trials.tried} starts refused", trials.lost)
    assert trials.tried == 4
    assert not trials.lost


def test_no_answer(trials, capsys):
    """A call that is never answered ends the switch in its time, and loses nothing."""
    calls = [call for call in trials.calls() if call != "Reload"]  # which may take five minutes
    methods = {call.partition(" ")[0]: call for call in calls}
    for call in methods.values() if wants_all() else ["RestartUnit restarts.service"]:
        trials.make("swallow", call)
    with capsys.disabled():
        tell(f"swallowed {trials.tried} of {len(calls)} calls", trials.lost)
    assert trials.tried
    assert not trials.lost
