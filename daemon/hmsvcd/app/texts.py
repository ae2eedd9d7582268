"""The texts on both sides of a change, for those who want to see what changes."""

from pathlib import Path  # noqa: TID251 - it names a source; only host reads it

from hmsvcd.app.planning import Planned
from hmsvcd.errors import HostError
from hmsvcd.host import files
from hmsvcd.host.paths import Paths
from hmsvcd.host.store import Store
from hmsvcd.model.plan import FileChange, LinkKind


def both_sides(paths: Paths, planned: Planned, change: FileChange) -> tuple[str, str] | None:
    """Return the old and the new text of a unit or file; None where either is no text."""
    store = Store(paths.store)
    old = _stored(store, change.kind, change.old)
    new = _new(store, planned, change)
    return None if old is None or new is None else (old, new)


def _stored(store: Store, kind: LinkKind, object_name: str | None) -> str | None:
    if object_name is None:
        return ""
    read = store.read_unit if kind is LinkKind.UNIT else store.read_text
    try:
        return _text(read(object_name))
    except HostError:
        return None


def _new(store: Store, planned: Planned, change: FileChange) -> str | None:
    if change.new is None:
        return ""
    if change.kind is LinkKind.UNIT:
        return planned.target.texts.get(change.name)
    rendering = planned.target.rendering
    file = rendering.files.get(change.name) if rendering else None
    if file is None:
        return _stored(store, change.kind, change.new)
    if file.text is not None:
        return file.text
    try:
        return _text(files.read(Path(file.source or "")))
    except HostError:
        return None


def _text(content: str | None) -> str | None:
    """Return what was read if it is text: no NUL in it, and it was UTF-8."""
    if content is None or "\0" in content:
        return None
    return None if any("\ud800" <= character <= "\udfff" for character in content) else content
