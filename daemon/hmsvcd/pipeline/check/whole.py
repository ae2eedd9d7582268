"""Check a declaration as a whole: everything it says, or everything that is wrong with it."""

from collections.abc import Collection, Container, Iterator, Sequence
from itertools import chain

from hmsvcd.model.context import Context
from hmsvcd.model.diagnostic import Diagnostic, Place, error
from hmsvcd.model.document import Document
from hmsvcd.model.service import Declaration
from hmsvcd.model.settings import Settings
from hmsvcd.pipeline.check.build_settings import build_settings
from hmsvcd.pipeline.check.computed import RULES
from hmsvcd.pipeline.check.cross_check import collisions, idle_units
from hmsvcd.pipeline.check.evaluate_parts import Round, force, outlined_below
from hmsvcd.pipeline.check.parts import Name, Part, Parts, connected, looked_into, unchanged
from hmsvcd.pipeline.merge.evaluate import Evaluation
from hmsvcd.pipeline.merge.table import TableNode


def check(
    documents: Sequence[Document], context: Context
) -> tuple[Declaration, tuple[Diagnostic, ...]]:
    """Merge, resolve and check the files of a declaration.

    Returns what can be built, which is all of it if there is no error, and all that is wrong, so
    that what was built can be checked further. An empty
    declaration, with neither ``services`` nor ``systemd``, is an error: ``services = {}`` is how
    to say "none".
    """
    checked = _Checked(documents, context, {}, None)
    return checked.declaration, checked.diagnostics


def check_parts(documents: Sequence[Document], context: Context) -> tuple[Diagnostic, ...]:
    """Return the type and key errors of some files of a declaration, where others do not parse.

    References and conflicts are not judged: what they need may be in the other files.
    """
    return Checker().check_parts(documents, context)


class Checker:
    """Checks a declaration again and again, and evaluates only what an edit changed.

    What an unchanged service or native unit came to are the same objects as before.
    """

    def __init__(self) -> None:
        self._context: Context | None = None
        self._parts: Parts = {}

    def check(
        self, documents: Sequence[Document], context: Context
    ) -> tuple[Declaration, tuple[Diagnostic, ...]]:
        """Return what the function ``check`` returns."""
        known = self._parts if context == self._context else {}
        checked = _Checked(documents, context, known, looked_into(known))
        if asked := checked.asked:
            known = {name: part for name, part in checked.lasting.items() if name not in asked}
            checked = _Checked(documents, context, known, looked_into(checked.parts))
        if checked.asked:
            checked = _Checked(documents, context, {}, None)
        self._context, self._parts = context, checked.lasting
        return checked.declaration, checked.diagnostics

    def check_parts(
        self, documents: Sequence[Document], context: Context
    ) -> tuple[Diagnostic, ...]:
        """Return what the function ``check_parts`` returns.

        A part in which nothing was wrong when all was known has no type or key errors.
        """
        evaluation = Evaluation(documents, context, RULES, complete=False)
        outlined = outlined_below(evaluation.root)
        known = self._parts if context == self._context else {}
        same = unchanged(outlined, known) - connected(known).keys()
        for name in outlined:
            if name not in same or known[name].diagnostics:
                force(evaluation.root.table(*name))
        force(evaluation.root.table("daemon"))
        return evaluation.diagnostics


class _Checked(Round):
    """A round, and the declaration that came of it."""

    def __init__(
        self,
        documents: Sequence[Document],
        context: Context,
        known: Parts,
        held: Container[Name] | None,
    ) -> None:
        super().__init__(Evaluation(documents, context, RULES), known, held)
        daemon = self.evaluation.root.table("daemon")
        force(daemon)
        if not self.diagnostics:
            _demand_content(self.evaluation.root, documents)
        self.declaration = _put_together(self.parts.values(), build_settings(daemon))
        for diagnostic in _judged_together(self.declaration):
            self.evaluation.report(diagnostic)


def _put_together(parts: Collection[Part], settings: Settings) -> Declaration:
    return Declaration(
        tuple(chain.from_iterable(part.services for part in parts)),
        tuple(chain.from_iterable(part.native for part in parts)),
        settings,
        frozenset().union(*(part.broken for part in parts if part.broken)),
    )


def _judged_together(declaration: Declaration) -> Iterator[Diagnostic]:
    services = declaration.services
    units = [*(unit for service in services for unit in service.units), *declaration.native]
    files = [file for service in services for file in service.files]
    yield from collisions(units, files)
    yield from idle_units(units, declaration.broken)


def _demand_content(root: TableNode, documents: Sequence[Document]) -> None:
    """Report a declaration that says nothing."""
    names = {name for found in root.layers() for name in found.value}
    if not names & {"services", "systemd"}:
        place = Place(documents[0].file) if documents else None
        hint = "declare a service, or write `services = {}` for none"
        root.evaluation.report(error("the declaration is empty", place, hint=hint))
