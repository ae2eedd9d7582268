"""The daemon stays as small and as quiet as it was, however much is saved."""

import asyncio
import gc
import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from hmsvcd.app.daemon import Audience, run
from hmsvcd.app.ports import Unlogged
from hmsvcd.host.notify import Notifier
from hmsvcd.host.watch import Pace
from hmsvcd.model.daemon import Pass
from users import User, eventually

pytestmark = pytest.mark.systemd

DECLARATION = """
[daemon]
settle = "0ms"
keep_generations = 2
[services.stays]
process.argv = ["/bin/sleep", "1000"]
configData.conf.text = "{version}"
systemd.service.unitConfig.X-SwitchMethod = "reload"
systemd.service.serviceConfig.ExecReload = "/bin/true"
"""

MANY = 50
"""More objects of a type than come and go; a hundred saves would make a hundred."""

PADDING = "# What is read takes so much room that it would be seen if it were kept.\n" * 200


def declare(user, version: int) -> None:
    """Save a version of the declaration as most editors do."""
    beside = user.declaration.with_name(".new")
    beside.write_text(DECLARATION.format(version=version) + PADDING, encoding="ascii")
    beside.rename(user.declaration)


def in_force(user) -> str:
    """Return the version that is installed."""
    installed: str = (user.config / "home-services/stays/conf").read_text(encoding="ascii")
    return installed


def save_and_wait(user, version: int) -> None:
    """Save a version and wait until it is in force."""
    declare(user, version)
    eventually(lambda: in_force(user) == str(version))


def descriptors(pid: int) -> int:
    """Return how many files a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def status_value(path: Path, name: str) -> int:
    """Return a number of proc_pid_status(5)."""
    lines = path.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def test_hundreds_of_saves(user, daemon):
    """The three hundredth save leaves it with the files, threads and memory of the hundredth."""
    user.declare(DECLARATION.format(version=0))
    daemon.start()
    daemon.until("pass finished", end="settled")
    process = Path(f"/proc/{daemon.pid}/status")
    stays = user.pid("stays.service")
    for version in range(1, 101):
        save_and_wait(user, version)
    before = status_value(process, "VmRSS")
    files, threads = descriptors(daemon.pid), status_value(process, "Threads")
    for version in range(101, 301):
        save_and_wait(user, version)
    grown = status_value(process, "VmRSS") - before
    eventually(lambda: descriptors(daemon.pid) <= files)
    assert status_value(process, "Threads") <= threads
    assert grown * 1024 < 200 * len(PADDING) / 2
    assert user.pid("stays.service") == stays


def test_thousand_saves_in_a_second(user, daemon):
    """A burst of saves ends in the last of them, with few passes."""
    user.declare(DECLARATION.format(version=0))
    daemon.start()
    daemon.until("pass finished", end="settled")
    for version in range(1, 1001):
        declare(user, version)
        time.sleep(0.0005)
    eventually(lambda: in_force(user) == "1000")
    eventually(lambda: user.run("status").document["daemon"]["state"] == "settled")
    last = user.run("status").document["daemon"]["last_pass"]["number"]
    assert last <= 20


def wakes(pid: int) -> int:
    """Return how often the threads of a process have begun to wait so far."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(status_value(each / "status", "voluntary_ctxt_switches") for each in threads)


def test_it_is_idle(user, daemon):
    """Where nothing happens, nothing wakes it but the look for events."""
    user.declare(DECLARATION.format(version=0))
    daemon.start()
    daemon.until("pass finished", end="settled")
    pace = Pace()
    time.sleep(pace.quick_for + 1)
    before, begun = wakes(daemon.pid), time.monotonic()
    time.sleep(3)
    took, woken = time.monotonic() - begun, wakes(daemon.pid) - before
    assert woken <= 1.5 * took / pace.quiet


async def test_nothing_grows(user: User, monkeypatch: pytest.MonkeyPatch):
    """After many saves there are no more tasks, threads, files and objects than after some."""
    for name, value in user.session.env.items():
        monkeypatch.setenv(name, value)
    passes: list[Pass] = []
    finished = asyncio.Event()

    def shown(made: Pass) -> None:
        passes[:] = [made]
        finished.set()

    async def save(version: int) -> None:
        finished.clear()
        await asyncio.to_thread(declare, user, version)
        async with asyncio.timeout(20):
            await finished.wait()

    user.declare(DECLARATION.format(version=0))
    async with asyncio.TaskGroup() as group:
        group.create_task(run(None, Audience(Unlogged(), Notifier({}), shown=shown)))
        async with asyncio.timeout(20):
            await finished.wait()
        for version in range(1, 31):
            await save(version)
        before, grown = census(), {"nothing looked at"}
        for version in range(31, 131):
            await save(version)
        for _ in range(50):  # perhaps something is still under way
            grown = {name for name, count in (census() - before).items() if count >= MANY}
            if not grown:
                break
            await asyncio.sleep(0.1)
        os.kill(os.getpid(), signal.SIGTERM)
    assert not grown


def census() -> Counter[str]:
    """Count what there is in this process, objects by their types."""
    gc.collect()
    counted = Counter(type(each).__qualname__ for each in gc.get_objects())
    pid = os.getpid()
    tasks = len(asyncio.all_tasks())
    few = {"tasks": tasks, "threads": threading.active_count(), "files": descriptors(pid)}
    return counted + Counter({name: count * MANY // 2 for name, count in few.items()})
