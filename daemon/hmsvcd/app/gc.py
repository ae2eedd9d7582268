"""Collect what nothing needs any more: old generations, and what is in the store for them only.

What stays is what a generation that is kept names, ``state.toml`` (what runs, and what was done
last), ``pending``, and the links that are there. The holder of the lock may collect; a kill on
the way leaves whole generations and whole objects.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hmsvcd.host.disk import Disk
from hmsvcd.host.installation import Installed
from hmsvcd.host.lock import Holder, lock
from hmsvcd.host.pending import objects
from hmsvcd.host.store_care import size
from hmsvcd.model.settings import Settings
from hmsvcd.model.store import HASH_LENGTH

_HASH = re.compile(rf"(?<![0-9a-f])[0-9a-f]{{{HASH_LENGTH}}}(?=-)")


@dataclass(frozen=True, slots=True)
class Garbage:
    """What nothing needs: generations by number, objects of the store by name."""

    generations: tuple[int, ...] = ()
    objects: tuple[str, ...] = ()


_NONE = Garbage()


@dataclass(frozen=True, slots=True)
class Collected:
    """What has been removed, or would be; ``size`` is how many bytes of content go with it."""

    garbage: Garbage = _NONE
    size: int = 0


def find_garbage(disk: Disk, keep: int, linked: Iterable[str]) -> Garbage:
    """Return what goes if the newest ``keep`` generations stay, and the installed one.

    ``linked`` are objects that links still lead to. Raises HostError where anything that may name
    an object cannot be read: then nobody knows what is needed.
    """
    pending = disk.pending.read()
    generations = disk.records.expendable(keep, _way_back(disk))
    needed = disk.records.objects(without=generations).union(linked)
    definitions = disk.records.objects_of_state()
    if pending:
        needed |= objects(pending)
        definitions = definitions.union(*pending.definitions.values())
    current = disk.records.current()
    if current:  # its files are known by name
        definitions -= current.generation.objects
    needed |= _mentioned(disk, definitions)
    return Garbage(tuple(generations), tuple(sorted(disk.store.names() - needed)))


def size_of(disk: Disk, garbage: Garbage) -> int:
    """Return how many bytes of content go with it."""
    manifests = sum(size(disk.records.path(number)) for number in garbage.generations)
    return manifests + sum(size(disk.store.path(name)) for name in garbage.objects)


def collect(disk: Disk, keep: int, linked: Iterable[str]) -> None:
    """Remove what ``find_garbage`` finds, and what a kill has left half-written."""
    garbage = find_garbage(disk, keep, linked)
    disk.records.clean()
    disk.records.prune(keep, _way_back(disk))  # before the objects that they name
    disk.store.collect(disk.store.names().difference(garbage.objects))


async def collect_alone(
    disk: Disk, keep: int | None, on_wait: Callable[[Holder], None], *, dry_run: bool = False
) -> Collected:
    """Collect as the one writer; without ``keep`` as many generations stay as are declared to.

    No manager is needed. Raises HostError where something cannot be read or removed.
    """
    if not disk.paths.state.exists():
        return Collected()
    async with lock(disk.paths.lock, on_wait):
        if keep is None:
            current = disk.records.current()
            keep = (current.settings if current else Settings()).keep_generations
        linked = objects_of_links(disk.installation.scan())
        garbage = find_garbage(disk, keep, linked)
        found = Collected(garbage, size_of(disk, garbage))
        if not dry_run:
            collect(disk, keep, linked)
    return found


def clean(disk: Disk) -> None:
    """Remove what a kill has left half-written, if anything; only the holder of the lock may."""
    disk.records.clean()
    disk.store.clean()


def objects_of_links(installed: Installed) -> frozenset[str]:
    """Return every object that a link leads to, or into."""
    dependencies = (place for held in installed.links.values() for place in held.values())
    places = (*installed.units.values(), *installed.files.values(), *dependencies)
    return frozenset(place.partition("/")[0] for place in places)


def _way_back(disk: Disk) -> int | None:
    """Return the generation that comes back if the switch under way fails."""
    pending = disk.pending.read()
    return pending.back if pending else None


def _mentioned(disk: Disk, definitions: Iterable[str]) -> frozenset[str]:
    """Return the objects that the texts of units name by their path.

    A service that still runs as an older generation had it may open such a file again.
    """
    texts = [disk.store.read_unit(name) for name in definitions if name]
    hashes = {found for text in texts if text for found in _HASH.findall(text)}
    if not hashes:
        return frozenset()
    return frozenset(name for name in disk.store.names() if name[:HASH_LENGTH] in hashes)
