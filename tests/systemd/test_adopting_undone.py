"""An adoption that fails is undone: what ran before runs again, with its own files."""

import pytest

from users import User, eventually

pytestmark = pytest.mark.systemd

HEAD = '[daemon]\non_failure = "rollback"\nsettle = "200ms"\n'
OTHER = '[services.other]\nprocess.argv = ["/bin/sleep", "1000"]\n'
MINE = """
[Service]
ExecStart=/bin/sleep 2000
[Install]
WantedBy=default.target
"""
DROP_IN = "[Service]\nExecStart=\nExecStart=/bin/sleep 3000\n"
FAILS = """
[services.mine]
process.argv = ["/bin/false"]
systemd.service.serviceConfig.Restart = "no"
"""
FAILS_BEFORE = """
systemd.service.serviceConfig.ExecStartPre = "/bin/false"
systemd.service.serviceConfig.Restart = "no"
"""


def things(user: User) -> dict[str, str]:
    """Return all that lies where hmsvcd installs, without what is its own."""
    return {path: what for path, what in user.installed().items() if "/store/" not in what}


def test_the_unit_of_before_is_back(user):
    """Its file, its drop-in and what enables it are where they were, and it runs by them."""
    user.apply(HEAD + OTHER)
    user.put("mine.service", MINE)
    user.put("mine.service.d/own.conf", DROP_IN)
    user.systemctl("enable", "--now", "mine.service")
    before = things(user)
    user.declare(HEAD + OTHER + FAILS)
    ran = user.run("adopt", "mine")
    assert (ran.code, ran.results["mine.service"]) == (4, "failed"), ran.messages
    assert ran.document["rolled_back"]["failure"] is None
    assert things(user) == before
    assert "3000" in user.arguments("mine.service")
    assert user.show("mine.service", "NeedDaemonReload", "UnitFileState") == ["no", "enabled"]
    assert not (user.state / "pending").exists()
    ran = user.run("adopt", "mine")
    assert ran.document["rolled_back"]["failure"] is None, "it can be tried once more"
    assert things(user) == before


def test_the_report_names_what_was_moved(user):
    """The document says what was moved where, and what was moved back."""
    user.apply(HEAD + OTHER)
    place = user.put("mine.service", MINE)
    drop_in = user.put("mine.service.d/own.conf", DROP_IN)
    user.declare(HEAD + OTHER + FAILS)
    user.systemctl("start", "mine.service")
    ran = user.run("adopt", "mine")
    there = [{"path": str(path), "to": f"{path}.bak"} for path in (place, drop_in)]
    back = [{"path": each["to"], "to": each["path"]} for each in there]
    assert ran.document["moves"] == there
    assert ran.document["rolled_back"]["moves"] == back


def test_an_edit_in_full_is_back(user):
    """A file in the place of a unit of ours lies there again, and is what runs."""
    ours = OTHER + '[services.a]\nprocess.argv = ["/bin/sleep", "1000"]\n'
    user.apply(HEAD + ours)
    (user.units / "a.service").unlink()
    user.put("a.service", MINE)
    user.systemctl("restart", "a.service")
    user.declare(HEAD + ours + FAILS_BEFORE)
    before = things(user)
    ran = user.run("adopt", "a")
    assert (ran.code, ran.document["rolled_back"]["failure"]) == (4, None)
    assert things(user) == before
    assert "2000" in user.arguments("a.service")
    assert user.run("status").document["services"]["a"]["state"] == "overridden"


def test_without_a_change_of_what_is_declared(user):
    """Nothing else has to differ: what is declared fails, and with the user's drop-in it ran."""
    fails = HEAD + OTHER + FAILS
    user.apply(HEAD + OTHER)
    user.put("mine.service.d/own.conf", DROP_IN)
    user.apply(fails)
    assert "3000" in user.arguments("mine.service")
    before = things(user)
    ran = user.run("adopt", "mine")
    assert (ran.code, ran.document["rolled_back"]["failure"]) == (4, None), ran.messages
    assert things(user) == before
    assert "3000" in user.arguments("mine.service")


def test_drop_ins_of_a_unit_of_others_are_back(user):
    """A unit of another folder is itself again, with the drop-in that the user had made for it."""
    user.apply(HEAD + OTHER)
    vendor = user.home / ".local/share/systemd/user"
    vendor.mkdir(parents=True)
    (vendor / "mine.service").write_text(MINE)
    user.put("mine.service.d/own.conf", DROP_IN)
    user.systemctl("start", "mine.service")
    before = things(user)
    user.declare(HEAD + OTHER + FAILS)
    ran = user.run("adopt", "mine")
    assert (ran.code, ran.document["rolled_back"]["failure"]) == (4, None)
    assert things(user) == before
    assert "3000" in user.arguments("mine.service")


def test_what_did_not_fail_keeps_running(user):
    """A unit that was adopted beside the one that fails goes back without a restart."""
    user.apply(HEAD + OTHER)
    user.put("mine.service", MINE)
    user.put("calm.service", "[Service]\nExecStart=/bin/sleep 2000\n")
    user.systemctl("start", "mine.service", "calm.service")
    pid = user.pid("calm.service")
    calm = '[services.calm]\nsystemd.mainExecStart = "/bin/sleep 2000"\n'
    calm += "systemd.service.wantedBy = []\n"
    calm += "systemd.service.serviceConfig = { Type = [], Restart = [], RestartSec = [] }\n"
    user.declare(HEAD + OTHER + calm + FAILS)
    before = things(user)
    ran = user.run("adopt", "mine", "calm")
    assert (ran.code, "calm.service" in ran.actions) == (4, False)
    assert things(user) == before
    assert user.pid("calm.service") == pid
    assert "2000" in user.arguments("mine.service")


def test_configuration_files_are_back(user):
    """What --backup has moved aside of files lies where it was, also where a folder was needed."""
    user.apply(HEAD + OTHER)
    place = user.config / "home-services/mine"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("a file where a folder is needed")
    text = '\n[services.mine.configData."app/conf"]\ntext = "new"\n'
    before = things(user)
    ran = user.apply(HEAD + OTHER + FAILS + text, "--backup", "old", code=4)
    assert ran.document["moves"] == [{"path": str(place), "to": f"{place}.old"}]
    assert ran.document["rolled_back"]["failure"] is None
    assert things(user) == before


def test_a_place_that_is_taken(user):
    """Where somebody has put another file meanwhile, both stay, and the backup is named."""
    user.apply(HEAD + OTHER)
    place = user.put("mine.service", MINE)
    user.systemctl("start", "mine.service")
    later = f"/bin/sh -c 'mv {place} {place}.ours; echo later > {place}; exit 1'"
    fails = f'[services.mine]\nprocess.argv = ["/bin/true"]\n{FAILS_BEFORE}'
    user.declare(HEAD + OTHER + fails.replace('"/bin/false"', f'"{later}"'))
    ran = user.run("adopt", "mine")
    assert ran.code == 4
    assert place.read_text() == "later\n"
    assert place.with_name("mine.service.bak").read_text() == MINE
    assert f"{place}.bak" in ran.messages


def test_a_finished_adoption_stays(user):
    """Once it has come to its end, a later change that fails leaves the backup where it is."""
    user.apply(HEAD + OTHER)
    place = user.put("mine.service", MINE)
    works = FAILS.replace('"/bin/false"', '"/bin/sleep", "1000"')
    user.declare(HEAD + OTHER + works)
    assert user.run("adopt", "mine").code == 0
    user.apply(HEAD + OTHER + FAILS, code=4)
    eventually(lambda: user.state_of("mine.service") == "active")
    assert place.is_symlink()
    assert place.with_name("mine.service.bak").read_text() == MINE
