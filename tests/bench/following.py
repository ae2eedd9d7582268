"""How long a save takes to be in force with the daemon, beside systemd's own time for the job.

    .venv/bin/python tests/bench/following.py [N ...]

N services run in a private ``systemd --user``, all declared in one file. The text of one
configuration file in it is saved again and again; the clock runs until systemd says that the
reload or restart of its service is done. systemd's own time is that of the same job, asked for
over the same bus in the same run. A save is the first one after a quiet spell, or follows another.
Then saves come in a burst, and its passes are counted; and the daemon idles for a minute, and what
it takes is measured.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hmsvcd.host.bus import Match, Signal
from hmsvcd.host.control import NAME
from hmsvcd.host.jobs import JOB_REMOVED
from hmsvcd.host.properties import MANAGER
from hmsvcd.host.sandbox import Sandbox, is_inside, run_inside
from hmsvcd.host.systemd import Manager
from hmsvcd.model.plan import ActionKind

Process = subprocess.Popen[bytes]

FIRST_SAVES, FOLLOWING_SAVES, JOBS = 5, 10, 15
QUIET_SECONDS = 14.0
BETWEEN_SAVES = 2.0
IDLE_SECONDS = 60.0
BURST = 1_000
PASS_FINISHED = Match(f"{NAME}.Manager1", "PassFinished", NAME)
SERVICE = """
[services.s{number}]
process.argv = ["/bin/sleep", "infinity"]
configData."app.conf".text = "port = {port}\\n"
systemd.service.unitConfig.X-SwitchMethod = "{method}"
systemd.service.unitConfig.StartLimitBurst = 1000
systemd.service.serviceConfig.ExecReload = "/bin/true"
"""


@dataclass
class Bench:
    """One number of services in one private session, with a daemon."""

    sandbox: Sandbox
    count: int
    manager: Manager
    daemon: Process
    done: "asyncio.Queue[tuple[str, float]]" = field(default_factory=asyncio.Queue)
    passes: int = 0

    def removed(self, signal: Signal) -> None:
        """Note that a job has ended."""
        self.done.put_nowait((signal.body[2], time.perf_counter()))

    def finished(self, _: Signal) -> None:
        """Count a pass."""
        self.passes += 1

    async def until_done(self, unit: str) -> float:
        """Return when the next job of a unit was done."""
        async with asyncio.timeout(120):
            while True:
                name, at = await self.done.get()
                if name == unit:
                    return at

    async def save(self, port: int, method: str) -> float:
        """Save a declaration, and return the seconds until the job of its change was done."""
        while not self.done.empty():
            self.done.get_nowait()
        began = save(self.sandbox, declaration(self.count, port, method))
        return await self.until_done("s0.service") - began

    async def job(self, kind: ActionKind) -> float:
        """Return the seconds that systemd itself takes for a job."""
        async with self.manager.jobs() as jobs:
            began = time.perf_counter()
            job = await jobs.send(kind, "s0.service")
            await job.wait(10)
            return time.perf_counter() - began

    @property
    def cpu(self) -> float:
        """The seconds of CPU that the daemon has used."""
        fields = Path(f"/proc/{self.daemon.pid}/stat").read_text(encoding="ascii")
        user, system = fields.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """What the daemon holds in memory, in MiB."""
        lines = Path(f"/proc/{self.daemon.pid}/status").read_text(encoding="ascii").splitlines()
        found = next(line for line in lines if line.startswith("VmRSS"))
        return int(found.split()[1]) / 1024


def declaration(count: int, port: int, method: str) -> str:
    """Return a declaration; ``port`` and ``method`` are those of the first service."""
    first = SERVICE.format(number=0, port=port, method=method)
    others = (SERVICE.format(number=number, port=1, method="reload") for number in range(1, count))
    return "".join((first, *others))


def save(sandbox: Sandbox, text: str) -> float:
    """Save as most editors do, beside and renamed; return when it was renamed."""
    folder = sandbox.config / "hmsvcd"
    beside = folder / ".config.toml.new"
    beside.write_text(text, encoding="utf-8")
    began = time.perf_counter()
    beside.rename(folder / "config.toml")
    return began


async def measure_saves(bench: Bench, kind: ActionKind, port: int) -> None:
    """Print how long saves take that ask for a reload, or for a restart."""
    await bench.save(port, kind.value)
    own = []
    for _ in range(JOBS):
        await asyncio.sleep(BETWEEN_SAVES / 4)
        own.append(await bench.job(kind))
    for name, count, pause in (
        ("following", FOLLOWING_SAVES, BETWEEN_SAVES),
        ("first", FIRST_SAVES, QUIET_SECONDS),
    ):
        took = []
        for _ in range(count):
            await asyncio.sleep(pause)
            port += 1
            took.append(await bench.save(port, kind.value))
        ours, theirs = (statistics.median(times) * 1000 for times in (took, own))
        print(
            f"  {kind.value:<8}{name:<10}{ours:8.1f} ms, at most {max(took) * 1000:5.1f}"
            f"   systemd {theirs:5.1f} ms   ratio {ours / theirs:5.1f}"
            f"   more by {ours - theirs:5.1f} ms",
            flush=True,
        )


async def measure_burst(bench: Bench) -> None:
    """Print how many passes a burst of saves takes."""
    before, began = bench.passes, time.perf_counter()
    for port in range(BURST):
        save(bench.sandbox, declaration(bench.count, 10_000 + port, "reload"))
    took = time.perf_counter() - began
    await asyncio.sleep(QUIET_SECONDS)
    print(f"  {BURST} saves in {took:.1f} s: {bench.passes - before} passes", flush=True)


async def measure_idling(bench: Bench) -> None:
    """Print what the daemon takes while nothing happens."""
    await asyncio.sleep(QUIET_SECONDS)
    before = bench.cpu
    await asyncio.sleep(IDLE_SECONDS)
    share = (bench.cpu - before) / IDLE_SECONDS
    print(f"  idle: {share:.2%} of a core, {bench.memory:.1f} MiB", flush=True)


@asynccontextmanager
async def following(
    sandbox: Sandbox, count: int, daemon: "subprocess.Popen[bytes]"
) -> AsyncIterator[Bench]:
    """Listen to a session whose daemon is about to start that many services."""
    manager = await Manager.connect(sandbox.env)
    bench = Bench(sandbox, count, manager, daemon)
    connection = manager.connection
    try:
        async with (
            connection.subscribe(JOB_REMOVED, bench.removed),
            connection.subscribe(PASS_FINISHED, bench.finished),
        ):
            await connection.call(MANAGER, "Subscribe")
            save(sandbox, declaration(count, 1, "reload"))
            await bench.until_done(f"s{count - 1}.service")
            await asyncio.sleep(QUIET_SECONDS)
            yield bench
    finally:
        await manager.close()


async def measure(sandbox: Sandbox, count: int, daemon: Process) -> None:
    """Print the rows for one number of services."""
    async with following(sandbox, count, daemon) as bench:
        print(f"{count} services, {bench.memory:.1f} MiB after the first pass", flush=True)
        await measure_saves(bench, ActionKind.RELOAD, 2)
        await measure_saves(bench, ActionKind.RESTART, 102)
        await measure_burst(bench)
        await measure_idling(bench)


@contextmanager
def running(sandbox: Sandbox) -> Iterator[Process]:
    """Run a daemon that has nothing to do yet."""
    (sandbox.config / "hmsvcd").mkdir()
    save(sandbox, "services = {}\n")
    command = [sys.executable, "-m", "hmsvcd", "run"]
    daemon = subprocess.Popen(command, env=sandbox.env, stderr=subprocess.DEVNULL)
    try:
        yield daemon
    finally:
        daemon.terminate()
        daemon.wait()


def main() -> int:
    """Measure each number of services that is named, 10 and 1,000 by default."""
    if not is_inside():
        return run_inside([sys.executable, str(Path(__file__).resolve()), *sys.argv[1:]])
    for count in map(int, sys.argv[1:] or ("10", "1000")):
        with Sandbox() as sandbox, running(sandbox) as daemon:
            asyncio.run(measure(sandbox, count, daemon))
    return 0


if __name__ == "__main__":
    sys.exit(main())
