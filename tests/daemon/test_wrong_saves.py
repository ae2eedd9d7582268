"""A wrong declaration changes nothing and is told of once; a right one is all it takes then."""

import shutil
import time
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from authoring import FAST, MAIN, MORE, UNITS, WRONG, Author
from desktops import Shell, desktop_beside

pytestmark = pytest.mark.systemd

WITHOUT_PRIVILEGE = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
"""Then even root may not read what says that nobody may."""

CUT = """\
[services.a]
process.argv = ["/bin/sleep", "1001"]

[services.b]
process.argv = ["/bin/sleep", "1002"]

[services.c]
process.argv = ["/bin/sleep", "1003"]

[daemon]
settle = "0s"
"""
"""Eleven lines, which are valid, but lack a service, where most of them end."""

PATIENT = f'{FAST}removal_delay = "1h"\n'
"""Nothing that an event takes away goes while the test runs."""


def service(name: str, seconds: int) -> str:
    """Return a service that only runs."""
    return f'[services.{name}]\nprocess.argv = ["/bin/sleep", "{seconds}"]\n'


@pytest.fixture(scope="module")
def desktop(shared_user) -> Iterator[Shell]:
    """A desktop that shows notifications."""
    with desktop_beside(shared_user.session.bus_address) as shell:
        yield shell


@pytest.fixture(scope="module")
def running(shared_user, shared_daemon, desktop):
    """The daemon of the module, started where there is a desktop."""
    assert not desktop.shown
    shared_user.declare(MORE)
    shared_daemon.start(command=WITHOUT_PRIVILEGE)
    return shared_daemon


@pytest.fixture
def author(shared_user, running, desktop, wait_until) -> Author:
    """A user whose declaration is in force, and before whose screen nothing pops up."""
    author = Author(shared_user, running, wait_until)
    author.write()
    wait_until(lambda: all(shared_user.state_of(unit) == "active" for unit in UNITS))
    wait_until(lambda: {path.name for path in shared_user.units.glob("*.service")} == {*UNITS})
    author.settle()
    wait_until(lambda: not desktop.shown)
    return author


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_save(author, desktop, wait_until, wrong):
    """Nothing changes, everybody is told once what and where, until the next good save."""
    user, file = author.user, author.folder / wrong.file
    pids, installed, before = author.pids(), user.installed(), len(author.told())
    asked = desktop.asked.count("Notify")
    wrong.make(file)
    wait_until(lambda: len(author.told()) > before)
    author.look()
    [told] = author.told()[before:]
    message, at = wrong.told.replace("@", str(file)), wrong.at.replace("@/..", str(author.folder))
    assert message in told["text"]
    assert told["at"] == at.replace("@", str(file))
    status = author.status()
    [error] = status["errors"]
    assert error["message"] == told["text"]
    assert told["at"].startswith(error["file"])
    assert author.state() == status["daemon"]["state"] == "stuck"
    wait_until(lambda: desktop.shown)
    assert desktop.asked.count("Notify") == asked + 1
    assert told["at"] in desktop.text[1]
    assert message in desktop.text[1]
    assert (author.pids(), user.installed()) == (pids, installed)
    author.write()
    author.settle()
    wait_until(lambda: not desktop.shown)
    assert author.status()["errors"] == []
    assert (author.pids(), user.installed()) == (pids, installed)


def test_a_unit_that_systemd_would_refuse(author):
    """It changes nothing, and what is saved with it waits for the save that mends it."""
    user, good = author.user, MAIN.replace("1001", "2001")
    link, pids, installed = user.units / "b.service", author.pids(), user.installed()
    before, was = len(author.told()), link.readlink()
    refused = f'{good}systemd.service.serviceConfig.Type = "dbus"\n'
    error: dict[str, Any] = {}
    for text in (refused, refused + service("d", 1004)):
        author.write(text)
        author.look()
        assert author.state() == "stuck"
        ran = user.run("status")
        assert ran.code == 1
        [error] = ran.document["errors"]
        assert (error["file"], error["line"]) == (str(author.file), 10)
        assert error["message"] == "b.service: systemd refuses it"
        assert (author.pids(), user.installed(), link.readlink()) == (pids, installed, was)
    [told] = author.told()[before:]
    assert (told["at"], told["text"]) == (f"{author.file}:10:9", error["message"])
    author.write(good)
    author.settle()
    assert user.run("status").code == 0
    assert "2001" in user.show("a.service", "ExecStart")[0]
    assert (author.pids()[1:], link.readlink()) == (pids[1:], was)


def test_no_notification(author, desktop):
    """With ``notify = false`` the log and ``status`` tell of a mistake, and nothing pops up."""
    author.write(MAIN.replace(FAST, f"{FAST}notify = false\n"))
    author.settle()
    asked, before = len(desktop.asked), len(author.told())
    author.write("[services")
    author.look()
    assert len(author.told()) == before + 1
    assert author.user.run("status").code == 1
    assert len(desktop.asked) == asked
    author.write()
    author.settle()
    assert author.user.run("status").code == 0


def test_half_written_files(author, running):
    """A declaration that is cut at any byte, one cut after the other, costs no process."""
    shutil.rmtree(author.folder / "conf.d")
    author.write(CUT, None)
    author.settle()
    pids, installed, log = author.pids(), author.user.installed(), running.log
    for end in range(len(CUT)):
        author.file.write_text(CUT[:end])
        if is_toml(CUT[:end]):
            time.sleep(0.04)  # for the daemon to read it
    author.file.write_text(CUT)
    author.settle()
    assert "about to remove" in running.log.removeprefix(log)
    assert (author.pids(), author.user.installed()) == (pids, installed)


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def test_a_removal(author, wait_until):
    """What stays removed is stopped and no longer installed; the others keep their processes."""
    a, b, _ = author.pids()
    (author.folder / "conf.d/more.toml").unlink()
    wait_until(lambda: author.user.state_of("c.service") == "inactive")
    author.settle()
    assert not any("c.service" in path for path in author.user.installed())
    assert [author.user.pid("a.service"), author.user.pid("b.service")] == [a, b]


def test_a_removal_with_an_edit(author, wait_until):
    """What is edited in the same save does not wait; nor does the removal that is asked for."""
    user = author.user
    author.write(PATIENT + service("a", 1001) + service("b", 1002))
    author.settle()
    a, b, c = author.pids()
    author.write(PATIENT + service("a", 2001) + service("new", 2002), None)
    (author.folder / "conf.d/more.toml").unlink()
    wait_until(lambda: "2001" in user.show("a.service", "ExecStart")[0])
    wait_until(lambda: user.state_of("new.service") == "active")
    author.settle()
    assert [user.pid("b.service"), user.pid("c.service")] == [b, c]
    assert user.pid("a.service") != a
    told = author.status()["daemon"]
    assert told["last_pass"]["sentence"] == "about to remove b and c"
    assert told["next_try"] > told["last_pass"]["at"]
    ran = user.apply()
    assert ran.actions == {"b.service": "stop", "c.service": "stop"}
    assert [user.state_of(unit) for unit in UNITS] == ["active", "inactive", "inactive"]


def test_an_empty_file_that_is_meant(author):
    """Who asks for it is taken at his word, and an empty file is no mistake any more."""
    (author.folder / "conf.d/more.toml").write_text("")
    author.look()
    assert author.state() == "stuck"
    assert author.user.apply().actions == {"c.service": "stop"}
    author.settle()


def test_what_was_saved_while_no_daemon_ran(user, daemon, wait_until):
    """At the start, too, a mistake changes nothing and nothing goes before it has rested."""
    author = Author(user, daemon, wait_until)
    author.write(PATIENT + "notify = false\n" + MAIN.removeprefix(FAST))
    with desktop_beside(user.session.bus_address) as desktop:
        daemon.start()
        author.settle()
        pids = author.pids()
        for text, state in (("[services", "stuck"), (PATIENT + service("a", 1001), "settled")):
            daemon.end()
            author.write(text, None)
            (author.folder / "conf.d/more.toml").unlink(missing_ok=True)
            daemon.start()
            author.look()
            assert author.state() == state
            assert author.pids()[::2] == pids[::2]
        assert not desktop.asked
    daemon.end()


def test_a_rollback_is_held(user, daemon, wait_until):
    """What was gone back to stays over saves that change nothing, mistakes and restarts."""
    author = Author(user, daemon, wait_until)

    def runs(seconds: int) -> bool:
        return f"/bin/sleep {seconds} " in user.show("a.service", "ExecStart")[0]

    left = FAST + service("a", 1002)
    user.declare(FAST + service("a", 1001))
    daemon.start()
    wait_until(lambda: runs(1001))
    user.declare(left)
    wait_until(lambda: runs(1002))
    assert user.run("rollback").code == 0
    pid = user.pid("a.service")
    half_written = FAST + service("half", 1003)
    for text in (f"# Nothing new.\n{left}", "[services", half_written, left):
        user.declare(text)
        author.look()
    daemon.end()
    daemon.start()
    author.look()
    assert author.status()["declaration"]["held"] == "rollback to 1"
    assert (runs(1001), user.pid("a.service")) == (True, pid)
    user.declare(FAST + service("a", 1004))
    wait_until(lambda: runs(1004))
    assert author.status()["declaration"]["held"] is None
