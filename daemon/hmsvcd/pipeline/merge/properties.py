"""Take the properties off a value: ``mkForce`` and its kin (nixpkgs ``lib/modules.nix``)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from hmsvcd.model import definition
from hmsvcd.model.definition import Computed, Condition, Definition
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


def unwrap(value: Any, place: Place | None, scope: Any, report: Report) -> Iterator[Definition]:
    """Yield the definitions that a written value stands for, outermost property first.

    ``mkMerge`` gives several, an ``mkIf`` that is false gives none; of nested overrides, and of
    nested orders, the outermost counts. What is malformed is reported and left out.
    """
    if not is_property(value):
        yield Definition(value, place)
        return
    if len(value) > 1:
        report(_beside_others(value, place))
        return
    ((name, inner),) = value.items()
    inside = _inside(place, name)
    if name == "mkMerge":
        yield from _merged(inner, inside, scope, report)
    elif name in _ARGUMENTS:
        yield from _with_argument(name, inner, inside, scope, report)
    else:
        for found in unwrap(inner, inside, scope, report):
            yield _apply(name, None, found)


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
    if argument is False:
        return
    if name == "mkIf" and argument is not True:
        argument = Condition(argument, _inside(place, "condition"), scope)
    for found in unwrap(inner["content"], _inside(place, "content"), scope, report):
        yield _apply(name, argument, found)


def _apply(name: str, argument: Any, found: Definition) -> Definition:
    if name in OVERRIDES or name == "mkOverride":
        return replace(found, priority=OVERRIDES.get(name, argument))
    if name in ORDERS or name == "mkOrder":
        return replace(found, order=ORDERS.get(name, argument), ordered=True)
    if isinstance(argument, Condition):
        return replace(found, conditions=(argument, *found.conditions))
    return found


def _has_shape(name: str, inner: Any, place: Place | None, report: Report) -> bool:
    argument = _ARGUMENTS[name]
    if not isinstance(inner, dict) or set(inner) != {argument, "content"}:
        hint = f"write {name} = {{ {argument} = …, content = … }}"
        report(error(f"{name} takes a table of `{argument}` and `content`", place, hint=hint))
        return False
    given = inner[argument]
    if argument == "condition":
        fits = isinstance(given, bool | Computed) or (isinstance(given, str) and "@{" in given)
        wanted = "true, false or a reference to a boolean"
    else:
        fits = isinstance(given, int) and not isinstance(given, bool)
        wanted = "an integer"
    if not fits:
        report(error(f"the {argument} of {name} must be {wanted}", _inside(place, argument)))
    return fits


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
