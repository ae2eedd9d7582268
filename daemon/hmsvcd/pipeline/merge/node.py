"""A place in the tree of options: what is defined there, and the way to it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hmsvcd.model.context import Context
from hmsvcd.model.definition import Condition, Deferred, Definition
from hmsvcd.model.diagnostic import Diagnostic, Place, dotted
from hmsvcd.model.module import Lookups, Module
from hmsvcd.model.option import Table
from hmsvcd.model.service import Generated
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.properties import expanded

if TYPE_CHECKING:
    from hmsvcd.pipeline.merge.service import ServiceNode
    from hmsvcd.pipeline.merge.table import TableNode

Result = TypeVar("Result")


class Evaluator(Protocol):
    """What nodes need of the evaluation that they belong to."""

    context: Context
    rules: Mapping[str, Callable[[Any], Any]]
    generated: dict[str, Generated]
    """What modules have made, by the path where it will lie."""
    too_slow: set[Module]
    """The modules that have taken too long, and are not called again."""

    @property
    def lookups(self) -> Lookups:
        """Whom to ask for modules and programs."""

    def table(self, parent: "TableNode", key: str, kind: Table) -> "TableNode":
        """Return a new node for a table."""

    def report(self, diagnostic: Diagnostic, *, by_user: bool = False) -> None:
        """Note something that is wrong."""

    def report_conflict(self, diagnostic: Diagnostic) -> None:
        """Note a conflict, unless definitions may be missing."""

    def fail(self, message: str, place: Place | None, hint: str | None = None) -> FailedError:
        """Report an error and return the exception to raise."""

    def once(self, node: Any, what: object, compute: Callable[[], Result]) -> Result:
        """Return what ``compute`` gives, computed once; asked again meanwhile, it is a ring."""

    def holds(self, condition: Condition) -> bool:
        """Evaluate a condition."""

    def resolve(self, value: Any, place: Place | None, scope: Any) -> Any:
        """Replace the references in a string."""


class Node:
    """What tables and values have in common. Everything is computed when it is asked for."""

    __slots__ = ("_definitions", "evaluation", "key", "known", "parent", "scope")

    def __init__(self, evaluation: Evaluator, parent: "TableNode | None", key: str) -> None:
        self.evaluation = evaluation
        self.parent = parent
        self.key = key
        self.scope: ServiceNode | None = parent.scope if parent else None
        """The nearest service, itself included: what ``config`` means here."""
        self.known: dict[object, Any] = {}
        """What has been computed, for the evaluation."""
        self._definitions: Sequence[Definition] | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The names of options and tables from the root to here."""
        return (*self.parent.path, self.key) if self.parent else ()

    @property
    def label(self) -> str:
        """The path as a user writes it."""
        return dotted(self.path) or "the declaration"

    @property
    def definitions(self) -> Sequence[Definition]:
        """All definitions of this value, hmsvcd's own first."""
        if self._definitions is None:
            self._definitions = self.parent.definitions_of(self) if self.parent else ()
        return self._definitions

    def counted(self) -> Sequence[Definition]:
        """Return the definitions that count: the strongest whose conditions hold."""
        definitions = self.definitions
        if len(definitions) == 1 and is_plain(definitions[0]):
            return definitions
        return self.evaluation.once(self, "counted", lambda: self.strongest(definitions))

    def strongest(self, definitions: Sequence[Definition]) -> list[Definition]:
        """Return the definitions of the strongest priority that has any whose conditions hold.

        What is deferred in them is computed.
        """
        for priority in sorted({found.priority for found in definitions}):
            kept = [each for each in definitions if each.priority == priority and self.holds(each)]
            kept = list(expanded(kept, self.scope, self.evaluation.report))
            if kept := list(filter(self.holds, kept)):
                return kept
        return []

    def holds(self, found: Definition) -> bool:
        """Say whether all conditions of a definition hold."""
        return not found.conditions or all(map(self.evaluation.holds, found.conditions))

    @property
    def place(self) -> Place | None:
        """Where the value that counts is first defined in a file."""
        try:
            return next((found.place for found in self.counted() if found.place), None)
        except FailedError:
            return None

    @property
    def nearest_place(self) -> Place | None:
        """Where the value is defined, or the nearest table around it that is."""
        return self.place or (self.parent.nearest_place if self.parent else None)


def is_plain(found: Definition) -> bool:
    """Say whether there is nothing to compute before a definition counts as it is."""
    return not (found.conditions or isinstance(found.value, Deferred))
