"""Render a checked declaration: unit texts, links and files, with their addresses in the store."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hmsvcd.model.context import Context
from hmsvcd.model.generation import Generation
from hmsvcd.model.rendering import Captured, RenderedFile, RenderedUnit, Rendering
from hmsvcd.model.service import ConfigFile, Declaration, Service, Unit
from hmsvcd.model.store import content_digest, object_name, unit_object_name
from hmsvcd.model.unit import TRIGGERS, Sections
from hmsvcd.pipeline.syntax.unit_file import write


def sources(declaration: Declaration) -> tuple[ConfigFile, ...]:
    """Return the files whose source has to be captured before rendering."""
    return tuple(file for service in declaration.services for file in service.files if file.source)


def readable(declaration: Declaration, captured: Mapping[str, Captured]) -> Declaration:
    """Return a declaration without the files whose source could not be captured."""
    services = tuple(
        replace(
            service,
            files=tuple(
                file for file in service.files if not file.source or file.source in captured
            ),
        )
        for service in declaration.services
    )
    return replace(declaration, services=services)


def render(
    declaration: Declaration, captured: Mapping[str, Captured], context: Context
) -> Rendering:
    """Render everything; ``captured`` holds each source of ``sources`` by its path."""
    units: dict[str, RenderedUnit] = {}
    links: dict[str, list[str]] = {}
    files: dict[str, RenderedFile] = {}
    services: dict[str, tuple[str, ...]] = {}
    for service in declaration.services:
        rendered = [_file(file, captured) for file in service.files]
        files |= {file.target: file for file in rendered}
        store_paths = [context.store_path(file.object_name) for file in rendered]
        for unit in service.units:
            sections = unit.sections
            if unit.name == f"{service.name}.service" and store_paths:
                sections = _with_triggers(sections, store_paths)
            units[unit.name] = _unit(unit, sections)
        if service.units:
            services[service.name] = tuple(unit.name for unit in service.units)
    for unit in declaration.native:
        units[unit.name] = _unit(unit, unit.sections)
    for unit in _all_units(declaration.services, declaration.native):
        for folder in _link_folders(unit):
            links.setdefault(folder, []).append(unit.name)
    return Rendering(
        dict(sorted(units.items())),
        {folder: tuple(sorted(names)) for folder, names in sorted(links.items())},
        dict(sorted(files.items())),
        services,
    )


def generation(rendering: Rendering) -> Generation:
    """Return what a rendering installs: names and store objects only."""
    return Generation(
        {name: unit.object_name for name, unit in rendering.units.items()},
        dict(rendering.links),
        {target: file.object_name for target, file in rendering.files.items()},
        dict(rendering.services),
    )


def _unit(unit: Unit, sections: Sections) -> RenderedUnit:
    text = write(sections)
    return RenderedUnit(
        unit.name, text, unit_object_name(unit.name, text), unit.place, unit.places
    )


def _file(file: ConfigFile, captured: Mapping[str, Captured]) -> RenderedFile:
    if file.text is not None:
        digest = content_digest(file.text.encode())
        name = object_name(digest, file.label)
        return RenderedFile(file.target, name, digest, text=file.text, place=file.place)
    source = captured[file.source or ""]
    return RenderedFile(
        file.target, source.object_name, source.sha256, source=source.source, place=file.place
    )


def _with_triggers(sections: Sections, store_paths: list[str]) -> Sections:
    """Add the store paths of a service's files to its triggers, without repetitions."""
    name, directive = TRIGGERS
    section = sections.get(name, {})
    triggers = tuple(dict.fromkeys((*section.get(directive, ()), *store_paths)))
    return {**sections, name: {**section, directive: triggers}}


def _all_units(services: tuple[Service, ...], native: tuple[Unit, ...]) -> Iterator[Unit]:
    for service in services:
        yield from service.units
    yield from native


def _link_folders(unit: Unit) -> Iterator[str]:
    for target in unit.wanted_by:
        yield f"{target}.wants"
    for target in unit.required_by:
        yield f"{target}.requires"
