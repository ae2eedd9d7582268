"""A unit in the making: directives with the places that they are declared at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from hmsvcd.model.diagnostic import Diagnostic, Note, Place, error, warning
from hmsvcd.pipeline.merge.leaf import LeafNode
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.table import TableNode

Assignments = tuple[tuple[str, Place | None], ...]
"""The values of one directive, each with its place."""


@dataclass(slots=True)
class Draft:
    """A unit in the making: section → directive → assignments.

    ``has_failed`` says that something in it is wrong, which has been reported.
    """

    node: TableNode
    name: str
    sections: dict[str, dict[str, Assignments]] = field(default_factory=dict)
    has_failed: bool = False

    def attempt(self, step: Callable[[], None]) -> None:
        """Do something that other parts of the unit do not depend on."""
        try:
            step()
        except FailedError:
            self.has_failed = True

    def put(self, section: str, directive: str, assignments: Assignments) -> None:
        """Set a directive; no assignments at all are as if nothing had been declared."""
        self.sections.setdefault(section, {})[directive] = assignments

    def beat(
        self, section: str, directive: str, assignments: Assignments, place: Place | None
    ) -> None:
        """Set a directive, and warn where that beats another way to declare it."""
        if loser := self.assignments(section, directive):
            notes = (Note("this one counts", place),) if place else ()
            message = f"{directive}= of [{section}] is declared twice; this one is ignored"
            self.report(warning(message, loser[0][1], notes=notes))
        self.put(section, directive, assignments)

    def take(self, section: str, table: TableNode) -> None:
        """Set every directive of a section as it is declared."""
        self.attempt(lambda: self._take(section, table))

    def _take(self, section: str, table: TableNode) -> None:
        for directive in table.names():
            self.attempt(partial(self._take_directive, section, table.leaf(directive)))

    def _take_directive(self, section: str, leaf: LeafNode) -> None:
        self.beat(section, leaf.key, texts(leaf), leaf.place)

    def report(self, diagnostic: Diagnostic) -> None:
        """Report something that is wrong with the unit."""
        self.has_failed = self.has_failed or diagnostic.is_error
        self.node.evaluation.report(diagnostic)

    def fail(self, message: str, place: Place | None, hint: str | None = None) -> None:
        """Report an error; without a place, at the unit's own."""
        self.report(error(message, place or self.node.nearest_place, hint=hint))

    def assignments(self, section: str, directive: str) -> Assignments:
        """Return what has been set for a directive."""
        return self.sections.get(section, {}).get(directive, ())

    def last(self, section: str, directive: str) -> str | None:
        """Return the assignment that counts."""
        values = self.assignments(section, directive)
        return values[-1][0] if values else None

    def place(self, section: str, directive: str) -> Place | None:
        """Return where the assignment that counts is declared."""
        values = self.assignments(section, directive)
        return values[-1][1] if values else None


def texts(leaf: LeafNode) -> Assignments:
    """Return a directive's assignments as they are written into the file."""
    return tuple(
        (str(value).lower() if isinstance(value, bool) else str(value), place)
        for value, place in leaf.placed()
    )
