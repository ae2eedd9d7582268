"""The daemon's worker makes one pass at a time, and forgets nothing that was asked for."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hmsvcd.app.attempt import Ended
from hmsvcd.app.request import Request
from hmsvcd.app.wish import Apply, Reconcile, Wish
from hmsvcd.app.worker import Worker
from hmsvcd.errors import BusGoneError
from hmsvcd.host.signals import Ending
from hmsvcd.model.daemon import DaemonState, Pass


@dataclass
class Passes:
    """Passes that do nothing but to be noted: the cause of each, and whether it looked narrowly.

    ``meanwhile`` says what happens during a pass of that number, ``ends`` how it ends.
    """

    ending: Ending
    meanwhile: dict[int, Any]
    ends: dict[int, DaemonState] = field(default_factory=dict)
    made: list[tuple[str, bool]] = field(default_factory=list)

    async def make(self, _session: object, wish: Wish, *, narrowly: bool) -> Ended:
        """Note a pass, and end the daemon after the last one that something happens in."""
        self.made.append((wish.cause, narrowly))
        number = len(self.made)
        self.meanwhile.get(number, self.ending.requested.set)()
        end = self.ends.get(number, DaemonState.SETTLED)
        return Ended(Pass(wish.number, wish.cause, at=0, took=0, end=end))

    def begun(self, cause: str) -> None:
        """Learn that a pass begins."""

    def ended(self, made: Pass) -> None:
        """Learn what a pass came to."""

    def refused(self, made: Pass) -> None:
        """Learn that an order was refused."""


@pytest.fixture
def session(tmp_path: Path) -> Any:
    """A session that nobody has paused, and whose manager is there."""
    gone = asyncio.Event()
    return SimpleNamespace(
        manager=SimpleNamespace(gone=gone), paths=SimpleNamespace(paused=tmp_path / "paused")
    )


def worker_of(passes: Passes) -> Worker:
    """Return the worker that makes these passes."""
    worker = Worker(passes, passes.ending, passes)  # type: ignore[arg-type]
    worker.touch("start")
    return worker


async def test_after_a_settled_pass_the_next_looks_narrowly(session):
    """The first pass of a session looks at everything, and so does one after a failure."""
    passes = Passes(Ending(), {}, {2: DaemonState.STUCK})
    worker = worker_of(passes)
    passes.meanwhile = dict.fromkeys((1, 2), lambda: worker.touch("change"))
    await worker.run(session)
    assert passes.made == [("start", False), ("change", True), ("change", False)]


@pytest.mark.parametrize("causes", [["change", "reload"], ["reload", "change", "change"]])
async def test_to_look_thoroughly_is_not_forgotten(session, causes):
    """Whatever happens besides during a pass, the next one looks at everything and says why."""
    passes = Passes(Ending(), {})
    worker = worker_of(passes)

    def happens() -> None:
        for cause in causes:
            worker.touch(cause, thoroughly=cause == "reload")

    passes.meanwhile = {1: happens, 2: lambda: worker.touch("change")}
    await worker.run(session)
    assert passes.made == [("start", False), ("reload", False), ("change", True)]


async def test_a_manager_that_goes_ends_the_work(session):
    """With the manager gone no pass is made; with another one everything is looked at."""
    passes = Passes(Ending(), {})
    worker = worker_of(passes)

    def goes() -> None:
        session.manager.gone.set()
        worker.touch("change")

    passes.meanwhile = {1: goes}
    with pytest.raises(BusGoneError):
        await worker.run(session)
    session.manager.gone.clear()
    await worker.run(session)
    assert passes.made == [("start", False), ("change", False)]


async def test_the_same_order_is_one_pass(session):
    """A program that orders again and again does not make the daemon work for ever."""
    passes = Passes(Ending(), {})
    worker = worker_of(passes)
    numbers = [worker.ask(Apply(Request())) for _ in range(3)]
    other = worker.ask(Apply(Request(replace=True)))
    assert len({*numbers, other}) == 2
    passes.meanwhile = dict.fromkeys((1, 2), lambda: None)
    await worker.run(session)
    assert [cause for cause, _ in passes.made] == ["apply", "apply", "start"]


async def test_an_order_looks_at_everything(session):
    """Whoever orders a pass does not trust what the daemon remembers."""
    passes = Passes(Ending(), {})
    worker = worker_of(passes)
    passes.meanwhile = {1: lambda: worker.ask(Reconcile())}
    await worker.run(session)
    assert passes.made == [("start", False), ("reconcile", False)]
