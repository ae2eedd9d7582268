"""Follow a reference through the tree to the value that it names."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from hmsvcd.model.diagnostic import Place
from hmsvcd.model.option import Datum, Directive, ListOf, Record
from hmsvcd.pipeline.merge.leaf import LeafNode
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.node import Evaluator, Node
from hmsvcd.pipeline.merge.references import Reference
from hmsvcd.pipeline.merge.table import TableNode
from hmsvcd.pipeline.suggest import suggestion

if TYPE_CHECKING:
    from hmsvcd.pipeline.merge.service import ServiceNode


class Walk:
    """The way of one reference through the tree."""

    def __init__(self, evaluation: Evaluator, reference: Reference, place: Place | None) -> None:
        self.evaluation = evaluation
        self.text = reference.text
        self.place = place
        self._service: ServiceNode | None = None

    def through(self, node: Node, keys: Sequence[str]) -> Any:
        """Follow the keys from a node to a single value; raises FailedError after reporting."""
        while isinstance(node, TableNode):
            self._service = node.scope or self._service
            if not keys:
                raise self._fail("names a table, not a value")
            node, keys = self._step(node, keys[0]), keys[1:]
        leaf = cast("LeafNode", node)
        if isinstance(leaf.type, Datum):
            return self._inside(leaf.value(), keys)
        return self._pick(leaf, keys)

    def _step(self, node: TableNode, name: str) -> Node:
        if not isinstance(node.type, Record):
            name = node.stands_for(name)
            if not node.defines(name):
                raise self._undefined(name, node.written_names())
            return node.child(name)
        if name in node.type.aliases:
            option, key = node.type.aliases[name]
            return self._step(node.table(option), key)
        if not node.knows(name):
            raise self._undefined(name, [*node.type.options, *node.type.aliases])
        is_path = node.type.kind == "file" and name == "path"
        if is_path and node.leaf("enable").value() is False:
            raise self._fail("the file is disabled, so it has no path")
        return node.child(name)

    def _pick(self, leaf: LeafNode, keys: Sequence[str]) -> Any:
        merged = leaf.merged()
        if not merged.elements and not merged.is_list:
            raise self._fail("is not defined")
        if keys:
            if len(keys) > 1 or not isinstance(leaf.type, ListOf | Directive):
                raise self._fail(f"`{'.'.join(keys)}` leads nowhere")
            return leaf.element(self._index(keys[0], len(merged.elements)))
        if not merged.is_list:
            value = leaf.value()
            if value is None:  # a computed one, with nothing to compute it from
                raise self._fail("is not defined")
            if not isinstance(value, str | int):
                raise self._fail("is for service modules alone")
            return value
        if isinstance(leaf.type, Directive) and len(merged.elements) == 1:
            return leaf.element(0)
        raise self._fail("names a list, not a value", f"pick one: {self.text[:-1]}.0}}")

    def _inside(self, value: Any, keys: Sequence[str]) -> Any:
        for key in keys:
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list):
                value = value[self._index(key, len(value))]
            else:
                raise self._undefined(key, value if isinstance(value, dict) else ())
        if not isinstance(value, str | int | float):
            raise self._fail("does not name a string, a number or a boolean")
        return value

    def _index(self, key: str, count: int) -> int:
        if not (key.isascii() and key.isdecimal()):
            raise self._fail(f"`{key}` is no number, and this is a list")
        if len(key) > len(str(count)) or int(key) >= count:
            what = f"the list has {count} element{'s' * (count != 1)}"
            raise self._fail(f"{what}, counted from 0")
        return int(key)

    def _undefined(self, name: str, known: Iterable[str]) -> FailedError:
        return self._fail(f"`{name}` is not defined", suggestion(name, known))

    def _fail(self, what: str, hint: str | None = None) -> FailedError:
        if self._service and self._service.is_in_doubt:  # which has been reported
            return FailedError()
        return self.evaluation.fail(f"{self.text}: {what}", self.place, hint)
