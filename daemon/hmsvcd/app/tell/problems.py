"""What is wrong by a pass: which of it is news, and how it reads in a line."""

from collections.abc import Iterable, Iterator

from hmsvcd.model.daemon import Pass
from hmsvcd.model.diagnostic import Diagnostic


def interruptions_of(made: Pass) -> tuple[Diagnostic, ...]:
    """Return what a pass lacks because its end was asked for, which is nothing wrong."""
    outcome = made.outcome
    return outcome.problems if outcome is not None and outcome.interrupted else ()


def problems_of(made: Pass) -> list[Diagnostic]:
    """Return what is wrong by a pass."""
    expected = interruptions_of(made)
    return [each for each in made.problems if each not in expected]


def errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return those that are more than warnings."""
    return [each for each in found if each.is_error]


def unlike(found: Iterable[Diagnostic], known: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield what was not known; what has only moved with its lines was."""
    before = {(each.place, each.message) for each in known}
    return (each for each in found if (each.place, each.message) not in before)


def place_of(problem: Diagnostic) -> str | None:
    """Return where a problem is, as editors and terminals understand it."""
    if problem.place is None:
        return None
    position = problem.position
    where = f":{position.line}:{position.column}" if position else ""
    return f"{problem.place.file}{where}"


def in_a_line(problem: Diagnostic) -> str:
    """Return a problem in a line, with what helps where it is none of the declaration."""
    if problem.place is None:
        return "; ".join(filter(None, (problem.message, problem.hint)))
    return f"{place_of(problem)}: {problem.message}"
