"""Collect after a switch what nothing needs any more."""

from hmsvcd.app.gc import collect
from hmsvcd.app.planning import Planned
from hmsvcd.errors import HostError
from hmsvcd.host.disk import Disk
from hmsvcd.model.diagnostic import Diagnostic, warning


def collect_after(disk: Disk, planned: Planned) -> tuple[Diagnostic, ...]:
    """Remove old generations and what nothing needs; say what keeps it from being done.

    All else is done by then, and the next switch collects again.
    """
    # the links are as they are to be by now, but for those that were left alone
    had = planned.ground.installed
    names = planned.surroundings.overridden
    linked = [held[name] for held in (had.units, had.files) for name in names if name in held]
    try:
        collect(disk, planned.target.settings.keep_generations, linked)
    except HostError as error:
        message = f"old generations and their files were not removed: {error.message}"
        return (warning(message, None, hint=error.hint),)
    return ()
