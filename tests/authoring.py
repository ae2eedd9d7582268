"""An author of a declaration, and the ways to get it wrong."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from users import User

Wait = Callable[[Callable[[], object]], None]

FAST = '[daemon]\nsettle = "0s"\n'
MAIN = f"""\
{FAST}
[services.a]
process.argv = ["/bin/sleep", "1001"]

[services.b]
process.argv = ["/bin/sleep", "1002"]
configData.file.source = "../source.txt"
"""
MORE = """\
[services.c]
process.argv = ["/bin/sleep", "1003"]
"""
UNITS = ("a.service", "b.service", "c.service")


def link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere.toml")


def make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def open_the_folder(path: Path) -> None:
    path.parent.chmod(0o777)


def say_nothing(path: Path) -> None:
    """Leave no file without content, and none that declares anything."""
    path.write_text("# later\n")
    (path.parent / "conf.d/more.toml").write_text("# later, too\n")


@dataclass(frozen=True)
class Wrong:
    """A way to get a file wrong, what is told of it, and where: ``@`` stands for the file."""

    make: Callable[[Path], object]
    told: str
    at: str = "@"
    file: str = "config.toml"


def take_in(source: str) -> Callable[[Path], object]:
    """Return what declares a source that is not there, or that nobody may look at."""
    return lambda path: path.write_text(MAIN.replace("../source.txt", source))


def take_in_from_a_closed_folder(path: Path) -> None:
    closed = path.parent.parent / "closed"
    closed.mkdir(exist_ok=True)
    closed.chmod(0)
    take_in("../closed/source.txt")(path)


WRONG = {
    "missing": Wrong(Path.unlink, "there is no such declaration"),
    "emptied": Wrong(lambda path: path.write_text(""), "had content and is empty now"),
    "emptied in conf.d": Wrong(
        lambda path: path.write_text(""), "had content and is empty now", file="conf.d/more.toml"
    ),
    "not TOML": Wrong(lambda path: path.write_text(f"{MAIN}[services"), "expected", "@:10:10"),
    "not UTF-8": Wrong(lambda path: path.write_bytes(b"# \xff"), "is not UTF-8", "@:1:3"),
    "unknown option": Wrong(
        lambda path: path.write_text(MAIN + "comand = 1\n"), "unknown option `comand`", "@:10:1"
    ),
    "nothing declared": Wrong(say_nothing, "the declaration is empty", "@:1:1"),
    "dangling link": Wrong(link_to_nowhere, "is a dangling link to /nowhere.toml"),
    "dangling link in conf.d": Wrong(link_to_nowhere, "dangling link", file="conf.d/more.toml"),
    "folder": Wrong(make_a_folder, "is a folder"),
    "unreadable": Wrong(lambda path: path.chmod(0), "cannot be read: permission denied"),
    "conf.d unreadable": Wrong(
        lambda path: path.chmod(0), "cannot be listed: permission denied", file="conf.d"
    ),
    "for everybody": Wrong(
        lambda path: path.chmod(0o666), "@ can be written by everybody", at="@/.."
    ),
    "folder for everybody": Wrong(open_the_folder, "can be written by everybody", at="@/.."),
    "source missing": Wrong(
        lambda path: (path.parent.parent / "source.txt").unlink(), "source.txt", "@:9:17"
    ),
    "source in a closed folder": Wrong(
        take_in_from_a_closed_folder, "closed/source.txt", "@:9:17"
    ),
    "source with a long name": Wrong(take_in("x" * 300), "File name too long", "@:9:17"),
    "source with many names": Wrong(take_in(f"{'a/' * 700}b"), "a/a/a/a/a", "@:9:17"),
}


class Events(Protocol):
    """A daemon whose log can be read."""

    def events(self, name: str) -> list[dict[str, str]]:
        """Return what it has logged of a kind."""


class Author:
    """A user who makes mistakes, and whose daemon has three services running."""

    def __init__(self, user: User, daemon: Events, wait_until: Wait) -> None:
        self.user = user
        self.folder: Path = user.declaration.parent
        self.file: Path = user.declaration
        self._daemon = daemon
        self._wait_until = wait_until

    def write(self, main: str = MAIN, more: str | None = MORE) -> None:
        """Save a declaration, whatever was there before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        (self.folder.parent / "source.txt").write_text("of b")
        save(self.file, main)
        if more is not None:
            (self.folder / "conf.d").mkdir(exist_ok=True)
            (self.folder / "conf.d").chmod(0o755)
            save(self.folder / "conf.d/more.toml", more)

    def pids(self) -> list[int]:
        """Return the processes of the services."""
        return [self.user.pid(unit) for unit in UNITS]

    def told(self) -> list[dict[str, str]]:
        """Return all problems that the log tells of so far."""
        problems: list[dict[str, str]] = self._daemon.events("problem")
        return problems

    def state(self) -> str:
        """Return the daemon's state as D-Bus tells it, when it is not at work."""
        state = "working"

        def is_idle() -> bool:
            nonlocal state
            state = self._ask("get-property", "State").split('"')[1]
            return state != "working"

        self._wait_until(is_idle)
        return state

    def status(self) -> dict[str, Any]:
        """Return the document of ``status`` as D-Bus tells it."""
        [answer] = json.loads(self._ask("call", "Status", "--json=short"))["data"]
        document: dict[str, Any] = json.loads(answer)
        return document

    def look(self) -> None:
        """Have the daemon look at everything, and wait for the end of that."""
        looked = len(self._looks())
        self._ask("call", "Reconcile")
        self._wait_until(lambda: len(self._looks()) > looked)

    def settle(self) -> None:
        """Have the daemon look at everything, and see that all is well."""
        self.look()
        assert self.state() == "settled"

    def _looks(self) -> list[dict[str, str]]:
        passes: list[dict[str, str]] = self._daemon.events("pass finished")
        return [each for each in passes if each["cause"] == "reconcile"]

    def _ask(self, verb: str, member: str, *options: str) -> str:
        name = ("org.hmsvcd", "/org/hmsvcd", "org.hmsvcd.Manager1", member)
        command = ["busctl", "--user", *options, verb, *name]
        return subprocess.check_output(command, env=self.user.session.env, text=True)


def save(path: Path, text: str) -> None:
    """Put a new file in the place of whatever is there."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    if path.is_dir():
        path.rmdir()
    temporary.rename(path)
