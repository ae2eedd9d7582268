"""What a switch and ``hmsvcd gc`` collect while units run, and what they never do."""

import random
import re
import signal
import time

import pytest

from users import User

SETTINGS = '[daemon]\nkeep_generations = 1\nstop_wait = "100ms"\nsettle = "20ms"\n'
KEPT = """\
[services.old]
process.argv = ["/bin/sh", "-c", "trap 'cat $0 >>$HOME/seen' HUP; while :; do sleep 0.02; done", '@{config.configData.conf.source}']
configData.conf.text = "number %d\\n"
systemd.service.unitConfig.X-SwitchMethod = "keep-old"
"""  # noqa: E501 - a command is one string
STUBBORN = """\
[services.stubborn]
process.argv = ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"]
configData.conf.text = "stubborn\\n"
systemd.service.serviceConfig.TimeoutStopSec = "infinity"
"""
ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "{}"]\nconfigData.conf.text = "{}\\n"\n'


def store_of(user: User) -> set[str]:
    """The objects of the store."""
    return {path.name for path in (user.state / "store").iterdir()}


def generations_of(user: User) -> list[str]:
    """The manifests."""
    return sorted(path.name for path in (user.state / "generations").iterdir())


def sound(user: User) -> None:
    """Fail unless every link leads somewhere, and nothing is half there."""
    links = [path for path in user.config.rglob("*") if path.is_symlink()]
    assert [path for path in links if not path.exists()] == []
    assert list(user.state.rglob(".hmsvcd-new-*")) == []


def test_a_unit_that_keeps_its_old_definition_keeps_its_file(user, wait_until):
    """Four generations later its process still reads the file that it was started with."""
    user.apply(SETTINGS + KEPT % 0)
    pid = user.pid("old.service")
    for number in range(1, 5):
        user.apply(SETTINGS + KEPT % number)

    assert generations_of(user) == ["5.toml"]
    assert user.pid("old.service") == pid
    assert user.run("gc", "--keep", "1").document["objects"] == []
    user.systemctl("kill", "--signal=HUP", "--kill-whom=main", "old.service")
    wait_until((user.home / "seen").exists)
    wait_until(lambda: (user.home / "seen").read_text() == "number 0\n")
    sound(user)

    user.systemctl("restart", "old.service")
    user.apply(SETTINGS + KEPT % 99)
    user.systemctl("restart", "old.service")
    user.apply(SETTINGS + KEPT % 100)
    texts = {path.read_text() for path in (user.state / "store").glob("*-conf")}
    assert "number 0\n" not in texts


def test_a_unit_that_is_leaving_keeps_its_definition_and_its_file(user, wait_until):
    """They are collected only after it is down."""
    user.apply(SETTINGS + STUBBORN)
    pid = user.pid("stubborn.service")
    link = user.units / "stubborn.service"
    file = user.config / "home-services/stubborn/conf"
    for number in range(3):
        user.apply(SETTINGS + ONE.format(1000 + number, number))
    user.run("gc", "--keep", "1")

    assert user.pid("stubborn.service") == pid
    assert "TimeoutStopSec=infinity" in link.read_text()
    assert file.read_text() == "stubborn\n"
    sound(user)

    user.systemctl("kill", "--signal=KILL", "stubborn.service")
    wait_until(lambda: user.state_of("stubborn.service") in {"inactive", "failed"})
    user.apply(SETTINGS + ONE.format(1002, 2))
    assert not any("stubborn" in name for name in store_of(user))
    assert not file.exists()
    sound(user)


def test_a_damaged_generation_does_not_spoil_a_switch(user):
    """The switch is done, and says what was not collected; nothing is lost on a suspicion."""
    for number in range(3):
        user.apply(ONE.format(1000 + number, number))
    before = store_of(user)
    (user.state / "generations/1.toml").write_text("garbage", encoding="utf-8")

    ran = user.apply(ONE.format(1003, 3))

    assert ran.results == {"one.service": "done"}
    assert "were not removed" in ran.messages
    assert "1.toml" in ran.messages
    assert before < store_of(user)
    assert user.run("gc").code == 1
    assert user.run("gc", "--keep", "2").code == 0
    assert generations_of(user) == ["3.toml", "4.toml"]


def test_a_link_that_is_shadowed_leads_somewhere_all_the_same(user):
    """What counts instead may go again, and then ours is read."""
    user.apply(SETTINGS + ONE.format(1000, 0))
    shadow = user.session.runtime / "systemd/user.control/one.service"
    shadow.parent.mkdir(parents=True)
    shadow.write_text("[Service]\nExecStart=/bin/sleep 5000\n", encoding="utf-8")
    user.systemctl("daemon-reload")
    for number in range(1, 4):
        user.apply(SETTINGS + ONE.format(1000 + number, number))

    sound(user)
    assert user.run("gc", "--keep", "1").code == 0
    sound(user)


@pytest.mark.parametrize("seed", range(2))
def test_a_kill_of_gc_at_a_random_moment_loses_nothing(user, seed):
    """What is installed stays whole, and the next one removes the rest."""
    chance = random.Random(seed)
    user.apply(SETTINGS.replace("= 1", "= 30") + ONE.format(1000, 0))
    for number in range(1, 8):
        user.apply(SETTINGS.replace("= 1", "= 30") + ONE.format(1000 + number, number))
    pid, links = user.pid("one.service"), user.installed()
    started = time.monotonic()
    user.run("gc", "--dry-run", "--keep", "1")
    whole = time.monotonic() - started
    for keep in ("5", "3", "1"):
        gc = user.start("gc", "--keep", keep)
        time.sleep(whole * chance.uniform(0.5, 1.0))
        gc.send_signal(signal.SIGKILL)
        gc.communicate()
        doctor = user.run("doctor")
        assert [each["message"] for each in doctor.document["errors"]] == []
    ran = user.run("gc", "--keep", "1")

    assert ran.code == 0
    assert generations_of(user) == ["8.toml"]
    assert {name for name in store_of(user) if re.search("one.service|conf", name)}
    assert len(store_of(user)) == 2
    assert (user.pid("one.service"), user.installed()) == (pid, links)
    sound(user)


def test_a_dry_run_changes_nothing(user):
    """It says what would go; without a manager, too."""
    for number in range(2):
        user.apply(ONE.format(1000 + number, number))
    before = user.listing()

    ran = user.run("gc", "--keep", "1", "--dry-run", DBUS_SESSION_BUS_ADDRESS="unix:path=/none")

    assert ran.code == 0
    assert ran.document["dry_run"] is True
    assert ran.document["generations"] == [1]
    assert len(ran.document["objects"]) == 2
    assert ran.document["bytes"] > 100
    assert user.listing() == before
    done = user.run("gc", "--keep", "1", DBUS_SESSION_BUS_ADDRESS="unix:path=/none")
    assert done.document == ran.document | {"dry_run": False}
    gone = {path for path in before if path not in user.listing()}
    assert str(user.state / "generations/1.toml") in gone


def test_where_nothing_is_installed_there_is_nothing_to_remove(user):
    """That is no error; to keep no generation at all cannot be asked for."""
    ran = user.run("gc")
    assert (ran.code, ran.document["generations"], ran.document["objects"]) == (0, [], [])
    assert user.run("gc", "--keep", "0").code == 2
