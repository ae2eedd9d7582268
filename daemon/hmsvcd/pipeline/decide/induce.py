"""What an action does to other units than its own."""

from collections.abc import Callable, Collection, Iterable, Iterator

from hmsvcd.model.decision import Installing, UnitState
from hmsvcd.model.plan import STARTS, STOPS, Action, ActionKind, Induced
from hmsvcd.pipeline.decide.dependencies import PULLS_IN, Dependencies, closure
from hmsvcd.pipeline.decide.states import state_of

RUNNING = frozenset({UnitState.UP, UnitState.STARTING, UnitState.LOOPING})
_CHANGES_STATE = STARTS | STOPS | {ActionKind.RELOAD}


def induced_by(
    actions: Iterable[Action], dependencies: Dependencies, world: Installing
) -> tuple[Induced, ...]:
    """Return what actions take down, restart or pull in, but for what has actions of its own."""
    found = list(actions)
    acted = {action.unit for action in found if action.kind in _CHANGES_STATE}
    neighbourhood = _Neighbourhood(dependencies, world, acted)
    reasons: dict[str, str] = {}
    for action in found:
        for unit, because in neighbourhood.effects(action):
            reasons.setdefault(unit, because)
    return tuple(Induced(unit, because) for unit, because in reasons.items())


class _Neighbourhood:
    """The units around the acted ones; what those cause in turn is told of them."""

    def __init__(
        self, dependencies: Dependencies, world: Installing, acted: Collection[str]
    ) -> None:
        self._dependencies = dependencies
        self._world = world
        self._acted = acted

    def effects(self, action: Action) -> Iterator[tuple[str, str]]:
        """Yield every other unit that an action takes down, restarts or pulls in, and why."""
        unit = action.unit
        if action.kind in STOPS:
            yield from self._reached(unit, self._stopping_with, f"stops with {unit}")
        if action.kind is ActionKind.RESTART:
            yield from self._reached(unit, self._restarting_with, f"restarts with {unit}")
        if action.kind in STARTS:
            yield from self._reached(unit, self._pulled_in, f"started by {unit}")
            for other in sorted(self._dependencies.conflicting(unit) - set(self._acted)):
                if _runs(other, self._world):
                    yield other, f"conflicts with {unit}"

    def _reached(
        self, unit: str, neighbours: Callable[[str], Iterable[str]], because: str
    ) -> Iterator[tuple[str, str]]:
        reached = closure((unit,), lambda name: set(neighbours(name)).difference(self._acted))
        return ((other, because) for other in reached if other != unit)

    def _stopping_with(self, unit: str) -> Iterator[str]:
        taken = self._dependencies.stopping_with(unit)
        return (other for other in taken if _runs(other, self._world))

    def _restarting_with(self, unit: str) -> Iterator[str]:
        taken = self._dependencies.restarting_with.get(unit, ())
        return (other for other in taken if _runs(other, self._world))

    def _pulled_in(self, unit: str) -> Iterator[str]:
        """Yield what is wanted or required and down, held or not."""
        for other in self._dependencies.after(unit, PULLS_IN):
            down = not _runs(other, self._world)
            if down and _exists(other, self._dependencies, self._world):
                yield other


def _exists(unit: str, dependencies: Dependencies, world: Installing) -> bool:
    return dependencies.new(unit) is not None or world.observed.unit(unit).load_state == "loaded"


def _runs(unit: str, world: Installing) -> bool:
    return state_of(world.observed.unit(unit), owed=False) in RUNNING


def owed_by(actions: Iterable[Action], world: Installing) -> frozenset[str]:
    """Return the units to be owed a start before these actions are sent (docs/state.md: Owed).

    They are what is stopped or restarted and every running unit that depends on it, but for those
    that are to stay down.
    """
    dependencies = Dependencies(world)
    found = list(actions)
    taken = [action.unit for action in found if action.kind in STOPS | {ActionKind.RESTART}]
    stay_down = {action.unit for action in found if action.kind is ActionKind.STOP}
    return frozenset(
        unit
        for unit in closure(taken, dependencies.stopping_with)
        if unit not in stay_down and not dependencies.is_gone(unit) and _runs(unit, world)
    )


def gone_for_good(world: Installing) -> frozenset[str]:
    """Return the units owed a start that are no longer declared, and down by now."""
    dependencies = Dependencies(world)
    return frozenset(
        unit
        for unit in world.owed
        if dependencies.is_gone(unit)
        and state_of(world.observed.unit(unit), owed=True) is UnitState.OWED
    )


def taken_away(actions: Iterable[Action], world: Installing) -> frozenset[str]:
    """Return the running units that these actions stop because they are no longer declared."""
    dependencies = Dependencies(world)
    stopped = (action.unit for action in actions if action.kind is ActionKind.STOP)
    return frozenset(unit for unit in stopped if dependencies.is_gone(unit) and _runs(unit, world))
