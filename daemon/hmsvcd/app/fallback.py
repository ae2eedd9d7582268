"""What a switch goes back to after failures, where ``[daemon] on_failure`` says so."""

from collections.abc import Iterable
from dataclasses import replace

from hmsvcd.app.gather import Ground
from hmsvcd.app.planning import Planned
from hmsvcd.app.recording import installs_the_same
from hmsvcd.app.target import Target, from_manifest
from hmsvcd.errors import RefusedError
from hmsvcd.host.disk import Disk
from hmsvcd.host.records import Records
from hmsvcd.model.decision import Difference, UnitState
from hmsvcd.model.generation import PUT_OFF, Manifest
from hmsvcd.model.plan import UnitResult
from hmsvcd.pipeline.leaving import without_leaving

_BY_OTHERS = frozenset({"canceled"})
"""Results that tell of no failure: somebody else wanted something else."""


def failures(planned: Planned, results: Iterable[UnitResult]) -> tuple[str, ...]:
    """Return the units whose failures undo a switch; a rollback is never undone.

    What had failed before, and is as it was, says nothing of the change; but where a switch was
    cut off, it may be that one's doing.
    """
    target = planned.target
    if target.settings.on_failure != "rollback" or target.left is not None:
        return ()
    tried_again = {
        found.unit
        for found in planned.plan.decisions
        if found.state is UnitState.FAILED
        and found.difference is Difference.SAME
        and planned.ground.pending is None
    }
    return tuple(
        result.unit
        for result in results
        if result.failed and result.result not in _BY_OTHERS and result.unit not in tried_again
    )


def way_back(disk: Disk, planned: Planned, number: int | None) -> Target:
    """Return the target to go back to, which is generation ``number``.

    Raises RefusedError where there is none, or it would change nothing.
    """
    manifest = None if number is None else disk.records.manifest(number)
    if manifest is None:
        raise RefusedError("there is no earlier generation")
    if installs_the_same(
        without_leaving(manifest.generation), without_leaving(planned.generation)
    ):
        raise RefusedError(f"it installs what generation {manifest.number} did")
    target = planned.target
    cause = f"rollback to {manifest.number}"
    back = from_manifest(manifest, disk.store, cause, target.settings)
    return replace(back, left=target.hold)


def generation_before(records: Records, ground: Ground) -> int | None:
    """Return the generation that a switch goes away from.

    It is one that somebody has declared; None where there is none.
    """
    if ground.pending is not None and ground.pending.back is not None:
        return ground.pending.back  # nobody has judged yet what came after it
    current = ground.current
    if current is None or was_declared(current):
        return current.number if current else None
    return last_declared(records, current.number)


def last_declared(records: Records, before: int) -> int | None:
    """Return the last generation before this one that somebody may want back."""
    earlier = (one for one in reversed(records.numbers()) if one < before)
    return next((one for one in earlier if was_declared(records.manifest(one))), None)


def was_declared(manifest: Manifest | None) -> bool:
    """Say whether a generation is one that somebody may want back."""
    return manifest is not None and manifest.cause != PUT_OFF
