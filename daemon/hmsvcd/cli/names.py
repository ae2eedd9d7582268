"""Names of what is installed: asked for, missed, completed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from hmsvcd.errors import HmsvcdError, RefusedError

if TYPE_CHECKING:
    from hmsvcd.host.paths import Paths

COMPLETE = "_HMSVCD_COMPLETE"
"""The variable that the completion scripts set, to what they want to know."""


def no_such_service(name: str, known: Iterable[str], *, declared: bool = False) -> RefusedError:
    """Return what to say of a name that no installed service or unit has."""
    from hmsvcd.pipeline.suggest import all_of, suggestion  # noqa: PLC0415 - for mistakes only

    names = list(known)
    if declared:
        hint = "it is declared, but not applied yet: hmsvcd apply"
    else:
        usual = all_of(names) if names else "nothing is installed yet: hmsvcd apply"
        hint = suggestion(name, names) or usual
    return RefusedError(f"no service or unit {name!r} is installed", hint)


def unit_names(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return what was typed as names of units: ``mpd`` is ``mpd.service``, as systemctl has it."""
    from hmsvcd.model.unit import UnitKind, suffix  # noqa: PLC0415 - not for --help

    kinds = set(UnitKind)
    return tuple(name if suffix(name) in kinds else f"{name}.service" for name in values)


def complete_services(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return the installed services and units that begin so, for the shell."""
    del context, parameter
    from hmsvcd.app.status import installed_generation  # noqa: PLC0415 - for shells only

    try:
        installed = installed_generation(_paths())
    except HmsvcdError:
        return []
    names = {*installed.services, *installed.units}
    return sorted(name for name in names if name.startswith(incomplete))


def complete_generations(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return the numbers of the generations that begin so, for the shell."""
    del context, parameter
    from hmsvcd.host.records import Records  # noqa: PLC0415 - for shells only

    try:
        numbers = Records(_paths()).numbers()
    except HmsvcdError:
        return []
    return [str(number) for number in numbers if str(number).startswith(incomplete)]


def complete_options(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return the paths of options that begin so, one name further, for the shell."""
    del parameter
    from hmsvcd.app.manual import known_modules  # noqa: PLC0415 - for shells only, as what follows
    from hmsvcd.pipeline.manual.entries import manual  # noqa: PLC0415
    from hmsvcd.pipeline.manual.select import completed  # noqa: PLC0415

    try:
        explained = known_modules(context.params.get("config"))
    except HmsvcdError:
        return []
    return completed(manual(explained.modules), incomplete)


def complete_modules(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return the installed service modules that begin so, for the shell."""
    del context, parameter
    from hmsvcd.host.modules import Modules  # noqa: PLC0415 - for shells only

    return [name for name in Modules().registered if name.startswith(incomplete)]


def _paths() -> "Paths":
    """Return the folders of this process's environment: to ask the manager would take too long."""
    from hmsvcd.host import process  # noqa: PLC0415 - for shells only, as what follows
    from hmsvcd.host.paths import Paths  # noqa: PLC0415

    return Paths.from_environ(process.environment())
