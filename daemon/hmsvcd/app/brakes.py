"""Leave a unit alone for a while that changes again and again by itself.

Think of a service that writes at each start into a file that is its own ``source``. Whoever edits
is no such service: an edit of the declaration itself does not count, nor does a change that comes
when what was done for the one before has long been over.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hmsvcd.model.diagnostic import Diagnostic, warning
from hmsvcd.model.plan import STARTS, ActionKind, Change, LinkKind, Outcome, Plan, UnitResult
from hmsvcd.model.unit import template_of
from hmsvcd.pipeline.advance import NEVER_RAN
from hmsvcd.pipeline.conclude import TOO_OFTEN

SOON = 5.0
"""Seconds after a start or reload of ours within which a change is likely the service's own."""

TOO_MANY, WITHIN = 5, 60.0
"""So many times in so many seconds is too often."""

FIRST, LONGEST = 60.0, 1800.0
"""Seconds for which a unit is left at first, and at most; each time twice as long."""

_NEVER = float("-inf")
_NO_WORK = frozenset({"keep", "reset-failed"})
_TOUCHES = STARTS | {ActionKind.RELOAD}
_HINT = "hmsvcd apply brings it to what is declared at once"


@dataclass(frozen=True, slots=True)
class _Brake:
    """When a unit changed by itself of late, until when it is left, and for how long that is."""

    times: tuple[float, ...] = ()
    until: float = 0.0
    length: float = 0.0

    def changed(self, now: float) -> "_Brake":
        recent = (*(time for time in self.times if now - time < WITHIN), now)
        if len(recent) < TOO_MANY:
            return _Brake(recent, self.until, self.length)
        is_calm = now - self.until > LONGEST
        length = FIRST if is_calm or not self.length else min(2 * self.length, LONGEST)
        return _Brake((), now + length, length)


class Brakes:
    """How often each unit has changed by itself; all times are seconds of one clock."""

    def __init__(self) -> None:
        self._brakes: dict[str, _Brake] = {}
        self._started: dict[str, float] = {}

    def note(
        self, outcome: Outcome, declared: Collection[str], seen: float | None, now: float
    ) -> None:
        """Take note of what a pass has done that has just ended.

        ``seen`` is when the change was seen that it was made for, None where somebody has edited
        or asked. Instances that are not ``declared`` themselves count for their template. What is
        installed anew begins to count anew.
        """
        new = _made(outcome.plan)
        self.lift_from(new - {drift.name for drift in outcome.plan.drift})
        acted = {_counted(one.unit, declared) for one in outcome.results if _has_acted(one)}
        if seen is not None:
            for unit in acted - new:
                if seen - self._started.get(unit, _NEVER) <= SOON:
                    self._brakes[unit] = self._brakes.get(unit, _Brake()).changed(now)
        kept = {unit: at for unit, at in self._started.items() if now - at <= SOON}
        started = {
            _counted(result.unit, declared)
            for result in outcome.all_results
            if result.action in _TOUCHES and _has_acted(result)
        }
        self._started = kept | dict.fromkeys(started, now)

    def are_its_own(self, now: float) -> bool:
        """Say whether a change that is seen now is likely the doing of what was just started."""
        return any(now - at <= SOON for at in self._started.values())

    def lift(self) -> None:
        """Forget all: somebody has asked for what is declared now."""
        self._brakes.clear()

    def lift_from(self, units: Iterable[str]) -> None:
        """Forget these units: somebody has edited them."""
        for unit in units:
            self._brakes.pop(unit, None)

    def braked(self, now: float) -> frozenset[str]:
        """Return the units that are to be left alone."""
        return frozenset(unit for unit, brake in self._brakes.items() if now < brake.until)

    def remaining(self, units: Iterable[str], now: float) -> float:
        """Return in how many seconds the first of these units need not be left any more."""
        return min(self._brakes[unit].until for unit in units) - now

    def warnings(self, units: Iterable[str]) -> list[Diagnostic]:
        """Return what the user ought to know of units that are left though they have changed."""
        lengths = {unit: round(self._brakes[unit].length / 60) for unit in units}
        return [
            warning(f"{unit} {TOO_OFTEN}: it is left as it is for {minutes} min", None, hint=_HINT)
            for unit, minutes in lengths.items()
        ]


def _made(plan: Plan) -> set[str]:
    """Return the units whose links are new."""
    return {
        change.name
        for change in plan.files
        if change.kind is LinkKind.UNIT and change.change is Change.CREATE
    }


def _has_acted(result: UnitResult) -> bool:
    return result.action not in _NO_WORK and result.result not in NEVER_RAN


def _counted(unit: str, declared: Collection[str]) -> str:
    return unit if unit in declared else template_of(unit) or unit
