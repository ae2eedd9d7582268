"""What ``status`` and ``doctor`` say of a switch under way, and of one that was cut off."""

import pytest

pytestmark = pytest.mark.systemd


def declared(seconds, wait):
    """Return a service that restarts at once, one whose start does as told, one that stays."""
    return f"""
[daemon]
start_wait = "100s"
[services.quick]
process.argv = ["/bin/sleep", "{seconds}"]
[services.slow]
process.argv = ["/bin/sleep", "{seconds}"]
configData.conf.text = "{seconds}"
systemd.service.serviceConfig.ExecStartPre = "/bin/{wait}"
[services.stays]
process.argv = ["/bin/sleep", "1000"]
"""


GOES = '[services.goes]\nprocess.argv = ["/bin/sleep", "1000"]\n'


def last_actions(user):
    """Return service → what was done last to its unit, why, and how that has ended."""
    services = user.run("status").document["services"]
    units = {name: service["units"][f"{name}.service"] for name, service in services.items()}
    actions = {name: unit["last_action"] for name, unit in units.items() if unit["last_action"]}
    return {
        name: (action["action"], action["reason"], action["result"])
        for name, action in actions.items()
    }


def journal(user):
    """Return what is written down of the switch under way."""
    pending = user.state / "pending"
    return pending.read_text() if pending.exists() else ""


@pytest.fixture
def under_way(user, wait_until):
    """A user's ``hmsvcd apply`` that has restarted one service, and not the other one yet."""
    user.apply(declared(1000, "true") + GOES)
    user.declare(declared(1001, "sleep 1000"))
    process = user.start("apply")
    wait_until(lambda: '"quick.service", "action": "restart", "result"' in journal(user))
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def cut_off(user, under_way):
    """The user of one that was killed there."""
    under_way.kill()
    under_way.communicate()
    return user


@pytest.mark.usefixtures("under_way")
def test_what_is_under_way_is_shown(user):
    """The action is that of the switch, with its reason, and whatever has ended says how."""
    actions = last_actions(user)
    assert actions["quick"] == ("restart", "ExecStart changed", "done")
    assert actions["slow"][0::2] == ("restart", "starting")
    assert "ExecStart" in actions["slow"][1]
    assert actions["goes"][0::2] == ("stop", "done")
    assert actions["stays"] == ("start", "new", "done")


def test_what_a_kill_has_cut_off_is_shown(cut_off):
    """Nobody waits for the end of what was under way, until the next switch has done it."""
    assert last_actions(cut_off)["quick"][0::2] == ("restart", "done")
    assert last_actions(cut_off)["slow"][0::2] == ("restart", "interrupted")
    cut_off.apply(declared(1001, "true"))
    assert last_actions(cut_off)["slow"][0::2] == ("restart", "done")


def checks(user, level):
    """Return check → messages with hints, of those at a level."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in user.run("doctor").document["checks"]:
        if each["level"] == level:
            found.setdefault(each["check"], []).append((each["message"], each["hint"]))
    return found


def test_the_doctor_says_once_that_a_switch_was_cut_off(cut_off):
    """Links and units between two generations are no findings, and apply mends all."""
    assert checks(cut_off, "error") == {
        "records": [("a switch was interrupted", "hmsvcd apply finishes it")]
    }
    assert not {"links", "units"} & checks(cut_off, "warning").keys()
    cut_off.apply(declared(1001, "true"))
    assert checks(cut_off, "error") == {}
    assert {"links", "units"} <= checks(cut_off, "ok").keys()


@pytest.mark.usefixtures("under_way")
def test_to_the_doctor_a_switch_that_is_under_way_is_no_fault(user):
    """It says that one is."""
    assert checks(user, "error") == {}
    assert ("a switch is under way", None) in checks(user, "ok")["records"]


def test_what_else_is_wrong_is_not_hidden(cut_off):
    """A unit that the switch leaves alone is looked at all the same."""
    drop_in = cut_off.units / "stays.service.d/wrong.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nType=oneshot\nRestart=always\n")
    cut_off.systemctl("daemon-reload")
    assert "stays.service" in checks(cut_off, "error")["units"][0][0]


def test_the_words_for_people(cut_off):
    """The table says it, too."""
    [line] = [line for line in cut_off.type("status").splitlines() if line.startswith("slow ")]
    assert "restart interrupted: " in line
