"""An adoption that is killed anywhere is finished or undone: nobody's file is lost."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from switches import sample, tell
from users import User, ended, eventually

pytestmark = pytest.mark.systemd

FAULTS = Path(__file__).parents[1] / "faults"
UNITS = ("calm", "moves", "theirs")
"""Adopted as it is; with another command; from another folder, with a drop-in of the user's."""

HEAD = """
[daemon]
settle = "20ms"
on_failure = "rollback"
[services.other]
process.argv = ["/bin/sleep", "1000"]
"""
FILE = """
[Service]
ExecStartPre=/bin/sh -c 'echo {name} >>%t/started'
ExecStart=/bin/sleep {seconds}
[Install]
WantedBy=default.target
"""
SERVICE = """
[services.{name}]
systemd.mainExecStart = "{command}"
[services.{name}.systemd.service.serviceConfig]
ExecStartPre = "/bin/sh -c 'echo {name} >>%t/started'"
Type = []
Restart = []
RestartSec = []
"""
BEFORE = {"calm": "2000", "moves": "2000", "theirs": "3000"}
ADOPTED = {"calm": "2000", "moves": "4000", "theirs": "3000"}
EDITED = {"calm": "2000", "moves": "5000", "theirs": "5000"}


def declaration(commands: dict[str, str]) -> str:
    """Return what declares each service with its time to sleep, or without one a command."""
    return HEAD + "".join(
        SERVICE.format(name=name, command=f"/bin/sleep {what}" if what.isdecimal() else what)
        for name, what in commands.items()
    )


class Scene:
    """A session with units of the user's own, which are adopted again and again."""

    def __init__(self, user: User, log: Path) -> None:
        self.user = user
        self.tried = 0
        self.total = 0
        self.lost: list[str] = []
        self._log = log
        self._started = Path(user.session.runtime) / "started"
        vendor = user.home / ".local/share/systemd/user"
        vendor.mkdir(parents=True)
        (vendor / "theirs.service").write_text(FILE.format(name="theirs", seconds="1"))
        user.apply(HEAD)
        self.put()
        self._things = self.things()
        self._linked = user.installed().keys()

    def put(self) -> None:
        """Have all of it there as it was before, and running."""
        user = self.user
        user.apply(HEAD)
        for path in user.units.rglob("*.bak"):
            path.unlink()
        for name in ("calm", "moves"):
            text = FILE.format(name=name, seconds=BEFORE[name])
            (user.units / f"{name}.service").write_text(text)
        own = user.units / "theirs.service.d/own.conf"
        own.parent.mkdir(exist_ok=True)
        own.write_text("[Service]\nExecStart=\nExecStart=/bin/sleep 3000\n")
        names = [f"{name}.service" for name in UNITS]
        user.systemctl("daemon-reload")
        user.systemctl("reset-failed")
        user.systemctl("enable", "--quiet", *names)
        user.systemctl("restart", *names)
        self._pids = {name: user.pid(f"{name}.service") for name in UNITS}
        self.starts()

    def things(self) -> dict[str, str]:
        """Return what lies where hmsvcd installs, and is not its own."""
        found = self.user.installed().items()
        return {path: what for path, what in found if "/store/" not in what}

    def starts(self) -> list[str]:
        """Return what was started since the last time."""
        eventually(lambda: not self.user.systemctl("list-jobs", "--no-legend").strip())
        started = self._started.read_text().split() if self._started.exists() else []
        self._started.write_text("")
        return started

    def adopt(self, commands: dict[str, str], at: int) -> list[str]:
        """Adopt, killed at a call that changes the disk; return the calls so far."""
        self._log.unlink(missing_ok=True)
        self.user.declare(declaration(commands))
        environ = {"PYTHONPATH": str(FAULTS), "PYTHONDONTWRITEBYTECODE": "1"}
        environ |= {"FAULT": "SIGKILL", "FAULT_AT": str(at), "FAULT_LOG": str(self._log)}
        process = self.user.start("adopt", *UNITS, **environ)
        if at:
            process.communicate()
            assert process.returncode in (-signal.SIGKILL, 0, 4)
        else:
            ended(process)
        return self._log.read_text(encoding="utf-8").splitlines()

    def try_all(self, begun: dict[str, str], ways: list[tuple[str, dict[str, str]]], most: int):
        """Kill the adoption at a sample of all calls; then go one of these ways, and look."""
        self.total = len(self.adopt(begun, 0))
        self.put()
        for at in sample(self.total, most):
            calls = self.adopt(begun, at)
            if len(calls) < at:
                self.put()
                continue
            command, then = ways[self.tried % len(ways)]
            lost = self._end(command, begun, then)
            self.tried += 1
            where = f"killed at {at} ({calls[-1]}), then {command} of {json.dumps(then)}"
            self.lost += [f"{where}: {what}" for what in lost]
            self.put()

    def _end(self, command: str, begun: dict[str, str], then: dict[str, str]) -> list[str]:
        """Go one way after a kill, and return what is lost."""
        first = self.starts()
        lost = [f"in neither place: {path}" for path in self._missing()]
        if not (self.user.state / "pending").exists():  # not begun yet, or all over
            is_begun = any("/store/" in self._of(name) for name in UNITS)
            return [*lost, *(self._is_adopted(begun, first) if is_begun else self._is_back(first))]
        self.user.declare(declaration(then))
        ran = self.user.run(command)
        again = self.starts()
        if "Traceback" in ran.stderr or ran.code not in (0, 4):
            lost.append(f"{command} has ended with {ran.code}: {ran.messages}")
        if command == "rollback" or not then or "/bin/false" in then.values():
            return [*lost, *self._is_back([*first, *again])]
        return [*lost, *self._is_adopted(then, [*first, *again])]

    def _of(self, name: str) -> str:
        path = self.user.units / f"{name}.service"
        return str(path.readlink()) if path.is_symlink() else ""

    def _missing(self) -> Iterator[str]:
        """Yield what is neither in its place nor under its other name, or in both."""
        found = self.things()
        for path, what in self._things.items():
            places = found.get(path), found.get(f"{path}.bak")
            if "wants/" not in path and places.count(what) != 1:
                yield path

    def _is_back(self, started: list[str]) -> Iterator[str]:
        """Yield what is not as before the adoption."""
        found = self.things()
        for path in found.keys() | self._things.keys():
            if found.get(path) != self._things.get(path):
                yield f"{path} is {found.get(path)!r}"
        yield from (f"left: {path}" for path in self.user.installed().keys() ^ self._linked)
        yield from self._runs(BEFORE, started)

    def _is_adopted(self, commands: dict[str, str], started: list[str]) -> Iterator[str]:
        """Yield what is not as after an adoption that nobody has killed."""
        found = self.things()
        for path, what in self._things.items():
            if "wants/" not in path and found.get(f"{path}.bak") != what:
                yield f"no backup: {path}"
        yield from (f"{name} is not adopted" for name in UNITS if "/store/" not in self._of(name))
        yield from self._runs(commands, started)

    def _runs(self, commands: dict[str, str], started: list[str]) -> Iterator[str]:
        """Yield what runs otherwise than declared, or was started without need."""
        if (self.user.state / "pending").exists():
            yield "the switch is still pending"
        for name in UNITS:
            pid = int(self.user.show(f"{name}.service", "MainPID")[0])
            line = Path(f"/proc/{pid}/cmdline").read_text().split("\0") if pid else ["nothing"]
            if commands[name] not in line:
                yield f"{name} runs {line}"
            needed = {commands[name], BEFORE[name]} != {BEFORE[name]}
            if not needed and name not in started and pid != self._pids[name]:
                yield f"{name} is another process"
            if not needed and name == "calm" and name in started:
                yield f"{name} was restarted: {started}"
            if self.user.show(f"{name}.service", "NeedDaemonReload") != ["no"]:
                yield f"{name} needs a daemon-reload"


@pytest.fixture
def scene(user, tmp_path) -> Scene:
    """A session with units that can be adopted."""
    return Scene(user, tmp_path / "calls")


def test_killed_while_adopting(scene, capsys):
    """With the declaration as it was, reverted or edited, the next apply finishes or undoes it."""
    scene.try_all(ADOPTED, [("apply", ADOPTED), ("apply", {}), ("apply", EDITED)], 12)
    with capsys.disabled():
        tell(f"an adoption killed at {scene.tried} of {scene.total} calls", scene.lost)
    assert not scene.lost
    assert scene.tried


def test_killed_while_a_failed_adoption_is_undone(scene, capsys):
    """One that fails goes back, and is killed on the way there or back: it is back in the end."""
    fails = ADOPTED | {"moves": "/bin/false"}
    ways = [("apply", fails), ("apply", {}), ("rollback", fails), ("apply", EDITED)]
    scene.try_all(fails, ways, 12)
    with capsys.disabled():
        tell(f"a failed adoption killed at {scene.tried} of {scene.total} calls", scene.lost)
    assert not scene.lost
    assert scene.tried
