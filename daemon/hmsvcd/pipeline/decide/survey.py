"""Each unit's situation before a switch: all that can be said of it alone."""

from collections.abc import Sequence

from hmsvcd.model.decision import Difference, Installing, Method, UnitState
from hmsvcd.model.unit import UnitFile, suffix, template_of
from hmsvcd.pipeline.decide.dependencies import Dependencies
from hmsvcd.pipeline.decide.diff import changed_directives, difference, worst
from hmsvcd.pipeline.decide.induce import RUNNING
from hmsvcd.pipeline.decide.method import (
    can_reload,
    elapses_at_once,
    is_plain_oneshot,
    method_of,
    refuses_start,
    refuses_stop,
    stays_on_removal,
)
from hmsvcd.pipeline.decide.rules import Situation
from hmsvcd.pipeline.decide.states import state_of

_SHOWN = 3
_MEANT = {"X-Reload-Triggers": "a configuration file"}


def survey(unit: str, dependencies: Dependencies, world: Installing) -> Situation:
    """Return the situation of a unit, without what depends on the decisions for others."""
    observed = world.observed.unit(unit)
    olds = dependencies.old(unit)
    declared = dependencies.new(unit)
    other = dependencies.other(unit)
    new = declared or other or UnitFile(unit, {})
    ours = unit in dependencies.subjects
    return Situation(
        unit=unit,
        kind=suffix(unit),
        state=state_of(observed, owed=unit in world.owed),
        difference=worst(olds, new) if ours else Difference.SAME,
        method=_method(unit, new, dependencies, world),
        failed=observed.active_state == "failed",
        gone=ours and declared is None,
        fallback=other is not None,
        displaced=displacing(unit, world) is not None,
        known=bool(olds) or not ours,
        stays=any(stays_on_removal(old) for old in olds),
        plain_oneshot=is_plain_oneshot(new) and all(is_plain_oneshot(old) for old in olds),
        elapses=elapses_at_once(new, world.observed),
        can_reload=can_reload(new),
        trigger_reloads=world.settings.trigger_action == "reload",
        active_socket=_has_active_socket(unit, dependencies, world),
        owed=unit in world.owed,
        refuses_start=refuses_start(new),
        asked=world.asked,
    )


def displacing(unit: str, world: Installing) -> str | None:
    """Return the path of what overrides or shadows a unit."""
    return world.overridden.get(unit) or world.overridden.get(template_of(unit) or "")


def _method(
    unit: str, new: UnitFile, dependencies: Dependencies, world: Installing
) -> Method | None:
    """Return the method, keep-old where nobody knows what runs or could bring it back."""
    if not dependencies.old(unit):
        return Method.KEEP_OLD
    stuck = (
        definition
        for service in services_of(unit, world)
        if (definition := dependencies.new(service))
        and (refuses_start(definition) or refuses_stop(definition))
    )
    return Method.KEEP_OLD if any(stuck) else method_of(new)


def services_of(unit: str, world: Installing) -> list[str]:
    """Return the services that run and that a socket has to take down with it."""
    if suffix(unit) != "socket":
        return []
    return [
        service
        for service in world.observed.unit(unit).triggers
        if state_of(world.observed.unit(service), owed=False) in RUNNING
    ]


def _has_active_socket(unit: str, dependencies: Dependencies, world: Installing) -> bool:
    sockets = (name for name in world.observed.unit(unit).triggered_by if suffix(name) == "socket")
    return any(
        state_of(world.observed.unit(name), owed=False) is UnitState.UP
        for name in sockets
        if not dependencies.is_gone(name)
    )


def changed(olds: Sequence[UnitFile], new: UnitFile) -> tuple[str, ...]:
    """Return the directives that make the worst difference, over all possible old definitions."""
    greatest = worst(olds, new)
    names = (
        name
        for old in olds
        if difference(old, new) is greatest
        for name in changed_directives(old, new)
    )
    return tuple(dict.fromkeys(names))


def in_words(names: Sequence[str]) -> str:
    """Return directive names for a sentence: ``ExecStart, User, Group and 2 more``.

    Triggers are said as what they stand for: a file of the service that has changed.
    """
    meant = [_MEANT.get(name, name) for name in names]
    shown = meant if len(meant) <= _SHOWN + 1 else [*meant[:_SHOWN], f"{len(meant) - _SHOWN} more"]
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if shown[1:] else "".join(shown)
