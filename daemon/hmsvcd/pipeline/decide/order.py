"""The order in which actions are sent."""

import heapq
from collections.abc import Collection, Iterable, Mapping

from hmsvcd.model.plan import Action, ActionKind
from hmsvcd.model.unit import TRIGGERING, suffix
from hmsvcd.pipeline.decide.dependencies import Dependencies

_PHASES = {
    ActionKind.STOP: 0,
    ActionKind.RESET_FAILED: 1,
    ActionKind.RELOAD: 2,
    ActionKind.RESTART: 3,
    ActionKind.STOP_START: 3,
    ActionKind.START: 3,
    ActionKind.KEEP: 4,
}


def sending_order(
    actions: Iterable[Action], dependencies: Dependencies, last: Collection[str]
) -> tuple[Action, ...]:
    """Return actions in order: stops, reset-failed, reloads, restarts and starts, what is kept.

    What triggers others stops before them; starts follow After= and Before=, sockets first among
    equals. The actions on the units of ``last`` end it all.
    """
    found = list(actions)
    begun = {action.unit for action in found if _PHASES[action.kind] == _PHASES[ActionKind.START]}
    place = {unit: index for index, unit in enumerate(_start_order(begun, dependencies))}

    def key(action: Action) -> tuple[bool, int, int, bool, str]:
        triggering = suffix(action.unit) in TRIGGERING
        phase = _PHASES[action.kind]
        at = place.get(action.unit, 0) if phase == _PHASES[ActionKind.START] else 0
        return action.unit in last, phase, at, not triggering, action.unit

    return tuple(sorted(found, key=key))


def _start_order(units: Collection[str], dependencies: Dependencies) -> list[str]:
    predecessors: dict[str, set[str]] = {unit: set() for unit in units}
    for unit in units:
        predecessors[unit].update(dependencies.after(unit, ("After",)))
        for later in dependencies.after(unit, ("Before",)):
            predecessors.setdefault(later, set()).add(unit)
    inside = frozenset(units)
    return topological({unit: predecessors[unit] & inside - {unit} for unit in units})


def topological(predecessors: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the keys, each after its predecessors; a ring is broken somewhere.

    Every predecessor must be a key.
    """
    waiting = {unit: set(before) for unit, before in predecessors.items()}
    successors: dict[str, list[str]] = {unit: [] for unit in waiting}
    for unit, before in waiting.items():
        for earlier in before:
            successors[earlier].append(unit)
    ready = [_rank(unit) for unit, before in waiting.items() if not before]
    heapq.heapify(ready)
    order: list[str] = []
    while waiting:
        unit = heapq.heappop(ready)[1] if ready else _in_a_ring(waiting)
        del waiting[unit]
        order.append(unit)
        for later in successors[unit]:
            if later in waiting:
                waiting[later].discard(unit)
                if not waiting[later]:
                    heapq.heappush(ready, _rank(later))
    return order


def _rank(unit: str) -> tuple[bool, str]:
    return suffix(unit) != "socket", unit


def _in_a_ring(waiting: Mapping[str, Collection[str]]) -> str:
    """Return a unit that waits for itself: going from one to what it waits for must come round."""
    unit = min(waiting, key=_rank)
    seen: set[str] = set()
    while unit not in seen:
        seen.add(unit)
        unit = min(waiting[unit], key=_rank)
    return unit
