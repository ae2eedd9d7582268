"""What a folder holds is taken in some time after its events have been told."""

import asyncio
from pathlib import Path

from hmsvcd.host.watch import Pace
from watching import SILENCE, folders, silent, watching

LATE = Pace(quiet=0.01, relist=3600.0, compare=0.3)


async def test_what_events_have_told_is_told_once(tmp_path: Path):
    """When places are compared, what has changed since the events is all that counts as new."""
    (tmp_path / "one").touch()
    (tmp_path / "two").touch()
    async with watching(folders(tmp_path), LATE) as watcher:
        for name in ("one", "two"):
            (tmp_path / name).unlink()
            async with asyncio.timeout(20):
                await watcher.changed()
            assert await silent(watcher, 3 * SILENCE)
