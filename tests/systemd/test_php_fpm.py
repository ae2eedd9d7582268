"""The service module ``php-fpm`` with PHP's own program on a real manager."""

import shutil
import socket
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from module_pages import shown
from users import User, ended, eventually

pytestmark = pytest.mark.systemd

PROGRAMS = ("php-fpm", *(f"php-fpm8.{minor}" for minor in range(5, 0, -1)))
SBIN = "/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin"
RESPONDER, BEGIN, END, PARAMS, STDIN, STDOUT = 1, 1, 3, 4, 5, 6
"""Of the FastCGI specification: the role, and types of records."""

EXAMPLE, RELOADING, MANUAL = shown("php-fpm", "toml")
"""What the module's page shows: one, one that is reloaded, and Home Manager's."""


class Request:
    """A FastCGI request for a script, on a connection of its own."""

    def __init__(self, address: Path, script: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(address))
        self._send(BEGIN, struct.pack(">HB5x", RESPONDER, 0))
        self._send(PARAMS, _pairs({"SCRIPT_FILENAME": str(script), "REQUEST_METHOD": "GET"}))
        self._send(PARAMS)
        self._send(STDIN)

    def answer(self) -> str:
        """Return the body that the script prints, when it has ended."""
        printed = b""
        with self._socket, self._socket.makefile("rb") as stream:
            while True:
                kind, length, padding = struct.unpack(">xB2xHBx", stream.read(8))
                content = stream.read(length + padding)[:length]
                if kind == END:
                    return printed.partition(b"\r\n\r\n")[2].decode()
                printed += content if kind == STDOUT else b""

    def _send(self, kind: int, content: bytes = b"") -> None:
        self._socket.sendall(struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content)


def _pairs(values: Mapping[str, str]) -> bytes:
    return b"".join(
        bytes([len(name), len(value)]) + f"{name}{value}".encode()
        for name, value in values.items()
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with PHP's program, to which it does not matter who starts it: tests are root."""
    found = [path for name in PROGRAMS if (path := shutil.which(name, path=SBIN))]
    if not found:
        pytest.skip("php-fpm is not installed (package php-fpm)")
    program = tmp_path / "php/bin/php-fpm"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {found[0]} --allow-to-run-as-root "$@"\n')
    program.chmod(0o755)
    return tmp_path / "php"


@pytest.fixture
def greeting(tmp_path: Path) -> Path:
    """A script that prints a variable of its environment."""
    script = tmp_path / "greeting.php"
    script.write_text("<?php echo getenv('GREETING');")
    return script


class Slow:
    """A script that begins, waits, and then prints a variable of its environment."""

    def __init__(self, folder: Path) -> None:
        self.script, self._begun, self._gate = (folder / name for name in ("slow.php", "b", "g"))
        self.script.write_text(
            f"<?php touch('{self._begun}'); while (!file_exists('{self._gate}'))"
            " { usleep(10000); clearstatcache(); } echo getenv('GREETING');"
        )

    def has_begun(self) -> bool:
        """Say whether somebody has asked for it."""
        return self._begun.exists()

    def go_on(self) -> None:
        """Let it end."""
        self._gate.touch()


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Slow]:
    """A script that waits."""
    script = Slow(tmp_path)
    yield script
    script.go_on()


class Php:
    """A service with the module, as its page shows it, with the program of the test.

    Its pool greets with a word.
    """

    def __init__(self, user: User, package: Path, name: str, pool: str) -> None:
        self.user = user
        self.unit = f"{name}.service"
        self.address = user.session.runtime / f"php-fpm/{pool}.sock"
        self._table = f"[services.{name}.php-fpm]"
        self._pool = pool
        self._package = package

    def greet_with(self, word: str) -> None:
        """Declare the word."""
        file = self.user.declaration.parent / "conf.d/test.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        pool = f"settings.{self._pool}"
        lines = [
            self._table,
            f'package = "{self._package}/bin/php-fpm"',
            f'{pool}.listen = {{ mkForce = "{self.address}" }}',
            f'{pool}."env[GREETING]" = "{word}"',
        ]
        file.write_text("\n".join(lines), encoding="utf-8")

    def ask(self, script: Path) -> str:
        """Return what a script answers."""
        return Request(self.address, script).answer()


def test_the_example_of_the_manual_answers(user: User, package: Path, greeting: Path) -> None:
    """A FastCGI request to its pool is answered, and its file is in the user's folder, too."""
    php = Php(user, package, "php-fpm", "mypool")
    php.greet_with("hello")
    user.apply(MANUAL)
    assert php.ask(greeting) == "hello"
    installed = user.config / "home-services/php-fpm/php-fpm.conf"
    title = Path(f"/proc/{user.pid(php.unit)}/cmdline").read_text()
    assert f"({installed.resolve()})" in title


def test_an_edit_of_the_settings_restarts(user: User, package: Path, greeting: Path) -> None:
    """The command line names the file by its content, so it is another one."""
    php = Php(user, package, "php", "www")
    php.greet_with("one")
    user.apply(EXAMPLE)
    assert php.ask(greeting) == "one"
    php.greet_with("two")
    assert user.apply().actions == {php.unit: "restart"}
    assert php.ask(greeting) == "two"


def test_a_reload_keeps_connections(user: User, package: Path, greeting: Path, slow: Slow) -> None:
    """With a command line that stays, requests under way and those that come are answered."""
    php = Php(user, package, "php", "www")
    php.greet_with("one")
    user.apply(RELOADING)
    before = user.pid(php.unit)
    under_way = Request(php.address, slow.script)
    eventually(slow.has_begun)
    php.greet_with("two")
    applying = user.start("apply")
    eventually(lambda: applying.poll() is not None or user.state_of(php.unit) == "reloading")
    arriving = Request(php.address, greeting)
    slow.go_on()
    assert under_way.answer() == "one"
    assert arriving.answer() in {"one", "two"}
    assert ended(applying).actions == {php.unit: "reload"}
    eventually(lambda: php.ask(greeting) == "two")
    assert user.pid(php.unit) == before
