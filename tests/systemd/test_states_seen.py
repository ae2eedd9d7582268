"""The states that a real manager's reports stand for: how a unit came to where it is."""

import asyncio
import time
from dataclasses import dataclass

import pytest

from hmsvcd.host.sandbox import Sandbox
from hmsvcd.host.systemd import Manager
from hmsvcd.model.decision import UnitState
from hmsvcd.pipeline.decide.states import state_of

pytestmark = pytest.mark.systemd

SLEEP = "ExecStart=/bin/sleep 1000\n"
TRAP = "ExecStart=/bin/bash -c 'trap \"exit %d\" TERM; echo up; sleep 1000 & wait'\n"
RUNNING = {UnitState.UP, UnitState.STARTING, UnitState.LOOPING, UnitState.STOPPING}
START = ("start", "--no-block")


@dataclass(frozen=True, slots=True)
class Story:
    """A unit, what is done to it one after another, and the state it then has.

    The step END waits until the unit runs no more.
    """

    name: str
    text: str
    steps: tuple[tuple[str, ...], ...]
    state: UnitState
    suffix: str = "service"

    @property
    def unit(self) -> str:
        """The unit's name."""
        return f"{self.name}.{self.suffix}"


END = ("…",)
STORIES = (
    Story("never-started", f"[Service]\n{SLEEP}", (), UnitState.IDLE),
    Story("up", f"[Service]\n{SLEEP}", (("start",),), UnitState.UP),
    Story("stopped-by-user", f"[Service]\n{SLEEP}", (("start",), ("stop",)), UnitState.HELD),
    Story("stopped-restarting", f"[Service]\nRestart=always\n{SLEEP}", (("start",), ("stop",)),
          UnitState.HELD),
    Story("stopped-exits-143", f"[Service]\n{TRAP % 143}", (("start",), ("stop",)),
          UnitState.HELD),
    Story("stopped-exits-1", f"[Service]\n{TRAP % 1}", (("start",), ("stop",)), UnitState.HELD),
    Story("stopped-notify", "[Service]\nType=notify\nNotifyAccess=all\n"
          "ExecStart=/bin/bash -c 'systemd-notify --ready; exec sleep 1000'\n",
          (("start",), ("stop",)), UnitState.HELD),
    Story("stopped-again-after-restart", f"[Service]\n{SLEEP}",
          (("start",), ("restart",), ("stop",)), UnitState.HELD),
    Story("stopped-while-starting", f"[Service]\nType=notify\n{SLEEP}",
          (START, ("stop",)), UnitState.HELD),
    Story("killed", f"[Service]\n{SLEEP}", (("start",), ("kill",), END), UnitState.FINISHED),
    Story("oneshot-killed", f"[Service]\nType=oneshot\n{SLEEP}", (START, ("kill",), END),
          UnitState.HELD),
    Story("killed-hard", f"[Service]\n{SLEEP}", (("start",), ("kill", "-sKILL"), END),
          UnitState.FAILED),
    Story("remaining-stopped", "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
          "ExecStart=/bin/true\n", (("start",), ("stop",)), UnitState.HELD),
    Story("remaining", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
          (("start",),), UnitState.UP),
    Story("exits-0", "[Service]\nExecStart=/bin/sleep 0.05\n", (("start",), END),
          UnitState.FINISHED),
    Story("oneshot", "[Service]\nType=oneshot\nExecStart=/bin/true\n", (("start",), END),
          UnitState.FINISHED),
    Story("oneshot-fails", "[Service]\nType=oneshot\nExecStart=/bin/false\n", (("start",), END),
          UnitState.FAILED),
    Story("oneshot-runs", f"[Service]\nType=oneshot\n{SLEEP}", (START,), UnitState.STARTING),
    Story("exits-1", "[Service]\nExecStart=/bin/false\n", (("start",), END), UnitState.FAILED),
    Story("exits-143-by-itself", "[Service]\nExecStart=/bin/bash -c 'sleep 0.05; exit 143'\n",
          (("start",), END), UnitState.FAILED),
    Story("crashes", "[Service]\nExecStart=/bin/bash -c 'kill -SEGV $$$$'\n",
          (("start",), END), UnitState.FAILED),
    Story("no-program", "[Service]\nExecStart=/nowhere/at-all\n", (("start",), END),
          UnitState.FAILED),
    Story("loops", "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=1000\n",
          (("start",),), UnitState.LOOPING),
    Story("start-limit", "[Unit]\nStartLimitBurst=1\nStartLimitIntervalSec=1000\n[Service]\n"
          "ExecStart=/bin/false\nRestart=always\nRestartSec=1ms\n", (("start",), END),
          UnitState.FAILED),
    Story("exec-condition", f"[Service]\nExecCondition=/bin/false\n{SLEEP}", (("start",), END),
          UnitState.IDLE),
    Story("condition", f"[Unit]\nConditionPathExists=/nowhere\n[Service]\n{SLEEP}",
          (("start",),), UnitState.IDLE),
    Story("assertion", f"[Unit]\nAssertPathExists=/nowhere\n[Service]\n{SLEEP}",
          (("start",),), UnitState.IDLE),
    Story("start-pre-fails", f"[Service]\nExecStartPre=/bin/false\n{SLEEP}", (("start",), END),
          UnitState.FAILED),
    Story("socket-never-started", "[Socket]\nListenStream=%t/story.sock\nService=up.service\n",
          (), UnitState.IDLE, "socket"),
    Story("socket-up", "[Socket]\nListenStream=%t/up.sock\nService=never-started.service\n",
          (("start",),), UnitState.UP, "socket"),
    Story("socket-stopped", "[Socket]\nListenStream=%t/st.sock\nService=never-started.service\n",
          (("start",), ("stop",)), UnitState.HELD, "socket"),
    Story("socket-fails", "[Socket]\nListenStream=/dev/null/a\nService=never-started.service\n",
          (("start",), END), UnitState.FAILED, "socket"),
    Story("path-up", "[Path]\nPathExists=/nowhere\nUnit=never-started.service\n", (("start",),),
          UnitState.UP, "path"),
    Story("path-stopped", "[Path]\nPathExists=/nowhere\nUnit=never-started.service\n",
          (("start",), ("stop",)), UnitState.HELD, "path"),
    Story("slice-up", "[Slice]\nMemoryMax=1G\n", (("start",),), UnitState.UP, "slice"),
    Story("slice-stopped", "[Slice]\nMemoryMax=1G\n", (("start",), ("stop",)), UnitState.HELD,
          "slice"),
    Story("target-up", "[Unit]\n", (("start",),), UnitState.UP, "target"),
    Story("target-stopped", "[Unit]\nDescription=t\n", (("start",), ("stop",)), UnitState.HELD,
          "target"),
    Story("timer-up", "[Timer]\nOnActiveSec=1h\nUnit=never-started.service\n", (("start",),),
          UnitState.UP, "timer"),
    Story("timer-stopped", "[Timer]\nOnActiveSec=1h\nUnit=never-started.service\n",
          (("start",), ("stop",)), UnitState.HELD, "timer"),
    Story("stopping", "[Service]\nExecStop=/bin/sleep 1000\nTimeoutStopSec=5\n" + SLEEP,
          (("start",), ("stop", "--no-block")), UnitState.STOPPING),
)  # fmt: skip


@pytest.fixture(scope="module")
def stage(shared_manager: Sandbox) -> Sandbox:
    """A manager with all units, in which something names them: what nobody names is forgotten."""
    for story in STORIES:
        (shared_manager.units / story.unit).write_text(story.text, encoding="utf-8")
    names = " ".join(story.unit for story in STORIES)
    keeper = shared_manager.units / "keeper.target"
    keeper.write_text(f"[Unit]\nDefaultDependencies=no\nAfter={names}\n", encoding="utf-8")
    shared_manager.systemctl("daemon-reload")
    shared_manager.systemctl("start", keeper.name)
    return shared_manager


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
async def test_a_real_unit_has_the_state_of_its_story(stage: Sandbox, story: Story) -> None:
    """What systemd reports of a unit tells how it came to where it is."""
    down = set(UnitState) - RUNNING
    manager = await Manager.connect(stage.env)
    try:
        for step in story.steps:
            if step == END:
                await reached(manager, story.unit, down)
            else:
                stage.systemctl(*step, story.unit, check=False)
        expected = {story.state} if story.state in RUNNING else down
        assert await reached(manager, story.unit, expected) is story.state
    finally:
        await manager.close()


async def reached(manager: Manager, unit: str, states: set[UnitState]) -> UnitState:
    """Return the state of a unit once it is one of these, or what it is after a while."""
    end = time.monotonic() + 5
    while True:
        observed = await manager.observe([unit])
        state = state_of(observed.unit(unit), owed=False)
        if state in states or time.monotonic() > end:
            return state
        await asyncio.sleep(0.01)
