"""The merged configuration as service modules see it."""
# typing.override came with Python 3.12.
# mypy: disable-error-code="explicit-override"

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, cast

from hmsvcd.model.diagnostic import Place, dotted, error
from hmsvcd.model.module import Config
from hmsvcd.model.option import UNSET, ListOf, Record
from hmsvcd.model.service import Generated
from hmsvcd.model.store import content_digest, object_name
from hmsvcd.pipeline.merge.leaf import LeafNode
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.node import Node
from hmsvcd.pipeline.merge.table import TableNode
from hmsvcd.pipeline.suggest import all_of, suggestion

_REQUIRED = "a service module needs it"


class NoSuchOptionError(KeyError):
    """A name that a module asks for and that is not there; the message says what is."""

    def __str__(self) -> str:
        return str(self.args[0])


class TableView(Mapping[str, Any]):
    """A table of the configuration; see ``model.module.Config``."""

    def __init__(self, node: TableNode) -> None:
        self._node = node

    def __getitem__(self, name: str) -> Any:
        return _seen(self._child(name))

    def __iter__(self) -> Iterator[str]:
        kind = self._node.type
        options = kind.options if isinstance(kind, Record) else ()
        is_free = not isinstance(kind, Record) or kind.freeform is not None
        return iter(dict.fromkeys((*options, *(self._node.names() if is_free else ()))))

    def __contains__(self, name: object) -> bool:
        return any(name == each for each in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _child(self, name: str) -> Node:
        kind = self._node.type
        if isinstance(kind, Record) and name in kind.aliases:
            option, key = kind.aliases[name]
            return self._node.table(option).child(key)
        name = self._node.stands_for(name)
        if self._node.knows(name):
            return self._node.child(name)
        known = [*kind.options, *kind.aliases] if isinstance(kind, Record) else list(self)
        where = self._node.label
        hint = suggestion(name, known) or (all_of(known) if known else "it is empty")
        if self._node.scope and self._node.scope.is_running:
            hint += "; what the module itself defines has to be read in a function: `lambda: …`"
        raise NoSuchOptionError(f"`{where}` has no `{name}`: {hint}")


class ConfigView(TableView, Config):
    """All that is configured of a service."""

    def __init__(self, node: TableNode, place: Place | None) -> None:
        super().__init__(node)
        self._place = place

    @property
    def name(self) -> str:
        """See ``model.module.Config``."""
        return self._node.key

    def file(self, name: str, text: str) -> str:
        """See ``model.module.Config``."""
        if not name or not name.isprintable() or "/" in name:
            raise ValueError(f"no file can be called {name!r}")
        digest = content_digest(text.encode())
        stored = Generated(object_name(digest, name), name, text)
        path = self._node.evaluation.context.store_path(stored.object_name)
        self._node.evaluation.generated[path] = stored
        return path

    def program(self, *names: str) -> str:
        """See ``model.module.Config``."""
        evaluation = self._node.evaluation
        for name in names:
            if found := evaluation.lookups.program(name):
                return found
        shown = " or ".join(f"`{name}`" for name in names)
        hint = "install it, or name its place in an option of the module"
        missing = error(f"there is no program {shown} on the PATH", self._place, hint=hint)
        evaluation.report(replace(missing, refuses=self._node.path[1]))
        raise FailedError

    def path(self, *names: str) -> str:
        """See ``model.module.Config``."""
        return dotted((*self._node.path, *names)) or ""


def _seen(node: Node) -> Any:
    if isinstance(node, TableNode):
        return TableView(node)
    leaf = cast("LeafNode", node)
    if _is_missing(leaf):
        raise _missing_beside(leaf)
    value = leaf.computed if leaf.is_read_only else leaf.value()
    return list(map(deepcopy, value)) if isinstance(value, tuple) else deepcopy(value)


def _is_missing(leaf: LeafNode) -> bool:
    """Say whether an option has to be set and is not."""
    is_required = leaf.option is not None and leaf.option.default is UNSET
    return is_required and not isinstance(leaf.type, ListOf) and not leaf.is_defined


def _missing_beside(leaf: LeafNode) -> FailedError:
    """Report the options of a table that have to be set, as one of them is asked for."""
    table = cast("TableNode", leaf.parent)
    beside = (table.child(name) for name in cast("Record", table.type).options)
    for each in beside:
        if isinstance(each, LeafNode) and _is_missing(each):
            nearest = each.nearest_place
            place = nearest.in_declaration if nearest else None
            leaf.evaluation.fail(f"`{each.label}` is not set", place, _REQUIRED)
    return FailedError()
