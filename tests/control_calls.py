"""Calls to the daemon's interface, by our own door and by busctl(1)."""

import asyncio
import os
import subprocess
from typing import Any, Protocol
from xml.etree import ElementTree as ET

import pytest

from hmsvcd.errors import (
    CallError,
)
from hmsvcd.host.bus import Connection, Remote
from hmsvcd.host.bus_object import INTROSPECTABLE, PROPERTIES
from hmsvcd.host.control import (
    MANAGER,
    NAME,
    PATH,
)

INTERFACE = Remote(NAME, PATH, MANAGER.name)
VALUES = Remote(NAME, PATH, PROPERTIES.name)
DBUS_ERROR = "org.freedesktop.DBus.Error"


class Addressed(Protocol):
    """A bus."""

    @property
    def address(self) -> str:
        """Where it listens."""


def busctl(
    bus: Addressed, *words: str, user: int | None = None
) -> asyncio.Task[tuple[int, str, str]]:
    """Start busctl(1) on a private bus; its exit code, output and errors."""

    async def run() -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            "busctl",
            f"--address={bus.address}",
            *words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            user=user,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    return asyncio.create_task(run())


async def refusal(
    connection: Connection, member: str, *arguments: Any, at: Remote = INTERFACE
) -> CallError:
    """Return the error that a call is answered with."""
    with pytest.raises(CallError) as caught:
        await connection.call(at, member, *arguments)
    return caught.value


async def described(connection: Connection, path: str) -> ET.Element:
    at = Remote(NAME, path, INTROSPECTABLE.name)
    [text] = await connection.call(at, "Introspect", expect="s")
    return ET.fromstring(text)
