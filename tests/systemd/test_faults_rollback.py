"""A switch that fails and is rolled back, killed anywhere on the way there or back."""

import signal
from pathlib import Path

import pytest

from switches import VERSIONS, Scene, declaration, sample, tell
from users import User, ended

pytestmark = pytest.mark.systemd

FAULTS = Path(__file__).parents[1] / "faults"
WAYS = ("as it was", "reverted", "edited", "rollback")
"""What follows a kill: a switch to the same declaration, to the one before, to a third one, or
``hmsvcd rollback``."""


def doomed(version: int) -> str:
    """Return a version that is rolled back: one of its services fails."""
    return declaration(version).replace("[daemon]", '[daemon]\non_failure = "rollback"')


class Trials:
    """Switches that fail and are killed, each followed by one that nobody kills."""

    def __init__(self, user: User, log: Path) -> None:
        self.scene = Scene(user)
        self.lost: list[str] = []
        self.tried = 0
        self._user = user
        self._log = log

    def points(self) -> int:
        """Return how many calls change the disk on the way there and back."""
        count = len(self._begin(2, 0))
        self.scene.rest()
        self._user.declare(declaration(1))
        self.lost += self.scene.lost(1, 1, back=True)
        return count

    def _begin(self, there: int, at: int) -> list[str]:
        """Begin a switch to what fails, killed at a call; return the calls so far."""
        self._log.unlink(missing_ok=True)
        self._user.declare(doomed(there))
        environ = {"PYTHONPATH": str(FAULTS), "PYTHONDONTWRITEBYTECODE": "1"}
        environ |= {"FAULT": "SIGKILL", "FAULT_AT": str(at), "FAULT_LOG": str(self._log)}
        process = self._user.start("apply", **environ)
        if at:
            process.communicate()
            assert process.returncode in (-signal.SIGKILL, 4)
        else:
            assert ended(process).document["rolled_back"]
        return self._log.read_text(encoding="utf-8").splitlines()

    def make(self, at: int) -> None:
        """Kill a switch that fails; then go one of the ways, and look."""
        here = self.scene.version
        there = VERSIONS[here % 3]
        calls = self._begin(there, at)
        self.scene.rest()
        if len(calls) < at:
            return
        way = WAYS[self.tried % len(WAYS)]
        then, lost = self._go_on(way, here, there)
        self._user.declare(declaration(then))
        lost += self.scene.lost(here, then, back=way in {"as it was", "rollback"})
        self.tried += 1
        where = f"killed at {at} ({calls[-1]}), {here} to {there} and back, then {way}"
        self.lost += [f"{where}: {what}" for what in lost]

    def _go_on(self, way: str, here: int, there: int) -> tuple[int, list[str]]:
        """Go one way; return the version that it leads to, and what was wrong with it."""
        elsewhere = VERSIONS[there % 3]
        if way == "rollback" and not (self._user.state / "pending").exists():
            way = "reverted"  # with nothing begun it would go back further
        texts = {"reverted": declaration(here), "edited": declaration(elsewhere)}
        self._user.declare(texts.get(way, doomed(there)))
        ran = self._user.run("rollback" if way == "rollback" else "apply")
        wrong = [] if ran.code in {0, 4} else [f"exit code {ran.code}: {ran.messages}"]
        return (elsewhere if way == "edited" else here), wrong


def test_killed_on_the_way_there_or_back(user, tmp_path, capsys):
    """With the declaration as it was, reverted or edited, all is as if nobody had killed it."""
    trials = Trials(user, tmp_path / "calls")
    total = trials.points()
    for at in sample(total, 6):
        trials.make(at)
    with capsys.disabled():
        tell(f"a rollback killed at {trials.tried} of {total} calls", trials.lost)
    assert not trials.lost
