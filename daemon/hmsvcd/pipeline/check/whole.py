"""Check a declaration as a whole: everything it says, or everything that is wrong with it."""

from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter

from hmsvcd.model.context import Context
from hmsvcd.model.diagnostic import Diagnostic, Place, error, warning
from hmsvcd.model.document import Document
from hmsvcd.model.module import Lookups
from hmsvcd.model.service import Declaration
from hmsvcd.model.settings import Settings
from hmsvcd.pipeline.check.build_native import native_name
from hmsvcd.pipeline.check.build_settings import build_settings
from hmsvcd.pipeline.check.computed import RULES
from hmsvcd.pipeline.check.evaluate_parts import Round, force
from hmsvcd.pipeline.check.outlines import Outlines
from hmsvcd.pipeline.check.parts import (
    Name,
    Part,
    Parts,
    connected,
    looked_into,
    services_in,
    unchanged,
)
from hmsvcd.pipeline.check.together import Together
from hmsvcd.pipeline.merge.asked import NOTHING
from hmsvcd.pipeline.merge.evaluate import Evaluation


def check(
    documents: Sequence[Document], context: Context, lookups: Lookups = NOTHING
) -> tuple[Declaration, tuple[Diagnostic, ...]]:
    """Merge, resolve and check the files of a declaration.

    Returns what can be built, which is all of it if there is no error, and all that is wrong, so
    that what was built can be checked further. An empty
    declaration, with neither ``services`` nor ``systemd``, is an error: ``services = {}`` is how
    to say "none".
    """
    evaluation = Evaluation(documents, context, RULES, lookups=lookups)
    checked = _Checked(evaluation, Outlines(), {}, None)
    return checked.declaration, checked.judged(Together())


def check_parts(
    documents: Sequence[Document], context: Context, lookups: Lookups = NOTHING
) -> tuple[Diagnostic, ...]:
    """Return the type and key errors of some files of a declaration, where others do not parse.

    References and conflicts are not judged: what they need may be in the other files.
    """
    return Checker().check_parts(documents, context, lookups)


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
        self, documents: Sequence[Document], context: Context, lookups: Lookups = NOTHING
    ) -> tuple[Declaration, tuple[Diagnostic, ...]]:
        """Return what the function ``check`` returns."""

        def evaluation() -> Evaluation:
            return Evaluation(documents, context, RULES, lookups=lookups)

        known = self._parts if context == self._context else {}
        checked = _Checked(evaluation(), self._outlines, known, looked_into(known))
        if asked := checked.asked:
            known = {name: part for name, part in checked.lasting.items() if name not in asked}
            checked = _Checked(evaluation(), self._outlines, known, looked_into(checked.parts))
        if checked.asked:
            checked = _Checked(evaluation(), self._outlines, {}, None)
        self._context, self._parts = context, checked.lasting
        return checked.declaration, checked.judged(self._together)

    def check_parts(
        self, documents: Sequence[Document], context: Context, lookups: Lookups = NOTHING
    ) -> tuple[Diagnostic, ...]:
        """Return what the function ``check_parts`` returns.

        A part in which nothing was wrong when all was known has no type or key errors.
        """
        evaluation = Evaluation(documents, context, RULES, lookups=lookups, complete=False)
        outlined = self._outlines.below(evaluation.root)
        known = self._parts if context == self._context else {}
        same = unchanged(outlined, known, lookups) - connected(known).keys()
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
        outlines: Outlines,
        known: Parts,
        held: Container[Name] | None,
    ) -> None:
        super().__init__(evaluation, outlines, known, held)
        daemon = evaluation.root.table("daemon")
        force(daemon)
        if not self.diagnostics:
            _demand_content(evaluation)
        refused = _refused(self.parts, self.diagnostics)
        for name in sorted(refused - services_in(_told(self.diagnostics))):
            message = "this stays as it is: it looks into a service that is refused"
            evaluation.report(warning(message, evaluation.root.table(*name).place))
        self._kept = _without(self.parts, refused)
        self.declaration = _put_together(
            self._kept, build_settings(daemon), map(self._shown, refused)
        )

    def judged(self, together: Together) -> tuple[Diagnostic, ...]:
        """Return all that is wrong, also between the parts."""
        for diagnostic in together.judge(self._kept, self.declaration):
            self.evaluation.report(diagnostic)
        return self.diagnostics

    def _shown(self, name: Name) -> str:
        """Return the name of a service, or of a native unit with its suffix."""
        if name[0] == "services":
            return name[1]
        return native_name(self.evaluation.root.table(*name))


def _told(found: Iterable[Diagnostic]) -> Iterator[str]:
    """Yield the services that an error refuses."""
    return (each.refuses for each in found if each.refuses)


def _refused(parts: Parts, found: Iterable[Diagnostic]) -> set[Name]:
    """Return the services of which a module has failed, and all that look into one of those."""
    refused = services_in(_told(found))
    further = refused
    while further:
        further = {name for name, part in parts.items() if services_in(part.looked_up) & refused}
        further -= refused
        refused |= further
    return refused


def _without(parts: Parts, refused: Collection[Name]) -> Collection[Part]:
    if not refused:
        return parts.values()
    return [part for name, part in parts.items() if name not in refused]


def _put_together(
    parts: Collection[Part], settings: Settings, refused: Iterable[str]
) -> Declaration:
    return Declaration(
        tuple(chain.from_iterable(map(attrgetter("services"), parts))),
        tuple(chain.from_iterable(map(attrgetter("native"), parts))),
        settings,
        frozenset(chain.from_iterable(map(attrgetter("broken"), parts))),
        frozenset(refused),
        tuple(dict.fromkeys(chain.from_iterable(map(attrgetter("generated"), parts)))),
    )


def _demand_content(evaluation: Evaluation) -> None:
    """Report a declaration that says nothing."""
    layers = evaluation.root.layers()
    names = {name for found in layers for name in found.value}
    if not names & {"services", "systemd"}:
        place = next((Place(found.place.file) for found in layers if found.place), None)
        hint = "declare a service, or write `services = {}` for none"
        evaluation.report(error("the declaration is empty", place, hint=hint))
