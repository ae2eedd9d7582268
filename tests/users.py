"""A user with a session of their own, who edits a declaration and types commands."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hmsvcd.host.sandbox import Sandbox


@dataclass(frozen=True)
class Ran:
    """A command that has ended: its exit code, its document and its standard error."""

    code: int
    document: dict[str, Any]
    stderr: str

    @property
    def actions(self) -> dict[str, str]:
        """Unit → what was planned for it, in order."""
        return {each["unit"]: each["action"] for each in self.document["actions"] or ()}

    @property
    def results(self) -> dict[str, str]:
        """Unit → how its action ended."""
        return {each["unit"]: each["result"] for each in self.document["results"] or ()}

    @property
    def messages(self) -> str:
        """All errors and warnings."""
        found = [*self.document.get("errors", ()), *self.document.get("warnings", ())]
        return "\n".join(f"{each['message']} ({each['hint']})" for each in found)


class User:
    """Whoever sits before a session."""

    def __init__(self, session: Sandbox) -> None:
        self.session = session
        self.systemctl = session.systemctl
        self.home = session.home
        self.config = session.config
        self.units = session.units
        self.state = session.home / ".local/state/hmsvcd"
        self.declaration = session.config / "hmsvcd/config.toml"

    def declare(self, text: str) -> None:
        """Write the declaration."""
        self.declaration.parent.mkdir(parents=True, exist_ok=True)
        self.declaration.write_text(text, encoding="utf-8")

    def save(self, text: str) -> None:
        """Write the declaration as editors do: it is never half there."""
        beside = self.declaration.with_name("beside")
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.rename(self.declaration)

    def start(self, *command: str, **environ: str) -> "subprocess.Popen[str]":
        """Type a command, and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "hmsvcd", *command, "--json"],
            env=self.session.env | environ,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *command: str, **environ: str) -> Ran:
        """Type a command and wait for its end; whatever it says must be no traceback."""
        return ended(self.start(*command, **environ))

    def type(self, *command: str) -> str:
        """Type a command that has to work, and return what it shows in a wide terminal."""
        done = subprocess.run(
            [sys.executable, "-m", "hmsvcd", *command],
            env=self.session.env | {"COLUMNS": "500"},
            stdin=subprocess.DEVNULL,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, text: str | None = None, *options: str, code: int = 0) -> Ran:
        """Declare something, if given, and apply it; it has to end with this exit code."""
        if text is not None:
            self.declare(text)
        ran = self.run("apply", *options)
        assert ran.code == code, (ran.code, ran.messages, ran.document, ran.stderr)
        return ran

    def show(self, unit: str, *properties: str) -> list[str]:
        """Return properties of a unit as systemd says them."""
        lines = self.systemctl("show", unit, *(f"-p{name}" for name in properties)).splitlines()
        values = dict(line.partition("=")[::2] for line in lines)
        return [values.get(name, "") for name in properties]

    def state_of(self, unit: str) -> str:
        """Return ActiveState."""
        return self.show(unit, "ActiveState")[0]

    def pid(self, unit: str) -> int:
        """Return the main process of a service that runs."""
        pid = int(self.show(unit, "MainPID")[0])
        assert pid, f"{unit} does not run"
        return pid

    def arguments(self, unit: str) -> list[str]:
        """Return the command line of a service's process; empty if none runs just now."""
        [pid] = self.show(unit, "MainPID")
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")[:-1]
        return []

    def put(self, name: str, text: str) -> Path:
        """Put a unit file of the user's own, or a drop-in, and have systemd read it."""
        path = self.units / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.systemctl("daemon-reload")
        return path

    def listing(self) -> dict[str, tuple[int, int, str]]:
        """Return everything in the home, each with inode, time of change and what it is."""
        return {
            str(path): (path.lstat().st_ino, path.lstat().st_mtime_ns, content(path))
            for path in self.home.rglob("*")
            if path != self.state / "lock"
        }

    def installed(self) -> dict[str, str]:
        """Return every link into the store and every left-over, with what it points to."""
        places = [self.units, self.config / "home-services"]
        return {
            str(path.relative_to(self.home)): content(path)
            for place in places
            for path in place.rglob("*")
            if path.is_symlink() or not path.is_dir()
        }


def content(path: Path) -> str:
    """Return what a path is: where a link points to, what a file holds."""
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return "folder" if path.is_dir() else path.read_text(encoding="utf-8", errors="replace")


def ended(process: "subprocess.Popen[str]") -> Ran:
    """Wait for a command and read what it said."""
    try:
        stdout, stderr = process.communicate(timeout=120)
    except BaseException:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        raise
    assert "Traceback" not in stderr, stderr
    document = json.loads(stdout) if stdout else {}
    return Ran(process.returncode, document, stderr)


def eventually(holds: Callable[[], object], within: float = 20.0) -> None:
    """Wait until something holds, which the real world may take its time for.

    What it asserts on the way, such as that a service runs, does not hold yet where it fails, nor
    where a file goes away between two looks.
    """
    end = time.monotonic() + within
    while not _is_so(holds):
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)


def _is_so(holds: Callable[[], object]) -> bool:
    try:
        return bool(holds())
    except (AssertionError, FileNotFoundError):
        return False
