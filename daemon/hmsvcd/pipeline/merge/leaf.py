"""A value: merged from its definitions, its references resolved when it is asked for."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hmsvcd.model.definition import Computed, Deferred
from hmsvcd.model.diagnostic import Place
from hmsvcd.model.option import (
    STRING,
    Datum,
    Directive,
    Leaf,
    ListOf,
    Option,
    RecordList,
    Scalar,
    accepts,
)
from hmsvcd.pipeline.merge.merging import (
    ConflictError,
    Element,
    FailedError,
    Merged,
    directive_scalar,
    merge,
    misfit,
)
from hmsvcd.pipeline.merge.node import Evaluator, Node
from hmsvcd.pipeline.merge.references import has_reference

if TYPE_CHECKING:
    from hmsvcd.pipeline.merge.table import TableNode


class LeafNode(Node):
    """A value of an option or directive; ``option`` is None for a name of a free-form table."""

    __slots__ = ("_merged", "_values", "option", "type")

    def __init__(
        self,
        evaluation: Evaluator,
        parent: "TableNode",
        key: str,
        kind: Leaf,
        option: Option | None = None,
    ) -> None:
        super().__init__(evaluation, parent, key)
        self.type = kind
        self.option = option
        self._merged: Merged | None = None
        self._values: tuple[Any, ...] | None = None

    @property
    def is_defined(self) -> bool:
        """Whether there is a value at all."""
        return bool(self.counted())

    @property
    def is_written(self) -> bool:
        """Whether a value counts that somebody wrote."""
        return any(found.place for found in self.counted())

    @property
    def is_read_only(self) -> bool:
        """Whether nobody can define it, and so no definition has to be looked at."""
        return self.option is not None and self.option.read_only

    @property
    def computed(self) -> Any:
        """The value of a read-only option."""
        rule = self.option and self.option.default
        return self.evaluation.rules[rule.name](self) if isinstance(rule, Computed) else None

    def merged(self) -> Merged:
        """Return the merged value with its references unresolved."""
        if self._merged is None:
            self._merged = self.evaluation.once(self, "merged", self._merge)
        return self._merged

    def _merge(self) -> Merged:
        if self.is_read_only:
            self._refuse_definitions()
        try:
            merged = merge(self.type, self.counted(), self.scope, self.evaluation.report)
        except ConflictError as found:
            self.evaluation.report_conflict(found.diagnostic)
            raise FailedError from None
        if not any(part.conditions for part in merged.elements):
            return merged
        holds = self.evaluation.holds
        kept = (part for part in merged.elements if all(map(holds, part.conditions)))
        return replace(merged, elements=tuple(kept))

    def _refuse_definitions(self) -> None:
        for found in self.definitions:
            if found.place and self.holds(found):
                raise self.evaluation.fail(f"`{self.key}` is read-only", found.place)

    def value(self) -> Any:
        """Return the resolved value: a tuple for a list, None where undefined."""
        merged = self.merged()
        if merged.is_list:
            return self.elements()
        if not merged.elements:
            return None
        parts = self.elements()
        return parts[0] if len(parts) == 1 else "\n".join(parts)

    def elements(self) -> tuple[Any, ...]:
        """Return the resolved elements; a single value is a list of one."""
        if self._values is None:
            self._values = self.evaluation.once(self, "elements", self._elements)
        return self._values

    def _elements(self) -> tuple[Any, ...]:
        elements = []
        failed = False
        for index, part in enumerate(self.merged().elements):
            try:
                elements.append(self._element(index, part))
            except FailedError:  # the others may be wrong, too
                failed = True
        if failed:
            raise FailedError
        return tuple(elements)

    def element(self, index: int) -> Any:
        """Return one resolved element, without asking for the others."""
        return self._element(index, self.merged().elements[index])

    def _element(self, index: int, part: Element) -> Any:
        if isinstance(part.value, str) and not has_reference(part.value):
            return self._resolve(part)  # needs nothing else, so it can be in no ring
        return self.evaluation.once(self, index, lambda: self._resolve(part))

    def placed(self) -> Iterator[tuple[Any, Place | None]]:
        """Yield the resolved elements, each with the place that it is written at."""
        for value, part in zip(self.elements(), self.merged().elements, strict=True):
            yield value, part.place or self._origin(part.value)

    def _origin(self, value: Any) -> Place | None:
        """Return where what a computed value follows from is written."""
        if not isinstance(value, Computed) or self.scope is None:
            return None
        places = (self.scope.leaf(*origin).place for origin in value.origins)
        return next((place for place in places if place), None)

    def _resolve(self, part: Element) -> Any:
        if isinstance(part.value, Computed):
            return self.evaluation.rules[part.value.name](self)
        if self.option and self.option.literal:
            return part.value
        if isinstance(part.value, Deferred):
            return self._resolve(replace(part, value=part.value.compute()))
        if isinstance(self.type, Datum | RecordList):
            value = self._resolve_deep(part.value, part.place)
            if isinstance(self.type, RecordList):
                self._check_record(self.type, value, part.place)
            return value
        value = self.evaluation.resolve(part.value, part.place, self.scope)
        self._demand(_scalar(self.type), value, part.place)
        return value

    def _demand(self, scalar: Scalar, value: Any, place: Place | None) -> None:
        if not accepts(scalar, value):
            self.evaluation.report(misfit(scalar, value, place))
            raise FailedError

    def _resolve_deep(self, value: Any, place: Place | None) -> Any:
        failures: list[FailedError] = []

        def resolve(value: Any, place: Place | None) -> Any:
            while isinstance(value, Deferred):
                value = value.compute()
            if isinstance(value, dict):
                return {key: resolve(inner, _child(place, key)) for key, inner in value.items()}
            if isinstance(value, list):
                return [resolve(inner, _child(place, at)) for at, inner in enumerate(value)]
            try:
                return self.evaluation.resolve(value, place, self.scope)
            except FailedError as failure:  # the others may be wrong, too
                failures.append(failure)

        resolved = resolve(value, place)
        if failures:
            raise failures[0]
        return resolved

    def _check_record(self, kind: RecordList, value: Any, place: Place | None) -> None:
        fields = " and ".join(f"`{name}`" for name in kind.fields)
        if not isinstance(value, dict) or value.keys() != kind.fields.keys():
            raise self.evaluation.fail(f"expected a table of {fields}", place)
        for name, scalar in kind.fields.items():
            self._demand(scalar, value[name], _child(place, name))


def _child(place: Place | None, key: str | int) -> Place | None:
    return place.child(key) if place else None


def _scalar(kind: Leaf) -> Scalar:
    """Return the type of one element of a value."""
    match kind:
        case Scalar():
            return kind
        case ListOf():
            return kind.element
        case Directive():
            return directive_scalar(kind)
        case _:
            return STRING
