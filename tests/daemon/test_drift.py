"""What is installed and was changed by somebody else is put right, and told of once."""

import os
import shutil
import signal
import subprocess

import pytest

pytestmark = pytest.mark.systemd

DEMO = """
[services.demo]
process.argv = ["/bin/sleep", "1000"]
configData."app.toml".text = "port = 1\\n"
"""
UNIT = "demo.service"


@pytest.fixture
def settled(user, daemon):
    """The daemon, with one service that runs and has a configuration file."""
    user.save(DEMO)
    daemon.start()
    daemon.until("pass finished", end="settled")
    return daemon


@pytest.fixture
def link(user):
    """The service's unit link."""
    return user.units / UNIT


@pytest.fixture
def wants(user):
    """The link that pulls the service in."""
    return user.units / "default.target.wants" / UNIT


@pytest.fixture
def file(user):
    """The link of the service's configuration file."""
    return user.config / "home-services/demo/app.toml"


def repaired(daemon):
    """Return what was told of drift: path → what was done, each told once."""
    told = [(each["path"], each["change"]) for each in daemon.events("drift repaired")]
    assert len(told) == len(set(told))
    return dict(told)


def is_at_peace(user, daemon):
    """Say whether a further look finds nothing to do and says nothing."""
    before = len(daemon.events("drift repaired"))
    assert user.run("reconcile").code == 0
    return len(daemon.events("drift repaired")) == before


def test_a_link_to_elsewhere_is_put_right(user, settled, link, wait_until):
    """A unit link that points to another object of the store points to its own again."""
    had, pid = link.readlink(), user.pid(UNIT)
    other = next(each for each in (user.state / "store").iterdir() if each != had.parent)
    link.unlink()
    link.symlink_to(other)
    settled.until("drift repaired", path=str(link), change="replace")
    wait_until(lambda: link.readlink() == had)
    assert user.pid(UNIT) == pid
    assert is_at_peace(user, settled)
    assert repaired(settled) == {str(link): "replace"}


@pytest.mark.parametrize("by", ["rm", "disable", "folder"])
def test_missing_links_are_made_anew(user, settled, link, wants, file, by):
    """Whoever has removed them, they come back, and the service keeps running."""
    had, pid = user.installed(), user.pid(UNIT)
    if by == "rm":
        gone = {link, file}
        link.unlink()
        file.unlink()
    elif by == "disable":
        gone = {link, wants}
        user.systemctl("disable", UNIT)
    else:
        gone = {wants, file}
        wants.unlink()
        shutil.rmtree(user.config / "home-services")
    assert not any(map(os.path.lexists, gone))
    for path in gone:
        settled.until("drift repaired", path=str(path), change="create")
    assert user.installed() == had
    assert is_at_peace(user, settled)
    assert user.pid(UNIT) == pid
    assert repaired(settled) == dict.fromkeys(map(str, gone), "create")


def test_a_link_that_somebody_makes_anew_is_left_alone(user, settled, link):
    """`systemctl reenable` takes links away and makes them again; nobody else need do that."""
    had, pid = user.installed(), user.pid(UNIT)
    user.systemctl("reenable", str(link.readlink()))
    assert is_at_peace(user, settled)
    assert user.installed() == had
    assert user.pid(UNIT) == pid
    assert repaired(settled) == {}


def test_a_configuration_file_of_the_users_own_stays(user, settled, file):
    """It counts instead of ours, which is said where warnings stand."""
    before = settled.log
    file.unlink()
    file.write_text("port = 2\n")
    settled.until("problem")
    assert user.run("reconcile").code == 0
    assert file.read_text() == "port = 2\n"
    assert str(file) in user.run("status").messages
    assert settled.log.removeprefix(before).count(f"{file} lies in the place") == 1
    assert repaired(settled) == {}


def test_a_unit_file_of_the_users_own_stays(user, settled, link):
    """The service runs on, is shown as overridden, and the file is neither read nor touched."""
    pid = user.pid(UNIT)
    text = link.read_text().replace("1000", "2000")
    link.unlink()
    link.write_text(text)
    settled.until("problem")
    assert user.run("reconcile").code == 0
    status = user.run("status")
    assert status.document["services"]["demo"]["state"] == "overridden"
    assert status.document["services"]["demo"]["units"][UNIT]["overridden"] == str(link)
    assert link.read_text() == text
    assert user.pid(UNIT) == pid
    assert repaired(settled) == {}


def test_an_edited_unit_is_respected(user, settled, link):
    """`systemctl edit --full` puts a file in the place of the link."""
    environ = user.session.env | {"EDITOR": "sed -i s/1000/2000/"}
    edit = ["script", "-qec", f"systemctl --user edit --full {UNIT}", "/dev/null"]  # a terminal
    subprocess.run(edit, env=environ, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    assert not link.is_symlink()
    settled.until("problem")
    assert user.run("status").document["services"]["demo"]["state"] == "overridden"
    assert "2000" in link.read_text()


def test_a_drop_in_is_respected(user, settled, link):
    """What `systemctl edit` writes beside a unit is shown, and no reason to do anything."""
    pid = user.pid(UNIT)
    folder = user.units / f"{UNIT}.d"
    folder.mkdir()
    (folder / "override.conf").write_text("[Service]\nNice=5\n")
    user.systemctl("daemon-reload")
    assert is_at_peace(user, settled)
    unit = user.run("status").document["services"]["demo"]["units"][UNIT]
    assert unit["drop_ins"] == [str(folder / "override.conf")]
    assert user.pid(UNIT) == pid
    assert link.is_symlink()


def test_a_masked_unit_is_respected(user, settled, link):
    """A link to /dev/null in the place of ours stays."""
    user.systemctl("disable", UNIT)
    user.systemctl("mask", UNIT)
    settled.until("problem")
    assert user.run("reconcile").code == 0
    assert str(link.readlink()) == os.devnull
    assert user.run("status").document["services"]["demo"]["state"] == "overridden"


def test_what_is_written_through_a_link_is_put_right(user, settled, file, link):
    """The next look at the store finds it; no process restarts, and systemd reads the unit."""
    pid = user.pid(UNIT)
    had = {path: path.read_text() for path in (file, link)}
    objects = [str(file.readlink()), str(link.readlink().parent)]
    for path in had:
        path.chmod(0o600)
        path.write_text("[Service]\nExecStart=/bin/false\n")
    user.systemctl("daemon-reload")
    assert user.run("reconcile").code == 0
    assert {path: path.read_text() for path in had} == had
    assert "1000" in user.show(UNIT, "ExecStart")[0]
    assert user.pid(UNIT) == pid
    assert is_at_peace(user, settled)
    assert repaired(settled) == dict.fromkeys(objects, "replace")
    assert user.run("status").messages == ""


def test_a_lost_object_of_the_store_is_written_anew(user, settled, link):
    """A link that leads nowhere leads to its unit again, and the service keeps running."""
    pid = user.pid(UNIT)
    shutil.rmtree(link.readlink().parent)
    assert user.run("reconcile").code == 0
    assert link.is_file()
    assert user.pid(UNIT) == pid
    assert is_at_peace(user, settled)
    assert repaired(settled) == {str(link.readlink().parent): "create"}


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("lost", ["state.toml", "current", "."])
def test_lost_records_are_found_out_again(user, wait_until, lost):
    """What hmsvcd has written down can be lost: nothing restarts, and the next edit is applied."""
    pid, path = user.pid(UNIT), user.state / lost
    path.unlink() if path.is_file() or path.is_symlink() else shutil.rmtree(path)
    assert user.run("reconcile").code == 0
    assert user.pid(UNIT) == pid
    status = user.run("status")
    assert (status.code, status.messages) == (0, "")
    user.save(DEMO.replace("1000", "2000"))
    wait_until(lambda: user.show(UNIT, "MainPID")[0] not in {"0", str(pid)})
    assert user.run("generations").document["generations"][-1]["current"]


def test_a_lost_generation_is_told_of(user, settled):
    """Without the list of what is installed nothing is done; the error says what would help."""
    pid = user.pid(UNIT)
    shutil.rmtree(user.state / "generations")
    user.run("reconcile")
    settled.until("problem")
    assert user.pid(UNIT) == pid
    assert "generations/1.toml" in user.run("status").messages
    assert len(settled.events("problem")) == 1
    (user.state / "current").unlink()
    assert user.run("reconcile").code == 0
    assert user.run("status").code == 0
    assert user.pid(UNIT) == pid


def test_what_happened_before_the_daemon_is_told_too(settled, link):
    """A link that was lost while no daemon ran comes back, and that is told."""
    settled.end(signal.SIGTERM)
    had = link.readlink()
    link.unlink()
    settled.start()
    settled.until("drift repaired", path=str(link), change="create")
    assert link.readlink() == had


OTHER = """
[services.other]
process.argv = ["/bin/sleep", "3000"]
"""


@pytest.fixture
def shadow(user):
    """The place of a unit file that counts before ours."""
    path = user.config / "systemd/user.control" / UNIT
    path.parent.mkdir()
    return path


def test_a_shadowed_unit_is_told_of_once(user, daemon, shadow, wait_until):
    """Its warning stands as long as the file does, whatever else a pass looks at."""
    user.save(DEMO + OTHER)
    daemon.start()
    daemon.until("pass finished", end="settled")
    shadow.write_text("[Service]\nExecStart=/bin/sleep 3000\n")
    assert str(shadow) in user.apply().messages
    pid, edited = user.pid("other.service"), DEMO + OTHER.replace("3000", "4000")
    user.save(edited)
    wait_until(lambda: user.pid("other.service") not in {0, pid})
    assert user.run("reconcile").code == 0
    assert str(shadow) in user.run("status").messages
    user.save(edited + "# nothing else\n")
    assert user.run("reconcile").code == 0
    assert str(shadow) in user.run("status").messages
    user.apply()
    assert daemon.log.count("is left alone") == 1


def test_a_unit_that_was_shadowed_when_installed_is_no_drift(user, daemon, link, shadow):
    """Its link is made when the other file goes; nobody has taken it away."""
    shadow.write_text("[Service]\nExecStart=/bin/sleep 3000\n")
    user.save(DEMO)
    daemon.start()
    daemon.until("pass finished", end="settled")
    assert not link.is_symlink()
    shadow.unlink()
    user.apply()
    assert link.is_symlink()
    assert repaired(daemon) == {}
