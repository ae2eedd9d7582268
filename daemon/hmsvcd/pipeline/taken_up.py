"""Which definition a running unit has taken up (docs/state.md)."""

from hmsvcd.model.decision import Difference
from hmsvcd.model.generation import UnitRecord
from hmsvcd.model.observed import Observed, ObservedUnit


def taken_up(
    unit: ObservedUnit, record: UnitRecord, linked: str, between: Difference, observed: Observed
) -> str | None:
    """Return the store object of the definition that a unit runs; None where nobody can know.

    ``linked`` is what is installed, ``between`` how far that is from ``record.started``. An
    invocation that hmsvcd did not start began at some moment S. It has taken up what is linked
    if S lies after the manager read the unit files again (L), or if only triggers differ, which
    no process sees, and S lies after the link was made (K); else the definition before.
    """
    if not unit.invocation:
        return None
    if unit.invocation == record.invocation:
        return record.started
    began = unit.main_start or unit.inactive_exit
    read_again = record.loaded_at or _read_since(record, observed)
    if read_again and began > read_again:
        return linked
    if between is Difference.TRIG and began > record.linked_at:
        return linked
    return record.started


def _read_since(record: UnitRecord, observed: Observed) -> int:
    """Return when the manager read the unit files after the link was made, 0 if it has not."""
    return observed.units_loaded if observed.units_loaded > record.linked_at else 0
