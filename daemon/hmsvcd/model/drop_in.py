"""Where the drop-ins of a unit lie (systemd.unit(5))."""

from collections.abc import Iterator

from hmsvcd.model.unit import suffix, template_of


def drop_in_folders(unit: str) -> tuple[str, ...]:
    """Return the names of the folders with drop-ins of a unit that no other kind's unit has.

    The first one counts most: ``foo-bar@x.service.d``, ``foo-bar@.service.d``,
    ``foo-.service.d``, …. All of them in one folder of the search path count before those in the
    next, and all of these before ``general_drop_in_folder`` in any.
    """
    return tuple(f"{name}.d" for name in dict.fromkeys(_names(unit)))


def general_drop_in_folder(unit: str) -> str:
    """Return the name of the folder with drop-ins of all units of a kind: ``service.d``."""
    return f"{suffix(unit)}.d"


def _names(unit: str) -> Iterator[str]:
    """Yield a unit, then its template, then all units that begin like it, as systemd looks."""
    yield unit
    if template := template_of(unit):
        yield from _names(template)
    stem, _, kind = unit.rpartition(".")
    prefix, at, instance = stem.partition("@")
    parent, _, _ = prefix.removesuffix("-").rpartition("-")
    if parent:
        yield from _names(f"{parent}-{at if instance else ''}{instance}.{kind}")
