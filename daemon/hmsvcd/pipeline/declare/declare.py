"""The TOML that declares an existing unit, so that applying it changes nothing that runs."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from hmsvcd.model.context import Context
from hmsvcd.model.diagnostic import Diagnostic, Key, error, warning
from hmsvcd.model.document import Document
from hmsvcd.model.existing import ExistingUnit
from hmsvcd.model.unit import UnitFile, UnitKind, suffix
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.declare.layout import lay_out
from hmsvcd.pipeline.declare.relocated import relocated
from hmsvcd.pipeline.declare.reordered import reordered
from hmsvcd.pipeline.declare.tables import Table, as_native, as_service
from hmsvcd.pipeline.render import render
from hmsvcd.pipeline.syntax.effective import assigned_in, effective
from hmsvcd.pipeline.syntax.unit_file import parse


@dataclass(frozen=True, slots=True)
class Declared:
    """The TOML of a unit, None where no declaration is exactly that; and what to know of it."""

    toml: str | None
    diagnostics: tuple[Diagnostic, ...] = ()


def declare(existing: ExistingUnit, context: Context) -> Declared:
    """Return the first declaration of a unit that renders to just what is there.

    A service is declared as a modular one if that can be, all else natively. ``[Install]`` is made
    of the links that are there.
    """
    unit = effective(existing.name, assigned_in(_own(existing)))
    wanted = _expected(unit, existing)
    problems = (*relocated(existing), *reordered(existing, unit))
    if problems:
        return Declared(None, problems)
    for key, table in _candidates(unit, existing):
        toml = lay_out(key, table)
        problems = _problems(toml, wanted, context)
        if not problems:
            return Declared(toml, tuple(_told(unit, existing)))
    return Declared(None, problems)


def _own(existing: ExistingUnit) -> list[str]:
    """Return what the declaration takes the place of."""
    return [text for path, text in existing.texts.items() if path not in existing.staying]


def _candidates(unit: UnitFile, existing: ExistingUnit) -> Iterator[tuple[Key, Table]]:
    service = as_service(unit, existing)
    if service is not None:
        yield service
    yield as_native(unit, existing)


def _expected(unit: UnitFile, existing: ExistingUnit) -> UnitFile:
    install = {"WantedBy": existing.wanted_by, "RequiredBy": existing.required_by}
    links = {key: units for key, units in install.items() if units}
    sections = {name: keys for name, keys in unit.sections.items() if name != "Install"}
    return UnitFile(unit.name, {**sections, **({"Install": links} if links else {})})


def _problems(toml: str, wanted: UnitFile, context: Context) -> tuple[Diagnostic, ...]:
    """Return why a declaration is not just this unit, if it is not."""
    begun = f"{wanted.name} cannot be declared"
    try:
        toml.encode()
        tables = tomllib.loads(toml)
    except (UnicodeEncodeError, tomllib.TOMLDecodeError):
        return (error(f"{begun}: TOML cannot hold its text", None),)
    declaration, found = check([Document("config.toml", tables)], context)
    wrong = [each.in_full for each in found if each.is_error]
    if wrong:
        return tuple(error(f"{begun}: {each.message}", None, each.key) for each in wrong)
    rendered = render(declaration, {}, context).units.get(wanted.name)
    if rendered is not None and parse(wanted.name, rendered.text).sections == wanted.sections:
        return ()
    return (error(f"{begun}: it would not be the same unit", None),)


def _told(unit: UnitFile, existing: ExistingUnit) -> Iterator[Diagnostic]:
    """Yield what stays outside of the declaration."""
    for place in existing.staying:
        message = f"{place} stays a drop-in of {unit.name}: it is not in your own {unit.name}.d"
        yield warning(message, None)
    install = unit.sections.get("Install", {})
    for directive in install.keys() - {"WantedBy", "RequiredBy"}:
        message = f"{directive}= of {unit.name} is left out: it is for `systemctl enable` only"
        yield warning(message, None)
    if install.keys() & {"WantedBy", "RequiredBy"} and not existing.links:
        message = f"{unit.name} is not enabled, and its declaration leaves it so"
        is_service = suffix(unit.name) == UnitKind.SERVICE
        option = "wantedBy" if is_service else "Install.WantedBy"
        yield warning(message, None, hint=f"add {option} to have something start it")
