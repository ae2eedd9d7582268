"""What a switch goes to: a rendered declaration, or an earlier generation."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from hmsvcd.app.load import Loaded
from hmsvcd.errors import RefusedError
from hmsvcd.host.disk import Disk
from hmsvcd.host.store import Store
from hmsvcd.model.generation import NOTHING, Generation, Manifest
from hmsvcd.model.rendering import Rendering
from hmsvcd.model.settings import Settings
from hmsvcd.model.undone import Undone
from hmsvcd.pipeline.leaving import without_leaving
from hmsvcd.pipeline.put_off import with_refused
from hmsvcd.pipeline.render import generation


@dataclass(frozen=True, slots=True)
class Target:
    """Where a switch goes.

    ``texts`` holds the text of every unit. ``rendering`` is what the store may lack yet; None
    where all objects are in the store. ``written``, ``left``, ``origin`` and ``undone`` are as in
    ``Manifest``.
    """

    generation: Generation
    texts: Mapping[str, str]
    declaration: str
    inputs: str
    cause: str
    settings: Settings
    rendering: Rendering | None = None
    left: tuple[str, str] | None = None
    written: str = ""
    origin: int | None = None
    undone: Undone | None = None

    @property
    def hold(self) -> tuple[str, str]:
        """Return the ``left`` of a rollback that goes away from this.

        That is what is declared, also where not all of it is installed yet.
        """
        declared = generation(self.rendering) if self.rendering else self.generation
        return self.written, declared_digest(declared)

    def only(self, units: Collection[str]) -> "Target":
        """Return this as if only these units were declared."""
        declared = self.generation
        near = {unit: name for unit, name in declared.units.items() if unit in units}
        links = {
            folder: kept
            for folder, linked in declared.links.items()
            if (kept := tuple(unit for unit in linked if unit in units))
        }
        texts = {unit: text for unit, text in self.texts.items() if unit in units}
        return replace(self, generation=replace(declared, units=near, links=links), texts=texts)


def from_declaration(loaded: Loaded, disk: Disk) -> Target:
    """Return the target that a declaration stands for; a service that is refused stays as it is.

    Raises RefusedError where the declaration has errors that concern all of it.
    """
    if loaded.rendering is None or loaded.declaration is None:
        raise RefusedError("the declaration has errors")
    target = Target(
        generation(loaded.rendering),
        {name: unit.text for name, unit in loaded.rendering.units.items()},
        str(loaded.path.absolute()),
        loaded.inputs,
        "apply",
        loaded.declaration.settings,
        loaded.rendering,
        written=loaded.written,
    )
    refused = loaded.declaration.refused
    return _beside_refused(target, disk, refused) if refused else target


def _beside_refused(target: Target, disk: Disk, refused: frozenset[str]) -> Target:
    current, pending = disk.records.current(), disk.pending.read()
    old = current.generation if current else NOTHING
    old = old.beside(pending.target.generation) if pending else old
    generation, staying = with_refused(target.generation, old, refused)
    texts = {unit: disk.store.read_unit(generation.units[unit]) or "" for unit in staying}
    return replace(target, generation=generation, texts={**target.texts, **texts})


def from_manifest(manifest: Manifest, store: Store, cause: str, settings: Settings) -> Target:
    """Return the target that an earlier generation stands for; its objects are in the store.

    Raises RefusedError where one has been lost.
    """
    declared = without_leaving(manifest.generation)
    for object_name in declared.objects:
        if not store.verify(object_name):
            lost = f"{object_name} is lost or damaged"
            raise RefusedError(f"generation {manifest.number} cannot be used: {lost}")
    texts = {unit: store.read_unit(name) or "" for unit, name in declared.units.items()}
    return Target(
        declared,
        texts,
        manifest.declaration,
        manifest.inputs,
        cause,
        settings,
        left=manifest.left,
        written=manifest.written,
        origin=manifest.origin,
        undone=manifest.undone,
    )


def brought_back(
    manifest: Manifest,
    store: Store,
    settings: Settings,
    left: tuple[str, str],
    undone: Undone | None,
) -> Target:
    """Return the target of a rollback to a generation; raises what ``from_manifest`` raises."""
    cause = f"rollback to {manifest.number}"
    back = from_manifest(manifest, store, cause, settings)
    return replace(back, left=left, origin=manifest.place, undone=undone)


def declared_digest(installed: Generation) -> str:
    """Return the digest of what a generation declares."""
    return without_leaving(installed).digest


def is_left(declared: Target, back: Manifest) -> bool:
    """Say whether what is declared is still, in one way or another, what a rollback went from.

    What is in a ``source`` does not count: the service itself may write there.
    """
    return back.left is not None and (
        back.left[0] == declared.written or back.left[1] == declared.generation.digest
    )


def is_of_sources(back: Manifest) -> bool:
    """Say whether a rollback went from and to what the same files of a declaration say.

    Then only what is in a ``source`` can be the reason, and so its end.
    """
    return back.left is not None and back.left[0] == back.written
