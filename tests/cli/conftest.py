"""The program as its users run it: a process with arguments, an environment and a folder."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from hmsvcd.host.sandbox import Sandbox

TERMINAL = {"TERM": "xterm-256color"}
PATIENCE = 30.0  # seconds, for what comes at once


@dataclass(frozen=True)
class Ran:
    """How a command has ended, and what it has said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document, which is all of standard output."""
        document: dict[str, Any] = json.loads(self.out)
        return document


class Program:
    """``hmsvcd`` in one environment; the declaration that it finds by itself can be written."""

    def __init__(self, environ: Mapping[str, str], config_home: Path, folder: Path) -> None:
        self.environ = dict(environ)
        self.folder = folder
        self.declaration = config_home / "hmsvcd/config.toml"

    def __call__(self, *arguments: str, **variables: str) -> Ran:
        """Run a command line to its end, with some more environment variables."""
        done = subprocess.run(
            [sys.executable, "-m", "hmsvcd", *arguments],
            cwd=self.folder, env=self.environ | variables, stdin=subprocess.DEVNULL,
            text=True, capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def in_terminal(self, *arguments: str, **variables: str) -> "Terminal":
        """Start a command line in a terminal."""
        return Terminal(arguments, self.environ | TERMINAL | variables, self.folder)

    def declare(self, text: str) -> None:
        """Write the declaration."""
        self.declaration.parent.mkdir(parents=True, exist_ok=True)
        self.declaration.write_text(text, encoding="utf-8")

    def write(self, name: str, text: str) -> str:
        """Write a file into the working directory and return its name."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


class Terminal:
    """A program that runs in a terminal of its own."""

    def __init__(self, arguments: Iterable[str], environ: dict[str, str], folder: Path) -> None:
        self.said = ""
        self._program, self._terminal = pty.fork()
        if self._program == 0:
            os.chdir(folder)
            os.execve(sys.executable, [sys.executable, "-m", "hmsvcd", *arguments], environ)

    def __enter__(self) -> Self:
        """Sit down."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave; closing the terminal is what ends a program that is still there."""
        os.close(self._terminal)
        if self._program:
            os.waitpid(self._program, 0)

    def read_until(self, pattern: str) -> str:
        """Read until something is said that was not yet, and return all since the last time."""
        end = time.monotonic() + PATIENCE
        heard = ""
        while not re.search(pattern, heard, re.DOTALL):
            ready, _, _ = select.select([self._terminal], [], [], end - time.monotonic())
            assert ready, f"{pattern!r} never came: {heard}"
            try:
                heard += os.read(self._terminal, 65536).decode()
            except OSError:  # the other end is closed
                raise AssertionError(f"{pattern!r} never came: {heard}") from None
        self.said += heard
        return heard

    def type(self, keys: bytes) -> None:
        """Type something."""
        os.write(self._terminal, keys)

    def resize(self, *, rows: int, columns: int) -> None:
        """Make the window another size."""
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        with suppress(OSError):  # the other end is closed
            while os.read(self._terminal, 65536):
                pass
        _, status = os.waitpid(self._program, 0)
        self._program = 0
        return os.waitstatus_to_exitcode(status)


@pytest.fixture
def user(manager: Sandbox, tmp_path: Path) -> Program:
    """The program of a user who has a ``systemd --user``."""
    return Program(manager.env, manager.config, tmp_path)


@pytest.fixture(scope="module")
def shared_user(shared_manager: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program of the user of a module whose tests do not disturb each other."""
    folder = tmp_path_factory.mktemp("work")
    return Program(shared_manager.env, shared_manager.config, folder)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Return what waits until something of the real world holds."""

    def waiting(holds: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, "it never came to be"
            time.sleep(0.01)

    return waiting


@pytest.fixture
def stranger(tmp_path: Path) -> Program:
    """The program of a user for whom no ``systemd --user`` runs."""
    home = tmp_path / "home"
    work = tmp_path / "work"
    for folder in (home, work):
        folder.mkdir()
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    return Program(environ, home / ".config", work)
