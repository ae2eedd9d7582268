"""Say how things stand, from what is recorded and what systemd reports."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hmsvcd.model.decision import Difference, UnitState
from hmsvcd.model.generation import Generation, Pending, SavedState, UnitRecord
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import NO_FAILURE, ActionKind
from hmsvcd.model.status import LastAction, ServiceStatus, Standing, Status, UnitStatus
from hmsvcd.model.unit import TRIGGERING, UnitFile, suffix
from hmsvcd.pipeline.decide.diff import changed_directives, difference
from hmsvcd.pipeline.decide.owed import is_owed
from hmsvcd.pipeline.decide.states import state_of
from hmsvcd.pipeline.decide.survey import in_words
from hmsvcd.pipeline.failing import fails, why
from hmsvcd.pipeline.taken_up import taken_up

_STANDINGS: Mapping[UnitState, Standing] = {
    UnitState.STARTING: Standing.STARTING,
    UnitState.UP: Standing.RUNNING,
    UnitState.LOOPING: Standing.STARTING,
    UnitState.STOPPING: Standing.STOPPED,
    UnitState.OWED: Standing.STOPPED,
    UnitState.IDLE: Standing.STOPPED,
    UnitState.HELD: Standing.HELD,
    UnitState.FAILED: Standing.FAILED,
    UnitState.FINISHED: Standing.FINISHED,
}
_UP_BY_SUB_STATE = {
    "exited": Standing.FINISHED,
    "listening": Standing.WAITING,
    "waiting": Standing.WAITING,
}
"""What a unit that is up but has no process is doing; the others run."""

_RESTARTS_OF_A_FAILURE = 3

_RESTING = frozenset({Standing.STOPPED, Standing.FINISHED, Standing.HELD})
_WORST = (Standing.FAILED, Standing.OVERRIDDEN, Standing.LEAVING)
"""What one unit's standing makes of its whole service, the first that is found."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a status is made of.

    ``started`` and ``linked`` hold for each unit the definition that our last start took up and
    the one that is installed, where they can be read. ``overridden``: unit → path of what counts
    instead of ours. ``begun``: unit → what a switch that is not finished has done or was to do.
    """

    generation: Generation
    state: SavedState
    observed: Observed
    started: Mapping[str, UnitFile] = field(default_factory=dict)
    linked: Mapping[str, UnitFile] = field(default_factory=dict)
    overridden: Mapping[str, str] = field(default_factory=dict)
    begun: Mapping[str, LastAction] = field(default_factory=dict)


def begun(pending: Pending, *, is_cut_off: bool) -> dict[str, LastAction]:
    """Return for each unit what an unfinished switch does to it, and how that has ended.

    Where it has not, it is under way, or ``interrupted`` where nobody is at work any more.
    """
    ended = {record.unit: record.result for record in pending.results}
    unknown = "interrupted" if is_cut_off else "starting"
    at = pending.target.created
    return {
        each.unit: LastAction(each.action, each.reason, ended.get(each.unit, unknown), at)
        for each in pending.actions
        if each.action != ActionKind.KEEP
    }


def summarize(known: Known, number: int | None) -> Status:
    """Return how everything stands that the generation installs."""
    units = {unit: _unit(unit, known) for unit in known.generation.units}
    members = {unit for names in known.generation.services.values() for unit in names}
    services = {
        service: _service(service, [units[name] for name in names if name in units])
        for service, names in known.generation.services.items()
    }
    native = {name: unit for name, unit in units.items() if name not in members}
    return Status(services, native, number)


def _service(name: str, units: Iterable[UnitStatus]) -> ServiceStatus:
    found = {unit.name: unit for unit in units}
    standings = {unit.standing for unit in found.values()}
    main = found.get(f"{name}.service") or next(iter(found.values()), None)
    usual = main.standing if main else Standing.STOPPED
    return ServiceStatus(name, next((each for each in _WORST if each in standings), usual), found)


def _unit(name: str, known: Known) -> UnitStatus:
    seen = known.observed.unit(name)
    record = known.state.units.get(name, UnitRecord())
    standing = _standing(name, seen, record, known)
    return UnitStatus(
        name=name,
        standing=standing,
        active=seen.active_state,
        sub=seen.sub_state,
        result=seen.result or None,
        pid=seen.main_pid or None,
        since=seen.state_change_realtime or None,
        restarts=seen.restarts,
        pending=_pending(name, seen, record, known),
        last_action=known.begun.get(name) or _last_action(record),
        overridden=known.overridden.get(name),
        drop_ins=seen.drop_in_paths,
        why=_why(standing, seen, record),
    )


def _standing(name: str, seen: ObservedUnit, record: UnitRecord, known: Known) -> Standing:
    if name in known.overridden:
        return Standing.OVERRIDDEN
    if record.result == "leaving" and seen.active_state not in {"inactive", "failed"}:
        return Standing.LEAVING
    is_this_life = known.state.life == known.observed.life
    state = state_of(seen, owed=is_owed(name, known.state, known.observed))
    if _has_failed(state, seen, record.result if is_this_life else None):
        return Standing.FAILED
    if state is UnitState.UP:
        return _UP_BY_SUB_STATE.get(seen.sub_state, Standing.RUNNING)
    standing = _STANDINGS[state]
    return Standing.WAITING if standing in _RESTING and _is_triggered(seen, known) else standing


def _has_failed(state: UnitState, seen: ObservedUnit, result: str | None) -> bool:
    """Say whether a unit is down for a failure, though systemd may not call it failed.

    ``result`` is that of our last action in this life of the manager.
    """
    action_failed = result is not None and result not in NO_FAILURE
    if state is UnitState.LOOPING and seen.result not in {"", "success"}:
        # Anything may be killed once and come back; what does so again and again will not.
        return action_failed or seen.restarts >= _RESTARTS_OF_A_FAILURE
    return action_failed and state in {UnitState.IDLE, UnitState.OWED}


def _is_triggered(seen: ObservedUnit, known: Known) -> bool:
    """Say whether a socket, timer or path that is up will start the unit."""
    return any(
        suffix(name) in TRIGGERING and known.observed.unit(name).active_state == "active"
        for name in seen.triggered_by
    )


def _pending(name: str, seen: ObservedUnit, record: UnitRecord, known: Known) -> str | None:
    """Name the directives that the running process has not taken up."""
    started, linked = known.started.get(name), known.linked.get(name)
    if seen.active_state != "active" or started is None or linked is None:
        return None
    if known.state.life != known.observed.life:  # a new login starts what is linked
        return None
    between = difference(started, linked)
    target = known.generation.units[name]
    if taken_up(seen, record, target, between, known.observed) != record.started:
        return None
    if between in {Difference.SAME, Difference.EQ}:
        return None
    return in_words(changed_directives(started, linked))


def _why(standing: Standing, seen: ObservedUnit, record: UnitRecord) -> str | None:
    """Return how a unit has failed; one that never came to run has failed by our action."""
    if fails(seen):
        return why(seen)
    return f"{record.action} {record.result}" if standing is Standing.FAILED else None


def _last_action(record: UnitRecord) -> LastAction | None:
    if record.action is None or record.at is None:
        return None
    return LastAction(record.action, record.reason or "", record.result or "", record.at)
