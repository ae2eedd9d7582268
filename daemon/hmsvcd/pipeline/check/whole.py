"""Check a declaration as a whole: everything it says, or everything that is wrong with it."""

from collections.abc import Collection, Container, Sequence
from itertools import chain
from operator import attrgetter

from hmsvcd.model.context import Context
from hmsvcd.model.diagnostic import Diagnostic, Place, error
from hmsvcd.model.document import Document
from hmsvcd.model.service import Declaration
from hmsvcd.model.settings import Settings
from hmsvcd.pipeline.check.build_settings import build_settings
from hmsvcd.pipeline.check.computed import RULES
from hmsvcd.pipeline.check.evaluate_parts import Round, force
from hmsvcd.pipeline.check.outlines import Outlines
from hmsvcd.pipeline.check.parts import Name, Part, Parts, connected, looked_into, unchanged
from hmsvcd.pipeline.check.together import Together
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
    evaluation = Evaluation(documents, context, RULES)
    checked = _Checked(evaluation, documents, Outlines(), {}, None)
    return checked.declaration, checked.judged(Together())


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
        self._outlines = Outlines()
        self._together = Together()

    def check(
        self, documents: Sequence[Document], context: Context
    ) -> tuple[Declaration, tuple[Diagnostic, ...]]:
        """Return what the function ``check`` returns."""
        known = self._parts if context == self._context else {}
        checked = self._checked(documents, context, known, looked_into(known))
        if asked := checked.asked:
            known = {name: part for name, part in checked.lasting.items() if name not in asked}
            checked = self._checked(documents, context, known, looked_into(checked.parts))
        if checked.asked:
            checked = self._checked(documents, context, {}, None)
        self._context, self._parts = context, checked.lasting
        return checked.declaration, checked.judged(self._together)

    def _checked(
        self,
        documents: Sequence[Document],
        context: Context,
        known: Parts,
        held: Container[Name] | None,
    ) -> "_Checked":
        evaluation = Evaluation(documents, context, RULES)
        return _Checked(evaluation, documents, self._outlines, known, held)

    def check_parts(
        self, documents: Sequence[Document], context: Context
    ) -> tuple[Diagnostic, ...]:
        """Return what the function ``check_parts`` returns.

        A part in which nothing was wrong when all was known has no type or key errors.
        """
        evaluation = Evaluation(documents, context, RULES, complete=False)
        outlined = self._outlines.below(evaluation.root)
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
        evaluation: Evaluation,
        documents: Sequence[Document],
        outlines: Outlines,
        known: Parts,
        held: Container[Name] | None,
    ) -> None:
        super().__init__(evaluation, outlines, known, held)
        daemon = evaluation.root.table("daemon")
        force(daemon)
        if not self.diagnostics:
            _demand_content(evaluation.root, documents)
        self.declaration = _put_together(self.parts.values(), build_settings(daemon))

    def judged(self, together: Together) -> tuple[Diagnostic, ...]:
        """Return all that is wrong, also between the parts."""
        for diagnostic in together.judge(self.parts.values(), self.declaration):
            self.evaluation.report(diagnostic)
        return self.diagnostics


def _put_together(parts: Collection[Part], settings: Settings) -> Declaration:
    return Declaration(
        tuple(chain.from_iterable(map(attrgetter("services"), parts))),
        tuple(chain.from_iterable(map(attrgetter("native"), parts))),
        settings,
        frozenset(chain.from_iterable(map(attrgetter("broken"), parts))),
    )


def _demand_content(root: TableNode, documents: Sequence[Document]) -> None:
    """Report a declaration that says nothing."""
    names = {name for found in root.layers() for name in found.value}
    if not names & {"services", "systemd"}:
        place = Place(documents[0].file) if documents else None
        hint = "declare a service, or write `services = {}` for none"
        root.evaluation.report(error("the declaration is empty", place, hint=hint))
