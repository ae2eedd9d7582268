"""A table: a record of options, or free-form names.

Conditions travel inwards with the definitions they guard, and are evaluated where a value, or the
names of a free-form table, are asked for.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from hmsvcd.model.definition import Definition
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.option import (
    UNSET,
    AttrsOf,
    Directives,
    Either,
    Leaf,
    Option,
    Record,
    Table,
    Type,
)
from hmsvcd.model.schema import TYPES
from hmsvcd.model.schema_units import directive
from hmsvcd.pipeline.merge.defined import CONTENT, definitions_of
from hmsvcd.pipeline.merge.leaf import LeafNode
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.node import Evaluator, Node
from hmsvcd.pipeline.merge.properties import expanded, pushed_down, unwrap
from hmsvcd.pipeline.merge.strangers import fitting, strangers


class TableNode(Node):
    """A table; ``is_flawed`` says that something was found in it that is no option or no table."""

    __slots__ = ("_children", "_is_namespace", "_layers_by_name", "is_flawed", "type")

    def __init__(
        self, evaluation: Evaluator, parent: "TableNode | None", key: str, kind: Table
    ) -> None:
        super().__init__(evaluation, parent, key)
        self.type = kind
        self._is_namespace = isinstance(kind, Record) and kind.is_namespace
        self.is_flawed = False
        self._children: dict[str, Node] = {}
        self._layers_by_name: dict[str, list[Definition]] | None = None

    def define(self, definitions: Sequence[Definition]) -> None:
        """Give the root its definitions: the files."""
        self._definitions = definitions

    def layers(self) -> Sequence[Definition]:
        """Return the tables that count here: weaker ones are dropped whole, the others ordered."""
        definitions = self.definitions
        if len(definitions) == 1 and isinstance(definitions[0].value, dict):
            return definitions
        return self.evaluation.once(self, "layers", self._layers)

    def _layers(self) -> Sequence[Definition]:
        tables = [found for found in self._strongest() if isinstance(found.value, dict)]
        return sorted(tables, key=lambda found: found.order)

    def _strongest(self) -> Sequence[Definition]:
        if self._is_namespace:
            found = expanded(self.definitions, self.scope, self.evaluation.report)
            return list(map(pushed_down, found))
        return self._strongest_table()

    def _strongest_table(self) -> Sequence[Definition]:
        """Return what counts here; conditions are asked only where priorities have to decide."""
        if len({found.priority for found in self.definitions}) > 1:
            return self.strongest(self.definitions)
        return list(expanded(self.definitions, self.scope, self.evaluation.report))

    @property
    def is_set(self) -> bool:
        """Whether somebody wrote anything into it."""
        return any(found.place and found.value and self.holds(found) for found in self.layers())

    def check(self) -> None:
        """Report what is no table, and names that cannot stand here."""
        for found in self._judged():
            if self.holds(found):
                for problem in strangers(self.type, found):
                    self.is_flawed = True
                    self.evaluation.report(self._explained(problem))

    def _explained(self, problem: Diagnostic) -> Diagnostic:
        return problem

    def _judged(self) -> Sequence[Definition]:
        return self._strongest()

    def stands_for(self, name: str) -> str:
        """Return the name that an alias stands for (the service's own last name, for units)."""
        return "" if name == self.alias else name

    @property
    def alias(self) -> str | None:
        """The name that stands for the primary unit, in a table of units: the service's own."""
        aliased = isinstance(self.type, AttrsOf) and self.type.owner_alias
        return self.scope.key if aliased and self.scope else None

    def written_names(self) -> Sequence[str]:
        """Return the names in a table, and the options of a record, that may be defined."""
        if isinstance(self.type, Record):
            return self._options(self.type)
        written = dict.fromkeys(name for layer in self.layers() for name in layer.value)
        return tuple(dict.fromkeys(map(self.stands_for, self.fitting(written))))

    def fitting(self, names: Iterable[str]) -> list[str]:
        """Return those of some names that can stand in this table, which is no record."""
        return fitting(cast("AttrsOf | Directives", self.type), names)

    def _options(self, record: Record) -> Sequence[str]:
        """Return the options that have a default or are written, as such or by another name.

        A read-only one is not asked for; who refers to it does that.
        """
        written = {name for layer in self.layers() for name in layer.value}
        written |= {option for alias, (option, _) in record.aliases.items() if alias in written}
        if not written.isdisjoint(CONTENT):
            written.add("source")
        options = tuple(
            name
            for name, option in record.options.items()
            if name in written or has_default(option)
        )
        if record.freeform is None:
            return options
        return (*options, *sorted(written - {*record.options, *record.aliases}))

    def names(self) -> Sequence[str]:
        """Return the names in a free-form table, and the options of a record, that are defined.

        A name whose condition fails, which has been reported, is left out.
        """
        return self.evaluation.once(self, "names", self._names)

    def _names(self) -> Sequence[str]:
        return tuple(filter(self._is_defined, self.written_names()))

    def _is_defined(self, name: str) -> bool:
        try:
            return any(map(self.holds, self.child(name).definitions))
        except FailedError:
            return False

    def defines(self, name: str) -> bool:
        """Say whether a name of a free-form table has a definition whose conditions hold."""
        if isinstance(self.type, Record) or not self.fitting([name]):
            return False
        return any(map(self.holds, self.child(name).definitions))

    def child(self, name: str) -> Node:
        """Return the node of an option or a name, whether it is defined or not."""
        if name not in self._children:
            self._children[name] = self._make(name)
        return self._children[name]

    def forget(self, name: str) -> None:
        """Let go of the node of a name that nobody asks for any more, and all that is in it."""
        self._children.pop(name, None)

    @property
    def is_flawed_inside(self) -> bool:
        """Whether this table is flawed, or one in it that has been asked for."""
        tables = (child for child in self._children.values() if isinstance(child, TableNode))
        return self.is_flawed or any(table.is_flawed_inside for table in tables)

    def table(self, *names: str) -> "TableNode":
        """Return the table that the names lead to."""
        node = self
        for name in names:
            node = cast("TableNode", node.child(name))
        return node

    def leaf(self, *names: str) -> LeafNode:
        """Return the value that the names lead to."""
        return cast("LeafNode", self.table(*names[:-1]).child(names[-1]))

    def knows(self, name: str) -> bool:
        """Say whether there is a child of this name: an option, or a name that is defined."""
        if isinstance(self.type, Record):
            is_option = name in self.type.options
            return is_option or (self.type.freeform is not None and name in self.written_names())
        return self.defines(name)

    def _make(self, name: str) -> Node:
        option = self._option(name)
        kind = self._kind(name, option)
        if isinstance(kind, Record | AttrsOf | Directives):
            return self.evaluation.table(self, name, kind)
        return LeafNode(self.evaluation, self, name, kind, option)

    def _option(self, name: str) -> Option | None:
        return self.type.options.get(name) if isinstance(self.type, Record) else None

    def _kind(self, name: str, option: Option | None) -> Leaf | Table:
        """Return the type of a child; of one that may be either, what is written decides."""
        kind: Type | str | None
        match self.type:
            case Record():
                kind = option.type if option else self.type.freeform
            case AttrsOf():
                kind = self.type.element
            case Directives():
                kind = directive(name)
        while isinstance(kind, str):
            kind = TYPES[kind]
        if kind is None:
            raise KeyError(name)
        if isinstance(kind, Either):
            return kind.table if self._holds_table(name) else kind.leaf
        return kind

    def _holds_table(self, name: str) -> bool:
        found = [
            found
            for layer in self.layers_with(name)
            for found in unwrap(layer.value[name], layer.place, self.scope, lambda _found: None)
            if self.holds(found)
        ]
        strongest = min((each.priority for each in found), default=0)
        return any(isinstance(each.value, dict) for each in found if each.priority == strongest)

    def definitions_of(self, child: Node) -> Sequence[Definition]:
        """Return what the tables that count here define for a child."""
        return definitions_of(self, child)

    def layers_with(self, name: str) -> Sequence[Definition]:
        """Return the tables that hold a name, found at once: each may have a file of its own."""
        layers = self.layers()
        if len(layers) == 1:
            return layers if name in layers[0].value else ()
        if self._layers_by_name is None:
            self._layers_by_name = {}
            for layer in layers:
                for each in layer.value:
                    self._layers_by_name.setdefault(each, []).append(layer)
        return self._layers_by_name.get(name, ())


def has_default(option: Option) -> bool:
    """Say whether an option has a value that counts where nobody gives one."""
    return not (option.default is UNSET or option.default is None or option.read_only)
