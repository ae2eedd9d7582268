"""The daemon as its callers see it: commands, and whoever else waits for a pass."""

import asyncio
import json
import os

import pytest

from hmsvcd.errors import (
    BrokenOffError,
    BusGoneError,
    CallError,
    CallTimeoutError,
    HmsvcdError,
    HostError,
    NoManagerError,
    RefusedError,
)
from hmsvcd.host.bus import BUS, Connection
from hmsvcd.host.control import NAME, Control
from hmsvcd.host.daemon_client import Daemon
from hmsvcd.host.properties import KEYS
from stand_in import SHOWN

pytestmark = pytest.mark.bus


@pytest.fixture(params=["every key", "few keys"])
async def daemon(request, bus, control):
    """A daemon as somebody finds it, also over a connection that reads few keys."""
    assert control
    keys = KEYS if request.param == "few keys" else None
    other = await Connection.open(bus.address, keys=keys)
    found = await Daemon.find(other)
    assert found is not None
    yield found
    left = list(other._subscriptions), set(other._promises)
    await other.close()
    assert left == ([], set())


async def test_nobody_there(caller, folder):
    """Where no daemon runs there is none, and none is started to find that out."""
    started = folder / "started"
    (folder / "hmsvcd.service").write_text(
        f"[D-BUS Service]\nName={NAME}\nExec=/bin/sh -c 'touch {started}; false'\n"
    )
    await caller.call(BUS, "ReloadConfig")
    assert await Daemon.find(caller) is None
    assert not started.exists()


@pytest.mark.parametrize(
    "error",
    [
        RefusedError("cannot do it; really", "try; then ask"),
        HostError("no room on the disk"),
        BrokenOffError("a signal came"),
        NoManagerError("no manager", "log in"),
        CallTimeoutError("no answer"),
        HmsvcdError("anything else"),
    ],
)
async def test_errors_come_back_as_what_they_were(daemon, handlers, error):
    """What the daemon raises for the user, its caller raises: the type, the message, the hint."""
    handlers.error = error
    for ask in (daemon.status, daemon.apply):
        with pytest.raises(HmsvcdError) as caught:
            await ask()
        again = caught.value
        assert (type(again), again.message, again.hint) == (type(error), error.message, error.hint)


async def test_an_error_of_the_bus_stays_one(daemon, handlers):
    """What systemd refused the daemon comes to the caller by the name that systemd gave it."""
    handlers.error = CallError("org.freedesktop.systemd1.UnitMasked", "web.service is masked")
    with pytest.raises(CallError) as caught:
        await daemon.plan()
    assert (caught.value.name, caught.value.text) == (handlers.error.name, handlers.error.text)


async def test_a_defect_points_to_the_log(daemon, handlers):
    """Of a mistake in the daemon its caller learns where to look."""
    handlers.error = ValueError("a mistake")
    with pytest.raises(HmsvcdError, match="the daemon met a defect") as caught:
        await daemon.status()
    assert "journalctl" in (caught.value.hint or "")


async def test_what_is_found(daemon):
    """A daemon is found with its process, its version and the declaration it follows."""
    assert (daemon.pid, daemon.version, daemon.declaration) == (
        os.getpid(),
        SHOWN.version,
        SHOWN.declaration,
    )


async def test_what_it_is_asked(daemon, handlers, control):
    """Each request reaches the daemon with its arguments, and its answer comes back.

    The end of each pass is told before its number is.
    """
    handlers.control = control
    document = handlers.document
    assert [await daemon.status(), await daemon.plan()] == [document] * 2
    assert await daemon.apply() == document
    assert await daemon.apply(backup="old", replace=True) == document
    assert await daemon.reconcile() == document
    assert await daemon.rollback(None) == document
    assert await daemon.rollback(4) == document
    assert [await daemon.pause(), await daemon.resume()] == [None, None]
    assert handlers.asked == [
        ("status",),
        ("plan",),
        ("apply", None, False),
        ("apply", "old", True),
        ("reconcile",),
        ("rollback", None),
        ("rollback", 4),
        ("pause",),
        ("resume",),
    ]


async def test_the_pass_is_awaited(daemon, handlers, control):
    """The document is that of the pass that was begun, also when others end before it."""
    call = asyncio.create_task(daemon.apply())
    await handlers.ordered.acquire()
    control.pass_finished(99, '"another"')
    control.pass_finished(1, '"this one"')
    control.pass_finished(1, '"again"')
    assert json.loads(await call) == "this one"


async def test_a_huge_document(daemon, handlers, control):
    """Documents of several megabytes cross the bus whole, as answers and as signals."""
    handlers.control = control
    handlers.document = json.dumps({"text": "größer " * 1_000_000}, ensure_ascii=False)
    assert await daemon.plan() == handlers.document
    assert await daemon.apply() == handlers.document


async def test_a_daemon_that_ends_during_a_pass(caller, connection, handlers):
    """Who waits for a pass learns that the daemon has ended, though the bus lives on."""
    async with Control(connection, handlers, SHOWN, lambda _: None):
        daemon = await Daemon.find(caller)
        assert daemon is not None
        call = asyncio.create_task(daemon.apply())
        await handlers.ordered.acquire()
    with pytest.raises(HmsvcdError, match=rf"the daemon \(process {os.getpid()}\) ended"):
        await call
    for ask in (daemon.status, daemon.reconcile):
        with pytest.raises(HmsvcdError, match="ended"):
            await ask()


async def test_a_daemon_that_dies_during_a_call(caller, connection, handlers):
    """Who waits for an answer learns that the daemon is gone, whatever it died of."""
    handlers.may_answer.clear()
    async with Control(connection, handlers, SHOWN, lambda _: None):
        daemon = await Daemon.find(caller)
        assert daemon is not None
        calls = [asyncio.create_task(ask()) for ask in (daemon.status, daemon.apply)]
        for _ in calls:
            await handlers.begun.acquire()
        await connection.close()
        ends = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(end) for end in ends} == {HmsvcdError}
    assert {"ended" in str(end) for end in ends} == {True}


async def test_the_bus_goes_during_a_pass(bus, daemon, handlers):
    """Who waits for a pass learns that the bus is gone."""
    call = asyncio.create_task(daemon.apply())
    await handlers.ordered.acquire()
    bus.kill()
    with pytest.raises(BusGoneError):
        await call
