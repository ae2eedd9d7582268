"""Put every unit through the rules until their decisions agree with one another.

What a pass starts may want or require further units, so decisions lead to decisions. They only
ever add starts, so it ends; only units that a new start concerns are looked at again.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from hmsvcd.model.decision import Installing, UnitState
from hmsvcd.pipeline.decide.dependencies import NEEDS, PULLS_IN, Dependencies, closure
from hmsvcd.pipeline.decide.induce import RUNNING
from hmsvcd.pipeline.decide.rules import Rule, Situation, Verb, matching
from hmsvcd.pipeline.decide.survey import services_of, survey

_ACTIVE = frozenset({UnitState.UP, UnitState.STARTING})
_STARTING = frozenset({Verb.START, Verb.RESTART, Verb.STOP_START})
_STOPPING = frozenset({Verb.STOP, Verb.STOP_START})


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the rules say of every unit.

    ``rules`` holds rule 2 before the rule that judges the other file. ``bounced``: a running
    service → the socket that takes it down and up. ``wanted``: a unit that is not ours → the
    target that newly wants it.
    """

    situations: Mapping[str, Situation]
    rules: Mapping[str, tuple[Rule, ...]]
    bounced: Mapping[str, str]
    wanted: Mapping[str, str]

    def verb(self, unit: str) -> Verb:
        """Return what happens to a unit; its socket's rule beats all of its own but a stop."""
        verb = self.rules[unit][-1].verb
        return Verb.STOP_START if unit in self.bounced and verb is not Verb.STOP else verb


def agree(world: Installing, dependencies: Dependencies) -> Agreed:
    """Return the rules that match each unit, once nothing changes any more."""
    return _Agreeing(world, dependencies).run()


class _Agreeing:
    """The work of ``agree``: what is known so far, and what is to be looked at again."""

    def __init__(self, world: Installing, dependencies: Dependencies) -> None:
        self._world = world
        self._dependencies = dependencies
        owed = {unit for unit in world.owed if world.observed.unit(unit).load_state != "not-found"}
        self._situations = {
            unit: survey(unit, dependencies, world)
            for unit in sorted(dependencies.subjects | owed)
        }
        self._rules = {unit: matching(it) for unit, it in self._situations.items()}
        self._bounced: dict[str, str] = {}
        self._extra: dict[str, str] = {}
        self._now = Agreed(self._situations, self._rules, self._bounced, self._extra)
        self._started: set[str] = set()
        self._wanted: set[str] = set()
        self._wanted_before: set[str] = set()

    def run(self) -> Agreed:
        """Decide all units, then again those that what is started concerns."""
        active = [
            unit
            for unit in self._situations.keys() | self._world.observed.units.keys()
            if self._is(unit, _ACTIVE)
        ]
        for unit in active:
            self._wanted_before |= self._dependencies.before(unit, PULLS_IN)
            self._wanted |= self._dependencies.after(unit, PULLS_IN)
        self._find_services_of_sockets()
        self._expect_back()
        waiting = deque(self._situations)
        queued = set(waiting)
        while waiting:
            unit = waiting.popleft()
            queued.discard(unit)
            self._rules[unit] = matching(self._complete(self._situations[unit]))
            for affected in self._start(self._starts_of(unit)):
                if affected in self._situations and affected not in queued:
                    queued.add(affected)
                    waiting.append(affected)
        return self._now

    def _situation(self, unit: str) -> Situation:
        known = self._situations.get(unit)
        return known or survey(unit, self._dependencies, self._world)

    def _is(self, unit: str, states: frozenset[UnitState]) -> bool:
        return self._situation(unit).state in states

    def _find_services_of_sockets(self) -> None:
        sockets = [unit for unit, rules in self._rules.items() if rules[-1].takes_service]
        for socket in sockets:
            for service in services_of(socket, self._world):
                self._bounced[service] = socket
                if service not in self._situations:
                    self._situations[service] = self._situation(service)
                    self._rules[service] = matching(self._situations[service])

    def _expect_back(self) -> None:
        """Owe a start to what the stops of this pass take down, as if an earlier pass had."""
        stopped = [unit for unit in self._rules if self._now.verb(unit) in _STOPPING]
        for unit in closure(stopped, self._dependencies.stopping_with):
            situation = self._situation(unit)
            verb = self._now.verb(unit) if unit in self._rules else Verb.NOTHING
            stays_down = self._dependencies.is_gone(unit) or verb in _STARTING | _STOPPING
            if situation.state in RUNNING and not stays_down:
                self._situations[unit] = replace(situation, state=UnitState.OWED, displaced=False)

    def _complete(self, situation: Situation) -> Situation:
        unit = situation.unit
        wanted = unit in self._wanted
        needs = self._dependencies.after(unit, NEEDS)
        return replace(
            situation,
            wanted=wanted,
            newly_wanted=wanted and unit not in self._wanted_before,
            requirements_met=all(self._stands(need) for need in needs),
            requirement_starts=not self._started.isdisjoint(needs),
        )

    def _stands(self, unit: str) -> bool:
        """Say whether a unit is up and stays so, or is started."""
        if unit in self._started:
            return True
        stops = unit in self._rules and self._now.verb(unit) is Verb.STOP
        return not stops and self._is(unit, _ACTIVE)

    def _starts_of(self, unit: str) -> Iterator[str]:
        verb = self._now.verb(unit)
        if verb in _STARTING:
            yield unit
        if verb is Verb.START_WANTED:
            named = self._dependencies.after(unit, PULLS_IN)
            named -= self._dependencies.before(unit, PULLS_IN) | self._situations.keys()
            for other in sorted(named):
                if not self._is(other, RUNNING | {UnitState.HELD, UnitState.STOPPING}):
                    self._extra[other] = unit
                    yield other

    def _start(self, units: Iterable[str]) -> Iterator[str]:
        """Note what is started, and yield the units to look at again for it."""
        for unit in units:
            if unit not in self._started:
                self._started.add(unit)
                newly = self._dependencies.after(unit, PULLS_IN) - self._wanted
                self._wanted |= newly
                yield from newly | self._dependencies.needed_by.get(unit, frozenset())
