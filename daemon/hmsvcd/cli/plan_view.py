"""A plan as people read it: per unit the action, the reason and what changes in its text."""

import difflib
import itertools
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from rich.text import Text

from hmsvcd.cli.console import Console, one_line
from hmsvcd.model.decision import Decision, Difference, UnitState
from hmsvcd.model.plan import (
    Action,
    ActionKind,
    Change,
    FileChange,
    LinkKind,
    Move,
    Plan,
    Reloading,
)

Sides = Callable[[FileChange], tuple[str, str] | None]
"""Gives the old and the new text of what changes; None where it is no text."""

STYLES = {
    ActionKind.START: "green",
    ActionKind.STOP: "red",
    ActionKind.RESTART: "yellow",
    ActionKind.STOP_START: "yellow",
    ActionKind.RELOAD: "cyan",
    ActionKind.RESET_FAILED: "magenta",
    ActionKind.KEEP: "dim",
}
_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_VERBS = {Change.CREATE: "install", Change.REPLACE: "update", Change.REMOVE: "remove"}
_ORDER = (LinkKind.UNIT, LinkKind.FILE, LinkKind.DEPENDENCY)
_RUNNING = frozenset({UnitState.UP, UnitState.STARTING, UnitState.LOOPING})
_WITHOUT_JOBS = "so that systemd knows; no unit has to do anything"
_INSTEAD = "in the place of what is moved; it goes on as it is"
_CONTEXT = 2
_WIDEST_NAME = 40


def show_plan(plan: Plan, sides: Sides, console: Console) -> None:
    """Print each unit's action with its reason and text, what else follows, and the files."""
    units = {each.name: each for each in plan.files if each.kind is LinkKind.UNIT}
    decisions = {decision.unit: decision for decision in plan.decisions}
    acted = {action.unit for action in plan.actions if action.kind is not ActionKind.RESET_FAILED}
    alone = [each for each in plan.files if not _goes_with(each, acted, units)]
    alone.sort(key=lambda change: _ORDER.index(change.kind))
    width = name_width((*(action.unit for action in plan.actions), *units))
    for action in plan.actions:
        console.print(action_line(action, width))
        if action.unit in acted and action.unit in units:
            _show_text(units[action.unit], sides, console)
    moved = {move.path for move in plan.moves}
    for move in plan.moves:
        console.print(move_line("move", move))
    for change in alone:
        is_unit = change.kind is LinkKind.UNIT
        name = change.name if is_unit else one_line(change.path)
        reason = _why(change, decisions.get(name)) if is_unit else ""
        reason = _INSTEAD if change.path in moved else reason
        console.print(line(_VERBS[change.change], "bold", name, width if is_unit else 0, reason))
        if change.kind is not LinkKind.DEPENDENCY:
            _show_text(change, sides, console)
    for consequence in _consequences(plan):
        console.print(consequence)
    console.print(_summary(plan, alone))


def _goes_with(change: FileChange, acted: Container[str], units: Mapping[str, FileChange]) -> bool:
    """Say whether a change needs no row: it is seen at its unit's."""
    if change.kind is LinkKind.DEPENDENCY:
        return change.name in units
    return change.kind is LinkKind.UNIT and change.name in acted


def _why(change: FileChange, decision: Decision | None) -> str:
    """Return why a unit's link changes, and why that is all."""
    if decision is None:
        return ""
    if change.change is Change.CREATE and decision.difference is Difference.SAME:
        why, beside = "its link is missing", not _RUNNING.issuperset({decision.state})
    else:
        why, beside = f"{decision.changed} changed" if decision.changed else "", True
    if not beside or not why or decision.reason.startswith(why):
        return why or decision.reason
    return f"{why}; {decision.reason}"


def name_width(names: Iterable[str]) -> int:
    """Return the width of the column that names stand in."""
    return min(max(map(len, names), default=0), _WIDEST_NAME)


def line(verb: str, style: str, name: str, width: int, reason: str) -> Text:
    """Return what is done, or was, to whom and why."""
    said = Text.assemble(
        "  ", (f"{verb:<13}", style), " ", (f"{name:<{width}}", "bold"), f"  {reason}"
    )
    said.rstrip()
    return said


def action_line(action: Action, width: int = 0) -> Text:
    """Return an action in one line: what, to which unit, and why."""
    said = line(action.kind.value, STYLES[action.kind], action.unit, width, action.reason)
    return said.append(f" (pending: {action.pending})", "dim") if action.pending else said


def move_line(verb: str, move: Move) -> Text:
    """Return what of others' is moved, or was, and what it is called then."""
    return line(verb, "bold", one_line(move.path), 0, f"to {one_line(move.to.rpartition('/')[2])}")


def induced_lines(plan: Plan) -> Iterator[Text]:
    """Yield a line for each unit that an action takes along."""
    for induced in plan.induced:
        yield line("also", "dim", induced.unit, 0, induced.because)


def _consequences(plan: Plan) -> Iterator[Text]:
    yield from induced_lines(plan)
    if plan.reloading is not Reloading.NOT:
        when = "before the jobs" if plan.reloading is Reloading.BEFORE else "after the jobs"
        yield line("daemon-reload", "dim", when if plan.actions else _WITHOUT_JOBS, 0, "")


def _summary(plan: Plan, alone: Iterable[FileChange]) -> Text:
    kinds = (ActionKind.STOP, ActionKind.RESET_FAILED, ActionKind.RELOAD, ActionKind.RESTART,
             ActionKind.STOP_START, ActionKind.START, ActionKind.KEEP)  # fmt: skip
    counted = Counter(action.kind for action in plan.actions)
    if plan.is_empty:
        return Text("nothing to do", "green")
    parts = [f"{counted[kind]} to {kind.value}" for kind in kinds if counted[kind]]
    changed = Counter(each.change for each in alone)
    parts += [f"{changed[each]} to {verb}" for each, verb in _VERBS.items() if changed[each]]
    parts += [f"{len(plan.moves)} to move"] if plan.moves else []
    return Text(f"in all: {', '.join(parts)}" if parts else "in all: daemon-reload", "bold")


def _show_text(change: FileChange, sides: Sides, console: Console) -> None:
    both = sides(change)
    if both is None:
        console.print(Text("      (no text, or a folder)", "dim"))
        return
    whole = change.change is not Change.REPLACE
    for line in _difference(*both):
        if not (whole and line.startswith("@")):
            told = one_line(line) if line.strip() else ""
            console.print(Text(f"      {told}" if told else "", _LINE_STYLES.get(line[:1], "")))
    console.print()


def _difference(old: str, new: str) -> Iterable[str]:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=_CONTEXT)
    yield from itertools.islice(lines, 2, None)  # the first two would name the files
