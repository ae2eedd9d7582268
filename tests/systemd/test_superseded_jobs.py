"""What becomes of a job of ours when somebody else queues one of the same unit."""

import pytest

from hmsvcd.host.systemd import Manager
from hmsvcd.model.plan import ActionKind
from users import eventually

pytestmark = pytest.mark.systemd

UNIT = "slow.service"
SLOW = """
[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=infinity
ExecStart=/bin/sh -c 'until [ -e %t/go ]; do sleep 0.02; done'
"""


@pytest.fixture
async def systemd(manager):
    """The door to a fresh manager that knows of a unit whose start takes its time."""
    (manager.units / UNIT).write_text(SLOW)
    door = await Manager.connect(manager.env)
    yield door
    await door.close()


@pytest.fixture
async def jobs(systemd):
    """What sends jobs to that manager."""
    async with systemd.jobs() as jobs:
        yield jobs


async def test_replaced_by_its_opposite(manager, systemd, jobs):
    """A start is cancelled by a stop, whose end is learnt, too."""
    start = await jobs.send(ActionKind.START, UNIT)
    manager.systemctl("stop", UNIT)
    assert await start.wait(20) == "canceled"
    await systemd.observe([UNIT])  # the answer comes after all signals before it
    assert jobs.superseded == {UNIT}


async def test_taken_off(manager, jobs):
    """Nothing takes the place of a job that is only cancelled."""
    start = await jobs.send(ActionKind.START, UNIT)
    manager.systemctl("cancel", start.path.rpartition("/")[2])
    assert await start.wait(20) == "canceled"
    assert jobs.superseded == set()


async def test_merged(manager, jobs):
    """A restart of somebody else becomes one job with our start, whose end is the end of both."""
    start = await jobs.send(ActionKind.START, UNIT)
    manager.systemctl("restart", "--no-block", UNIT)
    assert start.path.endswith(manager.systemctl("show", UNIT, "--value", "-pJob").strip())
    (manager.runtime / "go").touch()
    assert await start.wait(20) == "done"
    assert jobs.superseded == set()
    eventually(lambda: manager.systemctl("is-active", UNIT).strip() == "active")
