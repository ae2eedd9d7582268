"""Ways to save a file, and a user who looks whether the daemon follows."""

import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from users import User

Save = Callable[[Path, str], None]
Wait = Callable[[Callable[[], object]], None]

FAST = '[daemon]\nremoval_delay = "200ms"\nsettle = "0s"\n'
QUIET = 0.25  # seconds after which the daemon has seen all that it has done itself
SECONDS = itertools.count(1001)


def service(name: str, seconds: int = 1000) -> str:
    """Return a service that only runs."""
    return f'[services.{name}]\nprocess.argv = ["/bin/sleep", "{seconds}"]\n\n'


def main_file(seconds: int) -> str:
    """Return a ``config.toml`` with a service that changes and one that stays."""
    return FAST + service("demo", seconds) + service("stays")


class Follower:
    """A user whose daemon follows, and who looks whether it does."""

    def __init__(self, user: User, wait_until: Wait, file: Path) -> None:
        self.user = user
        self.file = file
        self.folder = file.parent
        self._wait_until = wait_until
        self._begun = 0
        self._stays: int | None = None

    def begin(self) -> None:
        """Have a plain folder with one file."""
        remove(self.folder)
        self.folder.mkdir(parents=True)
        self._begun = next(SECONDS)
        self.file.write_text(main_file(self._begun))

    def rest(self) -> None:
        """Do nothing, so that the next change alone is what the daemon can see."""
        time.sleep(QUIET)

    def edit(self, save: Save, path: Path, text: str) -> None:
        """Save a file, and nothing else."""
        self.rest()
        save(path, text)

    def runs_as_begun(self) -> None:
        """Wait until that is in force, from when on nothing may touch ``stays.service``."""
        self.runs(self._begun)
        self._wait_until(lambda: self.user.state_of("stays.service") == "active")
        self._stays = self.user.pid("stays.service")

    def runs(self, seconds: int, name: str = "demo") -> None:
        """Wait until a service runs for so long."""
        unit = f"{name}.service"
        link = self.user.units / unit

        def is_so() -> bool:
            if not link.is_file() or str(seconds) not in link.read_text():
                return False
            started, state = self.user.show(unit, "ExecStart", "ActiveState")
            return f"/bin/sleep {seconds} " in started and state == "active"

        try:
            self._wait_until(is_so)
        except AssertionError:
            raise AssertionError(f"{name} does not run with {seconds}") from None
        if self._stays is not None:
            assert self.user.pid("stays.service") == self._stays

    def is_gone(self, name: str) -> None:
        """Wait until a service neither runs nor is installed."""
        unit = f"{name}.service"
        self._wait_until(lambda: not (self.user.units / unit).is_symlink())
        self._wait_until(lambda: self.user.state_of(unit) == "inactive")

    def installed(self, path: str, content: str) -> None:
        """Wait until a configuration file of ``files.service`` holds something."""
        file = self.user.config / "home-services/files" / path
        self._wait_until(lambda: file.is_file() and file.read_text() == content)


def remove(path: Path) -> None:
    """Remove whatever lies at a path."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def point(link: Path, target: Path) -> None:
    """Make a link, in one step where there was one."""
    if link.exists() and not link.is_symlink():
        remove(link)
    temporary = link.with_name(f".{link.name}.tmp")
    temporary.symlink_to(target)
    temporary.rename(link)


def run(*command: str | Path, text: str | None = None) -> None:
    subprocess.run(command, input=text, text=True, check=True, capture_output=True)


def beside(path: Path, text: str) -> Path:
    """Write a file next to a path, as programs do that rename it afterwards."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    return temporary


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def in_chunks(path: Path, text: str) -> None:
    """As a slow program: each line on its own, with pauses."""
    with path.open("w") as file:
        for line in text.splitlines(keepends=True):
            file.write(line)
            file.flush()
            time.sleep(0.02)


def as_vim(path: Path, text: str) -> None:
    """The old file becomes the backup, a new one takes its name, the backup goes."""
    probe = path.with_name("4913")  # vim sees so whether it may create files
    probe.touch()
    probe.unlink()
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    with path.open("w") as file:
        file.write(text)
        os.fsync(file.fileno())
    path.chmod(0o644)
    backup.unlink()


def as_vim_with_a_copy(path: Path, text: str) -> None:
    """``:set backupcopy=yes``: the backup is a copy, the file stays the same one."""
    backup = path.with_name(f"{path.name}~")
    shutil.copy(path, backup)
    path.write_text(text)
    backup.unlink()


def renamed_over(path: Path, text: str) -> None:
    """As VS Code and most programs that save atomically."""
    beside(path, text).rename(path)


def linked_over(path: Path, text: str) -> None:
    """Remove the name, and give it to another file."""
    temporary = beside(path, text)
    path.unlink()
    path.hardlink_to(temporary)
    temporary.unlink()


def with_sed(path: Path, text: str) -> None:
    old = path.read_text()
    was, now = (part.split('"')[3] for part in (old.split("argv")[1], text.split("argv")[1]))
    run("sed", "-i", f"s/{was}/{now}/", path)
    assert path.read_text() == text


def with_cp(path: Path, text: str) -> None:
    temporary = path.parent.parent / "elsewhere.toml"
    temporary.write_text(text)
    run("cp", temporary, path)


def with_install(path: Path, text: str) -> None:
    temporary = path.parent.parent / "elsewhere.toml"
    temporary.write_text(text)
    run("install", "-m", "644", temporary, path)


def with_cat(path: Path, text: str) -> None:
    run("sh", "-c", 'cat > "$0"', path, text=text)


def with_an_old_time(path: Path, text: str) -> None:
    """As ``cp -p`` and ``tar``: what is new looks older than what was there."""
    temporary = beside(path, text)
    os.utime(temporary, (1_000_000_000, 1_000_000_000))
    temporary.rename(path)


WAYS: list[Save] = [
    in_place,
    in_chunks,
    as_vim,
    as_vim_with_a_copy,
    renamed_over,
    linked_over,
    with_sed,
    with_cp,
    with_install,
    with_cat,
    with_an_old_time,
]
