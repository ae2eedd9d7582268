"""What is defined for an option or a name: its default, what modules say, what is written."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from hmsvcd.model.definition import PLAIN, Computed, Deferred, Definition
from hmsvcd.model.option import UNSET, ByName, Option, Record
from hmsvcd.pipeline.merge.node import Node
from hmsvcd.pipeline.merge.properties import is_wrapped, unwrap
from hmsvcd.pipeline.merge.taken_in import literal, taken_in

if TYPE_CHECKING:
    from hmsvcd.pipeline.merge.table import TableNode

CONTENT = ("text", "value")
"""Options of a file that define its ``source``."""


def definitions_of(table: "TableNode", child: Node) -> Sequence[Definition]:
    """Return what a table, as far as it counts, defines for a child, in the order of merging."""
    found = _written(table, child, child.key)
    if not isinstance(table.type, Record):
        if child.key == "" and table.alias:
            found += _written(table, child, table.alias)
        return _modules_first(found)
    if table.type.aliases:
        found = _modules_first([*found, *_aliased(table, child.key, table.type)])
    if table.type.kind == "file" and child.key == "source":
        found += _content(table)
    option = table.type.options.get(child.key)
    if option is None or option.default is UNSET or option.default is None:
        return found
    if found and option.default_priority == PLAIN:  # an override around it decides, too
        around = table.layers()[0].priority
        found = found if around == PLAIN else [replace(each, priority=around) for each in found]
    place = table.scope.place_of_default(child.path) if table.scope else None
    return [Definition(_default(table, option), place, option.default_priority), *found]


def _default(table: "TableNode", option: Option) -> Any:
    if isinstance(option.default, ByName):
        return literal(option.default.of(table.key))
    if callable(option.default) and table.scope:
        return table.scope.default(option.default)
    if isinstance(option.default, str | tuple | PurePath):
        return taken_in(option.default, Deferred)
    return option.default


def _written(table: "TableNode", child: Node, name: str) -> list[Definition]:
    definitions: list[Definition] = []
    for layer in table.layers_with(name):
        value, place = layer.value[name], layer.place_of(name)
        if is_wrapped(value):
            unwrapped = unwrap(value, place, child.scope, table.evaluation.report)
            definitions += (_guarded(found, layer) for found in unwrapped)
        else:
            definitions.append(Definition(value, place, conditions=layer.conditions))
    return definitions


def _aliased(table: "TableNode", name: str, record: Record) -> Iterator[Definition]:
    for alias, (option, key) in record.aliases.items():
        if option != name:
            continue
        for layer in table.layers():
            if alias in layer.value:
                value, names = {key: layer.value[alias]}, {key: alias}
                yield _guarded(Definition(value, layer.place, names=names), layer)


def _content(table: "TableNode") -> Iterator[Definition]:
    """Yield the sources that ``text`` and ``value`` define, each with its own priority."""
    for name in CONTENT:
        for first in table.leaf(name).counted()[:1]:
            yield Definition(Computed(f"stored {name}"), first.place, first.priority)


def _guarded(found: Definition, layer: Definition) -> Definition:
    """Return a definition under the conditions of the table that it stands in, too."""
    if not layer.conditions:
        return found
    return replace(found, conditions=(*layer.conditions, *found.conditions))


def _modules_first(found: list[Definition]) -> list[Definition]:
    """Return definitions with those of modules before all others, also where they use an alias."""
    return sorted(found, key=lambda each: not (each.place and each.place.imported))
