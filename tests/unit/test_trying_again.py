"""What could not be done is tried again by itself, ever less often, and not for ever."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hmsvcd.app.attempt import Ended
from hmsvcd.app.wish import Wish
from hmsvcd.app.worker import MOST_TRIES, Worker
from hmsvcd.host.signals import Ending
from hmsvcd.model.daemon import DaemonState, Pass
from hmsvcd.model.plan import Outcome, Plan

SETTLED, RETRYING, STUCK = DaemonState.SETTLED, DaemonState.RETRYING, DaemonState.STUCK
DONE = Outcome(Plan())


@dataclass
class Passes:
    """Passes that end as they are told to; after each it is noted when the next one is due.

    What has an ``outcome`` was carried out, though a job of it did not come to run.
    """

    ends: Sequence[DaemonState]
    outcome: Outcome | None = DONE
    rests_in: float | None = None
    waits: list[int | None] = field(default_factory=list)
    judged: list[DaemonState] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ending = Ending()
        self.worker = Worker(self, self.ending, self)  # type: ignore[arg-type]

    async def make(self, _session: object, wish: Wish, *, narrowly: bool) -> Ended:
        """Make a pass that does nothing."""
        assert narrowly in {True, False}
        end = self.ends[len(self.judged)]
        made = Pass(wish.number, wish.cause, at=0, took=0, end=end, outcome=self.outcome)
        return Ended(made, self.rests_in)

    def begun(self, cause: str) -> None:
        """Learn that a pass begins."""

    def ended(self, made: Pass) -> None:
        """Note what a pass came to, and have the next one made at once."""
        self.judged.append(made.end)
        due, now = self.worker._due, asyncio.get_running_loop().time()
        self.waits.append(None if due is None else round(due - now))
        if len(self.judged) == len(self.ends):
            self.ending.requested.set()
        self.worker.touch("change")

    async def run(self, folder: Path) -> None:
        """Make all of them."""
        manager: Any = SimpleNamespace(gone=asyncio.Event())
        session: Any = SimpleNamespace(
            manager=manager, paths=SimpleNamespace(paused=folder / "paused")
        )
        self.worker.touch("start")
        await self.worker.run(session)


async def test_a_job_that_never_ran(tmp_path):
    """It is tried again after 1, 2, 4 … 60 seconds, and given up in the end."""
    passes = Passes([RETRYING] * (MOST_TRIES + 1))
    await passes.run(tmp_path)
    assert passes.waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, None]
    assert passes.judged == [RETRYING] * MOST_TRIES + [STUCK]


async def test_what_could_not_be_carried_out_at_all(tmp_path):
    """A disk that is full may be so for long: that is tried again for ever."""
    passes = Passes([RETRYING] * (MOST_TRIES + 2), outcome=None)
    await passes.run(tmp_path)
    assert passes.waits[-1] == 60
    assert set(passes.judged) == {RETRYING}


@pytest.mark.parametrize("end", [SETTLED, STUCK])
async def test_what_is_settled_or_stuck_waits_for_a_change(tmp_path, end):
    """Nothing is due by itself, and the next failure counts from the first wait."""
    passes = Passes([RETRYING, RETRYING, end, RETRYING])
    await passes.run(tmp_path)
    assert passes.waits == [1, 2, None, 1]


@pytest.mark.parametrize(("end", "wait"), [(SETTLED, 90), (RETRYING, 1)])
async def test_what_was_put_off_is_due_then(tmp_path, end, wait):
    """A pass is made by itself when a brake or a delay is over, or sooner for another reason."""
    passes = Passes([end], rests_in=90.0)
    await passes.run(tmp_path)
    assert passes.waits == [wait]
