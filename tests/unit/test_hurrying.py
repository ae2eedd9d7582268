"""A wait for what goes on by itself ends when there is something else to do; others do not."""

import asyncio

from hmsvcd.host.signals import Ending


async def lasts(waiting, *, until):
    """Say whether a wait goes on until something has come."""
    try:
        async with waiting:
            await until.wait()
    except TimeoutError:
        return False
    return True


async def test_patience_ends_when_there_is_something_else_to_do():
    """Only waits for what goes on by itself are cut short, also those that begin later."""
    ending, come = Ending(), asyncio.Event()
    with ending.uninterrupted() as interruption:
        async with asyncio.TaskGroup() as group:
            patient = group.create_task(lasts(interruption.patience(), until=come))
            other = group.create_task(lasts(interruption.wait(), until=come))
            await ending.is_waiting.wait()
            ending.hurry()
            assert not await patient
            assert not ending.is_waiting.is_set()
            assert not await lasts(interruption.patience(), until=come)
            come.set()
            assert await other
            assert await lasts(interruption.patience(), until=come)
    assert not interruption.happened


async def test_each_switch_has_its_own_patience():
    """To hurry one, or none at all, does not hurry the next."""
    ending, come = Ending(), asyncio.Event()
    with ending.uninterrupted():
        ending.hurry()
    ending.hurry()
    with ending.uninterrupted() as interruption:
        async with asyncio.TaskGroup() as group:
            patient = group.create_task(lasts(interruption.patience(), until=come))
            await ending.is_waiting.wait()
            come.set()
            assert await patient
