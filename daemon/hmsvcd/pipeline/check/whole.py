"""Check a declaration as a whole: everything it says, or everything that is wrong with it."""

from collections.abc import Sequence
from contextlib import suppress

from hmsvcd.model.context import Context
from hmsvcd.model.diagnostic import Diagnostic, Place, dotted, error
from hmsvcd.model.document import Document
from hmsvcd.model.schema import NATIVE_KINDS
from hmsvcd.model.service import Declaration, Unit
from hmsvcd.model.unit import suffix
from hmsvcd.pipeline.check.build_service import build_services, names_in
from hmsvcd.pipeline.check.build_settings import build_settings
from hmsvcd.pipeline.check.build_unit import unit_from_sections
from hmsvcd.pipeline.check.computed import RULES
from hmsvcd.pipeline.check.cross_check import collisions, idle_units
from hmsvcd.pipeline.check.privileges import warnings as privilege_warnings
from hmsvcd.pipeline.check.unit_names import unit_name_problem
from hmsvcd.pipeline.merge.evaluate import Evaluation
from hmsvcd.pipeline.merge.leaf import LeafNode
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.node import Node
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
    root = evaluation.root
    _force(root)
    if not evaluation.diagnostics:
        _demand_content(root, documents)
    services = tuple(build_services(root.table("services")))
    native, broken = _native(root.table("systemd", "user"))
    broken = broken.union(*(service.broken for service in services))
    units = [*(unit for service in services for unit in service.units), *native]
    files = [file for service in services for file in service.files]
    settings = build_settings(root.table("daemon"))
    for diagnostic in (*collisions(units, files), *idle_units(units, broken)):
        evaluation.report(diagnostic)
    for unit in units:
        for diagnostic in privilege_warnings(unit, context.systemd):
            evaluation.report(diagnostic)
    return Declaration(services, native, settings, broken), evaluation.diagnostics


def check_parts(documents: Sequence[Document], context: Context) -> tuple[Diagnostic, ...]:
    """Return the type and key errors of some files of a declaration, where others do not parse.

    References and conflicts are not judged: what they need may be in the other files.
    """
    evaluation = Evaluation(documents, context, RULES, complete=False)
    _force(evaluation.root)
    return evaluation.diagnostics


def _force(node: Node) -> None:
    """Ask for every value below a node, so that everything wrong is found."""
    if isinstance(node, LeafNode):
        with suppress(FailedError):
            node.value()
    elif isinstance(node, TableNode):
        with suppress(FailedError):
            node.check()
        for name in _written_names(node):
            _force(node.child(name))


def _written_names(node: TableNode) -> Sequence[str]:
    try:
        return node.written_names()
    except FailedError:
        return ()


def _demand_content(root: TableNode, documents: Sequence[Document]) -> None:
    """Report a declaration that says nothing."""
    names = {name for found in root.layers() for name in found.value}
    if not names & {"services", "systemd"}:
        place = Place(documents[0].file) if documents else None
        hint = "declare a service, or write `services = {}` for none"
        root.evaluation.report(error("the declaration is empty", place, hint=hint))


def _native(user: TableNode) -> tuple[tuple[Unit, ...], frozenset[str]]:
    """Return the native units that can be built, and the names of those that are wrong."""
    built: list[Unit] = []
    broken: set[str] = set()
    for table_name, kind in NATIVE_KINDS.items():
        table = user.table(table_name)
        for key in names_in(table):
            name = f"{key.removesuffix(f'.{kind}')}.{kind}"
            try:
                built.append(_native_unit(table.table(key), name))
            except FailedError:
                broken.add(name)
    return tuple(built), frozenset(broken)


def _native_unit(node: TableNode, name: str) -> Unit:
    stem = name.rpartition(".")[0]
    if node.key != stem:
        hint = f"write {dotted((*node.path[:-1], stem))}"
        message = f"the suffix follows from the table: this would be `{node.key}.{suffix(name)}`"
        raise node.evaluation.fail(message, node.place, hint)
    if problem := unit_name_problem(name):
        raise node.evaluation.fail(f"`{name}` is no unit name: {problem}", node.place)
    return unit_from_sections(node, name)
