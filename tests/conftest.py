"""The harness: one run of pytest is one private set of namespaces, in which real managers run.

Plain ``pytest`` starts itself again inside of them, where the tests can do no harm. Every test is
watched: it may leave no asyncio task, no process, and nothing in the home of whoever runs it.
What cannot run on a laptop is skipped there; with ``CI=true`` a skip is a failure, unless the
test is marked ``may_skip(reason)``.
"""

import asyncio
import inspect
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest

from hmsvcd.host import namespaces, sandbox

HOMES = {
    "HOME": "",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_CACHE_HOME": ".cache",
    "XDG_RUNTIME_DIR": "run",
}
SESSION = ("DBUS_SESSION_BUS_ADDRESS", "HMSVCD_CONFIG", "NOTIFY_SOCKET", "INVOCATION_ID")
OURS = ("hmsvcd", "home-services", "systemd")  # what a stray write would be called
REAL_HOME = Path.home()
PRIVATE_HOME = pytest.StashKey[Path]()
IN_CI = os.environ.get("CI") == "true"


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Run the whole session once more, inside the namespaces."""
    only_looking = config.option.collectonly or config.option.help or config.option.version
    if sandbox.is_inside() or hasattr(config, "workerinput") or only_looking:
        return None
    if sandbox.why_not() is not None:
        return None  # the fixtures say why they skip
    capturing = config.pluginmanager.getplugin("capturemanager")
    if capturing is not None:
        capturing.suspend_global_capture(in_=True)
    arguments = config.invocation_params.args
    return sandbox.run_inside([sys.executable, "-m", "pytest", *arguments])


def pytest_configure(config: pytest.Config) -> None:
    """Give the test process an empty home of its own, and signals as a terminal gives them."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:  # as under nohup(1), and so in all children
            signal.signal(number, signal.SIG_DFL)
    config.addinivalue_line(
        "markers", "may_skip(reason): may be skipped in CI too, for a reason that holds there"
    )
    base = "/run/user" if namespaces.has_private_run() else None
    config.stash[PRIVATE_HOME] = home = Path(tempfile.mkdtemp(prefix="hmsvcd-tests-", dir=base))
    for variable, below in HOMES.items():
        (home / below).mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[variable] = str(home / below)
    for variable in SESSION:
        os.environ.pop(variable, None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the home of the test process."""
    home = config.stash.get(PRIVATE_HOME, None)
    if home is not None:
        shutil.rmtree(home, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make every skip in CI a failure, but for those marked ``may_skip``."""
    report = yield
    if item.get_closest_marker("may_skip") is None:
        fail_if_skipped_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Make a skipped module in CI a failure."""
    report = yield
    fail_if_skipped_in_ci(report)
    return report


def fail_if_skipped_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure that gives the reason."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where nothing may be: {report.longrepr}"


@pytest.fixture(scope="session", autouse=True)
def journal() -> Iterator[None]:
    """Run one journald for all managers of the session."""
    journald = sandbox.start_journal()
    yield
    if journald is not None:
        journald.kill()
        journald.wait()


@pytest.fixture(scope="session")
def sandboxes() -> type[sandbox.Sandbox]:
    """Give what makes managers, or skip where they cannot run."""
    why = sandbox.why_not()
    if why is not None:
        pytest.skip(why)
    return sandbox.Sandbox


@pytest.fixture
def manager(sandboxes: type[sandbox.Sandbox]) -> Iterator[sandbox.Sandbox]:
    """A fresh ``systemd --user`` of this test alone."""
    with sandboxes() as fresh:
        yield fresh


@pytest.fixture(scope="module")
def shared_manager(sandboxes: type[sandbox.Sandbox]) -> Iterator[sandbox.Sandbox]:
    """One ``systemd --user`` for the tests of a module that do not disturb each other."""
    with sandboxes() as shared:
        yield shared


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a task, a process, or something in the real home."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("no_task_left")
    processes, files = stray_processes(), set(real_files())
    yield
    strays = ended_soon(stray_processes() - processes)
    assert not strays, f"the test left processes: {sorted(map(command_line, strays))}"
    appeared = set(real_files()) ^ files
    assert not appeared, f"the test touched the real home: {sorted(map(str, appeared))}"


@pytest.fixture
async def no_task_left() -> AsyncIterator[None]:
    """Fail an asynchronous test that leaves a task."""
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"the test left tasks: {sorted(task.get_name() for task in left)}"


def real_files() -> Iterator[tuple[Path, int]]:
    """Yield what hmsvcd would write in the real home, with its time of change."""
    for base in (".config", ".local/state", ".local/share", ".cache"):
        for name in OURS:
            top = REAL_HOME / base / name
            for folder, _, names in os.walk(top):
                for path in (Path(folder), *(Path(folder, name) for name in names)):
                    yield path, path.lstat().st_mtime_ns


def stray_processes() -> set[int]:
    """Return the living processes outside every sandbox: of the namespaces, else our children."""
    if sandbox.is_inside():
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    else:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
        pids = [int(pid) for pid in listed.split()]
    return {pid for pid in pids if is_stray(pid)}


def is_stray(pid: int) -> bool:
    """Tell whether a process lives and is in no manager's cgroup."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        cgroup = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8")
    except OSError:
        return False
    return state not in "ZX" and ".slice/user@" not in cgroup


def ended_soon(pids: set[int], within: float = 1.0) -> set[int]:
    """Return those processes that are still there when the others have had time to end."""
    end = time.monotonic() + within
    while (pids := {pid for pid in pids if is_stray(pid)}) and time.monotonic() < end:
        time.sleep(0.01)
    return pids


def command_line(pid: int) -> str:
    """Return what a process was started as."""
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
