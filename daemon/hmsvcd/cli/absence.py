"""Why no daemon is there to be asked, and what starts one, in words."""

from dataclasses import dataclass

from hmsvcd.model.observed import ObservedUnit
from hmsvcd.pipeline.failing import why

HOW_TO_BEGIN = "hmsvcd install makes it part of your session, hmsvcd run starts it here"


@dataclass(frozen=True, slots=True)
class Absence:
    """``why`` there is no daemon; ``remedy`` is what to do, None where waiting will do."""

    why: str
    remedy: str | None = None


NOT_INSTALLED = Absence("the daemon does not run", HOW_TO_BEGIN)

_OWN_STATES = {
    "inactive": Absence("{name} is installed but does not run", "systemctl --user start {name}"),
    "failed": Absence("{name} has failed ({why})", "systemctl --user restart {name}"),
    "auto-restart": Absence("{name} has ended ({why}); systemd is restarting it"),
    "activating": Absence("{name} is starting"),
    "deactivating": Absence("{name} is stopping"),
}
"""SubState or ActiveState of hmsvcd's own service → what is said of it without a daemon."""

_OWN_IS_UP = Absence(
    "{name} runs, but not on this bus; its log may say why", "journalctl --user -u {name}"
)


def of_own_unit(unit: ObservedUnit) -> Absence:
    """Return why hmsvcd's own service, which is installed, gives no daemon."""
    by_active_state = _OWN_STATES.get(unit.active_state, _OWN_IS_UP)
    found = _OWN_STATES.get(unit.sub_state, by_active_state)
    remedy = found.remedy and found.remedy.format(name=unit.name)
    return Absence(found.why.format(name=unit.name, why=why(unit)), remedy)


def of_silence(process: int) -> Absence:
    """Return that a daemon runs, but does not answer."""
    hint = "systemctl --user status hmsvcd may say why"
    return Absence(f"the daemon (process {process}) does not answer", hint)
