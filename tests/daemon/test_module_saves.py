"""The daemon follows the service modules that a declaration imports from files."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.systemd

DECLARED = """
[daemon]
removal_delay = "200ms"
settle = "0s"

[services.web]
imports = ["./modules/web.py"]
web.seconds = 1000

[services.stays]
process.argv = ["/bin/sleep", "1000"]
"""
MODULE = """
from hmsvcd.module import INTEGER, Module, Option


def define(config):
    text = config.file("web.conf", f"ROUND {config['web']['seconds']}")
    return {
        "process": {"argv": ["/bin/sleep", str(config["web"]["seconds"])]},
        "systemd": {"service": {"serviceConfig": {"X-File": text}}},
        "assertions": [{"assertion": "ROUND" != "3", "message": "not three"}],
    }


options = {"web": {"seconds": Option(INTEGER, "How long.")}}
module = Module("web", options=options, define=define)
"""


@pytest.fixture
def module(user):
    """Return the module's file, which what is declared imports."""
    file = user.declaration.parent / "modules/web.py"
    file.parent.mkdir(parents=True)
    file.write_text(MODULE)
    user.declare(DECLARED)
    return file


def content(user):
    """Return what the file that the module has made holds, of the unit that is installed."""
    lines = (user.units / "web.service").read_text().splitlines()
    path = next(line for line in lines if line.startswith("X-File=")).removeprefix("X-File=")
    return Path(path).read_text()


def test_an_edit_of_a_module_is_applied(user, daemon, module, wait_until):
    """Only what the module makes other is touched; a mistake in it changes nothing."""
    daemon.start()
    daemon.until("pass finished", end="settled")
    assert content(user) == "ROUND 1000"
    web, stays = user.pid("web.service"), user.pid("stays.service")
    module.write_text(MODULE.replace("ROUND", "2"))
    wait_until(lambda: content(user) == "2 1000")
    wait_until(lambda: user.pid("web.service") != web)
    assert user.pid("stays.service") == stays
    module.write_text("1 / 0\n")
    wait_until(lambda: user.run("status").document["errors"])
    (error,) = user.run("status").document["errors"]
    assert (error["file"], error["line"]) == (str(module), 1)
    assert "ZeroDivisionError" in error["message"]
    module.write_text(MODULE.replace("ROUND", "4"))
    wait_until(lambda: content(user) == "4 1000")
    assert not user.run("status").document["errors"]
    assert user.pid("stays.service") == stays


def test_a_failed_assertion_and_a_vanished_module_change_nothing(user, daemon, module, wait_until):
    """What runs goes on, and the next good save is applied."""
    daemon.start()
    daemon.until("pass finished", end="settled")
    web = user.pid("web.service")
    module.write_text(MODULE.replace("ROUND", "3"))
    wait_until(lambda: "assertion" in str(user.run("status").document["errors"]))
    module.unlink()
    wait_until(lambda: "there is no file" in str(user.run("status").document["errors"]))
    assert user.pid("web.service") == web
    module.write_text(MODULE)
    wait_until(lambda: not user.run("status").document["errors"])
    assert user.pid("web.service") == web


def test_what_a_module_has_made_stays_as_long_as_a_generation_needs_it(user, module):
    """``gc`` keeps it, and ``rollback`` finds it."""
    user.apply()
    module.write_text(MODULE.replace("ROUND", "2"))
    user.apply()
    assert content(user) == "2 1000"
    assert user.run("gc").code == 0
    assert user.run("rollback").code == 0
    assert content(user) == "ROUND 1000"
    user.apply("services = {}\n")
    assert user.run("gc", "--keep", "1").code == 0
    assert not [each for each in (user.state / "store").iterdir() if "web.conf" in each.name]
