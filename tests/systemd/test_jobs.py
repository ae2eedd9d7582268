"""Jobs on a real manager: sent together, each with its own end."""

import asyncio

import pytest

from hmsvcd.errors import BusGoneError, CallError, CallTimeoutError
from hmsvcd.host.bus import side_by_side
from hmsvcd.host.systemd import Manager
from hmsvcd.model.plan import ActionKind

pytestmark = pytest.mark.systemd

STAYS = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"
FAILS = "[Service]\nType=oneshot\nExecStart=/bin/false\n"
TAKES_LONG = "[Service]\nType=oneshot\nExecStart=/bin/sleep 1000\n"


@pytest.fixture
async def systemd(manager):
    """The door to a fresh manager."""
    door = await Manager.connect(manager.env)
    yield door
    await door.close()


def install(manager, **texts: str) -> None:
    """Write unit files, by the name of the service."""
    for name, text in texts.items():
        (manager.units / f"{name}.service").write_text(text)


async def run(systemd, kind: ActionKind, unit: str) -> str:
    """Send one job and return its result."""
    async with systemd.jobs() as jobs:
        job = await jobs.send(kind, unit)
        return str(await job.wait(20))


async def test_job_does_its_work(manager, systemd):
    """Start, restart, reload and stop bring the unit where they say."""
    install(manager, plain="[Service]\nExecStart=/bin/sleep 1000\nExecReload=/bin/true\n")
    for kind, state in [
        (ActionKind.START, "active"),
        (ActionKind.RESTART, "active"),
        (ActionKind.RELOAD, "active"),
        (ActionKind.STOP, "inactive"),
    ]:
        assert await run(systemd, kind, "plain.service") == "done"
        seen = await systemd.observe(["plain.service"])
        assert seen.unit("plain.service").active_state == state


async def test_failed_job(manager, systemd):
    """A start that fails says so."""
    install(manager, bad=FAILS)
    assert await run(systemd, ActionKind.START, "bad.service") == "failed"


async def test_no_op_job(manager, systemd):
    """A job that ends before its call is answered has its result all the same."""
    install(manager, stays=STAYS)
    assert await run(systemd, ActionKind.START, "stays.service") == "done"
    async with systemd.jobs() as jobs:
        for _ in range(50):
            job = await jobs.send(ActionKind.START, "stays.service")
            assert await job.wait(20) == "done"


async def test_refused_job(manager, systemd):
    """What systemd refuses is an error with its name, and stands in the list of many."""
    install(manager, stays=STAYS)
    async with systemd.jobs() as jobs:
        refused, sent = await jobs.send_all(
            [(ActionKind.START, "none.service"), (ActionKind.START, "stays.service")]
        )
        assert isinstance(refused, CallError)
        assert refused.name == "org.freedesktop.systemd1.NoSuchUnit"
        assert await sent.wait(20) == "done"


async def test_merged_jobs(manager, systemd):
    """Jobs of one unit that systemd merges all end, also one that somebody else has queued."""
    install(manager, slow="[Service]\nType=oneshot\nExecStart=/bin/sleep 0.2\n")
    manager.systemctl("start", "--no-block", "slow.service")
    async with systemd.jobs() as jobs:
        sent = await jobs.send_all([(ActionKind.START, "slow.service")] * 5)
        assert len({job.path for job in sent}) == 1
        assert await side_by_side(job.wait(20) for job in sent) == ["done"] * 5


async def test_impatient_wait(manager, systemd):
    """A wait that ends early leaves the job running; it can be awaited again."""
    install(manager, slow=TAKES_LONG)
    async with systemd.jobs() as jobs:
        start = await jobs.send(ActionKind.START, "slow.service")
        with pytest.raises(CallTimeoutError, match=r"slow\.service"):
            await start.wait(0.05)
        stop = await jobs.send(ActionKind.STOP, "slow.service")
        assert await start.wait(20) == "canceled"
        assert await stop.wait(20) == "done"


async def test_order(manager, systemd):
    """Of jobs that are sent together one waits for the end of another that it is ordered after."""
    log = manager.home / "log"
    install(
        manager,
        first=f"[Service]\nType=oneshot\nExecStart=/bin/sh -c 'sleep 0.1; echo first >> {log}'\n",
        second="[Unit]\nAfter=first.service\n"
        f"[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo second >> {log}'\n",
    )
    async with systemd.jobs() as jobs:
        sent = await jobs.send_all(
            [(ActionKind.START, "first.service"), (ActionKind.START, "second.service")]
        )
        await side_by_side(job.wait(20) for job in sent)
    assert log.read_text().split() == ["first", "second"]


async def test_bus_goes_during_job(manager, systemd):
    """When the manager goes away, whoever waits for a job learns it."""
    install(manager, slow=TAKES_LONG)
    async with systemd.jobs() as jobs:
        job = await jobs.send(ActionKind.START, "slow.service")
        waiting = asyncio.create_task(job.wait(20))
        await asyncio.sleep(0)
        manager.stop()
        with pytest.raises(BusGoneError):
            await waiting
    assert systemd.gone.is_set()


async def test_thousand_starts(manager, systemd):
    """A thousand units start in one go, and each says how it ended."""
    names = [f"unit{number}" for number in range(1000)]
    install(manager, **dict.fromkeys(names, STAYS))
    units = [f"{name}.service" for name in names]
    async with systemd.jobs() as jobs:
        sent = await jobs.send_all((ActionKind.START, unit) for unit in units)
        results = await side_by_side(job.wait(60) for job in sent)
    assert results == ["done"] * len(units)
    seen = await systemd.observe(units, closely=[])
    assert {seen.unit(unit).active_state for unit in units} == {"active"}
