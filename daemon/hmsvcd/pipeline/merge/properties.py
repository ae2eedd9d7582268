"""Take the properties off a value: ``mkForce`` and its kin (nixpkgs ``lib/modules.nix``)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from hmsvcd.model import definition
from hmsvcd.model.definition import Computed, Condition, Deferred, Definition
from hmsvcd.model.diagnostic import Diagnostic, Key, Place, error

OVERRIDES = {"mkForce": definition.FORCE, "mkDefault": definition.DEFAULT}
ORDERS = {"mkBefore": definition.BEFORE, "mkAfter": definition.AFTER}
PROPERTIES = frozenset({*OVERRIDES, *ORDERS, "mkOverride", "mkOrder", "mkMerge", "mkIf"})

_ARGUMENTS = {"mkOverride": "priority", "mkOrder": "priority", "mkIf": "condition"}
"""Properties whose content stands beside one argument."""

Report = Callable[[Diagnostic], None]


def is_property(value: Any) -> bool:
    """Say whether a value is, or was meant to be, a property."""
    return isinstance(value, dict) and not PROPERTIES.isdisjoint(value)


def is_wrapped(value: Any) -> bool:
    """Say whether a value has to be unwrapped to see what is defined."""
    return isinstance(value, Deferred) or is_property(value)


def unwrap(value: Any, place: Place | None, scope: Any, report: Report) -> Iterator[Definition]:
    """Yield the definitions that a written value stands for, outermost property first.

    ``mkMerge`` gives several, an ``mkIf`` that is false gives none; of nested overrides, and of
    nested orders, the outermost counts. What is malformed is reported and left out; so is a value
    that a module computes to None, but for one with a priority around it: that is computed when it
    counts (``expanded``). Raises FailedError where a module fails to compute it.
    """
    while isinstance(value, Deferred):
        value = value.compute()
    if value is None:
        return
    if is_property(value):
        yield from _unwrapped(value, place, scope, report)
    else:
        yield Definition(value, place)


def _unwrapped(
    value: dict[str, Any], place: Place | None, scope: Any, report: Report
) -> Iterator[Definition]:
    if len(value) > 1:
        report(_beside_others(value, place))
        return
    ((name, inner),) = value.items()
    inside = _inside(place, name)
    if name == "mkMerge":
        yield from _merged(inner, inside, scope, report)
    elif name in _ARGUMENTS:
        yield from _with_argument(name, inner, inside, scope, report)
    elif name in OVERRIDES:
        yield from _with_priority(OVERRIDES[name], inner, inside, scope, report)
    else:
        for found in unwrap(inner, inside, scope, report):
            yield replace(found, order=ORDERS[name], ordered=True)


def _with_priority(
    priority: int, content: Any, place: Place | None, scope: Any, report: Report
) -> Iterator[Definition]:
    if isinstance(content, Deferred):
        yield Definition(content, place, priority)
        return
    for found in unwrap(content, place, scope, report):
        yield replace(found, priority=priority)


def expanded(
    definitions: Iterable[Definition], scope: Any, report: Report
) -> Iterator[Definition]:
    """Yield definitions with what is deferred in them computed; their own priority stays."""
    for outer in definitions:
        if not isinstance(outer.value, Deferred):
            yield outer
            continue
        for found in unwrap(outer.value, outer.place, scope, report):
            conditions = (*outer.conditions, *found.conditions)
            yield replace(found, priority=outer.priority, conditions=conditions)


def pushed_down(found: Definition) -> Definition:
    """Return the definition of a table with the priority around it on each of its values."""
    if found.priority == definition.PLAIN or not isinstance(found.value, dict):
        return found
    value = {
        name: {"mkOverride": {"priority": found.priority, "content": inner}}
        for name, inner in found.value.items()
    }
    return replace(found, value=value, priority=definition.PLAIN)


def _beside_others(value: dict[str, Any], place: Place | None) -> Diagnostic:
    named = next(key for key in value if key in PROPERTIES)
    beside = next(key for key in value if key != named)
    return error(
        f"the property {named} stands beside another key, `{beside}`",
        _inside(place, named),
        hint=f"put both into a list: mkMerge = [ {{ {named} = … }}, {{ {beside} = … }} ]",
    )


def _merged(inner: Any, place: Place | None, scope: Any, report: Report) -> Iterator[Definition]:
    if not isinstance(inner, list):
        report(
            error("mkMerge takes a list of definitions", place, hint="write mkMerge = [ …, … ]")
        )
        return
    for index, item in enumerate(inner):
        yield from unwrap(item, _inside(place, index), scope, report)


def _with_argument(
    name: str, inner: Any, place: Place | None, scope: Any, report: Report
) -> Iterator[Definition]:
    if not _has_shape(name, inner, place, report):
        return
    argument: Any = inner[_ARGUMENTS[name]]
    content, inside = inner["content"], _inside(place, "content")
    if name == "mkOverride":
        yield from _with_priority(argument, content, inside, scope, report)
    elif name == "mkOrder":
        for found in unwrap(content, inside, scope, report):
            yield replace(found, order=argument, ordered=True)
    elif argument is True:
        yield from unwrap(content, inside, scope, report)
    elif argument is not False:
        condition = Condition(argument, _inside(place, "condition"), scope)
        for found in unwrap(content, inside, scope, report):
            yield replace(found, conditions=(condition, *found.conditions))


def _has_shape(name: str, inner: Any, place: Place | None, report: Report) -> bool:
    argument = _ARGUMENTS[name]
    if not isinstance(inner, dict) or set(inner) != {argument, "content"}:
        hint = f"write {name} = {{ {argument} = …, content = … }}"
        report(error(f"{name} takes a table of `{argument}` and `content`", place, hint=hint))
        return False
    given = inner[argument]
    if argument == "condition":
        fits = isinstance(given, bool | Computed | Deferred) or _may_refer(given)
        wanted = "true, false or a reference to a boolean"
    else:
        fits = isinstance(given, int) and not isinstance(given, bool)
        wanted = "an integer"
    if not fits:
        report(error(f"the {argument} of {name} must be {wanted}", _inside(place, argument)))
    return fits


def _may_refer(value: Any) -> bool:
    return isinstance(value, str) and "@{" in value


def plain_key(key: Key) -> Key:
    """Return a key without the properties in it: what the value would be called without them."""
    plain: list[str | int] = []
    parts = list(key)
    while parts:
        part = parts.pop(0)
        if not isinstance(part, str) or part not in PROPERTIES:
            plain.append(part)
        elif parts and (
            (part == "mkMerge" and isinstance(parts[0], int))
            or (part in _ARGUMENTS and parts[0] == "content")
        ):
            parts.pop(0)
        elif part in _ARGUMENTS and parts:
            plain.append(part)
    return tuple(plain)


def _inside(place: Place | None, key: str | int) -> Place | None:
    return place.child(key) if place else None
