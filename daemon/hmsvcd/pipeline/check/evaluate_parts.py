"""Evaluate the parts of a declaration one after another: those that changed, in turn."""

from collections.abc import Container, Sequence
from contextlib import suppress

from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.service import Service, Unit
from hmsvcd.pipeline.check.build_native import build_native, native_name
from hmsvcd.pipeline.check.build_service import build_service
from hmsvcd.pipeline.check.named import named
from hmsvcd.pipeline.check.outlines import Outlines
from hmsvcd.pipeline.check.parts import Name, Part, Parts, Written, services_in, unchanged
from hmsvcd.pipeline.check.privileges import warnings as privilege_warnings
from hmsvcd.pipeline.merge.evaluate import Evaluation
from hmsvcd.pipeline.merge.leaf import LeafNode
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.node import Node
from hmsvcd.pipeline.merge.table import TableNode


class Round:
    """One evaluation of a declaration: its parts, and what is wrong in them and around them.

    What is in ``known`` and has not changed is taken over. The nodes of another part go as soon as
    it is evaluated, since they take more memory than all else together, but for those that are
    ``held`` (None: all).
    """

    def __init__(
        self,
        evaluation: Evaluation,
        outlines: Outlines,
        known: Parts,
        held: Container[Name] | None,
    ) -> None:
        self.evaluation = evaluation
        self._held = held
        outlined = outlines.below(evaluation.root)
        self._stand_alone = not evaluation.looked_up  # else services count for what is around them
        self._told = list(evaluation.take_diagnostics())
        self._gone = unchanged(outlined, known, evaluation.lookups.lookups)
        self._asked = self._gone & services_in(evaluation.looked_up)
        self.parts: dict[Name, Part] = {}
        for name, written in outlined.items():
            is_known = name in self._gone
            self.parts[name] = known[name] if is_known else self._evaluated(name, written)
        self._looked_up = len(evaluation.looked_up)
        for part in self.parts.values():
            self._told += part.diagnostics

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong so far, also in what is evaluated after all parts."""
        return tuple(dict.fromkeys([*self._told, *self.evaluation.diagnostics]))

    @property
    def asked(self) -> set[Name]:
        """The parts that others looked into when their nodes were not there, but made anew.

        What is wrong in a ring depends on where it is entered, so none of this round is to count.
        """
        return self._asked | self._asked_since(self._looked_up)

    @property
    def lasting(self) -> Parts:
        """The parts that may be taken over by the next round."""
        return self.parts if self._stand_alone and not self.evaluation.was_too_deep else {}

    def _evaluated(self, name: Name, written: Written | None) -> Part:
        before = len(self.evaluation.looked_up)
        part = _evaluate(self.evaluation, name, written)
        self._asked |= self._asked_since(before)
        if self._held is not None and name not in self._held:
            self.evaluation.root.table(*name[:-1]).forget(name[-1])
            self._gone.add(name)
        return part

    def _asked_since(self, number: int) -> set[Name]:
        return self._gone & services_in(self.evaluation.looked_up[number:])


def _evaluate(evaluation: Evaluation, name: Name, written: Written | None) -> Part:
    before, asked_before = len(evaluation.looked_up), len(evaluation.lookups.answers)
    node = evaluation.root.table(*name)
    force(node)
    services: tuple[Service, ...] = ()
    native: tuple[Unit, ...] = ()
    broken: frozenset[str] = frozenset()
    if not _is_defined(node):
        pass
    elif node.scope:
        services = tuple(build_service(node))
        broken = broken.union(*(service.broken for service in services))
    else:
        try:
            native = (build_native(node),)
        except FailedError:
            broken = frozenset({native_name(node)})
    for unit in (*native, *(unit for service in services for unit in service.units)):
        for diagnostic in privilege_warnings(unit, evaluation.context.systemd):
            evaluation.report(diagnostic)
    looked_up = tuple(evaluation.looked_up[before:])
    answers = tuple(evaluation.lookups.answers[asked_before:])
    generated = tuple(named(evaluation.generated, services, native))
    found = evaluation.take_diagnostics()
    return Part(written, services, native, broken, found, looked_up, answers, generated)


def _is_defined(node: Node) -> bool:
    """Say whether something is written for a node whose conditions hold."""
    try:
        return any(map(node.holds, node.definitions))
    except FailedError:
        return False


def force(node: Node) -> None:
    """Ask for every value below a node, so that everything wrong is found."""
    if isinstance(node, LeafNode):
        with suppress(FailedError):
            node.value()
    elif isinstance(node, TableNode):
        with suppress(FailedError):
            node.check()
        for name in _written_names(node):
            force(node.child(name))


def _written_names(node: TableNode) -> Sequence[str]:
    try:
        return node.written_names()
    except FailedError:
        return ()
