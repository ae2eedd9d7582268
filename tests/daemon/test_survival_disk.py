"""The daemon outlives a disk that is full or read-only, and the limits of inotify."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hmsvcd.host.namespaces import has_private_run
from hmsvcd.host.store import Store
from users import eventually

pytestmark = pytest.mark.systemd

PAGE = 4096

DECLARATION = """
[daemon]
settle = "20ms"
[services.stays]
process.argv = ["/bin/sleep", "1000"]
[services.changes]
process.argv = ["/bin/sleep", "{version}"]
configData.conf.text = "{version}"
[services.only{version}]
process.argv = ["/bin/sleep", "1000"]
configData.conf.text = "{version}"
"""


def declaration(version: int) -> str:
    """Return a declaration whose versions change, add and remove something."""
    return DECLARATION.format(version=version)


@pytest.fixture(autouse=True)
def _private_mounts() -> None:
    if not has_private_run():
        pytest.skip("file systems can only be mounted in namespaces of one's own")


def mount(*arguments: str | Path) -> None:
    """Mount a file system in the namespace of the tests."""
    subprocess.run(["mount", *arguments], check=True)


def make_read_only(folder: Path) -> None:
    """Mount a folder read-only, when nobody writes just then."""
    command = ["mount", "-o", "remount,bind,ro", str(folder)]
    eventually(lambda: subprocess.run(command, capture_output=True, check=False).returncode == 0)


@pytest.fixture
def small(user) -> Iterator[Path]:
    """A small file system in the place of what hmsvcd keeps for itself."""
    user.state.mkdir(parents=True)
    mount("-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", user.state)
    yield user.state
    subprocess.run(["umount", "--lazy", user.state], check=True)


def fill(folder: Path, pages: int) -> Path:
    """Fill a file system, but for a few pages; return the file that does it."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(PAGE))
    os.truncate(ballast, ballast.stat().st_size - pages * PAGE)
    assert shutil.disk_usage(folder).free == pages * PAGE
    return ballast


def installed(user) -> dict[str, str]:
    """Return what is installed without what is only about to become something."""
    return {path: what for path, what in user.installed().items() if ".hmsvcd-new-" not in path}


def assert_stands(user, version: int) -> None:
    """Fail unless one version is in force, and nothing else."""
    eventually(lambda: not (user.state / "pending").exists())
    eventually(lambda: user.run("plan").document["files"] == [])
    assert user.run("plan").document["actions"] == []
    store = Store(user.state / "store")
    assert all(store.verify(name) for name in store.names())
    names = [path for path in user.installed() if "only" in path]
    assert names
    assert all(f"only{version}" in name for name in names)
    for service in ("stays", "changes", f"only{version}"):
        assert user.state_of(f"{service}.service") == "active"


def test_a_full_disk(user, daemon, small):
    """It changes nothing, says why, and goes on by itself when there is room again."""
    user.declare(declaration(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    before, stays = user.installed(), user.pid("stays.service")
    changes = user.pid("changes.service")
    ballast = fill(small, 0)
    user.declare(declaration(1001))
    daemon.until("pass finished", end="retrying")
    eventually(lambda: user.run("status").document["daemon"]["next_try"])
    document = user.run("status").document
    assert document["daemon"]["state"] in {"retrying", "working"}
    assert any("No space left" in problem["message"] for problem in document["errors"])
    assert user.installed() == before
    assert user.pid("changes.service") == changes
    ballast.unlink()
    daemon.until("pass finished", end="settled", count=2)
    assert_stands(user, 1001)
    assert user.pid("stays.service") == stays
    assert len([each for each in daemon.events("problem") if "No space" in each["text"]]) == 1
    assert user.run("status").document["errors"] == []


def test_a_disk_that_is_full_at_any_step(user, daemon, small):
    """Wherever a pass runs out of room, what it has begun is finished when there is some again."""
    user.declare(declaration(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    stays, failed = user.pid("stays.service"), 0
    for pages in range(1, 12, 3):
        ballast = fill(small, pages)
        passes = len(daemon.events("pass finished"))
        user.declare(declaration(1000 + pages))
        eventually(lambda: len(daemon.events("pass finished")) > passes)  # noqa: B023 - called here
        failed += "No space" in daemon.events("pass finished")[-1]["summary"]
        ballast.unlink()
        eventually(lambda: user.state_of(f"only{1000 + pages}.service") == "active")  # noqa: B023
        eventually(lambda: user.run("status").document["daemon"]["state"] == "settled")
        eventually(lambda: len(list(user.units.glob("only*"))) == 1)
        assert_stands(user, 1000 + pages)
        assert user.pid("stays.service") == stays
    assert 1 <= failed < 4


def test_a_home_that_is_read_only(user, daemon, tmp_path):
    """It says so, and goes on by itself when the home can be written again; also at the start."""
    elsewhere = tmp_path / "config.toml"
    elsewhere.write_text(declaration(1000), encoding="ascii")
    mount("--bind", user.home, user.home)
    try:
        make_read_only(user.home)
        daemon.start("--config", str(elsewhere))
        daemon.until("pass finished", end="retrying")
        assert "read-only" in daemon.log.lower()
        assert user.run("status").document["daemon"]["state"] in {"retrying", "working"}
        mount("-o", "remount,bind,rw", user.home)
        daemon.until("pass finished", end="settled")
        stays = user.pid("stays.service")
        before = user.installed()
        make_read_only(user.home)
        elsewhere.write_text(declaration(1001), encoding="ascii")
        daemon.until("pass finished", end="retrying", count=2)
        assert user.installed() == before
        mount("-o", "remount,bind,rw", user.home)
        eventually(lambda: user.state_of("only1001.service") == "active")
        eventually(lambda: len(list(user.units.glob("only*"))) == 1)
        eventually(lambda: not (user.state / "pending").exists())
        assert user.pid("stays.service") == stays
    finally:
        subprocess.run(["umount", "--lazy", user.home], check=True)


LIMITED = 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"'


def test_without_inotify(user, daemon):
    """Where inotify's limit is reached, it looks for changes instead, and says so."""
    command = ("unshare", "--user", "--map-root-user", "sh", "-c", LIMITED, "sh")
    user.declare(declaration(1000))
    daemon.start(command=command)
    daemon.until("pass finished", end="settled")
    eventually(lambda: user.run("status").document["daemon"]["watches"] == "polling")
    user.declare(declaration(1001))
    eventually(lambda: user.state_of("only1001.service") == "active")
    eventually(lambda: len(list(user.units.glob("only*"))) == 1)
