"""A place in the tree of options: what is defined there, and the way to it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hmsvcd.model.context import Context
from hmsvcd.model.definition import Condition, Definition
from hmsvcd.model.diagnostic import Diagnostic, Place, dotted
from hmsvcd.pipeline.merge.merging import FailedError

if TYPE_CHECKING:
    from hmsvcd.pipeline.merge.table import TableNode

Result = TypeVar("Result")


class Evaluator(Protocol):
    """What nodes need of the evaluation that they belong to."""

    context: Context
    rules: Mapping[str, Callable[[Any], Any]]

    def report(self, diagnostic: Diagnostic) -> None:
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
        self.scope: TableNode | None = parent.scope if parent else None
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
        if len(definitions) == 1 and not definitions[0].conditions:
            return definitions
        return self.evaluation.once(self, "counted", lambda: strongest(definitions, self.holds))

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


def strongest(
    definitions: Sequence[Definition], holds: Callable[[Definition], bool]
) -> list[Definition]:
    """Return the definitions of the strongest priority that has any whose conditions hold."""
    for priority in sorted({found.priority for found in definitions}):
        kept = [found for found in definitions if found.priority == priority and holds(found)]
        if kept:
            return kept
    return []
