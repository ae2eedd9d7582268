"""A daemon that is killed while it rolls back or removes units goes on where it was."""

import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from hmsvcd.host.store import Store
from users import User, eventually

pytestmark = pytest.mark.systemd

DECLARATION = """
[daemon]
settle = "200ms"
removal_delay = "10ms"
[services.stays]
process.argv = ["/bin/sleep", "1000"]
[services.changes]
process.argv = ["/bin/sleep", "{version}"]
[services.only{parity}]
process.argv = ["/bin/sleep", "1000"]
configData.conf.text = "{version}"
"""


def declaration(version: int) -> str:
    """Return a version; each removes a service of the one before, and adds one."""
    return DECLARATION.format(version=version, parity=version % 2)


def running(user: User) -> int:
    """Return the version that runs, which has to be the one that is installed, and only that."""
    command = user.arguments("changes.service")
    assert command[:1] == ["/bin/sleep"]  # else systemd is only about to start it
    version = int(command[1])
    parity = version % 2
    assert f'"{version}"' in (user.units / "changes.service").read_text(encoding="ascii")
    text = (user.config / f"home-services/only{parity}/conf").read_text(encoding="ascii")
    assert text == str(version)
    assert user.state_of(f"only{parity}.service") == "active"
    assert user.state_of(f"only{1 - parity}.service") == "inactive"
    assert not [path for path in user.installed() if f"only{1 - parity}" in path]
    assert not [path for path in user.installed() if ".hmsvcd-new-" in path]
    return version


@contextmanager
def asking(user: User) -> Iterator[None]:
    """Ask the daemon for a rollback, and do not care for its answer."""
    process = user.start("rollback")
    try:
        yield
    finally:
        process.communicate()


@pytest.mark.parametrize("command", ["rollback", "save"])
def test_killed_while_it_goes_to_another_version(user, daemon, command):
    """What it has begun it finishes as it is started again, and restarts nothing else."""
    chance = random.Random(13)
    user.declare(declaration(1000))
    daemon.start()
    eventually(lambda: running(user) == 1000)
    user.declare(declaration(1001))
    eventually(lambda: running(user) == 1001)
    stays, cut_off = user.pid("stays.service"), 0
    versions = [1002, 1003, 1004, 1005]
    if command == "rollback":  # each goes one further back
        for version in versions:
            user.declare(declaration(version))
            eventually(lambda: running(user) == version)  # noqa: B023 - called here
        versions = [1004, 1003, 1002, 1001]
    for version in versions:
        eventually(lambda: not (user.state / "pending").exists())
        if command == "save":
            user.save(declaration(version))
        with asking(user) if command == "rollback" else nullcontext():
            eventually((user.state / "pending").exists)
            time.sleep(chance.uniform(0, 0.15))
            daemon.end(signal.SIGKILL)
            cut_off += (user.state / "pending").exists()
        daemon.start()
        eventually(lambda: running(user) == version)  # noqa: B023 - called here
        assert user.pid("stays.service") == stays
    assert cut_off > 0
    eventually(lambda: not (user.state / "pending").exists())
    store = Store(user.state / "store")
    assert all(store.verify(name) for name in store.names())
