"""Tell what somebody else has changed from what a switch changes."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

from hmsvcd.model.generation import Generation
from hmsvcd.model.plan import Drift, FileChange, LinkKind


def drift(
    installed: Generation, files: Iterable[FileChange], left_alone: Collection[str] = ()
) -> Iterator[Drift]:
    """Yield the links that are only made, changed or removed to be as they were left.

    ``installed`` is the generation that they were left as, but for the units and files that were
    ``left_alone``: what is done to those now was put off then.
    """
    for change in files:
        if change.kind is not LinkKind.DEPENDENCY and change.name in left_alone:
            continue
        if _left_as(installed, change) == change.new:
            yield Drift(change.path, change.name, change.change)


def _left_as(installed: Generation, change: FileChange) -> str | None:
    """Return the store object that a link led to, None where there was to be no link."""
    if change.kind is LinkKind.FILE:
        return installed.files.get(change.name)
    folder = PurePosixPath(change.path).parent.name
    if change.kind is LinkKind.DEPENDENCY and change.name not in installed.links.get(folder, ()):
        return None
    return installed.units.get(change.name)
