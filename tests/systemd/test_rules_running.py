"""Rules 8 to 18 on a real manager: what an edit does to units that run."""

import socket
from typing import Any

import pytest

from hmsvcd.host.sandbox import Sandbox
from switched import Switched, records, service, switch, writing
from users import User, eventually

pytestmark = pytest.mark.systemd

NATIVE = f"""
[systemd.user.targets.group]
Unit.Wants = WANTED
Install.WantedBy = "default.target"
[systemd.user.slices.part]
Slice.MemoryMax = "VERSIONG"
[systemd.user.timers.early]
Timer.OnStartupSec = "VERSIONus"
Timer.Unit = "ticked.service"
Install.WantedBy = "timers.target"
[systemd.user.services.ticked]
Service.Type = "oneshot"
Service.ExecStart = "{writing("ran")}"
[systemd.user.timers.monthly]
Timer.OnCalendar = "*-*-0VERSION"
Timer.Unit = "ticked.service"
Install.WantedBy = "timers.target"
[systemd.user.paths.watching]
Path.PathExists = "%h/nothing-VERSION"
Path.Unit = "ticked.service"
Install.WantedBy = "default.target"
"""
THEIRS = ("first", "second", "stopped")
BROKEN: dict[int, dict[str, Any]] = {1: {"ExecStartPre": "/bin/false"}, 2: {}}


def flag(name: str, value: str) -> str:
    """Return a line that says how a unit is to be switched."""
    return f'unitConfig.{name} = "{value}"\n'


def with_file(name: str, version: int, more: str = "") -> str:
    """Return a service of which only the text of a configuration file differs."""
    return f'{service(name, 1, more)}\n[services."{name}".configData.conf]\ntext = "{version}"\n'


def listening(name: str, version: int, backlog: int = 7, more: str = "") -> str:
    """Return a service that its socket starts."""
    return f"""{service(name, version, more, wanted=False)}
[services."{name}".systemd.socket]
wantedBy = ["sockets.target"]
listenStreams = ["%t/{name}"]
socketConfig.Backlog = {backlog}
"""


def declared(version: int) -> str:
    """Return a declaration with units for every rule, in all of which the versions differ."""
    wanted = {1: '["first.service"]', 2: '["first.service", "second.service", "stopped.service"]'}
    stop_start, reload = flag("X-SwitchMethod", "stop-start"), flag("X-SwitchMethod", "reload")
    return "".join([
        NATIVE.replace("WANTED", wanted[version]).replace("VERSION", str(version)),
        service("described", 1, f'description = "{version}"', RestartSec=version),
        service("member", Slice="part.slice"),
        service("keeping", version, flag("X-SwitchMethod", "keep-old")),
        service("legacy-keeping", version, flag("X-RestartIfChanged", "false")),
        service("unstoppable", version, flag("RefuseManualStop", "true")),
        service("job", version, Type="oneshot"),
        with_file("reloading", version, reload),
        with_file("legacy-reloading", version, flag("X-ReloadIfChanged", "true")),
        service("half-reloading", version, reload),
        listening("busy", 1, backlog=version),
        listening("quiet", 1, backlog=version),
        listening("lazy", version, more=stop_start),
        service("stop-starting", version, stop_start),
        service("plain", version),
        with_file("triggered", version),
        service("unable", version, reload, ExecReload=[]),
        service("legacy-restarting", version, flag("X-StopIfChanged", "false")),
        service("looping", version, Restart="always", RestartSec="1h", **BROKEN[version]),
    ])  # fmt: skip


@pytest.fixture(scope="module")
def user(shared_manager: Sandbox) -> User:
    """A user who has some units of their own; systemd forgets those that nothing names."""
    user = User(shared_manager)
    for name in THEIRS:
        body = "[Unit]\nAfter=stopped.service\n[Service]\nExecStart=/bin/sleep 1000\n"
        (user.units / f"{name}.service").write_text(body)
    return user


@pytest.fixture(scope="module")
def edited(user: User) -> Switched:
    """A declaration is applied, all of it runs, and then every unit is edited."""
    switch(user, declared(1), code=4)
    eventually(lambda: records(user).count("ticked.service ran") == 1)
    user.systemctl("start", "busy.service", "lazy.service", "stopped.service")
    user.systemctl("stop", "stopped.service")
    return switch(user, declared(2))


def pending(user: User) -> dict[str, str | None]:
    """Return what ``status`` says of each unit that only its next start takes up."""
    document = user.run("status").document
    units = dict(document["units"])
    for one in document["services"].values():
        units |= one["units"]
    return {unit: one["pending"] for unit, one in units.items()}


@pytest.mark.rule(8)
def test_what_a_daemon_reload_takes_up_disturbs_nobody(user: User, edited: Switched) -> None:
    """A description and a RestartSec are known at once, and the process goes on."""
    assert edited.rule("described.service") == 8
    assert edited.is_left("described.service")
    assert user.show("described.service", "Description", "RestartUSec") == ["2", "2s"]


@pytest.mark.rule(9)
def test_a_target_starts_what_it_newly_wants(edited: Switched) -> None:
    """A target that is up is left; what it newly names starts, unless somebody stopped that."""
    assert edited.rule("group.target") == 9
    assert edited.is_left("group.target")
    assert edited.is_left("first.service")
    assert edited.ran.actions["second.service"] == "start"
    assert [edited.state(f"{name}.service") for name in THEIRS] == ["active", "active", "inactive"]


@pytest.mark.rule(10)
def test_a_slice_is_never_restarted(user: User, edited: Switched) -> None:
    """A slice has its new limits after the daemon-reload, and what is in it goes on."""
    assert edited.rule("part.slice") == 10
    assert edited.is_left("part.slice")
    assert edited.is_left("member.service")
    assert user.show("part.slice", "MemoryMax") == [str(2 * 2**30)]


@pytest.mark.rule(11)
def test_kept_units_run_on_and_their_change_is_pending(user: User, edited: Switched) -> None:
    """What must not be disturbed keeps what it runs, and status says what it has not taken up."""
    waiting = pending(user)
    for name in ("keeping", "legacy-keeping", "unstoppable"):
        unit = f"{name}.service"
        assert edited.rule(unit) == 11
        assert edited.ran.actions[unit] == "keep"
        assert edited.is_left(unit)
        assert waiting[unit] == "ExecStart and ExecStartPre"


@pytest.mark.rule(11)
def test_the_next_start_by_hand_takes_up_what_is_pending(user: User, edited: Switched) -> None:
    """Whoever restarts a kept unit gets what is declared, and nothing is pending any more."""
    unit = "legacy-keeping.service"
    had = len(records(user))
    user.systemctl("restart", unit)
    assert records(user)[had:] == [f"{unit} stop 2", f"{unit} start 2"]
    assert pending(user)[unit] is None
    assert edited.after[unit].pid != user.pid(unit)
    assert user.run("plan").actions == {}


@pytest.mark.rule(12)
def test_a_running_job_is_not_cut_short(user: User, edited: Switched) -> None:
    """A oneshot that is under way ends as it was begun."""
    assert edited.rule("job.service") == 12
    assert edited.ran.actions["job.service"] == "keep"
    assert edited.is_left("job.service")
    assert edited.state("job.service") == "activating"
    assert "1002" in user.show("job.service", "ExecStart")[0]


@pytest.mark.rule(13)
def test_a_timer_for_the_start_of_the_session_does_not_elapse_again(
    user: User, edited: Switched
) -> None:
    """A timer that would run its job at once, for a moment long past, is kept as it is."""
    assert edited.rule("early.timer") == 13
    assert edited.ran.actions["early.timer"] == "keep"
    assert edited.is_left("early.timer")
    assert edited.of("ticked.service") == ()
    assert pending(user)["early.timer"] == "OnStartupSec"


@pytest.mark.rule(14)
def test_an_edited_file_reloads_who_asks_for_it(user: User, edited: Switched) -> None:
    """ExecReload runs once, the process stays, and nothing is pending."""
    waiting = pending(user)
    for unit in ("reloading.service", "legacy-reloading.service"):
        assert edited.rule(unit) == 14
        assert edited.of(unit) == ("reload 1",)
        assert edited.after[unit].invocation == edited.before[unit].invocation
        assert waiting[unit] is None


@pytest.mark.rule(14)
def test_a_reload_leaves_pending_what_it_cannot_take_up(user: User, edited: Switched) -> None:
    """With method reload a new program is for the next start, and status says so."""
    unit = "half-reloading.service"
    assert edited.rule(unit) == 14
    assert edited.of(unit) == ("reload 2",)
    assert edited.after[unit].pid == edited.before[unit].pid
    assert pending(user)[unit] == "ExecStart and ExecStartPre"


@pytest.mark.rule(15)
def test_a_changed_socket_takes_its_running_service_along(user: User, edited: Switched) -> None:
    """systemd cannot start a socket while its service runs, so both go down and come back."""
    assert edited.rule("busy.socket") == edited.rule("busy.service") == 15
    assert edited.of("busy.service") == ("stop 1", "start 1")
    assert edited.is_new_run("busy.socket")
    assert edited.is_new_run("busy.service")
    assert user.show("busy.socket", "Backlog") == ["2"]


@pytest.mark.rule(15)
def test_a_changed_socket_starts_no_service_that_was_down(user: User, edited: Switched) -> None:
    """A service that waits for its first connection goes on waiting."""
    assert edited.is_new_run("quiet.socket")
    assert edited.is_left("quiet.service")
    assert edited.state("quiet.service") == "inactive"
    assert user.show("quiet.socket", "Backlog") == ["2"]


@pytest.mark.rule(16)
def test_the_socket_starts_a_stopped_service_again(user: User, edited: Switched) -> None:
    """A stop-start service that nothing but its socket wants is only stopped."""
    assert edited.rule("lazy.service") == 16
    assert edited.of("lazy.service") == ("stop 1",)
    assert edited.is_left("lazy.socket")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(user.session.runtime / "lazy"))
        eventually(lambda: records(user)[-1] == "lazy.service start 2")


@pytest.mark.rule(17)
def test_stop_start_stops_with_the_old_definition(edited: Switched) -> None:
    """The old ExecStop runs before the new definition starts."""
    assert edited.rule("stop-starting.service") == 17
    assert edited.of("stop-starting.service") == ("stop 1", "start 2")
    assert edited.is_new_run("stop-starting.service")


@pytest.mark.rule(18)
def test_other_changes_restart(edited: Switched) -> None:
    """A changed program, a file without a method of its own, a schedule, a path: a restart."""
    for name in ("plain", "legacy-restarting"):
        assert edited.rule(f"{name}.service") == 18
        assert edited.of(f"{name}.service") == ("stop 2", "start 2")
    assert edited.of("triggered.service") == ("stop 1", "start 1")
    for unit in ("monthly.timer", "watching.path"):
        assert edited.rule(unit) == 18
        assert edited.ran.actions[unit] == "restart"
        assert edited.is_new_run(unit)


@pytest.mark.rule(18)
def test_what_cannot_be_reloaded_is_restarted_and_told(edited: Switched) -> None:
    """A unit that asks for a reload it does not know is restarted, with a warning."""
    assert edited.rule("unable.service") == 18
    assert edited.of("unable.service") == ("stop 2", "start 2")
    assert "unable.service cannot be reloaded" in edited.ran.messages


@pytest.mark.rule(18)
def test_a_unit_that_waits_for_its_restart_starts_at_once(edited: Switched) -> None:
    """What fails again and again is started anew as soon as it is mended."""
    assert edited.decisions["looping.service"].state == "looping"
    assert edited.rule("looping.service") == 18
    assert edited.of("looping.service") == ("start 2",)
    assert edited.state("looping.service") == "active"


def test_systemd_knows_all_that_is_installed(edited: Switched) -> None:
    """After a switch no unit warns that its file has changed on disk."""
    assert not [unit for unit, seen in edited.after.items() if seen.is_stale]
