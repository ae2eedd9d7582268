"""Rules 1 to 7 on a real manager: units that something else counts for, and units that go."""

import pytest

from hmsvcd.host.sandbox import Sandbox
from switched import Switched, service, switch, writing
from users import User, eventually

pytestmark = pytest.mark.systemd

MEMBER = service("member", Slice="ours.slice")
GUEST = service("guest", Slice="vendor.slice")
REMAINING = service("kept") + MEMBER + GUEST
DISPLACED = ("overridden.service", "shadowed.service")

GOING = (
    service("sleeper")
    + service("vendor")
    + service("alike")
    + service("masked")
    + service("staying", more="unitConfig.X-StopOnRemoval = false\n")
    + service("manual", more="unitConfig.RefuseManualStop = true\n")
    + service("stopping", ExecStop="/bin/sleep 1000")
    + service("hanging", ExecStop="/bin/sleep 1000")
    + service("failing", ExecStartPre="/bin/false")
    + service("job", Type="oneshot").replace("/bin/sleep", "/bin/echo")
    + service("held")
    + """
[systemd.user.slices.ours]
Slice.MemoryMax = "1G"
[systemd.user.slices.vendor]
Slice.MemoryMax = "1G"
[systemd.user.timers.going]
Timer.OnCalendar = "yearly"
Timer.Unit = "job.service"
Install.WantedBy = "timers.target"
[systemd.user.targets.going]
Unit.Description = "goes"
Install.WantedBy = "default.target"
"""
)


VENDOR_UNIT = f"[Service]\nExecStartPre={writing('start vendor')}\nExecStart=/bin/sleep 1000\n"
"""What the distribution has installed."""


@pytest.fixture(scope="module")
def user(shared_manager: Sandbox) -> User:
    """A user of a machine on which some units are installed for everybody."""
    user = User(shared_manager)
    folder = user.home / ".local/share/systemd/user"
    folder.mkdir(parents=True)
    (folder / "vendor.service").write_text(VENDOR_UNIT)
    (folder / "masked.service").write_text("")
    (folder / "vendor.slice").write_text("[Slice]\nMemoryMax=2G\n")
    (user.units / "theirs.service").write_text("[Service]\nExecStart=/bin/false\n")
    return user


def displaced(version: int) -> str:
    """Return what is declared of the units that something else counts for."""
    return "".join(service(unit.removesuffix(".service"), version) for unit in DISPLACED)


@pytest.fixture(scope="module")
def gone(user: User) -> Switched:
    """A declaration is applied, units come to their ends, and then most of it goes."""
    switch(user, REMAINING + GOING + displaced(1), code=4)
    installed = (user.units / "alike.service").read_text()
    alike = user.home / ".local/share/systemd/user/alike.service"
    alike.write_text(installed.replace("[Service]", "[Service]\nRestartSec=9"))
    user.systemctl("stop", "held.service")
    user.systemctl("stop", "--no-block", "stopping.service")
    user.systemctl("start", "theirs.service")
    eventually(lambda: user.state_of("theirs.service") == "failed")
    (user.units / "overridden.service").unlink()
    places = (user.units, user.config / "systemd/user.control")
    for unit, folder in zip(DISPLACED, places, strict=True):
        folder.mkdir(exist_ok=True)
        (folder / unit).write_text("[Service]\nExecStart=/bin/sleep 3000\n")
    return switch(user, REMAINING + displaced(2) + service("new"))


@pytest.mark.rule(1)
def test_what_something_else_counts_for_is_left(user: User, gone: Switched) -> None:
    """What lies in the place of a declared unit, or before it, is respected and told."""
    for unit in DISPLACED:
        assert gone.rule(unit) == 1
        assert gone.is_left(unit)
        assert gone.state(unit) == "active"
        assert gone.after[unit].fragment in gone.ran.messages
    assert "3000" in (user.units / DISPLACED[0]).read_text()


@pytest.mark.rule(2)
def test_a_released_unit_goes_on_as_its_vendor_has_it(gone: Switched) -> None:
    """A service that only we had overridden restarts as what the distribution has installed."""
    assert gone.decisions["vendor.service"].reason.startswith("another file of its name counts")
    assert gone.of("vendor.service") == ("start vendor",)
    assert gone.is_new_run("vendor.service")
    assert gone.after["vendor.service"].fragment.endswith(
        ".local/share/systemd/user/vendor.service"
    )


@pytest.mark.rule(2)
def test_a_released_unit_that_is_alike_is_not_restarted(gone: Switched) -> None:
    """Where the distribution's unit does the same, the process goes on under it."""
    assert gone.rule("alike.service") == 8
    assert gone.is_left("alike.service")
    assert gone.after["alike.service"].fragment.endswith(".local/share/systemd/user/alike.service")


@pytest.mark.rule(2)
def test_a_released_slice_keeps_what_is_in_it(gone: Switched) -> None:
    """A slice of the distribution takes over, and its services run on."""
    assert gone.rule("vendor.slice") == 10
    assert gone.is_left("guest.service")
    assert gone.after["vendor.slice"].fragment.endswith(".local/share/systemd/user/vendor.slice")


@pytest.mark.rule(3)
def test_a_removed_slice_is_not_stopped(gone: Switched) -> None:
    """To stop a slice would end every service in it, declared or not."""
    assert gone.rule("ours.slice") == 3
    assert gone.is_left("member.service")
    assert gone.state("member.service") == gone.state("ours.slice") == "active"


@pytest.mark.rule(4)
def test_what_must_not_be_stopped_is_leaving(user: User, gone: Switched) -> None:
    """A removed unit that nobody may stop, or that is to stay, runs on and is shown as leaving."""
    status = user.run("status").document["services"]
    for name in ("staying", "manual"):
        unit = f"{name}.service"
        assert gone.rule(unit) == 4
        assert gone.is_left(unit)
        assert f"{unit} is no longer declared, but left running" in gone.ran.messages
        assert status[name]["state"] == "leaving"
        assert (user.units / unit).is_symlink()
        assert not (user.units / "default.target.wants" / unit).is_symlink()


@pytest.mark.rule(5)
def test_a_removed_unit_is_stopped_as_it_was_defined(user: User, gone: Switched) -> None:
    """What goes and runs is stopped, with its own ExecStop, and its links go with it."""
    for unit in ("sleeper.service", "going.timer", "going.target", "masked.service"):
        assert gone.rule(unit) == 5
        assert gone.state(unit) == "inactive"
        assert gone.ran.results[unit] == "done"
    assert gone.of("sleeper.service") == ("stop 1",)
    assert not [place for place in user.installed() if "sleeper" in place or "going" in place]


@pytest.mark.rule(5)
def test_a_hanging_stop_holds_up_that_unit_alone(user: User, gone: Switched) -> None:
    """A removed unit that does not stop keeps its file, and all the rest goes on."""
    assert gone.decisions["stopping.service"].state == "stopping"
    for unit in ("hanging.service", "stopping.service"):
        assert gone.rule(unit) == 5
        assert gone.ran.results[unit] == "leaving"
        assert gone.state(unit) == "deactivating"
        assert gone.after[unit].load == "loaded"
        assert (user.units / unit).is_symlink()
    assert gone.of("new.service") == ("start 1",)


@pytest.mark.rule(6)
def test_a_removed_unit_that_failed_is_forgotten(user: User, gone: Switched) -> None:
    """Failures of units that are gone do not stay in the list; those of others do."""
    assert gone.rule("failing.service") == 6
    assert gone.ran.actions["failing.service"] == "reset-failed"
    failed = user.systemctl("list-units", "--failed", "--plain", "--no-legend")
    assert [line.split()[0] for line in failed.splitlines()] == ["theirs.service"]


@pytest.mark.rule(7)
def test_a_removed_unit_that_is_down_only_goes(user: User, gone: Switched) -> None:
    """Nothing is done to what has finished or was stopped, but its links go."""
    for unit in ("job.service", "held.service"):
        assert gone.rule(unit) == 7
        assert unit not in gone.ran.actions
        assert gone.of(unit) == ()
    assert not [place for place in user.installed() if "job" in place or "held" in place]
