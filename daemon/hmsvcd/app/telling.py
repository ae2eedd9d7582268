"""Tell of the daemon's passes: in the log, to systemd, on D-Bus and on the desktop, each once."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from hmsvcd.app.attempt import Attempts
from hmsvcd.host.desktop import Desktop
from hmsvcd.host.logs import Logger, set_level
from hmsvcd.host.notify import Notifier
from hmsvcd.model.daemon import Pass
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.plan import STARTS, Outcome, UnitResult
from hmsvcd.pipeline.conclude import AS_DECLARED
from hmsvcd.pipeline.documents import PASS, document, outcome_values, pass_values

RELOAD = "reload"
"""The cause of a pass that SIGHUP asks for: systemd waits for its end."""

QUIETLY = frozenset({"change", "retry", "rest", "look"})
"""The causes of passes that are no news where they find all as it was."""

_MOST_SHOWN = 5
"""How many problems one notification lists."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the desktop shows."""

    summary: str
    body: str


class Telling:
    """A listener to the passes that tells everybody else.

    ``publish`` is called with each pass (its number and its document), and ``changed`` whenever
    the daemon's state may be another. ``failed`` are the units that have been told of as failed
    since they ran last, ``starting`` and ``reloading`` those whose start or reload had not come to
    an end with its pass.
    """

    def __init__(
        self,
        log: Logger,
        notifier: Notifier,
        attempts: Attempts,
        shown: Callable[[Pass], None],
    ) -> None:
        self.publish: Callable[[int, str], None] = lambda *_: None
        self.changed: Callable[[], None] = lambda: None
        self.last: Pass | None = None
        self.failed: set[str] = set()
        self.starting: set[str] = set()
        self.reloading: set[str] = set()
        self._log = log
        self._notifier = notifier
        self._attempts = attempts
        self._shown = shown
        self._generation: int | None = None
        self._sentence = ""
        self._is_paused = False
        self._problems: tuple[Diagnostic, ...] = ()
        self._verified: tuple[Diagnostic, ...] = ()
        self._notices: asyncio.Queue[Notice | None] = asyncio.Queue()

    def begun(self, cause: str) -> None:
        """Say that a pass is under way."""
        self._log.debug("pass begun", cause=cause)
        self.changed()

    def ended(self, made: Pass) -> None:
        """Say what a pass came to; one that found all as it was is no news."""
        set_level(self._attempts.settings.log_level)
        if made.cause == RELOAD:
            self._log.info("settings reloaded")
            self._notifier.ready()
        values = document(PASS, made.problems, _values(made))
        if made.outcome is not None:
            self._follow(made.outcome)
        if self._is_news(made):
            self._log_pass(made)
            self._notify(made)
            self._say(made.sentence)
            self.last = made
            self._shown(made)
        if made.outcome is not None and made.generation is not None:
            self._generation = made.generation
        self._problems = made.problems
        self.publish(made.number, json.dumps(values))
        self.changed()

    def refused(self, made: Pass) -> None:
        """Tell whoever asked, and nobody else."""
        self._log.info("refused", number=made.number, cause=made.cause, why=made.sentence)
        self.publish(made.number, json.dumps(document(PASS, made.problems, _values(made))))
        self.changed()

    def waits(self, cause: str) -> None:
        """Have systemd not wait for a pass that is not made while saves wait for ``resume``."""
        if cause == RELOAD:
            self._notifier.ready()
        self.paused(is_so=True)

    def paused(self, *, is_so: bool) -> None:
        """Say that saves wait for ``resume``, or no more; to say it again is no news."""
        if is_so is not self._is_paused:
            self._is_paused = is_so
            self._say(self._sentence)
            self.changed()

    def verified(self, found: tuple[Diagnostic, ...]) -> None:
        """Say what systemd finds wrong with what is installed, all of it."""
        self._log_problems(found, self._verified)
        before, self._verified = _errors(self._verified), found
        errors = _errors(found)
        if any(_unlike(errors, before)):
            self._show(Notice("systemd refuses units", _lines(errors)))
        elif before and not errors and not (self.last and _wrong(self.last)):
            self._notices.put_nowait(None)
        self.changed()

    def unit_failed(self, unit: str, why: str) -> None:
        """Say that a unit has failed by itself."""
        self.unit_is_over(unit)
        self.failed.add(unit)
        self._log.warning("unit failed", unit=unit, why=why)
        self._say(f"{unit} has failed: {why}")
        self._show(Notice(f"{unit} has failed", f"{why}; see: hmsvcd logs {unit}"))

    def unit_recovered(self, unit: str) -> None:
        """Say that a unit that had failed runs again."""
        self._unit_is_well(unit, "recovered", f"{unit} runs again")

    def unit_started(self, unit: str) -> None:
        """Say that a start that took longer than its pass has come to its end."""
        self._unit_is_well(unit, "started", f"started {unit}")

    def reload_ended(self, unit: str, result: str) -> None:
        """Say how a reload that took longer than its pass has ended: ``success``, or else."""
        self.reloading.discard(unit)
        if result in {"", "success"}:
            self._unit_is_well(unit, "reloaded", f"reloaded {unit}")
            return
        self._log.warning("reload failed", unit=unit, why=result)
        self._say(f"the reload of {unit} has failed: {result}")
        self._show(Notice(f"The reload of {unit} has failed", f"see: hmsvcd logs {unit}"))

    def _unit_is_well(self, unit: str, how: str, sentence: str) -> None:
        self.unit_is_over(unit)
        self._log.info(f"unit {how}", unit=unit)
        self._say(sentence)

    def unit_is_over(self, unit: str) -> None:
        """Forget about a unit: it has come to an end that is no news, or somebody has ended it."""
        for units in (self.failed, self.starting, self.reloading):
            units.discard(unit)

    def forget(self) -> None:
        """Let go of whoever was there to be told: the bus is gone, or the daemon ends."""
        self.publish = lambda *_: None
        self.changed = lambda: None

    async def show(self, desktop: Desktop) -> None:
        """Show on the desktop what is to be shown, for ever."""
        while True:
            notice = await self._notices.get()
            if notice is None:
                await desktop.clear()
            else:
                await desktop.tell(notice.summary, notice.body)

    @property
    def generation(self) -> int:
        """The generation that was installed last, as far as is known; 0 before the first pass."""
        return self._generation or 0

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """All that is known to be wrong: with the declaration, and with the last pass."""
        return (*self._problems, *self._verified)

    def _is_news(self, made: Pass) -> bool:
        last = self.last
        if last is None or made.cause not in QUIETLY:
            return True
        outcome = made.outcome
        did = outcome and (outcome.results or outcome.plan.files or outcome.plan.drift)
        is_same = (
            made.end is last.end
            and made.problems == self._problems
            and made.sentence in {AS_DECLARED, last.sentence}
            and made.generation in {None, self._generation}
        )
        return bool(did) or not is_same

    def _follow(self, outcome: Outcome) -> None:
        """Note whose end is still to be told, and who is told of with this pass."""
        for result in outcome.all_results:
            for word, units in (("starting", self.starting), ("reloading", self.reloading)):
                (units.add if result.result == word else units.discard)(result.unit)
            if result.action in STARTS:
                (self.failed.add if result.failed else self.failed.discard)(result.unit)

    def _say(self, sentence: str) -> None:
        """Tell systemd what was done last, and while it is paused that too."""
        self._sentence = sentence
        paused = "paused: saves wait for hmsvcd resume" if self._is_paused else ""
        self._notifier.status("; ".join(filter(None, (paused, sentence))))

    def _log_pass(self, made: Pass) -> None:
        self._log_problems(_problems(made), self._problems)
        for interruption in _interruptions(made):
            self._log.info("interrupted", text=interruption.message)
        for result in self._failures(made):
            self._log.warning(
                "unit failed", unit=result.unit, action=result.action.value,
                result=result.result, why=result.message,
            )  # fmt: skip
        for drift in made.outcome.plan.drift if made.outcome else ():
            self._log.warning("drift repaired", path=drift.path, change=drift.change.value)
        self._log.info(
            "pass finished",
            number=made.number,
            cause=made.cause,
            end=made.end.value,
            generation=made.generation,
            milliseconds=made.took // 1000,
            summary=made.sentence,
        )

    def _log_problems(self, found: Iterable[Diagnostic], known: Iterable[Diagnostic]) -> None:
        """Log what was not known; what has only moved with its lines was."""
        for problem in _unlike(found, known):
            log = self._log.error if problem.is_error else self._log.warning
            text, at = problem.message, _at(problem)
            log("problem", at=at, key=problem.key, text=text, help=problem.hint)

    def _notify(self, made: Pass) -> None:
        failed = self._failures(made)
        if errors := _wrong(made):
            if self.last is None or errors != _wrong(self.last):
                self._show(Notice("The declaration cannot be applied", _lines(errors)))
        elif failed:
            lines = [f"{each.unit}: {each.action} {each.result}" for each in failed]
            self._show(Notice(f"Services have failed{_and_then(made)}", _few(lines)))
        elif braked := self._newly_braked(made):
            self._show(Notice("Services change too often", _few(_left_alone(braked))))
        elif self.last is not None and _wrong(self.last):
            self._notices.put_nowait(None)

    def _failures(self, made: Pass) -> list[UnitResult]:
        """Return what has failed; what has failed again in the same way has been told."""
        last = self.last.outcome if self.last else None
        known = last.results if last and made.cause == "retry" else ()
        results = made.outcome.all_results if made.outcome else ()
        return [each for each in results if each.failed and each not in known]

    def _newly_braked(self, made: Pass) -> list[str]:
        known = self.last.braked if self.last else ()
        return [unit for unit in made.braked if unit not in known]

    def _show(self, notice: Notice) -> None:
        if self._attempts.settings.notify:
            self._notices.put_nowait(notice)


def _and_then(made: Pass) -> str:
    fallback = made.outcome.fallback if made.outcome else None
    return f"; generation {fallback.to} is back" if fallback and not fallback.failure else ""


def _left_alone(units: Iterable[str]) -> Iterator[str]:
    return (f"{unit} is left as it is for a while; hmsvcd apply ends that" for unit in units)


def _interruptions(made: Pass) -> tuple[Diagnostic, ...]:
    """Return what a pass lacks because its end was asked for, which is nothing wrong."""
    outcome = made.outcome
    return outcome.problems if outcome is not None and outcome.interrupted else ()


def _problems(made: Pass) -> list[Diagnostic]:
    expected = _interruptions(made)
    return [each for each in made.problems if each not in expected]


def _wrong(made: Pass) -> list[Diagnostic]:
    return _errors(_problems(made))


def _errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [each for each in found if each.is_error]


def _unlike(found: Iterable[Diagnostic], known: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield what was not known; what has only moved with its lines was."""
    before = {(each.place, each.message) for each in known}
    return (each for each in found if (each.place, each.message) not in before)


def _values(made: Pass) -> dict[str, object]:
    outcome = outcome_values(made.outcome) if made.outcome else {}
    return {**outcome, "pass": pass_values(made)}


def _at(problem: Diagnostic) -> str | None:
    """Return where a problem is, as editors and terminals understand it."""
    if problem.place is None:
        return None
    position = problem.position
    where = f":{position.line}:{position.column}" if position else ""
    return f"{problem.place.file}{where}"


def _lines(errors: Iterable[Diagnostic]) -> str:
    return _few(_line(each) for each in errors)


def _line(problem: Diagnostic) -> str:
    """Return a problem in a line, with what helps where it is none of the declaration."""
    if problem.place is None:
        return "; ".join(filter(None, (problem.message, problem.hint)))
    return f"{_at(problem)}: {problem.message}"


def _few(lines: Iterable[str]) -> str:
    return "\n".join(islice(lines, _MOST_SHOWN))
