"""How a connection begins, also where the other side misbehaves."""

import asyncio
import os
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from hmsvcd.errors import BusGoneError, NoManagerError
from hmsvcd.host.bus import BUS, Connection, session_address
from hmsvcd.host.systemd import Manager

pytestmark = pytest.mark.bus

WITHOUT_THE_NAME = """
import asyncio, sys, typing
vars(typing).pop("no_type_check_decorator", None)
from hmsvcd.host.bus import BUS, Connection

async def main():
    connection = await Connection.open(sys.argv[1])
    print(await connection.call(BUS, "GetId"))
    await connection.close()

asyncio.run(main())
"""


async def test_connects(bus):
    """A connection to a bus has calls answered until it is closed."""
    connection = await Connection.open(bus.address)
    [names] = await connection.call(BUS, "ListNames", expect="as")
    await connection.close()
    assert "org.freedesktop.DBus" in names


async def test_second_address(bus, folder):
    """Of a list of addresses the first that answers is taken."""
    connection = await Connection.open(f"unix:path={folder}/none;{bus.address}")
    assert await connection.call(BUS, "GetId", expect="s")
    await connection.close()


@pytest.mark.parametrize(
    "address", ["unix:path=/nowhere/bus", "unix:", "smoke:signals=1", "", "bus"]
)
async def test_no_bus(address):
    """An address without a bus is an error that names it."""
    with pytest.raises(BusGoneError, match="bus") as caught:
        await Connection.open(address)
    assert address in caught.value.message


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("closes_at_once", "ended the connection"),
        ("says_nothing", "did not answer"),
        ("talks_without_end", "without end"),
        ("refuses_hello", "too many connections"),
    ],
)
async def test_misbehaving_bus(fake, descriptors, behaviour, message):
    """A bus that breaks off, hangs, babbles or refuses is an error, and nothing stays open."""
    before = descriptors()
    address = await fake.serve(getattr(fake, behaviour))
    with pytest.raises(BusGoneError, match=message):
        await Connection.open(address, within=0.5)
    await fake.stop()
    while descriptors() != before:  # noqa: ASYNC110 - nothing tells when the server's side closes
        await asyncio.sleep(0.01)


async def test_bus_without_manager(bus):
    """A bus on which there is no systemd is told apart from no bus at all."""
    with pytest.raises(NoManagerError, match="no systemd --user on it"):
        await Manager.connect({"DBUS_SESSION_BUS_ADDRESS": bus.address})


async def test_failures_leave_no_descriptor(folder, descriptors):
    """Connections that fail leave no descriptor open."""
    before = descriptors()
    for _ in range(20):
        with pytest.raises(BusGoneError):
            await Connection.open(f"unix:path={folder}/none")
    assert descriptors() == before


async def test_no_descriptors_negotiated(fake):
    """Unix file descriptors are never asked for, since both libraries leak them."""
    address = await fake.serve(fake.never_answers)
    connection = await Connection.open(address)
    await connection.close()
    assert fake.said
    assert b"NEGOTIATE_UNIX_FD" not in fake.said[0]


def test_python_without_the_name(bus, library):
    """dbus-next is imported where typing lacks what it asks for, as in Python 3.15."""
    environ = os.environ | {"HMSVCD_DBUS_LIBRARY": library, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_NAME, bus.address],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


async def test_typing_is_left_alone(bus):
    """The stand-in for the import does not stay in the typing module."""
    before = vars(typing).get("no_type_check_decorator")
    connection = await Connection.open(bus.address)
    await connection.close()
    assert vars(typing).get("no_type_check_decorator") is before
    assert before is None or Path(before.__code__.co_filename).name == "typing.py"


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a", "XDG_RUNTIME_DIR": "/r"}, "unix:path=/a"),
        ({"XDG_RUNTIME_DIR": "/run/user/1000", "DISPLAY": ":0"}, "unix:path=/run/user/1000/bus"),
        ({"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": "/r"}, "unix:path=/r/bus"),
        ({"DISPLAY": ":0"}, None),
    ],
)
def test_session_address(environ, address):
    """The session bus is where the environment says, else in the runtime directory."""
    assert session_address(environ) == address
