"""Who may call the daemon, many who do at once, and the end of either side."""

import asyncio
import gc
import os
from dataclasses import replace

import pytest

from control_calls import DBUS_ERROR, INTERFACE, busctl
from hmsvcd.errors import (
    BusGoneError,
    CallError,
    HostError,
    RefusedError,
)
from hmsvcd.host.bus import BUS, Connection, side_by_side
from hmsvcd.host.bus_object import PROPERTIES
from hmsvcd.host.bus_server import CALLS_AT_ONCE, CALLS_IN_LINE
from hmsvcd.host.control import (
    MANAGER,
    NAME,
    PATH,
    Control,
)
from stand_in import SHOWN, StandIn

pytestmark = pytest.mark.bus

NOBODY = 65534


@pytest.fixture
def open_bus(folder, bus):
    """A bus that lets every user in."""
    config = folder / "bus.conf"
    text = config.read_text()
    config.write_text(text.replace("<allow own", '<allow user="*"/><allow own'))
    folder.chmod(0o755)
    return bus


@pytest.mark.usefixtures("control")
@pytest.mark.may_skip("only root can become another user")
async def test_only_the_owner_may_call(open_bus, caller, handlers):
    """A caller of another user is refused everything, though the bus lets it in."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    await caller.call(BUS, "ReloadConfig")
    anything = ["call", BUS.destination, BUS.path, BUS.interface, "GetId"]
    assert (await busctl(open_bus, *anything, user=NOBODY))[0] == 0
    for words in (
        ["call", NAME, PATH, MANAGER.name, "Pause"],
        ["call", NAME, PATH, PROPERTIES.name, "GetAll", "s", MANAGER.name],
        ["call", NAME, PATH, MANAGER.name, "Status"],
    ):
        refused = await busctl(open_bus, *words, user=NOBODY)
        assert refused == (1, "", "Call failed: Access denied\n")
    assert handlers.asked == []
    assert (await busctl(open_bus, "call", NAME, PATH, MANAGER.name, "Pause"))[0] == 0
    assert handlers.asked == [("pause",)]


@pytest.mark.usefixtures("control")
async def test_callers_are_forgotten(bus, connection):
    """A caller is asked for once, and leaves nothing behind when it has left the bus."""
    before = len(connection._subscriptions), len(asyncio.all_tasks())
    for _ in range(20):
        other = await Connection.open(bus.address)
        await side_by_side(other.call(INTERFACE, "Status") for _ in range(5))
        assert len(connection._subscriptions) <= before[0] + 2
        await other.close()
    while (len(connection._subscriptions), len(asyncio.all_tasks())) != before:
        await connection.call(BUS, "GetId")


@pytest.mark.usefixtures("control")
async def test_two_daemons(bus, caller, defects):
    """A second daemon is refused, with the first one's process, and the first goes on."""
    second = Control(caller, StandIn(), SHOWN, defects.append)
    with pytest.raises(
        RefusedError, match=rf"another hmsvcd daemon runs \(process {os.getpid()}\)"
    ):
        async with second:
            pytest.fail("two daemons serve one bus")
    assert caller._subscriptions == []
    other = await Connection.open(bus.address)
    assert await other.call(INTERFACE, "Status", expect="s")
    await other.close()


async def test_the_name_is_given_back(connection, handlers, defects, caller):
    """After a daemon another one can serve, on the same connection or on another."""
    for _ in range(2):
        for one in (connection, caller):
            async with Control(one, handlers, SHOWN, defects.append):
                assert await caller.call(BUS, "NameHasOwner", "s", NAME) == [True]
            assert await caller.call(BUS, "NameHasOwner", "s", NAME) == [False]


async def test_what_the_block_raises_is_raised(connection, handlers, defects):
    """An error inside of the block comes out as it is, with its cause."""
    cause = ValueError("why")
    with pytest.raises(HostError) as caught:
        async with Control(connection, handlers, SHOWN, defects.append):
            raise HostError("no room") from cause
    assert caught.value.__cause__ is cause


@pytest.mark.usefixtures("control")
async def test_a_thousand_calls_at_once(bus, handlers):
    """A thousand calls at once are all answered, and no more worked on together than may be."""
    handlers.may_answer.clear()
    others = [await Connection.open(bus.address) for _ in range(25)]
    calls = [
        asyncio.create_task(other.call(INTERFACE, "Status", expect="s"))
        for other in others
        for _ in range(40)
    ]
    for _ in range(CALLS_AT_ONCE):
        await handlers.begun.acquire()
    handlers.may_answer.set()
    assert await asyncio.gather(*calls) == [[handlers.document]] * 1000
    assert handlers.most_at_once == CALLS_AT_ONCE
    for other in others:
        await other.close()


@pytest.mark.usefixtures("control")
async def test_too_many_calls(bus, handlers):
    """Beyond what can be kept in line a call is refused, and those in line are answered."""
    handlers.may_answer.clear()
    others = [await Connection.open(bus.address) for _ in range(12)]
    message = others[0]._library.Message
    calls = [
        asyncio.create_task(
            other._bus.call(
                message(destination=NAME, path=PATH, interface=MANAGER.name, member="Status")
            )
        )
        for other in others
        for _ in range(100)  # the bus lets each have 128 under way
    ]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert {each.result().error_name for each in done} == {f"{DBUS_ERROR}.LimitsExceeded"}
    handlers.may_answer.set()
    replies = await asyncio.gather(*calls)
    assert sum(reply.body == [handlers.document] for reply in replies) == CALLS_IN_LINE
    for other in others:
        await other.close()


@pytest.mark.usefixtures("control")
async def test_a_caller_that_leaves(bus, handlers, caller, defects):
    """A caller that leaves before the reply does no harm to others."""
    handlers.may_answer.clear()
    impatient = await Connection.open(bus.address)
    call = asyncio.create_task(impatient.call(INTERFACE, "Status"))
    await handlers.begun.acquire()
    await impatient.close()
    with pytest.raises(BusGoneError):
        await call
    handlers.may_answer.set()
    assert await caller.call(INTERFACE, "Status", expect="s") == [handlers.document]
    assert defects == []


async def test_leaving_answers_callers(connection, handlers, defects, caller):
    """A daemon that ends in the middle of a call says so, and leaves no task."""
    handlers.may_answer.clear()
    before = asyncio.all_tasks()
    async with Control(connection, handlers, SHOWN, defects.append):
        call = asyncio.create_task(caller.call(INTERFACE, "Status"))
        await handlers.begun.acquire()
    with pytest.raises(CallError, match="the daemon is ending"):
        await call
    assert asyncio.all_tasks() == before
    assert handlers.at_once == 0


async def test_the_end_of_the_bus_cancels_calls(bus, connection, handlers, defects, caller):
    """When the bus goes, calls under way end, and the daemon can be left as ever."""
    handlers.may_answer.clear()
    async with Control(connection, handlers, SHOWN, defects.append) as control:
        call = asyncio.create_task(caller.call(INTERFACE, "Status"))
        await handlers.begun.acquire()
        bus.kill()
        await handlers.ended.acquire()
        control.update(replace(SHOWN, state="stuck"))
        control.pass_finished(1, "{}")
        with pytest.raises(BusGoneError):
            await call
    assert defects == []


async def test_the_end_is_noticed_in_sending(bus, handlers, defects):
    """A signal that meets a dead bus is lost without a complaint, then or later."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    connection = await Connection.open(bus.address)
    async with Control(connection, handlers, SHOWN, defects.append) as control:
        bus.kill()
        control.pass_finished(1, "{}")
        if not connection.gone.is_set():
            connection._bus._writer.write_callback()  # before the loop reads that it has gone
        assert connection.gone.is_set()
    del connection, control
    await asyncio.sleep(0.01)
    gc.collect()
    assert complaints == defects == []


async def test_nothing_stays_open(bus, descriptors, handlers, defects):
    """Serving, calling and leaving again and again opens no descriptor for good."""
    before = descriptors()
    for _ in range(20):
        one, other = await Connection.open(bus.address), await Connection.open(bus.address)
        async with Control(one, handlers, SHOWN, defects.append) as control:
            await other.call(INTERFACE, "Status")
            control.pass_finished(1, handlers.document)
        await one.close()
        await other.close()
    assert descriptors() == before
