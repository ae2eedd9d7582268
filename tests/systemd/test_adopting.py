"""Units that others have put there are imported into a declaration, and taken over."""

import json
import os

import pytest

pytestmark = pytest.mark.systemd

MINE = """
[Unit]
Description=Mine
After=basic.target
[Service]
Environment=GREETING=hello "OTHER=two words"
ExecStart=/bin/sh -c 'exec sleep 1000' %h
Restart=on-failure
[Install]
WantedBy=default.target
"""


def test_imported_and_adopted(user):
    """A unit that runs is imported, passes check, is adopted, and keeps its process."""
    user.put("mine.service", MINE)
    user.systemctl("enable", "--now", "mine.service")
    pid, place = user.pid("mine.service"), user.units / "mine.service"
    user.declare(user.type("import", "mine"))
    assert user.run("check").document["errors"] == []
    assert "hmsvcd adopt mine.service" in user.apply(code=1).messages
    ran = user.run("adopt", "mine.service")
    assert (ran.code, ran.actions) == (0, {}), ran.messages
    assert user.pid("mine.service") == pid
    assert place.with_name("mine.service.bak").read_text() == MINE
    assert "store" in str(place.readlink())
    assert "store" in str((user.units / "default.target.wants/mine.service").readlink())
    assert user.show("mine.service", "NeedDaemonReload") == ["no"]
    assert user.apply().document["files"] == []
    user.apply("services = {}")
    assert user.state_of("mine.service") == "inactive"
    assert not os.path.lexists(user.units / "default.target.wants/mine.service")


def test_with_drop_ins(user):
    """Drop-ins of the user's own are part of what is imported, and are moved aside."""
    user.put("mine.service", MINE)
    user.put("mine.service.d/override.conf", "[Service]\nExecStartPre=/bin/true\nNice=3\n")
    user.systemctl("start", "mine.service")
    pid = user.pid("mine.service")
    user.declare(user.type("import", "mine"))
    ran = user.run("adopt", "mine")
    assert (ran.code, ran.actions) == (0, {}), ran.messages
    assert user.pid("mine.service") == pid
    assert [path.name for path in (user.units / "mine.service.d").iterdir()] == [
        "override.conf.bak"
    ]
    assert user.show("mine.service", "DropInPaths", "Nice", "UnitFileState") == [
        "", "3", "linked",
    ]  # fmt: skip
    assert user.show("mine.service", "ExecStartPre")[0].count("argv[]=/bin/true") == 1
    assert user.apply().document["files"] == []


def test_edited_in_full(user):
    """A unit of ours that was edited in full, and runs so, is brought back to the declaration."""
    ours = '[services.a]\nprocess.argv = ["/bin/sleep", "1000"]\n'
    user.apply(ours)
    place = user.units / "a.service"
    place.unlink()
    user.put("a.service", "[Service]\nExecStart=/bin/sleep 2000\n")
    user.systemctl("restart", "a.service")
    assert user.run("status").document["services"]["a"]["state"] == "overridden"
    assert "hmsvcd adopt a.service" in user.apply().messages
    ran = user.run("adopt", "a.service")
    assert ran.actions == {"a.service": "restart"}
    assert "1000" in user.show("a.service", "ExecStart")[0]
    assert user.run("status").document["services"]["a"]["state"] == "running"
    assert "2000" in place.with_name("a.service.bak").read_text()


def test_edited_and_not_restarted(user):
    """An edit of what a daemon-reload takes up is undone without a restart."""
    user.apply('[services.a]\nprocess.argv = ["/bin/sleep", "1000"]\n')
    place, pid = user.units / "a.service", user.pid("a.service")
    text = place.read_text()
    place.unlink()
    user.put("a.service", f"{text}\n[Unit]\nDescription=Edited\n")
    ran = user.run("adopt", "a.service")
    assert (ran.code, ran.actions) == (0, {})
    assert user.pid("a.service") == pid
    assert user.show("a.service", "Description") == ["a.service"]


def test_others_are_not_adopted(user):
    """Only the units that are named are taken over: what lies in the way of others refuses."""
    user.put("mine.service", MINE)
    user.put("other.service", MINE)
    user.declare(user.type("import", "mine", "other"))
    before = user.installed()
    ran = user.run("adopt", "mine")
    assert ran.code == 1
    assert "other.service" in ran.messages
    assert user.installed() == before


def test_not_declared(user):
    """A unit that is not declared cannot be adopted, and the message says how to declare it."""
    user.put("mine.service", MINE)
    user.declare("services = {}\n")
    ran = user.run("adopt", "mine")
    assert ran.code == 1
    assert "hmsvcd import mine.service" in ran.messages
    assert (user.units / "mine.service").read_text() == MINE


@pytest.mark.parametrize("taken", ["mine.service.bak", "mine.service.d/a.conf.bak"])
def test_backup_is_never_overwritten(user, taken):
    """A backup that is there already refuses the adoption, and another extension does it."""
    user.put("mine.service", MINE)
    user.put("mine.service.d/a.conf", "[Service]\nNice=3\n")
    user.put(taken, "older")
    user.declare(user.type("import", "mine"))
    before = user.installed()
    ran = user.run("adopt", "mine")
    assert ran.code == 1
    assert taken in ran.messages
    assert user.installed() == before
    assert user.run("adopt", "mine", "--backup", "old").code == 0
    assert (user.units / taken).read_text() == "older"
    assert (user.units / "mine.service.old").read_text() == MINE


def test_finished_and_stopped_units(user):
    """A job that has run is not run again, and what somebody stopped stays so."""
    for name, start in (("job", "Type=oneshot\nExecStart=/bin/sh -c 'echo ran >> %h/ran'"),
                        ("stopped", "ExecStart=/bin/sleep 1000")):  # fmt: skip
        user.put(f"{name}.service", f"[Service]\n{start}\n[Install]\nWantedBy=default.target\n")
        user.systemctl("enable", "--now", f"{name}.service")
    user.systemctl("stop", "stopped.service")
    user.declare(user.type("import", "job", "stopped"))
    ran = user.run("adopt", "job", "stopped")
    assert (ran.code, ran.actions) == (0, {}), ran.messages
    assert (user.home / "ran").read_text() == "ran\n"
    assert user.state_of("stopped.service") == "inactive"


def test_timer_and_vendor_unit(user):
    """A timer, and a unit of another folder with a drop-in, are taken over as they run."""
    vendor = user.home / ".local/share/systemd/user"
    vendor.mkdir(parents=True)
    (vendor / "theirs.service").write_text("[Service]\nExecStart=/bin/sleep 1000\n")
    user.put("theirs.service.d/mine.conf", "[Service]\nExecStart=\nExecStart=/bin/sleep 2000\n")
    user.put("tick.timer", "[Timer]\nOnCalendar=yearly\nUnit=theirs.service\n")
    user.systemctl("start", "theirs.service", "tick.timer")
    pid = user.pid("theirs.service")
    user.declare(user.type("import", "theirs", "tick.timer"))
    ran = user.run("adopt", "theirs", "tick.timer")
    assert (ran.code, ran.actions) == (0, {}), ran.messages
    assert user.pid("theirs.service") == pid
    assert "2000" in user.show("theirs.service", "ExecStart")[0]
    assert user.state_of("tick.timer") == "active"


def test_import_document(user):
    """The document has the TOML; of a unit that is not there, why not, and no half of it."""
    user.put("mine.service", MINE)
    ran = user.run("import", "mine")
    assert ran.code == 0
    assert "[services.mine]" in ran.document["toml"]
    ran = user.run("import", "mine", "nowhere")
    assert (ran.code, ran.document["toml"]) == (1, None)
    assert "nowhere.service" in ran.messages


def test_what_has_no_declaration_of_its_own(user):
    """What is ours, masked, or another name of a unit is refused with the reason."""
    user.apply('[services.ours]\nprocess.argv = ["/bin/sleep", "1000"]\n')
    user.put("mine.service", MINE)
    (user.units / "masked.service").symlink_to("/dev/null")
    (user.units / "alias.service").symlink_to("mine.service")
    user.systemctl("daemon-reload")
    for name, why in (("ours", "is hmsvcd's"), ("masked", "masked"), ("alias", "mine.service")):
        ran = user.run("import", name)
        assert (ran.code, ran.document["toml"]) == (1, None)
        assert why in json.dumps(ran.document["errors"])


def test_without_manager(user):
    """Without a manager a unit can be imported, and none is adopted."""
    user.put("mine.service", MINE)
    user.declare(user.type("import", "mine"))
    nowhere = {"XDG_RUNTIME_DIR": str(user.home / "nowhere"), "DBUS_SESSION_BUS_ADDRESS": ""}
    ran = user.run("import", "mine", **nowhere)
    assert "[services.mine]" in ran.document["toml"]
    before = user.listing()
    ran = user.run("adopt", "mine", **nowhere)
    assert ran.code == 3
    assert user.listing() == before


def test_drop_ins_of_a_unit_of_ours(user):
    """A unit of ours that runs with a drop-in is brought back to what is declared alone."""
    user.apply('[services.a]\nprocess.argv = ["/bin/sleep", "1000"]\n')
    user.put("a.service.d/mine.conf", "[Unit]\nDescription=Mine\n")
    pid = user.pid("a.service")
    ran = user.run("adopt", "a")
    assert (ran.code, ran.actions) == (0, {}), ran.messages
    assert user.show("a.service", "Description", "DropInPaths") == ["a.service", ""]
    assert user.pid("a.service") == pid


def test_a_target_with_what_it_wants(user):
    """A job of a target that is adopted with it has been wanted before, and is not run again."""
    user.put("all.target", "[Unit]\nDescription=All\n")
    job = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo ran >> %h/ran'\n"
    user.put("job.service", f"{job}[Install]\nWantedBy=all.target\n")
    user.systemctl("enable", "job.service")
    user.systemctl("start", "all.target")
    user.declare(user.type("import", "all.target", "job.service"))
    ran = user.run("adopt", "all.target", "job.service")
    assert (ran.code, ran.actions) == (0, {}), ran.messages
    assert (user.home / "ran").read_text() == "ran\n"
