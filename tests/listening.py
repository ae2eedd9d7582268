"""Somebody who listens to a message bus, with what systemd brings along."""

import json
import subprocess
from pathlib import Path
from typing import Any

from hmsvcd.host.sandbox import Sandbox
from users import eventually

NAME, OBJECT, INTERFACE = "org.hmsvcd", "/org/hmsvcd", "org.hmsvcd.Manager1"


class Listener:
    """All messages on the bus of a session, from the start on: signals, calls and answers."""

    def __init__(self, session: Sandbox, folder: Path) -> None:
        self._messages = folder / "messages"
        said = folder / "monitor"
        with self._messages.open("wb") as messages, said.open("wb") as words:
            self._process = subprocess.Popen(
                ["busctl", "--user", "monitor", "--json=short"],
                env=session.env,
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=words,
            )
        eventually(lambda: b"Monitoring" in said.read_bytes() + self._messages.read_bytes())

    def close(self) -> None:
        """Listen no more."""
        self._process.kill()
        self._process.wait()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All that has been said so far."""
        whole, _, _ = self._messages.read_text(encoding="utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.split("\n") if line.startswith("{")]

    def said_by(self, name: str) -> list[dict[str, Any]]:
        """Return the messages of whoever has this unique name."""
        return [each for each in self.messages if each.get("sender") == name]

    @property
    def passes(self) -> dict[int, dict[str, Any]]:
        """Number of a pass → the document of the signal that it has finished."""
        told = [
            each["payload"]["data"]
            for each in self.messages
            if each["type"] == "signal" and each.get("member") == "PassFinished"
        ]
        assert len({number for number, _ in told}) == len(told), "a pass was told twice"
        return {number: json.loads(document) for number, document in told}

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What was told of changed properties of the daemon, in order."""
        return [
            {name: value["data"] for name, value in each["payload"]["data"][1].items()}
            for each in self.messages
            if each.get("path") == OBJECT and each.get("member") == "PropertiesChanged"
        ]

    def finished(self, number: int) -> dict[str, Any]:
        """Wait for a pass to finish, and return its document."""
        eventually(lambda: number in self.passes)
        return self.passes[number]


def busctl(session: Sandbox, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Type a command of busctl."""
    return subprocess.run(
        ["busctl", "--user", "--json=short", *arguments],
        env=session.env,
        text=True,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def call(session: Sandbox, method: str, *arguments: str) -> Any:
    """Call a method of the daemon and return what it answers, if anything."""
    done = busctl(session, "call", NAME, OBJECT, INTERFACE, method, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["data"][0] if done.stdout.strip() else None


def property_of(session: Sandbox, name: str) -> Any:
    """Return a property of the daemon."""
    done = busctl(session, "get-property", NAME, OBJECT, INTERFACE, name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["data"]
