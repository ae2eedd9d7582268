"""What apply and rollback have in common: progress while jobs run, and what came of them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.text import Text

from hmsvcd.app.ports import Progress, Silence
from hmsvcd.cli.console import Console, one_line
from hmsvcd.cli.plan_view import (
    STYLES,
    action_line,
    induced_lines,
    line,
    move_line,
    name_width,
)
from hmsvcd.cli.running import Report
from hmsvcd.errors import ExitCode
from hmsvcd.model.plan import STARTS, UNDER_WAY, ActionKind, Outcome, Plan, UnitResult
from hmsvcd.pipeline.decide.rules import HELD_RULE
from hmsvcd.pipeline.documents import outcome_values

if TYPE_CHECKING:
    from hmsvcd.model.plan import Action

_DONE = {
    ActionKind.STOP: "stopped",
    ActionKind.RELOAD: "reloaded",
    ActionKind.RESTART: "restarted",
    ActionKind.STOP_START: "restarted",
    ActionKind.START: "started",
}
_ENDS = {"leaving": "stopping"}
_MOST_NAMED = 3


async def report_switch(
    switch: Callable[[Progress], Awaitable[Outcome | None]],
    report: Report,
    *,
    adopting: bool = False,
) -> ExitCode:
    """Carry out a switch with progress, and report its outcome, or that there was none.

    Where it is ``adopting``, it is also said that there was nothing of others' to move.
    """
    if report.as_json:
        outcome = await switch(Silence())
    else:
        with _Teller(report.console()) as progress:
            outcome = await switch(progress)
            progress.settled(outcome.latest if outcome else ())
    if outcome is None:
        return report.finish({}, lambda shown: shown.print("nothing was changed"))
    report.add((*outcome.plan.warnings, *outcome.problems))
    return report.finish(
        outcome_values(outcome),
        lambda shown: _show_outcome(outcome, shown, adopting=adopting),
        code=_exit_code(outcome, is_wrong=report.has_errors),
    )


def show_switch(outcome: Outcome, shown: Console) -> None:
    """Show a switch that somebody else has carried out."""
    with _Teller(shown) as teller:
        replay(outcome, teller)
        teller.settled(outcome.latest)
    _show_outcome(outcome, shown)


def replay(outcome: Outcome, progress: Progress) -> None:
    """Tell what has happened as if it happened now."""
    progress.planned(outcome.plan)
    for result in outcome.results:
        progress.finished(result)
    fallback = outcome.fallback
    if fallback and not fallback.failure:
        progress.going_back(outcome.results, fallback.to)
        progress.planned(fallback.plan)
        for result in fallback.results:
            progress.finished(result)


def _exit_code(outcome: Outcome, *, is_wrong: bool) -> ExitCode:
    if outcome.interrupted:
        return ExitCode.INTERRUPTED
    if outcome.problems or is_wrong:
        return ExitCode.REFUSED
    failed = any(each.failed for each in outcome.results)
    return ExitCode.UNIT_FAILED if failed else ExitCode.DONE


class _Teller:
    """Says what happens while it happens; that nobody reads it must not stop a switch."""

    def __init__(self, shown: Console) -> None:
        self._console = shown
        self._live = Live(console=shown, auto_refresh=False, transient=True)
        self._reasons: dict[str, Action] = {}
        self._awaited: dict[str, None] = {}
        self._settling: dict[str, UnitResult] = {}
        self._width = 0
        self._is_read = True

    def __enter__(self) -> Self:
        """Begin with nothing."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the line of what is awaited off the terminal; say what was not said yet."""
        self.settled(())
        self._try(self._live.stop)

    def planned(self, plan: Plan) -> None:
        """Say what is not going to be said when it has happened."""
        self._reasons = {action.unit: action for action in plan.actions}
        self._awaited = dict.fromkeys(
            action.unit for action in plan.actions if action.kind in _DONE
        )
        self._width = name_width(self._reasons)
        for action in plan.actions:
            if action.kind is ActionKind.KEEP:
                self._print(action_line(action, self._width))
        for induced in induced_lines(plan):
            self._print(induced)
        if self._awaited and self._console.is_terminal:
            self._try(self._live.start)
            self._show_awaited()

    def finished(self, result: UnitResult) -> None:
        """Say how an action ended; of a start it is said once it is known to last."""
        if result.action is ActionKind.RESET_FAILED:
            return
        self._awaited.pop(result.unit, None)
        if result.action in STARTS and not result.failed:
            self._settling[result.unit] = result
        else:
            self._say(result)
        self._show_awaited()

    def settled(self, results: Iterable[UnitResult]) -> None:
        """Say how the starts ended; of those that are not among the results as far as is known."""
        ends = {result.unit: result for result in results if result.action in STARTS}
        for unit, result in self._settling.items():
            self._say(ends.get(unit, result))
        self._settling.clear()

    def _say(self, result: UnitResult) -> None:
        action = self._reasons.get(result.unit)
        self._print(_result_line(result, self._width, action.reason if action else ""))

    def waiting(self, message: str) -> None:
        """Say who is waited for."""
        self._print(Text(message, "dim"))

    def going_back(self, results: Sequence[UnitResult], generation: int) -> None:
        """Say what has failed, with its log, and what comes back."""
        self.settled(results)
        for result in results:
            if result.failed:
                self._try(partial(_show_failure, result, self._console))
        self._print(Text(f"going back to generation {generation}", "bold yellow"))

    def _show_awaited(self) -> None:
        if not self._live.is_started:
            return
        named = ", ".join(list(self._awaited)[:_MOST_NAMED])
        more = len(self._awaited) - _MOST_NAMED
        others = f" and {more} more" if more > 0 else ""
        text = f"  waiting for {named}{others}" if named else "  looking whether all stay up"
        self._try(lambda: self._live.update(Text(text, "dim"), refresh=True))

    def _print(self, line: Text) -> None:
        self._try(lambda: self._console.print(line))

    def _try(self, say: Callable[[], None]) -> None:
        try:
            if self._is_read:
                say()
        except OSError:
            self._is_read = False


def _result_line(result: UnitResult, width: int, reason: str) -> Text:
    if result.result == "done":
        words, style = _DONE.get(result.action, result.action.value), STYLES[result.action]
    elif result.failed:
        words, style = result.result, "bold red"
    else:
        words, style = _ENDS.get(result.result, result.result), "yellow"
    return line(words, style, result.unit, width, reason)


def _show_outcome(outcome: Outcome, shown: Console, *, adopting: bool = False) -> None:
    for move in outcome.plan.moves:
        shown.print(move_line("moved", move))
    if adopting and not outcome.plan.moves:
        shown.print("nothing had to be moved")
    for move in outcome.fallback.plan.moves if outcome.fallback else ():
        shown.print(move_line("moved back", move))
    for result in outcome.latest:  # what failed before has been shown when all was undone
        if result.failed:
            _show_failure(result, shown)
    plan = outcome.fallback.plan if outcome.fallback else outcome.plan
    held = [one.unit for one in plan.decisions if one.rule == HELD_RULE]
    if held:
        names = ", ".join(held)
        shown.print(Text(f"left stopped, as somebody stopped it: {names}", "yellow"))
        shown.print(Text(f"  help: systemctl --user start {held[0]}", "yellow"))
    shown.print(_summary(outcome))


def _show_failure(result: UnitResult, shown: Console) -> None:
    why = f" ({one_line(result.message)})" if result.message else ""
    words = f"{result.unit}: {result.action.value} {result.result}{why}"
    shown.print(Text(words, "bold red"))
    for written in result.log:
        shown.print(Text(f"    {one_line(written)}", "dim"))


def _summary(outcome: Outcome) -> Text:
    where, fallback = f"generation {outcome.generation}", outcome.fallback
    if fallback and fallback.failure:
        where += f" (generation {fallback.to} is not back yet)"
    elif fallback:
        where += f" (rollback to {fallback.to}, as {fallback.of} failed)"
    elif outcome.back_to is not None:
        where += f" (rollback to {outcome.back_to})"
    good = "bold yellow" if fallback else "green"
    failed = sum(result.failed for result in outcome.latest)
    ended = Counter(
        _ended(result) for result in outcome.latest if result.action in _DONE and not result.failed
    )
    parts = [f"{number} {words}" for words, number in ended.items()]
    if failed:
        return Text(f"{where}: {', '.join([*parts, f'{failed} failed'])}", "bold red")
    if parts:
        return Text(f"{where}: {', '.join(parts)}", good)
    return Text(f"{where} is installed; no unit had to do anything", good)


def _ended(result: UnitResult) -> str:
    if result.result == "done":
        return _DONE[result.action]
    words = _ENDS.get(result.result, result.result)
    return f"still {words}" if result.result in UNDER_WAY else words
