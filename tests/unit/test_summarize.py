"""How a unit stands, told from what is recorded and what systemd reports."""

from typing import Any

import pytest

from hmsvcd.model.generation import Generation, SavedState, UnitRecord
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.status import Standing, Status
from hmsvcd.pipeline.summarize import Known, summarize
from hmsvcd.pipeline.syntax.unit_file import parse

OLD = parse("a.service", "[Service]\nExecStart=/bin/old\n")
NEW = parse("a.service", "[Service]\nExecStart=/bin/new\n")
LATER = parse("a.service", "[Unit]\nDescription=x\n[Service]\nExecStart=/bin/old\n")
LIFE = "boot-1"


def seen(**properties: Any) -> ObservedUnit:
    """Return the unit as systemd reports it."""
    return ObservedUnit("a.service", **({"load_state": "loaded"} | properties))


UP = {"active_state": "active", "sub_state": "running", "invocation": "i", "main_start": 50}
ENDED = {"inactive_enter": 9, "inactive_exit": 1, "active_exit": 8}


def told(unit: ObservedUnit, record: UnitRecord | None = None, **known: Any) -> Status:
    """Return the status of one service."""
    generation = Generation({"a.service": "new"}, services={"a": ("a.service",)})
    others = known.pop("others", ())
    units = {each.name: each for each in (unit, *others)}
    observed = Observed(units, LIFE, units_loaded=known.pop("units_loaded", 0))
    state = SavedState(known.pop("life", LIFE), {"a.service": record} if record else {})
    return summarize(Known(generation, state, observed, **known), 1)


@pytest.mark.parametrize(("properties", "standing"), [
    (UP, "running"),
    (UP | {"sub_state": "exited"}, "finished"),
    ({"active_state": "activating", "sub_state": "start"}, "starting"),
    ({"active_state": "activating", "sub_state": "auto-restart", "result": "success"}, "starting"),
    ({"active_state": "activating", "sub_state": "auto-restart", "result": "signal",
      "restarts": 2}, "starting"),
    ({"active_state": "activating", "sub_state": "auto-restart", "result": "exit-code",
      "restarts": 3}, "failed"),
    ({"active_state": "failed", "sub_state": "failed", "result": "exit-code",
      "main_exit": 7, "inactive_enter": 9}, "failed"),
    ({}, "stopped"),
    (ENDED | {"main_start": 1, "main_exit": 7, "result": "success"}, "finished"),
    (ENDED | {"main_start": 1, "main_exit": 9, "result": "success"}, "held"),
    ({"active_state": "deactivating", "sub_state": "stop-sigterm", "job": "stop"}, "stopped"),
])  # fmt: skip
def test_a_service_stands_as_its_unit_does(properties: dict[str, Any], standing: str) -> None:
    """Each state of systemd has one word."""
    assert told(seen(**properties)).services["a"].standing == standing


LOOPS = {"active_state": "activating", "sub_state": "auto-restart", "result": "signal"}


@pytest.mark.parametrize(("properties", "result", "standing"), [
    ({}, "refused", "failed"),
    ({}, "dependency", "failed"),
    ({}, "skipped", "stopped"),
    (UP, "failed", "running"),
    (ENDED | {"main_start": 1, "main_exit": 9, "result": "success"}, "failed", "held"),
    (LOOPS, "failed", "failed"),
    (LOOPS, "done", "starting"),
])  # fmt: skip
def test_what_our_last_action_did_not_bring_up_has_failed(
    properties: dict[str, Any], result: str, standing: str
) -> None:
    """A unit that is down for it has failed, whatever systemd calls it; until the next login."""
    record = UnitRecord(action="start", result=result, at=1)
    assert told(seen(**properties), record).services["a"].standing == standing
    anew = told(seen(**properties), record, life="boot-0").services["a"].standing
    assert anew == told(seen(**properties)).services["a"].standing


@pytest.mark.parametrize("kind", ["socket", "timer", "path"])
def test_what_will_be_triggered_waits(kind: str) -> None:
    """A service at rest waits while what starts it is up, and only then."""
    trigger = ObservedUnit(f"a.{kind}", active_state="active")
    unit = seen(triggered_by=(trigger.name,))
    assert told(unit, others=[trigger]).services["a"].standing is Standing.WAITING
    assert told(unit).services["a"].standing is Standing.STOPPED


def test_what_is_in_our_place_counts() -> None:
    """An overridden unit is called so, with the path of what counts."""
    status = told(seen(**UP), overridden={"a.service": "/etc/x"})
    assert status.services["a"].standing is Standing.OVERRIDDEN
    assert status.services["a"].units["a.service"].overridden == "/etc/x"


def test_what_still_stops_is_leaving_until_it_is_down() -> None:
    """A removed unit that still runs is leaving; once it is down it is not."""
    record = UnitRecord(result="leaving")
    assert told(seen(**UP), record).services["a"].standing is Standing.LEAVING
    assert told(seen(), record).services["a"].standing is Standing.STOPPED


@pytest.mark.parametrize(("record", "more", "pending"), [
    (UnitRecord(started="old", invocation="i"), {}, "ExecStart"),
    (UnitRecord(started="old", invocation="i"), {"life": "boot-0"}, None),
    (UnitRecord(started="old", invocation="other", linked_at=10, loaded_at=20), {}, None),
    (UnitRecord(started="old", invocation="other", linked_at=10), {"units_loaded": 20}, None),
    (UnitRecord(started="old", invocation="other", linked_at=60), {}, "ExecStart"),
    (UnitRecord(started="old", invocation="other", linked_at=10, loaded_at=55), {}, "ExecStart"),
])  # fmt: skip
def test_what_runs_may_be_older_than_what_is_linked(
    record: UnitRecord,
    more: dict[str, Any],
    pending: str | None,
) -> None:
    """Pending is what an invocation that began before systemd read the link has not taken up."""
    definitions = {"started": {"a.service": OLD}, "linked": {"a.service": NEW}}
    unit = told(seen(**UP), record, **definitions, **more).services["a"].units["a.service"]
    assert unit.pending == pending


def test_what_a_daemon_reload_takes_up_is_not_pending() -> None:
    """A description counts at once."""
    definitions = {"started": {"a.service": OLD}, "linked": {"a.service": LATER}}
    record = UnitRecord(started="old", invocation="i")
    unit = told(seen(**UP), record, **definitions).services["a"].units["a.service"]
    assert unit.pending is None


def test_a_failed_unit_is_a_failed_service() -> None:
    """The worst of its units makes the service; a native unit stands by itself."""
    generation = Generation(
        {"a.service": "1", "a-x.service": "2", "t.timer": "3"},
        services={"a": ("a.service", "a-x.service")},
    )
    failed = ObservedUnit("a-x.service", active_state="failed", inactive_enter=1)
    observed = Observed({"a.service": seen(**UP), failed.name: failed}, LIFE)
    status = summarize(Known(generation, SavedState(), observed), 1)
    assert status.services["a"].standing is Standing.FAILED
    assert status.has_failed
    assert list(status.units) == ["t.timer"]


def test_one_of_many_can_be_picked() -> None:
    """A service, a unit of it, or a native unit; what nothing is called is nothing."""
    status = told(seen(**UP))
    assert status.only("a") == status
    picked = status.only("a.service")
    assert picked is not None
    assert list(picked.services["a"].units) == ["a.service"]
    assert status.only("b") is None
