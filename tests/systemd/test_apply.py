"""A declaration comes to life: one apply, and a second that has nothing to do."""

import fcntl
import os
import subprocess
import sys

import pytest

from users import ended

pytestmark = pytest.mark.systemd

SLEEPER = """
[services.sleeper]
process.argv = ["/bin/sleep", "1000"]
"""

DEMO = f"""
[services.demo]
process.argv = ["{sys.executable}", "-c", '''
import signal, sys, time
signal.signal(signal.SIGHUP, lambda *_: open(sys.argv[2], "a").write("reloaded\\n"))
open(sys.argv[2], "a").write("started\\n")
while True:
    time.sleep(1000)
''', '@{{config.configData."app.toml".path}}', "@{{home.homeDirectory}}/seen"]
configData."app.toml".text = "port = 1234\\n"
"""


def test_first_apply(user):
    """A new service runs as declared, from a unit that is a link into the store."""
    ran = user.apply(SLEEPER)
    assert ran.actions == {"sleeper.service": "start"}
    assert ran.results == {"sleeper.service": "done"}
    assert ran.document["generation"] == 1
    assert user.state_of("sleeper.service") == "active"
    for place in ("sleeper.service", "default.target.wants/sleeper.service"):
        link = user.units / place
        assert link.is_symlink()
        assert link.resolve().is_relative_to(user.state / "store")


def test_second_apply(user):
    """An apply with nothing to do plans nothing and touches nothing on disk."""
    user.apply(SLEEPER + DEMO)
    before, pid = user.listing(), user.pid("sleeper.service")
    ran = user.apply()
    assert (ran.actions, ran.document["files"], ran.document["daemon_reload"]) == ({}, [], False)
    assert user.listing() == before
    assert user.pid("sleeper.service") == pid


@pytest.mark.parametrize("kind", ["*.service", "*-app.toml"])
@pytest.mark.parametrize("how", ["lost", "damaged"])
def test_damaged_object(user, kind, how):
    """What is lost or damaged in the store is written anew, and nothing is restarted for it."""
    user.apply(SLEEPER + DEMO)
    pids = [user.pid("sleeper.service"), user.pid("demo.service")]
    for found in list((user.state / "store").glob(kind)):
        file = found / found.name.partition("-")[2] if found.is_dir() else found
        text = file.read_text()
        file.parent.chmod(0o700)
        file.unlink()
        if how == "damaged":
            file.write_text("[Service]\nExecStart=/bin/evil\n")
        ran = user.apply()
        assert found.name in ran.messages
        assert file.read_text() == text
    assert user.show("sleeper.service", "NeedDaemonReload") == ["no"]
    assert [user.pid("sleeper.service"), user.pid("demo.service")] == pids
    assert user.apply().messages == ""


def test_name_of_declaration(user):
    """A declaration is the same one by whatever path and link it is named."""
    user.apply(SLEEPER)
    folder = user.declaration.parent
    (user.home / "link").symlink_to(folder)
    before = user.listing()
    for name in (folder / "../hmsvcd", user.home / "link", os.path.relpath(folder)):
        assert user.apply(None, "--config", str(name)).actions == {}
    assert user.listing() == before


def test_edited_while_waiting(user):
    """An apply that has waited for another goes to the declaration as it is by then."""
    user.apply(SLEEPER)
    user.declare(SLEEPER.replace("1000", "1001"))
    with (user.state / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = user.start("apply")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=2)
        user.declare(SLEEPER.replace("1000", "1002"))
    assert ended(process).code == 0
    assert "1002" in user.show("sleeper.service", "ExecStart")[0]
