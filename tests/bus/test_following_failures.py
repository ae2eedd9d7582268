"""Units that may have failed are not forgotten where the manager does not answer."""

import asyncio
from types import SimpleNamespace
from typing import Any

from hmsvcd.app.tell.failures import follow_units
from hmsvcd.host.bus import Connection
from hmsvcd.host.systemd import Manager


async def test_a_refused_look_is_made_again(bus):
    """An error, as where nobody is there to ask, says nothing of the units."""
    looks = asyncio.Semaphore(0)

    def current():
        looks.release()
        return SimpleNamespace(generation=SimpleNamespace(units={"a.service": "0-a.service"}))

    connection = await Connection.open(bus.address)
    disk = SimpleNamespace(records=SimpleNamespace(current=current))
    session: Any = SimpleNamespace(manager=Manager(connection), disk=disk)
    worker: Any = SimpleNamespace(idle=asyncio.Event(), is_working=False)
    worker.idle.set()
    units: Any = SimpleNamespace(failed=set(), starting=set(), reloading=set())
    following = asyncio.create_task(follow_units(session, worker, units))
    async with asyncio.timeout(20):
        for _ in range(4):  # at the beginning, and before each look
            await looks.acquire()
    following.cancel()
    await asyncio.wait([following])
    assert following.cancelled()
    await connection.close()
