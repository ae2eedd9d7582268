"""What a switch goes back to after failures, where ``[daemon] on_failure`` says so."""

from collections.abc import Iterable, Mapping

from hmsvcd.app.gather.ground import Ground
from hmsvcd.app.manifest import installs_the_same
from hmsvcd.app.planning import Planned
from hmsvcd.app.target import Target, brought_back
from hmsvcd.errors import RefusedError
from hmsvcd.host.disk import Disk
from hmsvcd.host.records import Records
from hmsvcd.model.decision import Difference, UnitState
from hmsvcd.model.generation import Pending
from hmsvcd.model.plan import UnitResult
from hmsvcd.model.undone import Undone
from hmsvcd.pipeline.leaving import without_leaving

_BY_OTHERS = frozenset({"canceled"})
"""Results that tell of no failure: somebody else wanted something else."""


def failures(planned: Planned, results: Iterable[UnitResult]) -> dict[str, str]:
    """Return the units whose failures undo a switch, and how; a rollback is never undone.

    What had failed before, and is as it was, says nothing of the change; but where a switch was
    cut off, it may be that one's doing.
    """
    target = planned.target
    if target.settings.on_failure != "rollback" or target.left is not None:
        return {}
    tried_again = {
        found.unit
        for found in planned.plan.decisions
        if found.state is UnitState.FAILED
        and found.difference is Difference.SAME
        and planned.ground.pending is None
    }
    return {
        result.unit: result.message or f"{result.action} {result.result}"
        for result in results
        if result.failed and result.result not in _BY_OTHERS and result.unit not in tried_again
    }


def way_back(
    disk: Disk, planned: Planned, number: int | None, failed: Mapping[str, str]
) -> Target:
    """Return the target to go back to, which is generation ``number``, after these ``failures``.

    Raises RefusedError where there is none, or it would change nothing.
    """
    manifest = None if number is None else disk.records.manifest(number)
    if manifest is None:
        raise RefusedError("there is no earlier generation")
    if not planned.surroundings.displaced and installs_the_same(
        without_leaving(manifest.generation), without_leaving(planned.generation)
    ):
        raise RefusedError(f"it installs what generation {manifest.number} did")
    target = planned.target
    undone = Undone(0, manifest.number, failed)
    return brought_back(manifest, disk.store, target.settings, target.hold, undone)


def generation_before(records: Records, ground: Ground) -> int | None:
    """Return the generation that a switch goes away from.

    It is one that somebody has declared; None where there is none.
    """
    if ground.pending is not None and ground.pending.back is not None:
        return ground.pending.back  # nobody has judged yet what came after it
    current = ground.current
    if current is None or current.was_declared:
        return current.number if current else None
    return last_declared(records, current.number)


def one_further_back(records: Records, pending: Pending | None) -> int | None:
    """Return the generation that ``rollback`` without a number goes to; None where there is none.

    It is the last one before the current that somebody has declared, and that did not fail. After
    a rollback, that is the one before what came back, so each goes one further back. A switch
    that was cut off is undone by it, a rollback that was is finished.
    """
    current = records.current()
    if pending is not None and pending.target.origin is not None:
        return pending.target.origin
    if pending is not None:
        return pending.back or (current.number if current else None)
    return last_declared(records, current.place) if current else None


def last_declared(records: Records, before: int) -> int | None:
    """Return the last generation before this one that somebody may want back."""
    unwanted = records.failed()
    earlier = (one for one in reversed(records.numbers()) if one < before and one not in unwanted)
    found = ((one, records.manifest(one)) for one in earlier)
    return next((one for one, manifest in found if manifest and manifest.was_declared), None)
