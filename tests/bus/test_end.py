"""What a connection leaves behind when it ends, and who learns of it."""

import asyncio
import gc
import socket
from contextlib import ExitStack

import pytest

from hmsvcd.errors import BusGoneError
from hmsvcd.host.bus import BUS, CALLS_IN_FLIGHT, Connection

pytestmark = pytest.mark.bus


Calls = list["asyncio.Task[list[object]]"]


async def calls_that_hang(bus, count: int) -> tuple[Connection, Calls]:
    """Return a connection to a frozen bus and calls under way on it."""
    connection = await Connection.open(bus.address)
    bus.freeze()
    calls = [asyncio.create_task(connection.call(BUS, "GetId")) for _ in range(count)]
    await asyncio.sleep(0.05)
    return connection, calls


async def test_bus_dies_during_calls(bus):
    """When the bus dies, calls under way and calls that wait for their turn all fail."""
    connection, calls = await calls_that_hang(bus, CALLS_IN_FLIGHT * 3)
    bus.kill()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(end) for end in ends} == {BusGoneError}
    assert connection.gone.is_set()


async def test_call_after_the_end(bus):
    """A call on a dead connection fails at once instead of waiting for ever."""
    connection = await Connection.open(bus.address)
    bus.kill()
    await connection.gone.wait()
    with pytest.raises(BusGoneError):
        await connection.call(BUS, "GetId", within=3600)


async def test_close_fails_calls(bus):
    """Calls under way fail when the connection is closed on this side."""
    connection, calls = await calls_that_hang(bus, 3)
    await connection.close()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(end) for end in ends} == {BusGoneError}


async def test_promises_break(bus):
    """Who waits for something from the bus learns that it is gone, before and after."""
    connection = await Connection.open(bus.address)
    early = connection.promise()
    bus.kill()
    with pytest.raises(BusGoneError):
        await early
    with pytest.raises(BusGoneError):
        await connection.promise()


async def test_gone_survives_an_impatient_waiter(bus):
    """Somebody who stops waiting for the end does not keep others from learning of it."""
    connection = await Connection.open(bus.address)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(connection.gone.wait(), 0.01)
    bus.kill()
    await connection.gone.wait()


@pytest.mark.parametrize("end", ["close", "kill"])
async def test_socket_is_closed(bus, descriptors, end):
    """The socket is closed when a connection ends, from whichever side."""
    before = descriptors()
    connection = await Connection.open(bus.address)
    if end == "kill":
        bus.kill()
        await connection.gone.wait()
    await connection.close()
    await connection.close()
    assert descriptors() == before


async def test_late_writer_is_silent(bus, descriptors):
    """A late reply on a dead connection touches no descriptor that has got its number since."""
    connection = await Connection.open(bus.address)
    number = connection._bus._fd
    bus.kill()
    await connection.gone.wait()
    with ExitStack() as taken:
        while str(number) not in descriptors():
            for end in socket.socketpair():
                taken.enter_context(end)
        connection._bus.send(
            connection._library.Message.new_signal("/a", "org.example.A", "Late", "s", ["reply"])
        )
        await asyncio.sleep(0.01)
        assert not asyncio.get_running_loop().remove_writer(number)


async def test_reconnect(bus, descriptors):
    """After the end of one connection another can be opened, again and again."""
    before = descriptors()
    for _ in range(50):
        connection = await Connection.open(bus.address)
        await connection.call(BUS, "GetId")
        await connection.close()
    assert descriptors() == before


async def test_nothing_is_reported_later(bus):
    """A connection that the bus ended leaves no exception that asyncio complains about later."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    connection = await Connection.open(bus.address)
    promise = connection.promise()
    bus.kill()
    await connection.gone.wait()
    await asyncio.sleep(0)
    del connection, promise
    gc.collect()
    assert complaints == []
