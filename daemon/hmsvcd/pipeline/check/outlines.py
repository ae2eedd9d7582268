"""What is written for each part of a declaration: the same objects while it is the same."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import compress
from operator import is_not
from typing import Any

from hmsvcd.model.definition import Definition
from hmsvcd.model.diagnostic import Place
from hmsvcd.model.schema import NATIVE_KINDS
from hmsvcd.pipeline.check.parts import Name, Outline, Written
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.table import TableNode


@dataclass(frozen=True, slots=True)
class _Outlined:
    """The outline of a table that is written in one place, without a condition around it."""

    place: Place | None
    tables: Mapping[str, Any]
    outline: Outline


class Outlines:
    """Outlines a declaration again and again; of a table that is much the same only the rest."""

    def __init__(self) -> None:
        self._known: dict[Name, _Outlined] = {}

    def below(self, root: TableNode) -> Outline:
        """Judge the tables around services and native units, and return what is written there."""
        systemd = root.table("systemd")
        user = systemd.table("user")
        tables = [root.table("services"), *map(user.table, NATIVE_KINDS)]
        for table in (root, systemd, user, *tables):
            with suppress(FailedError):
                table.check()
        outlined: dict[Name, Written | None] = {}
        for table in tables:
            outlined |= self._outline(table)
        return outlined

    def _outline(self, table: TableNode) -> Outline:
        layers, path = _layers(table), table.path
        known = self._known.pop(path, None)
        if len(layers) != 1 or layers[0].conditions:
            return _outline(table, layers)
        [layer] = layers
        outlined = _exchanged(known, layer, path) if known else None
        outlined = _outline(table, layers) if outlined is None else outlined
        self._known[path] = _Outlined(layer.place, layer.value, outlined)
        return outlined


def _layers(table: TableNode) -> Sequence[Definition]:
    try:
        return table.layers()
    except FailedError:
        return ()


def _outline(table: TableNode, layers: Sequence[Definition]) -> Outline:
    """Return the parts in a table, each with what is written for it."""
    path = table.path
    found: dict[str, Written | None] = {}
    for layer in layers:
        places, is_plain = (layer.place,), not layer.conditions
        for name, value in layer.value.items():
            if name not in found and is_plain:
                found[name] = (places, (value,))
            elif is_plain and (others := found[name]) is not None:
                found[name] = ((*others[0], *places), (*others[1], value))
            else:
                found[name] = None
    return {(*path, name): found[name] for name in table.fitting(found)}


def _exchanged(known: _Outlined, layer: Definition, path: Name) -> Outline | None:
    """Return an outline in which some tables are others than before; None for other names."""
    old, new = known.tables, layer.value
    if known.place != layer.place or [*old] != [*new]:
        return None
    outlined, places = {**known.outline}, (layer.place,)
    for name in compress(new, map(is_not, new.values(), old.values())):
        if (*path, name) in outlined:
            outlined[*path, name] = (places, (new[name],))
    return outlined
