"""Leave a unit alone for a while that changes again and again by itself.

Think of a service that writes at each start into a file that is its own ``source``. To edit the
declaration itself does not count: that is somebody at work, who wants to see what comes of it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hmsvcd.model.diagnostic import Diagnostic, warning
from hmsvcd.model.plan import Change, LinkKind, Outcome
from hmsvcd.model.unit import template_of
from hmsvcd.pipeline.advance import NEVER_RAN
from hmsvcd.pipeline.conclude import TOO_OFTEN

TOO_MANY, WITHIN = 5, 60.0
"""So many times in so many seconds is too often."""

FIRST, LONGEST = 60.0, 1800.0
"""Seconds for which a unit is left at first, and at most; each time twice as long."""

_NO_WORK = frozenset({"keep", "reset-failed"})
_HINT = "hmsvcd apply brings it to what is declared at once"


@dataclass(frozen=True, slots=True)
class _Brake:
    """When a unit was acted upon of late, until when it is left, and for how long that is."""

    times: tuple[float, ...] = ()
    until: float = 0.0
    length: float = 0.0

    def acted(self, now: float) -> "_Brake":
        recent = (*(time for time in self.times if now - time < WITHIN), now)
        if len(recent) < TOO_MANY:
            return _Brake(recent, self.until, self.length)
        is_calm = now - self.until > LONGEST
        length = FIRST if is_calm or not self.length else min(2 * self.length, LONGEST)
        return _Brake((), now + length, length)


class Brakes:
    """How often a change has had each unit acted upon; all times are seconds of one clock."""

    def __init__(self) -> None:
        self._brakes: dict[str, _Brake] = {}

    def note(self, outcome: Outcome, declared: Collection[str], now: float) -> None:
        """Take note of what a pass has restarted or reloaded that nobody asked for.

        A start counts, too, but for the first one; instances that are not ``declared`` themselves
        count for their template.
        """
        plan = outcome.plan
        new = {
            change.name
            for change in plan.files
            if change.kind is LinkKind.UNIT and change.change is Change.CREATE
        }
        acted = {
            result.unit if result.unit in declared else template_of(result.unit) or result.unit
            for result in outcome.results
            if result.action not in _NO_WORK and result.result not in NEVER_RAN
        }
        for unit in acted - new:
            self._brakes[unit] = self._brakes.get(unit, _Brake()).acted(now)

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
