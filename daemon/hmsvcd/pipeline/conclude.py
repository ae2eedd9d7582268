"""What a pass of the daemon came to, in a state and in a sentence."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from hmsvcd.errors import HmsvcdError, NotNowError, RefusedError
from hmsvcd.model.daemon import DaemonState
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.plan import ActionKind, Outcome, UnitResult
from hmsvcd.pipeline.advance import NEVER_RAN
from hmsvcd.pipeline.undoing import held_in_words

_DONE = {
    ActionKind.STOP: "stopped",
    ActionKind.RELOAD: "reloaded",
    ActionKind.RESTART: "restarted",
    ActionKind.STOP_START: "restarted",
    ActionKind.START: "started",
}
_STILL = {
    "starting": "starting", "reloading": "reloading", "leaving": "stopping", "held": "held",
}  # fmt: skip
AS_DECLARED = "everything is as declared"
TOO_OFTEN = "changes too often"

_FOR_GOOD = frozenset({"refused", "invalid"})
"""Results of jobs that systemd will not run as things are: trying again does not help."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How a pass has ended (never WORKING or PAUSED), and what it did, in words."""

    end: DaemonState
    sentence: str


def conclude(
    errors: Sequence[Diagnostic],
    outcome: Outcome | None,
    put_off: Sequence[str] = (),
    held: str | None = None,
    missing: Sequence[str] = (),
    braked: Sequence[str] = (),
) -> Conclusion:
    """Return what a pass came to that could be made; ``errors`` are those of the declaration.

    ``put_off``, ``held``, ``missing`` and ``braked`` are as in ``Reconciled``.
    """
    left = _left(put_off, missing, braked)
    done = "; ".join((*_done(outcome), *left)) if outcome else ""
    if errors:
        number = "an error" if len(errors) == 1 else f"{len(errors)} errors"
        return Conclusion(
            DaemonState.STUCK, "; ".join(filter(None, (f"the declaration has {number}", done)))
        )
    if held:
        done = "; ".join(filter(None, (held, done)))
    return Conclusion(_end(outcome), done or AS_DECLARED)


def _end(outcome: Outcome | None) -> DaemonState:
    """Return whether all is done, or some job has to be tried again, or can never run so."""
    if outcome and outcome.fallback and outcome.fallback.failure:
        return DaemonState.RETRYING
    ends = {result.result for result in outcome.latest} if outcome else set()
    if ends & (NEVER_RAN - _FOR_GOOD):
        return DaemonState.RETRYING
    return DaemonState.STUCK if ends & _FOR_GOOD else DaemonState.SETTLED


def failed(failure: HmsvcdError) -> Conclusion:
    """Return what a pass came to that could not be made, or not be brought to its end."""
    stuck = isinstance(failure, RefusedError) and not isinstance(failure, NotNowError)
    return Conclusion(DaemonState.STUCK if stuck else DaemonState.RETRYING, failure.message)


def _done(outcome: Outcome) -> Iterator[str]:
    fallback = outcome.fallback
    if fallback and fallback.undone and not fallback.failure:  # all else was undone with it
        yield held_in_words("", fallback.undone)
        if failed := [result.unit for result in fallback.results if result.failed]:
            yield f"failed after that: {_names(failed)}"
        return
    if outcome.back_to is not None:
        yield f"rolled back to generation {outcome.back_to}"
    yield from _carried_out(outcome)
    if fallback:
        why = f": {fallback.failure}" if fallback.failure else ""
        yield f"generation {fallback.to} could not be brought back yet{why}"


def _carried_out(outcome: Outcome) -> Iterator[str]:
    ended: dict[str, list[str]] = {}
    for result in outcome.results:
        if words := _words(result):
            ended.setdefault(words, []).append(result.unit)
    for words, units in ended.items():
        yield f"{words} {_names(units)}"
    if outcome.plan.drift:
        yield f"repaired {_names(_last_names(each.name for each in outcome.plan.drift))}"
    elif not ended and outcome.plan.files:
        yield "updated what is installed"


def _left(put_off: Sequence[str], missing: Sequence[str], braked: Sequence[str]) -> Iterator[str]:
    if put_off:
        yield f"about to remove {_names(put_off)}"
    if missing:
        yield f"about to repair {_names(_last_names(missing))}"
    if braked:
        yield f"left {_names(braked)} as before ({TOO_OFTEN})"


def _words(result: UnitResult) -> str | None:
    if result.failed:
        return f"{result.action} {result.result}:"
    return _STILL.get(result.result) or (
        _DONE.get(result.action) if result.result == "done" else None
    )


def _last_names(paths: Iterable[str]) -> Iterable[str]:
    """Return what the paths end in, each name once."""
    return dict.fromkeys(PurePosixPath(path).name for path in paths)


def _names(units: Iterable[str]) -> str:
    names = [unit.removesuffix(".service") for unit in units]
    shown = names if len(names) <= _SHOWN + 1 else [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if shown[1:] else shown[0]
