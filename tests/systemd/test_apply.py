"""A declaration comes to life: one apply, and a second that has nothing to do."""

import sys

import pytest

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
