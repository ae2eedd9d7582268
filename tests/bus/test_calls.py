"""Calls: many at once, refused, never answered."""

import asyncio

import pytest

from hmsvcd.errors import CallError, CallTimeoutError
from hmsvcd.host.bus import BUS, Connection, Remote, side_by_side

pytestmark = pytest.mark.bus

STARTABLE = "org.example.Startable"


@pytest.fixture
async def connection(bus):
    """A connection to a private bus."""
    opened = await Connection.open(bus.address)
    yield opened
    await opened.close()


async def test_flood(connection):
    """Thousands of calls at once are all answered, each with its own answer."""
    names = [f"org.example.n{number}" for number in range(3000)]
    answers = await side_by_side(
        connection.call(BUS, "NameHasOwner", "s", name, expect="b")
        for name in [*names, "org.freedesktop.DBus"]
    )
    assert answers == [[False]] * len(names) + [[True]]


async def test_full_socket(bus, connection):
    """Calls that the socket has no room for wait until it has."""
    bus.freeze()
    calls = [
        asyncio.create_task(connection.call(BUS, "NameHasOwner", "s", f"org.{'n' * 10_000}"))
        for _ in range(200)
    ]
    await asyncio.sleep(0.1)
    assert not connection.gone.is_set()
    bus.thaw()
    assert await asyncio.gather(*calls) == [[False]] * len(calls)


async def test_error_reply(connection):
    """An error in reply is raised with its name and text."""
    with pytest.raises(CallError, match="no such name") as caught:
        await connection.call(BUS, "GetNameOwner", "s", "org.example.Nobody")
    assert caught.value.name == "org.freedesktop.DBus.Error.NameHasNoOwner"


async def test_unexpected_signature(connection):
    """A reply of another signature than expected is an error, not a surprise later."""
    with pytest.raises(CallError, match="GetId answered 's' instead of 'u'"):
        await connection.call(BUS, "GetId", expect="u")


async def test_variants_are_values(connection):
    """Variants come as the plain values in them, at any depth."""
    properties = Remote(BUS.destination, BUS.path, "org.freedesktop.DBus.Properties")
    [everything] = await connection.call(properties, "GetAll", "s", BUS.interface, expect="a{sv}")
    assert all(isinstance(feature, str) for feature in everything["Features"])


async def test_no_answer(fake):
    """A call that is never answered ends in time and is forgotten; a late answer does no harm."""
    connection = await Connection.open(await fake.serve(fake.never_answers))
    with pytest.raises(CallTimeoutError, match="GetId"):
        await connection.call(BUS, "GetId", within=0.1)
    assert not connection._bus._method_return_handlers
    fake.may_answer.set()
    await asyncio.sleep(0.05)
    assert not connection.gone.is_set()
    await connection.close()


async def test_cancelled_call(fake):
    """A call that is cancelled is forgotten too."""
    connection = await Connection.open(await fake.serve(fake.never_answers))
    call = asyncio.create_task(connection.call(BUS, "GetId"))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not connection._bus._method_return_handlers
    await connection.close()


@pytest.mark.parametrize("auto_start", [True, False])
async def test_auto_start(connection, folder, auto_start):
    """A call starts a peer that does not run only if it may."""
    started = folder / "started"
    (folder / "startable.service").write_text(
        f"[D-BUS Service]\nName={STARTABLE}\nExec=/bin/sh -c 'touch {started}; false'\n"
    )
    await connection.call(BUS, "ReloadConfig")
    with pytest.raises(CallError):
        await connection.call(Remote(STARTABLE, "/", "org.example.Any", auto_start), "Any")
    assert started.exists() is auto_start


async def test_side_by_side_fails_as_one(connection):
    """Of calls awaited together the first failure is raised as it is, not in a group."""
    with pytest.raises(CallError):
        await side_by_side(
            connection.call(BUS, member) for member in ("GetId", "NoSuchMethod", "GetId")
        )
