"""Units that stay for a while although they are not declared any more, or otherwise.

Cut at any byte, a declaration is often valid and a service shorter. So an event takes no unit away
until the declaration has been read the same for some time. Nor does it change one that changes
again and again.
"""

from collections.abc import Mapping
from dataclasses import replace

from hmsvcd.model.generation import Generation
from hmsvcd.pipeline.leaving import service_of, without_leaving


def with_removed(generation: Generation, old: Generation) -> tuple[Generation, tuple[str, ...]]:
    """Return a generation with the units of the old one that it lacks, and which those are.

    They keep their links and services, and all files that their services had.
    """
    had = without_leaving(old)
    kept = {unit: name for unit, name in had.units.items() if unit not in generation.units}
    return (_with(generation, had, kept) if kept else generation), tuple(sorted(kept))


def with_unchanged(
    generation: Generation, old: Generation, units: frozenset[str]
) -> tuple[Generation, tuple[str, ...]]:
    """Return a generation with these units as they were in the old one, and which differed.

    Only such count as are in both. They keep their links, and what their services' files were.
    """
    had = without_leaving(old)
    kept = {
        unit: had.units[unit]
        for unit in units & generation.units.keys() & had.units.keys()
        if had.units[unit] != generation.units[unit]
    }
    if not kept:
        return generation, ()
    staying = {name for name, held in had.services.items() if not kept.keys().isdisjoint(held)}
    links = {
        folder: others
        for folder, linked in generation.links.items()
        if (others := tuple(unit for unit in linked if unit not in kept))
    }
    files = {
        name: had.files.get(name, held) if service_of(name) in staying else held
        for name, held in generation.files.items()
    }
    without = replace(generation, links=links, files=files)
    return _with(without, had, kept), tuple(sorted(kept))


def with_refused(
    generation: Generation, old: Generation, refused: frozenset[str]
) -> tuple[Generation, tuple[str, ...]]:
    """Return a generation with what the old one has of these services and native units.

    A service stays with all its sub-services. The units that stay are returned, too.
    """
    had = without_leaving(old)
    theirs = set(refused)
    for name, units in had.services.items():
        parts = name.split("-")
        parents = {"-".join(parts[:length]) for length in range(1, len(parts) + 1)}
        if parents & refused and name not in generation.services:
            theirs.update(units)
    kept = {
        unit: name
        for unit, name in had.units.items()
        if unit in theirs and unit not in generation.units
    }
    return (_with(generation, had, kept) if kept else generation), tuple(sorted(kept))


def _with(generation: Generation, had: Generation, kept: Mapping[str, str]) -> Generation:
    """Return a generation with more units, and what they had of links, services and files."""
    services, links = dict(generation.services), dict(generation.links)
    staying = set[str]()
    for name, units in had.services.items():
        if stay := [unit for unit in units if unit in kept]:
            services[name] = tuple(dict.fromkeys((*services.get(name, ()), *stay)))
            staying.add(name)
    for folder, units in had.links.items():
        if stay := [unit for unit in units if unit in kept]:
            links[folder] = tuple(sorted({*links.get(folder, ()), *stay}))
    files = {name: held for name, held in had.files.items() if service_of(name) in staying}
    return replace(
        generation,
        units={**generation.units, **kept},
        links=links,
        files={**files, **generation.files},
        services=services,
        generated=tuple(sorted({*generation.generated, *had.generated})),
    )
