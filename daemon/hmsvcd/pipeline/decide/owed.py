"""To which units a start is still owed (docs/state.md: Owed)."""

from hmsvcd.model.generation import SavedState, UnitRecord
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import STARTS
from hmsvcd.pipeline.decide.states import STARTING_JOBS

_DOWN = frozenset({"deactivating", "inactive", "failed"})
_RUNS = frozenset({"active", "activating", "reloading", "refreshing"})


def still_owed(state: SavedState, observed: Observed) -> frozenset[str]:
    """Return the units that are owed a start by what was written down, and have not had it."""
    return frozenset(unit for unit in state.owed if is_owed(unit, state, observed))


def is_owed(unit: str, state: SavedState, observed: Observed) -> bool:
    """Say whether what was written down owes a unit a start that it has not had.

    That counts in the life of the manager in which it was written. A unit that has been up since
    has had its start, whoever gave it; and where a start of ours is not under way any more, and
    what it requires is up, somebody has cancelled it.
    """
    seen = observed.unit(unit)
    return (
        unit in state.owed
        and state.life == observed.life
        and not _has_been_up(seen, state.owed_at)
        and not _was_cancelled(seen, state.units.get(unit), observed)
    )


def _has_been_up(seen: ObservedUnit, since: int) -> bool:
    """Say whether a unit has come up or gone down after a moment at which it was not up.

    Where nobody knows the moment, it counts as now.
    """
    return since > 0 and max(seen.inactive_exit, seen.active_exit) > since


def _was_cancelled(seen: ObservedUnit, record: UnitRecord | None, observed: Observed) -> bool:
    if record is None or record.action not in STARTS or record.result != "starting":
        return False
    is_under_way = seen.job in STARTING_JOBS or seen.active_state not in _DOWN
    needed = (observed.units.get(name) for name in (*seen.requires, *seen.binds_to))
    return not is_under_way and all(
        each.active_state in _RUNS for each in needed if each is not None
    )
