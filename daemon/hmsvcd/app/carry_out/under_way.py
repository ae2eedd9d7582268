"""What ``pending`` says of a switch: that it is under way, or that another one undoes it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hmsvcd.app.manifest import manifest_of
from hmsvcd.app.planning import Planned
from hmsvcd.app.target import Target
from hmsvcd.model.decision import Installing
from hmsvcd.model.generation import ActionRecord, JobRecord, Manifest, Pending, SavedState
from hmsvcd.model.observed import Observed
from hmsvcd.model.plan import ActionKind
from hmsvcd.model.unit import held_for, template_of
from hmsvcd.pipeline.advance import Switched
from hmsvcd.pipeline.decide.dependencies import Dependencies
from hmsvcd.pipeline.possible import NO_DEFINITION
from hmsvcd.pipeline.undoing import cause_of


def under_way(
    planned: Planned,
    target: Manifest,
    world: Installing,
    owed: frozenset[str],
    results: tuple[JobRecord, ...],
    back: int | None,
) -> Pending:
    """Return that a switch is under way, which no action of it has touched yet.

    ``results`` are of actions that need not be done again; ``back`` is the generation that it
    goes away from.
    """
    ground, surroundings = planned.ground, planned.surroundings
    new, subjects = _new_definitions(planned), Dependencies(world).subjects
    definitions = {
        unit: _either(
            held_for(unit, ground.old) or (NO_DEFINITION,), held_for(unit, new) or NO_DEFINITION
        )
        for unit in {*ground.old, *new, *subjects}
        if ground.pending or held_for(unit, ground.old) != (held_for(unit, new),)
    }
    return Pending(
        target=target,
        definitions=definitions,
        owed=owed,
        life=world.observed.life,
        results=results,
        back=back,
        invocations=dict(_untouched(planned, new, subjects, world.observed)),
        displaced=replace(surroundings.displaced, returned=surroundings.returning.objects),
        actions=tuple(
            ActionRecord(action.unit, action.kind.value, action.reason)
            for action in planned.plan.actions
        ),
    )


def way_back_under_way(
    planned: Planned,
    fallback: Target,
    failed: Manifest,
    switched: Switched,
    state: SavedState,
    back: int | None,
) -> Pending:
    """Return that the switch is under way that undoes this one.

    ``failed`` and ``state`` are what this one has come to; ``back`` as in ``under_way``. Units
    that this one has taken away are as they were, though systemd has forgotten them: those that
    ran are owed a start, all others stay down.
    """
    units = fallback.generation.units
    gone = units.keys() - failed.generation.units.keys()
    lost = gone.union(result.unit for result in switched.results if result.failed)
    taken = (unit for unit in switched.owed if {unit, template_of(unit)} & lost)
    if fallback.undone is not None:
        undone = replace(fallback.undone, of=failed.number)
        fallback = replace(fallback, undone=undone, cause=cause_of(undone))
    return Pending(
        target=manifest_of(fallback, fallback.generation, failed.number + 1),
        definitions={unit: (units[unit],) for unit in gone},
        owed=state.owed.union(taken),
        life=state.life,
        back=back,
        displaced=planned.surroundings.displaced,
    )


def _new_definitions(planned: Planned) -> Mapping[str, str]:
    """Return unit → the store object of its new definition, or of what is given back."""
    return {**planned.generation.units, **planned.surroundings.returning.objects}


def _untouched(
    planned: Planned, new: Mapping[str, str], subjects: frozenset[str], observed: Observed
) -> Iterator[tuple[str, str]]:
    """Yield the units that run without the new definition, until they are started again."""
    old, actions = planned.ground.old, planned.plan.actions
    reloaded = {action.unit for action in actions if action.kind is ActionKind.RELOAD}
    for unit in subjects & observed.units.keys() - reloaded:
        invocation = observed.unit(unit).invocation
        had, goes_to = held_for(unit, old), held_for(unit, new)
        if invocation and had and goes_to and not {NO_DEFINITION, goes_to}.intersection(had):
            yield unit, invocation


def _either(old: tuple[str, ...], new: str) -> tuple[str, ...]:
    return old if new in old else (*old, new)
