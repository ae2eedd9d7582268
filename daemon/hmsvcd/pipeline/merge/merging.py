"""Merge the definitions of one value: only that, no checking of what the value means.

The rules are those of nixpkgs' ``lib/modules.nix`` and ``lib/types.nix``, with two for directives
that Home Manager lacks: equal definitions are one, and lists with an explicit order add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hmsvcd.model.definition import Computed, Condition, Deferred, Definition
from hmsvcd.model.diagnostic import Diagnostic, Note, Place, dotted, error
from hmsvcd.model.option import (
    INTEGER_LIMIT,
    Datum,
    Directive,
    Leaf,
    Lines,
    ListOf,
    RecordList,
    Scalar,
    accepts,
)
from hmsvcd.pipeline.merge.properties import PROPERTIES, Report, is_property, plain_key, unwrap
from hmsvcd.pipeline.suggest import suggestion


class FailedError(Exception):
    """A value that cannot be had; why has been reported already."""


class ConflictError(Exception):
    """Definitions of one priority differ; ``diagnostic`` shows each of them."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a merged value, its references not yet resolved."""

    value: Any
    place: Place | None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """What is left of all definitions: one element for a single value, none where undefined."""

    elements: tuple[Element, ...] = ()
    is_list: bool = False


def merge(leaf: Leaf, definitions: Sequence[Definition], scope: Any, report: Report) -> Merged:
    """Merge the definitions that count into one value of the leaf's type.

    Raises FailedError, after reporting, where one has the wrong type, and ConflictError where two
    differ that cannot be put together.
    """
    ordered = sorted(definitions, key=lambda definition: definition.order)
    match leaf:
        case Scalar() | Datum():
            return _one_value(leaf, ordered, report)
        case Lines():
            _demand_types(Scalar(leaf.name, (str,)), ordered, report)
            return Merged(tuple(Element(found.value, found.place) for found in ordered))
        case ListOf() | RecordList():
            return _concatenated(leaf, ordered, scope, report)
        case Directive():
            return _directive(leaf, ordered, scope, report)


def _one_value(leaf: Scalar | Datum, definitions: list[Definition], report: Report) -> Merged:
    if isinstance(leaf, Scalar):
        _demand_types(leaf, definitions, report)
    different = _different(definitions)
    if len(different) > 1:
        raise ConflictError(conflict(different))
    return Merged(tuple(Element(found.value, found.place) for found in different))


def _demand_types(leaf: Scalar, definitions: list[Definition], report: Report) -> None:
    wrong = [found for found in definitions if not fits(leaf, found.value)]
    for found in wrong:
        report(misfit(leaf, found.value, found.place))
    if wrong:
        raise FailedError


def _concatenated(
    leaf: ListOf | RecordList, definitions: list[Definition], scope: Any, report: Report
) -> Merged:
    elements: list[Element] = []
    failed = False
    for found in definitions:
        value = found.value
        if isinstance(leaf, ListOf) and leaf.single and isinstance(value, str):
            elements.append(Element(value, found.place))
        elif isinstance(value, list):
            elements += _elements(found, scope, report)
        else:
            problem = wrong_type(leaf.name, value, found.place)
            if isinstance(leaf, ListOf) and leaf.words and isinstance(value, str):
                problem = replace(problem, hint='write a list of its words: ["…", "…"]')
            report(problem)
            failed = True
    scalar = leaf.element if isinstance(leaf, ListOf) else None
    for element in elements:
        if scalar and not fits(scalar, element.value):
            report(misfit(scalar, element.value, element.place))
            failed = True
    if failed:
        raise FailedError
    return Merged(tuple(elements), is_list=True)


def _elements(found: Definition, scope: Any, report: Report) -> list[Element]:
    """Return the elements of a list; of the properties they take mkIf alone."""
    elements: list[Element] = []
    for index, item in enumerate(found.value):
        place = found.place_of(index)
        if isinstance(item, Deferred):  # computed when that very element is asked for
            elements.append(Element(item, place))
            continue
        if foreign := _foreign_property(item):
            hint = "write it around the whole list"
            report(error(f"a list element takes no {foreign}, only mkIf", place, hint=hint))
            raise FailedError
        elements += (
            Element(part.value, part.place, part.conditions)
            for part in unwrap(item, place, scope, report)
        )
    return elements


def _foreign_property(item: Any) -> str | None:
    """Return the name of a property other than mkIf that an element stands in."""
    while is_property(item):
        if "mkIf" not in item:
            return next(str(name) for name in item if name in PROPERTIES)
        inner = item["mkIf"]
        item = inner.get("content") if isinstance(inner, dict) else None
    return None


def _directive(
    leaf: Directive, definitions: list[Definition], scope: Any, report: Report
) -> Merged:
    _demand_directive(leaf, definitions, report)
    different = _different(definitions)
    if len(different) == 1:
        found = different[0]
        if isinstance(found.value, list):
            return Merged(tuple(_elements(found, scope, report)), is_list=True)
        return Merged((Element(found.value, found.place),))
    if sum(not found.ordered for found in different) > 1:
        raise ConflictError(conflict(different))
    elements: list[Element] = []
    for found in different:
        if isinstance(found.value, list):
            elements += _elements(found, scope, report)
        else:
            elements.append(Element(found.value, found.place))
    return Merged(tuple(elements), is_list=True)


def _demand_directive(leaf: Directive, definitions: list[Definition], report: Report) -> None:
    scalar = directive_scalar(leaf)
    failed = False
    for found in definitions:
        items = found.value if isinstance(found.value, list) else [found.value]
        for index, item in enumerate(items):
            if not is_property(item) and not fits(scalar, item):
                place = found.place_of(index) if isinstance(found.value, list) else found.place
                report(wrong_type(leaf.name, item, place))
                failed = True
    if failed:
        raise FailedError


def directive_scalar(leaf: Directive) -> Scalar:
    """Return the type of one element of a directive."""
    return Scalar(leaf.name, (str,) if leaf.strings_only else (str, int, bool))


def _different(definitions: Sequence[Definition]) -> list[Definition]:
    """Return the definitions without those that equal an earlier one."""
    if len(definitions) == 1:
        return list(definitions)
    kept: dict[str, Definition] = {}
    for found in definitions:
        value = found.value if isinstance(found.value, list) else [found.value]
        order = found.order if found.ordered else None
        kept.setdefault(repr((_typed(value), order)), found)
    return list(kept.values())


def _typed(value: Any) -> Any:
    """Return a value whose ``repr`` tells 1 from true and does not know the order of keys."""
    if isinstance(value, dict):
        return sorted((key, _typed(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    return (type(value).__name__, value)


def fits(scalar: Scalar, value: Any) -> bool:
    """Say whether a value has the type, as far as can be said before references are resolved."""
    if isinstance(value, Computed | Deferred) or (isinstance(value, str) and "@{" in value):
        return True
    return accepts(scalar, value)


def misfit(scalar: Scalar, value: Any, place: Place | None) -> Diagnostic:
    """Return the error that a value is not of a scalar type."""
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if is_integer and int in scalar.kinds and abs(value) < INTEGER_LIMIT:
        return error(f"expected {scalar.name}: this integer is out of range", place)
    if scalar.begins and isinstance(value, str):
        return error(f"expected {scalar.name}", place)
    return wrong_type(scalar.name, value, place, scalar.choices)


def wrong_type(
    wanted: str, value: Any, place: Place | None, choices: Sequence[str] = ()
) -> Diagnostic:
    """Return the error that a value has the wrong type, naming the type but not the value."""
    if choices and isinstance(value, str):
        return error(f"expected {wanted}", place, hint=suggestion(value, choices))
    hint = None
    if isinstance(value, dict) and len(value) == 1:
        hint = suggestion(next(iter(value)), sorted(PROPERTIES))
    return error(f"expected {wanted}, found {describe(value)}", place, hint=hint)


def describe(value: Any) -> str:
    """Say what a value of TOML is, in words."""
    if isinstance(value, int) and not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        return "an integer of more than 64 bits"
    names = {
        bool: "a boolean",
        int: "an integer",
        float: "a float",
        str: "a string",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), "a date or time")


def conflict(definitions: Sequence[Definition]) -> Diagnostic:
    """Return the error that definitions of one priority differ; it shows each of them."""
    written = [found for found in definitions if found.place]
    last = written[-1].place if written else None
    notes = tuple(Note("also defined here", found.place) for found in written[:-1] if found.place)
    if any(isinstance(found.value, Computed) for found in written):
        hint = "give text or source, or format and value: one of them"
        return error("what the file holds is said more than once", last, hint=hint, notes=notes)
    own = "" if len(written) == len(definitions) else ", one of them hmsvcd's own"
    key = dotted(plain_key(last.key)[-1:] if last else ()) or "…"
    return error(
        f"{len(definitions)} different definitions of one value{own}",
        last,
        hint=f"keep one of them, or mark the one that is to count: {key} = {{ mkForce = … }}",
        notes=notes,
    )
