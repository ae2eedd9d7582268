"""The manifest that records a target, and whether the current one says the same already."""

from hmsvcd.app.target import Target
from hmsvcd.host import clock
from hmsvcd.host.paths import is_same_place
from hmsvcd.model.generation import ON_THE_WAY, Generation, Manifest


def manifest_of(target: Target, generation: Generation, number: int) -> Manifest:
    """Return what records that a generation was installed now, on the way to a target or there."""
    return Manifest(
        number=number,
        created=clock.now(),
        declaration=target.declaration,
        inputs=target.inputs,
        cause=target.cause,
        generation=generation,
        left=target.left,
        settings=target.settings,
        written=target.written,
        origin=target.origin,
        undone=target.undone,
    )


def is_same(current: Manifest, generation: Generation, target: Target) -> bool:
    """Say whether a generation installs what is installed, from the same place and alike."""
    return (
        installs_the_same(current.generation, generation)
        and is_same_place(current.declaration, target.declaration)
        and current.left == target.left
        and (current.was_declared or target.cause in ON_THE_WAY)
        and current.settings == target.settings
    )


def installs_the_same(one: Generation, other: Generation) -> bool:
    """Say whether two generations have the same digest, which takes its time."""
    if one.units != other.units or one.files != other.files:
        return False
    return one == other or one.digest == other.digest
