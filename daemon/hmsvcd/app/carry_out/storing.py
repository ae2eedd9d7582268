"""Put into the store what a switch needs there, before anything else is touched."""

from collections.abc import Mapping

from hmsvcd.app.gather.surroundings import Returning
from hmsvcd.app.planning import Planned
from hmsvcd.host.store import Store


def put_objects(store: Store, planned: Planned) -> None:
    """Put there what it lacks, complete and durable."""
    surroundings, rendering = planned.surroundings, planned.target.rendering
    with store.batch():
        _put_returning(store, surroundings.returning)
        if rendering is None:
            return
        _put_running(store, surroundings.adopted.old)
        sound = planned.ground.generation.objects - planned.damaged  # the plan has looked at these
        for unit in rendering.units.values():
            if unit.object_name not in sound:
                store.put_unit(unit.object_name, unit.name, unit.text)
        for name, text in rendering.texts():
            if name not in sound:
                store.put_text(name, text)
        for name, source in rendering.copies():
            if name not in sound:
                store.put_copy(name, source)


def _put_running(store: Store, old: Mapping[str, Mapping[str, str]]) -> None:
    """Put there what runs of units that become ours: after a kill nobody else knows it."""
    for unit, objects in old.items():
        for name, text in objects.items():
            store.put_unit(name, unit, text)


def _put_returning(store: Store, returning: Returning) -> None:
    """Put there, likewise, what units say that are others' again."""
    if returning.texts:
        for unit, name in returning.objects.items():
            store.put_unit(name, unit, returning.texts[unit])
