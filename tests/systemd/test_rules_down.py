"""Rules 19 to 29 on a real manager: what a pass does to units that do not run."""

from functools import partial
from typing import Any

import pytest

from hmsvcd.host.sandbox import Sandbox
from switched import Switched, service, switch
from users import User, eventually

pytestmark = pytest.mark.systemd

UNMET = 'unitConfig.ConditionPathExists = "%h/appears"\n'
NEEDS = 'requires = "needed.service"\nafter = "needed.service"\n'
ONCE = 'unitConfig = { StartLimitBurst = 1, StartLimitIntervalSec = "1h" }\n'
SOCKET = """
[systemd.user.sockets.unbindable]
Socket.ListenStream = "/dev/null/a"
Socket.Service = "unwanted.service"
Install.WantedBy = "sockets.target"
"""
BROKEN: dict[int, dict[str, Any]] = {1: {"ExecStartPre": "/bin/false"}, 2: {}}


def brief(name: str, version: int, **directives: Any) -> str:
    """Return a service that ends by itself at once, and well."""
    return service(name, version, **directives).replace("/bin/sleep", "/bin/echo")


def declared(version: int) -> str:
    """Return a declaration with units for every rule; most differ between the versions."""
    fresh = service("fresh", 1) if version == 2 else ""
    return SOCKET + fresh + "".join([
        service("stopping", version, ExecStop="/bin/sleep 1000"),
        service("manual", version, "unitConfig.X-OnlyManualStart = true\n"),
        service("refusing", version, "unitConfig.RefuseManualStart = true\n"),
        service("unwanted", version, wanted=False),
        service("held", version),
        service("held-restarting", version, Restart="always"),
        service("invited", 1, wanted=version == 2),
        service("uninvited", 1, wanted=version == 2),
        brief("job", version, Type="oneshot"),
        brief("over", 1, RestartSec=version),
        brief("changed", version),
        service("failing", 1, ExecStop="/bin/false", ExecStartPre="/bin/false"),
        service("mended", version, **BROKEN[version]),
        service("limited", version, ONCE, **BROKEN[version]),
        service("unmet", version, UNMET),
        service("needed", version),
        service("needing", 1, UNMET + NEEDS),
        service("unmet-alike", 1, UNMET, RestartSec=version),
    ])  # fmt: skip


def is_down(user: User, unit: str) -> bool:
    """Tell whether a unit has come to its end."""
    return user.state_of(unit) == "inactive"


@pytest.fixture(scope="module")
def user(shared_manager: Sandbox) -> User:
    """A user for all tests of this module."""
    return User(shared_manager)


@pytest.fixture(scope="module")
def edited(user: User) -> Switched:
    """A declaration is applied, units come down one way or another, and then it is edited."""
    switch(user, declared(1), code=4)
    for unit in ("changed.service", "over.service", "job.service"):
        eventually(partial(is_down, user, unit))
    user.systemctl("start", "uninvited.service")
    user.systemctl("stop", "held.service", "held-restarting.service", "uninvited.service")
    user.systemctl("stop", "--no-block", "stopping.service")
    (user.home / "appears").touch()
    return switch(user, declared(2), code=4)


@pytest.mark.rule(19)
def test_a_stop_of_the_users_own_is_not_disturbed(edited: Switched) -> None:
    """A unit that is being stopped goes on stopping, whatever was edited."""
    assert edited.rule("stopping.service") == 19
    assert edited.is_left("stopping.service")
    assert edited.state("stopping.service") == "deactivating"


@pytest.mark.rule(20)
def test_what_only_a_person_or_a_dependency_starts_is_not_started(edited: Switched) -> None:
    """X-OnlyManualStart and RefuseManualStart keep a wanted unit down."""
    for unit in ("manual.service", "refusing.service"):
        assert edited.rule(unit) == 20
        assert edited.is_left(unit)
        assert edited.state(unit) == "inactive"


@pytest.mark.rule(21)
def test_what_a_removal_took_down_comes_back_with_it(manager: Sandbox) -> None:
    """A unit is not started while what it requires is gone, and is owed a start until then."""
    user = User(manager)
    base, dependent = service("needed"), service("needing", 1, NEEDS)
    switch(user, base + dependent)
    without = switch(user, dependent)
    assert without.rule("needing.service") == 21
    assert without.ran.actions == {"needed.service": "stop"}
    assert [one["unit"] for one in without.ran.document["induced"]] == ["needing.service"]
    assert without.state("needing.service") == "inactive"
    again = switch(user, base + dependent)
    assert again.rule("needing.service") == 21
    assert again.ran.results == {"needed.service": "done", "needing.service": "done"}
    assert again.of("needing.service") == ("start 1",)
    assert again.records[0] == "needed.service start 1"


@pytest.mark.rule(22)
def test_what_nothing_wants_is_not_started(edited: Switched) -> None:
    """A declared unit without anything that wants it is installed, and no more."""
    assert edited.rule("unwanted.service") == 22
    assert edited.is_left("unwanted.service")
    assert edited.state("unwanted.service") == "inactive"


@pytest.mark.rule(23)
def test_what_is_new_starts(edited: Switched) -> None:
    """A new unit that is wanted starts."""
    assert edited.rule("fresh.service") == 23
    assert edited.of("fresh.service") == ("start 1",)
    assert edited.is_new_run("fresh.service")


@pytest.mark.rule(24)
def test_what_somebody_stopped_stays_stopped(user: User, edited: Switched) -> None:
    """An edit starts nothing that a person stopped; status calls it held."""
    services = user.run("status").document["services"]
    for name in ("held", "held-restarting"):
        assert edited.rule(f"{name}.service") == 24
        assert edited.is_left(f"{name}.service")
        assert edited.state(f"{name}.service") == "inactive"
        assert services[name]["state"] == "held"


@pytest.mark.rule(25)
def test_what_has_just_been_enabled_starts(edited: Switched) -> None:
    """A unit that something newly wants starts, though its definition is as before."""
    assert edited.rule("invited.service") == 25
    assert edited.of("invited.service") == ("start 1",)
    assert edited.state("invited.service") == "active"


@pytest.mark.rule(26)
def test_what_has_finished_is_not_run_again_without_need(edited: Switched) -> None:
    """A job that has run is not repeated for an edit, nor a service for what needs no restart."""
    for unit in ("job.service", "over.service"):
        assert edited.rule(unit) == 26
        assert edited.is_left(unit)


@pytest.mark.rule(26)
def test_a_changed_service_that_had_finished_runs_again(edited: Switched) -> None:
    """A service that ended by itself is started with its new definition."""
    assert edited.rule("changed.service") == 26
    assert edited.of("changed.service")[0] == "start 2"


@pytest.mark.rule(27)
def test_what_failed_is_tried_again(edited: Switched) -> None:
    """An asked pass tries every failed unit, changed or not, past its start limit too."""
    actions = [(one["unit"], one["action"]) for one in edited.ran.document["actions"]]
    failed, mended = (
        ("failing.service", "unbindable.socket"),
        ("mended.service", "limited.service"),
    )
    for unit in failed + mended:
        assert edited.rule(unit) == 27
        assert [kind for name, kind in actions if name == unit] == ["reset-failed", "start"]
    assert [edited.ran.results[unit] for unit in failed] == ["failed", "failed"]
    for unit in mended:
        assert edited.of(unit) == ("start 2",)
        assert edited.state(unit) == "active"


@pytest.mark.rule(28)
def test_what_could_not_run_yet_is_tried_when_something_changes(edited: Switched) -> None:
    """A condition is looked at again after an edit, of the unit or of what it requires."""
    assert edited.rule("unmet.service") == edited.rule("needing.service") == 28
    assert edited.of("unmet.service") == ("start 2",)
    assert edited.of("needing.service") == ("start 1",)
    assert edited.records.index("needed.service start 2") < edited.records.index(
        "needing.service start 1"
    )


@pytest.mark.rule(29)
def test_what_could_not_run_yet_is_else_left(edited: Switched) -> None:
    """Where nothing of weight has changed, nobody looks whether a condition has come true."""
    assert edited.rule("unmet-alike.service") == 29
    assert edited.is_left("unmet-alike.service")
    assert edited.state("unmet-alike.service") == "inactive"
