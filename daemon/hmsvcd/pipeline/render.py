"""Render a checked declaration: unit texts, links and files, with their addresses in the store."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

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
    if all(file.source in captured for file in sources(declaration)):
        return declaration
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
    return Renderer().render(declaration, captured, context)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a service or a native unit was rendered to, and from what sources.

    ``links`` pairs folders such as ``default.target.wants`` with the units that are linked there.
    """

    origin: Service | Unit
    captured: tuple[Captured, ...]
    units: Mapping[str, RenderedUnit]
    files: Mapping[str, RenderedFile]
    links: tuple[tuple[str, str], ...]


class Renderer:
    """Renders a declaration again and again, and only those services and units that are new.

    What the others were rendered to are the same objects as before.
    """

    def __init__(self) -> None:
        self._store = ""
        self._known: Mapping[int, _Piece] = {}
        self._rendering = Rendering({}, {}, {}, {})

    def render(
        self, declaration: Declaration, captured: Mapping[str, Captured], context: Context
    ) -> Rendering:
        """Return what the function ``render`` returns."""
        known = self._known if self._store == context.store else {}
        pieces: dict[int, _Piece] = {}
        origins: list[Service | Unit] = [*declaration.services, *declaration.native]
        for origin in origins:
            piece = known.get(id(origin))  # which no other can have while the piece holds it
            if piece is None or (
                piece.captured and any(each != captured[each.source] for each in piece.captured)
            ):
                piece = _render(origin, captured, context)
            pieces[id(origin)] = piece
        rendering = _exchanged(self._rendering, known.values(), pieces.values())
        rendering = rendering or _put_together(pieces.values())
        generated = {made.object_name: made.text for made in declaration.generated}
        self._store, self._known = context.store, pieces
        self._rendering = replace(rendering, generated=generated)
        return self._rendering


def _exchanged(
    before: Rendering, known: Collection[_Piece], pieces: Collection[_Piece]
) -> Rendering | None:
    """Return what pieces make up of which only some contents are new; None where more is."""
    if len(known) != len(pieces):
        return None
    units, files = dict(before.units), dict(before.files)
    for old, new in zip(known, pieces, strict=True):
        if old is not new:
            if not (_counts(old, before) and _fits(old, new)):
                return None
            units |= new.units
            files |= new.files
    return replace(before, units=units, files=files)


def _counts(piece: _Piece, rendering: Rendering) -> bool:
    """Say whether all of a piece is in a rendering: what is declared twice is there once."""
    return (
        piece.units.items() <= rendering.units.items()
        and piece.files.items() <= rendering.files.items()
    )


def _fits(old: _Piece, new: _Piece) -> bool:
    """Say whether a piece can come in place of another, with the same names."""
    return (
        new.units.keys() == old.units.keys()
        and new.files.keys() == old.files.keys()
        and new.links == old.links
        and _service(new) == _service(old)
    )


def _service(piece: _Piece) -> str | None:
    return piece.origin.name if isinstance(piece.origin, Service) else None


def _put_together(pieces: Iterable[_Piece]) -> Rendering:
    units: dict[str, RenderedUnit] = {}
    links: dict[str, list[str]] = {}
    files: dict[str, RenderedFile] = {}
    services: dict[str, tuple[str, ...]] = {}
    for piece in pieces:
        units.update(piece.units)
        files.update(piece.files)
        for folder, unit in piece.links:
            links.setdefault(folder, []).append(unit)
        if isinstance(piece.origin, Service) and piece.units:
            services[piece.origin.name] = tuple(piece.units)
    return Rendering(
        dict(sorted(units.items())),
        {folder: tuple(sorted(names)) for folder, names in sorted(links.items())},
        dict(sorted(files.items())),
        services,
    )


def _render(origin: Service | Unit, captured: Mapping[str, Captured], context: Context) -> _Piece:
    service = Service("", (origin,), ()) if isinstance(origin, Unit) else origin
    files = [_file(file, captured) for file in service.files]
    store_paths = [context.store_path(file.object_name) for file in files]
    units = [
        _unit(unit, store_paths if unit.name == f"{service.name}.service" else [])
        for unit in service.units
    ]
    return _Piece(
        origin,
        tuple(captured[file.source] for file in service.files if file.source),
        {unit.name: unit for unit in units},
        {file.target: file for file in files},
        tuple((folder, unit.name) for unit in service.units for folder in _link_folders(unit)),
    )


def generation(rendering: Rendering) -> Generation:
    """Return what a rendering installs: names and store objects only."""
    return Generation(
        {name: unit.object_name for name, unit in rendering.units.items()},
        dict(rendering.links),
        {target: file.object_name for target, file in rendering.files.items()},
        dict(rendering.services),
        generated=tuple(sorted(rendering.generated)),
    )


def _unit(unit: Unit, store_paths: list[str]) -> RenderedUnit:
    text = write(_with_triggers(unit.sections, store_paths) if store_paths else unit.sections)
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


def _link_folders(unit: Unit) -> Iterator[str]:
    for target in unit.wanted_by:
        yield f"{target}.wants"
    for target in unit.required_by:
        yield f"{target}.requires"
