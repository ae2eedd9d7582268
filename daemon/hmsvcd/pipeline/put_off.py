"""Units that stay for a while although they are not declared any more.

Cut at any byte, a declaration is often valid and a service shorter. So an event takes no unit away
until the declaration has been read the same for some time.
"""

from dataclasses import replace

from hmsvcd.model.generation import Generation
from hmsvcd.pipeline.leaving import service_of, without_leaving


def with_removed(generation: Generation, old: Generation) -> tuple[Generation, tuple[str, ...]]:
    """Return a generation with the units of the old one that it lacks, and which those are.

    They keep their links and services, and all files that their services had.
    """
    had = without_leaving(old)
    kept = {unit: name for unit, name in had.units.items() if unit not in generation.units}
    if not kept:
        return generation, ()
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
    together = replace(
        generation,
        units={**generation.units, **kept},
        links=links,
        files={**files, **generation.files},
        services=services,
    )
    return together, tuple(sorted(kept))
