"""What is not hmsvcd's is never touched, and what the user puts over ours is respected."""

import pytest

pytestmark = pytest.mark.systemd

SLEEPER = """
[services.sleeper]
process.argv = ["/bin/sleep", "1000"]
configData.conf.text = "ours"
[services.other]
process.argv = ["/bin/sleep", "1000"]
"""
PLACES = (
    "systemd/user/sleeper.service",
    "home-services/sleeper/conf",
    "home-services/sleeper",
    "home-services",
)


@pytest.mark.parametrize("place", PLACES)
def test_foreign_file(user, place):
    """A foreign file in the way of something new refuses the apply, and names the file."""
    foreign = user.config / place
    foreign.parent.mkdir(parents=True, exist_ok=True)
    foreign.write_text("mine")
    user.declare(SLEEPER)
    ran = user.apply(code=1)
    assert str(foreign) in ran.messages
    assert "--backup" in ran.messages
    assert foreign.read_text() == "mine"
    assert user.installed().keys() <= {str(foreign.relative_to(user.home))}
    assert [path.name for path in user.state.iterdir()] == ["lock"]
    user.apply(None, "--backup", "bak")
    assert foreign.with_name(f"{foreign.name}.bak").read_text() == "mine"
    assert (user.config / "home-services/sleeper/conf").read_text() == "ours"
    assert user.state_of("sleeper.service") == "active"
    assert user.apply().document["files"] == []


def test_backup_is_there(user):
    """A backup that would overwrite another is refused, and nothing is moved."""
    for name in ("sleeper.service", "other.service", "sleeper.service.bak"):
        (user.units / name).write_text("[Service]\nExecStart=/bin/true\n")
    user.declare(SLEEPER)
    before = user.installed()
    ran = user.apply(None, "--backup", "bak", code=1)
    assert "sleeper.service.bak" in ran.messages
    assert user.installed() == before


@pytest.mark.parametrize("how", ["file", "null"])
def test_overridden_unit(user, how):
    """What lies at the place of our link is respected and reported, and the rest goes on."""
    user.apply(SLEEPER)
    pid, place = user.pid("sleeper.service"), user.units / "sleeper.service"
    place.unlink()
    if how == "file":
        place.write_text("[Service]\nExecStart=/bin/sleep 3000\n")
    else:
        place.symlink_to("/dev/null")
    ran = user.apply(SLEEPER.replace("1000", "1001"))
    assert ran.actions == {"other.service": "restart"}
    assert str(place) in ran.messages
    assert user.pid("sleeper.service") == pid
    assert user.apply().actions == {}
    ran = user.apply(None, "--backup", "bak")
    assert place.with_name("sleeper.service.bak").exists() or how == "null"
    assert "store" in str(place.readlink())
    assert "1001" in user.show("sleeper.service", "ExecStart")[0]


def test_overridden_and_removed(user):
    """A unit that the user has made their own goes on when its declaration goes."""
    user.apply(SLEEPER)
    place = user.units / "sleeper.service"
    text = place.read_text()
    place.unlink()
    place.write_text(text)
    pid = user.pid("sleeper.service")
    ran = user.apply('[services.other]\nprocess.argv = ["/bin/sleep", "1000"]\n')
    assert "sleeper.service" not in ran.actions
    assert user.pid("sleeper.service") == pid
    assert place.read_text() == text


def test_shadowed_unit(user):
    """A unit file that systemd prefers to ours gets no action, and the plan says which one."""
    shadow = user.config / "systemd/user.control/sleeper.service"
    shadow.parent.mkdir()
    shadow.write_text("[Service]\nExecStart=/bin/sleep 3000\n")
    ran = user.apply(SLEEPER)
    assert ran.actions == {"other.service": "start"}
    assert str(shadow) in ran.messages


def test_foreign_wants_link(user):
    """A .wants link that somebody else made does the same and is left alone."""
    wants = user.units / "default.target.wants/sleeper.service"
    wants.parent.mkdir()
    wants.symlink_to("../sleeper.service")
    user.apply(SLEEPER)
    assert str(wants.readlink()) == "../sleeper.service"
    assert user.apply().document["files"] == []


def test_drop_in(user):
    """A drop-in of the user's own causes no action and stays."""
    user.apply(SLEEPER)
    pid = user.pid("sleeper.service")
    drop_in = user.units / "sleeper.service.d/mine.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nNice=1\n")
    assert user.apply().actions == {}
    assert user.pid("sleeper.service") == pid
    user.apply("services = {}")
    assert drop_in.exists()


def test_other_declaration(user):
    """Another declaration is refused, since it would remove all services of the first."""
    user.apply(SLEEPER)
    other = user.home / "other.toml"
    other.write_text('[services.third]\nprocess.argv = ["/bin/sleep", "1000"]\n')
    before = user.listing()
    ran = user.apply(None, "--config", str(other), code=1)
    assert str(user.declaration.parent) in ran.messages
    assert "--replace" in ran.messages
    assert user.listing() == before
    ran = user.apply(None, "--config", str(other), "--replace")
    assert ran.actions["sleeper.service"] == "stop"
    assert user.state_of("third.service") == "active"


def test_removed_link(user):
    """A link of ours that somebody removed is made again, without a restart."""
    user.apply(SLEEPER)
    pid = user.pid("sleeper.service")
    before = user.installed()
    user.systemctl("disable", "sleeper.service")
    assert user.installed() != before
    assert user.apply().actions == {}
    assert user.installed() == before
    assert user.pid("sleeper.service") == pid


def test_writable_declaration(user):
    """A declaration that anybody may write is refused."""
    user.declare(SLEEPER)
    user.declaration.chmod(0o666)
    assert "chmod" in user.apply(code=1).messages
    assert user.installed() == {}


def test_backup_of_removed(user):
    """With a backup, too, what has replaced a unit that is no longer declared stays in place."""
    user.apply(SLEEPER)
    place = user.units / "sleeper.service"
    place.unlink()
    place.write_text("[Service]\nExecStart=/bin/sleep 3000\n")
    other = '[services.other]\nprocess.argv = ["/bin/sleep", "1000"]\n'
    user.apply(other, "--backup", "bak")
    assert place.read_text() == "[Service]\nExecStart=/bin/sleep 3000\n"
    assert not place.with_name("sleeper.service.bak").exists()


def test_backup_inside_folder(user):
    """A folder with foreign files where a file is to go is refused, with a backup as well."""
    inside = [user.config / f"home-services/sleeper/conf/{name}" for name in "ab"]
    inside[0].parent.mkdir(parents=True)
    for file in inside:
        file.write_text("mine")
    ran = user.apply(SLEEPER, "--backup", "bak", code=1)
    assert str(inside[0]) in ran.messages
    assert [file.read_text() for file in inside] == ["mine", "mine"]


def test_every_refusal(user):
    """All that is in the way is named at once, by the plan as well, which shows its actions."""
    names = ["sleeper.service", "other.service"]
    for name in names:
        (user.units / name).write_text("[Service]\nExecStart=/bin/true\n")
    (user.units / "sleeper.service").unlink()
    (user.units / "sleeper.service").symlink_to("/dev/null")
    ran = user.apply(SLEEPER, code=1)
    assert all(str(user.units / name) in ran.messages for name in names)
    assert "systemctl --user unmask sleeper.service" in ran.messages
    planned = user.run("plan")
    assert planned.code == 1
    assert [each["message"].partition(":")[0] for each in planned.document["errors"]] == [
        "apply would refuse",
        "apply would refuse",
    ]
    assert planned.actions.keys() == set(names)


def test_plan_of_other_declaration(user):
    """The plan of another declaration says that apply would refuse it."""
    user.apply(SLEEPER)
    other = user.home / "other.toml"
    other.write_text("services = {}\n")
    planned = user.run("plan", "--config", str(other))
    assert planned.code == 1
    assert "--replace" in planned.messages
    assert planned.actions["sleeper.service"] == "stop"
