"""Signals reach their handlers, whatever these do."""

import asyncio

import pytest

from hmsvcd.host.bus import BUS, Connection, Match, Signal

pytestmark = pytest.mark.bus

OWNER_CHANGED = Match(BUS.interface, "NameOwnerChanged", sender=BUS.destination, path=BUS.path)


@pytest.fixture
async def connection(bus):
    """A connection to a private bus."""
    opened = await Connection.open(bus.address)
    yield opened
    await opened.close()


async def somebody_comes(bus) -> None:
    """Have the bus tell of a new peer, and of its end."""
    await (await Connection.open(bus.address)).close()


async def test_signal_arrives(bus, connection):
    """A handler gets the signals it asked for, as values."""
    signals: asyncio.Queue[Signal] = asyncio.Queue()
    async with connection.subscribe(OWNER_CHANGED, signals.put_nowait):
        await somebody_comes(bus)
        signal = await signals.get()
    assert (signal.sender, signal.member) == (BUS.destination, "NameOwnerChanged")
    name, old, new = signal.body
    assert (old, new) == ("", name)


async def test_other_signals_do_not(bus, connection):
    """A handler gets nothing but what it asked for, and nothing after its block."""
    seen: list[Signal] = []
    elsewhere = Match(BUS.interface, "NameOwnerChanged", sender=BUS.destination, path="/elsewhere")
    async with connection.subscribe(OWNER_CHANGED, lambda _: None):
        async with connection.subscribe(elsewhere, seen.append):
            await somebody_comes(bus)
            await connection.call(BUS, "GetId")
        async with connection.subscribe(OWNER_CHANGED, seen.append):
            pass
        await somebody_comes(bus)
        await connection.call(BUS, "GetId")
    assert seen == []


async def test_truthy_handler(bus, connection):
    """What a handler returns swallows neither replies nor other handlers' signals."""
    signals: asyncio.Queue[Signal] = asyncio.Queue()

    def greedy(signal: Signal) -> bool:
        return bool(signal)

    async with (
        connection.subscribe(OWNER_CHANGED, greedy),
        connection.subscribe(OWNER_CHANGED, signals.put_nowait),
    ):
        await somebody_comes(bus)
        assert await connection.call(BUS, "GetId", expect="s")
        assert (await signals.get()).member == "NameOwnerChanged"


async def test_unsubscribing_in_a_handler(bus, connection):
    """A handler that goes away while a signal is handed on does not hide it from the next."""
    signals: asyncio.Queue[Signal] = asyncio.Queue()

    def leave(_: Signal) -> None:
        connection._subscriptions.pop(0)

    connection._subscriptions.append((OWNER_CHANGED, leave))
    async with connection.subscribe(OWNER_CHANGED, signals.put_nowait):
        await somebody_comes(bus)
        _name, before, now = (await signals.get()).body
    assert (before, bool(now)) == ("", True)
