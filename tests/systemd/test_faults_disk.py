"""A switch on a disk that fails at any of its calls is finished or undone by the next one."""

import errno
import os
import signal
from pathlib import Path

import pytest

from switches import VERSIONS, Scene, declaration, sample, tell, told_wrongly
from users import User, ended

pytestmark = pytest.mark.systemd

FAULTS = Path(__file__).parents[1] / "faults"
ERRORS = ("ENOSPC", "EROFS", "EACCES", "EIO")


class Trials:
    """Switches that are disturbed, each followed by one that is not."""

    def __init__(self, user: User, log: Path) -> None:
        self.scene = Scene(user)
        self.lost: list[str] = []
        self.tried = 0
        self._user = user
        self._log = log

    def points(self) -> int:
        """Return how many calls of a switch change the disk."""
        self._begin(2, "", 0)
        count = len(self._calls())
        self.scene.rest()
        self.lost += self.scene.lost(1, 2)
        return count

    def _calls(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []

    def _begin(self, there: int, fault: str, at: int):
        self._log.unlink(missing_ok=True)
        self._user.declare(declaration(there))
        environ = {"PYTHONPATH": str(FAULTS), "PYTHONDONTWRITEBYTECODE": "1"}
        environ |= {"FAULT": fault, "FAULT_AT": str(at), "FAULT_LOG": str(self._log)}
        process = self._user.start("apply", **environ)
        if fault != "SIGKILL":
            return ended(process)
        process.communicate()
        assert process.returncode in (-signal.SIGKILL, 4)
        return None

    def make(self, fault: str, at: int) -> None:
        """Disturb a switch; then go to where it went, to where it came from, or elsewhere."""
        here = self.scene.version
        there = VERSIONS[here % 3]
        elsewhere = VERSIONS[there % 3]
        ran = self._begin(there, fault, at)
        calls = self._calls()
        if len(calls) < at:
            return
        lost: list[str] = []
        if ran is not None:
            lost += told_wrongly(ran, (os.strerror(getattr(errno, fault)),))
        then = (there, here, elsewhere)[self.tried % 3]
        self.scene.rest()
        self._user.apply(declaration(then), code=4)
        lost += self.scene.lost(here, then)
        self.tried += 1
        where = f"{fault} at {at} ({calls[-1]}), {here} to {there}, then {then}"
        self.lost += [f"{where}: {what}" for what in lost]


@pytest.fixture
def trials(user, tmp_path) -> Trials:
    """A session whose switches can be disturbed."""
    return Trials(user, tmp_path / "calls")


def test_killed_at_any_call(trials, capsys):
    """Killed before any call that changes the disk, a switch loses nothing."""
    total = trials.points()
    for at in sample(total, 24):
        trials.make("SIGKILL", at)
    with capsys.disabled():
        tell(f"killed at {trials.tried} of {total} calls", trials.lost)
    assert not trials.lost


@pytest.mark.parametrize("fault", ERRORS)
def test_refused_at_any_call(trials, fault, capsys):
    """Refused at any call that changes the disk, a switch says so and loses nothing."""
    total = trials.points()
    for at in sample(total, 6, ERRORS.index(fault), len(ERRORS)):
        trials.make(fault, at)
    with capsys.disabled():
        tell(f"{fault} at {trials.tried} of {total} calls", trials.lost)
    assert not trials.lost
