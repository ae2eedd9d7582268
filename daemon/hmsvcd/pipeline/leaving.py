"""What stays installed of units that go but still run: their links and files, until they are down.

The switch that finds them down removes the rest.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from hmsvcd.model.generation import Generation


def with_leaving(
    generation: Generation,
    old: Generation,
    installed: Mapping[str, str],
    units: Collection[str],
) -> Generation:
    """Return what is installed while ``units`` keep their links (unit → object in ``installed``).

    ``old`` is the generation that they and their configuration files come from.
    """
    kept = {unit: installed[unit] for unit in units if unit in installed}
    if not kept:
        return generation
    services = {name: had for name, had in old.services.items() if not kept.keys().isdisjoint(had)}
    files = {name: had for name, had in old.files.items() if service_of(name) in services}
    gone = {*generation.leaving, *kept} - generation.units.keys()
    return replace(
        generation,
        units={**generation.units, **kept},
        files={**files, **generation.files},
        services={**services, **generation.services},
        leaving=tuple(sorted({*generation.leaving, *gone})),
        generated=tuple(sorted({*generation.generated, *old.generated})),
    )


def without_leaving(generation: Generation) -> Generation:
    """Return what a generation declares, without what was only leaving when it was installed."""
    if not generation.leaving:
        return generation
    units = {
        unit: name for unit, name in generation.units.items() if unit not in generation.leaving
    }
    services = {
        name: kept
        for name, members in generation.services.items()
        if (kept := tuple(unit for unit in members if unit in units)) or not members
    }
    files = {name: held for name, held in generation.files.items() if service_of(name) in services}
    return replace(generation, units=units, files=files, services=services, leaving=())


def service_of(file: str) -> str:
    """Return the dashed name of the service that ``home-services/<service>/…`` belongs to."""
    return file.split("/")[1]
