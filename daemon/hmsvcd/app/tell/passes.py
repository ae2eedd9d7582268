"""Put into the log and onto the desktop what a pass came to that was not told with one before."""

from collections.abc import Iterable

from hmsvcd.app.tell.notices import Notices
from hmsvcd.app.tell.problems import (
    errors,
    in_a_line,
    interruptions_of,
    place_of,
    problems_of,
    unlike,
)
from hmsvcd.host.logs import Logger
from hmsvcd.model.daemon import Pass
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.plan import UnitResult


def log_pass(log: Logger, made: Pass, last: Pass | None, known: Iterable[Diagnostic]) -> None:
    """Log a pass that is news; ``last`` is the one before, ``known`` what was wrong by then."""
    log_problems(log, problems_of(made), known)
    for interruption in interruptions_of(made):
        log.info("interrupted", text=interruption.message)
    for result in _failures(made, last):
        log.warning(
            "unit failed", unit=result.unit, action=result.action.value,
            result=result.result, why=result.message,
        )  # fmt: skip
    for drift in made.outcome.plan.drift if made.outcome else ():
        log.warning("drift repaired", path=drift.path, change=drift.change.value)
    log.info(
        "pass finished",
        number=made.number,
        cause=made.cause,
        end=made.end.value,
        generation=made.generation,
        milliseconds=made.took // 1000,
        summary=made.sentence,
    )


def log_problems(log: Logger, found: Iterable[Diagnostic], known: Iterable[Diagnostic]) -> None:
    """Log what was not known; what has only moved with its lines was."""
    for problem in unlike(found, known):
        write = log.error if problem.is_error else log.warning
        where, text = place_of(problem), problem.message
        write("problem", at=where, key=problem.key, text=text, help=problem.hint)


def notify(notices: Notices, made: Pass, last: Pass | None) -> None:
    """Show what is wrong by a pass that was not by the ``last`` one, or that all is well again."""
    wrong, was_wrong = errors(problems_of(made)), errors(problems_of(last)) if last else []
    if wrong:
        if wrong != was_wrong:
            notices.show("The declaration cannot be applied", map(in_a_line, wrong))
    elif failed := _failures(made, last):
        lines = (f"{each.unit}: {each.action} {each.result}" for each in failed)
        notices.show(f"Services have failed{_and_then(made)}", lines)
    elif braked := [unit for unit in made.braked if last is None or unit not in last.braked]:
        notices.show("Services change too often", map(_left_alone, braked))
    elif was_wrong:
        notices.clear()


def _failures(made: Pass, last: Pass | None) -> list[UnitResult]:
    """Return what has failed; what has failed again in the same way has been told."""
    before = last.outcome if last else None
    known = before.results if before and made.cause == "retry" else ()
    results = made.outcome.all_results if made.outcome else ()
    return [each for each in results if each.failed and each not in known]


def _and_then(made: Pass) -> str:
    fallback = made.outcome.fallback if made.outcome else None
    return f"; generation {fallback.to} is back" if fallback and not fallback.failure else ""


def _left_alone(unit: str) -> str:
    return f"{unit} is left as it is for a while; hmsvcd apply ends that"
