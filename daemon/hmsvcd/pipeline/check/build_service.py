"""Turn an evaluated service into its units and files, and check what they say together."""

from collections.abc import Iterator
from contextlib import suppress

from hmsvcd.model.diagnostic import error, warning
from hmsvcd.model.service import ConfigFile, Service, Unit
from hmsvcd.model.unit import UnitKind
from hmsvcd.pipeline.check.build_file import build_file
from hmsvcd.pipeline.check.build_unit import unit_from_options
from hmsvcd.pipeline.check.computed import argv_problems, service_name
from hmsvcd.pipeline.check.unit_names import unit_name_problem
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.table import TableNode

_KINDS = (UnitKind.SERVICE, UnitKind.SOCKET)


def names_in(table: TableNode) -> tuple[str, ...]:
    """Return the names in a table; none where it cannot be had, which has been reported."""
    try:
        return tuple(table.names())
    except FailedError:
        return ()


def build_service(node: TableNode) -> Iterator[Service]:
    """Yield a service and its sub-services; what is wrong is left out."""
    inner = node.table("services")
    for check in (_check_argv, _check_assertions, _tell_warnings):
        with suppress(FailedError):
            check(node)
    composition = False
    with suppress(FailedError):
        composition = _is_composition(node)
        if composition:
            _check_composition(node)
    if node.key.endswith("@") and names_in(inner):
        node.evaluation.report(error("a template service takes no sub-services", inner.place))
    units, broken = _units(node, composition=composition)
    yield Service(service_name(node), units, tuple(_files(node)), broken)
    for name in names_in(inner):
        yield from build_service(inner.table(name))


def _check_argv(node: TableNode) -> None:
    for problem in argv_problems(node.leaf("process", "argv")):
        node.evaluation.report(problem)


def _check_assertions(node: TableNode) -> None:
    for item, place in node.leaf("assertions").placed():
        if not item["assertion"]:
            quoting = f"failed assertion: {item['message']}"
            failed = error("an assertion has failed", place, quoting=quoting)
            node.evaluation.report(failed, by_user=True)


def _tell_warnings(node: TableNode) -> None:
    for text, place in node.leaf("warnings").placed():
        message = "the declaration gives a warning of its own"
        node.evaluation.report(warning(message, place, quoting=text))


def _is_composition(node: TableNode) -> bool:
    """Say whether a service has only sub-services: no command of its own."""
    if not node.table("services").names() or node.leaf("process", "argv").is_defined:
        return False
    commands = node.table("systemd", "services", "", "serviceConfig").names()
    return not {"ExecStart", "ExecStop"} & set(commands)


def _check_composition(node: TableNode) -> None:
    hint = "set process.argv, or move this to a sub-service"
    fail = node.evaluation.fail
    for kind in _KINDS:
        primary = node.table("systemd", f"{kind}s", "")
        if primary.is_set:
            fail("a service without a command has no unit of its own", primary.place, hint)
    files = node.table("configData")
    for key in files.names():
        if files.table(key).leaf("enable").value():
            message = "a service without a command cannot use a configuration file"
            fail(message, files.child(key).place, hint)


def _units(node: TableNode, *, composition: bool) -> tuple[tuple[Unit, ...], frozenset[str]]:
    """Return the units that can be built, and the names of those that are wrong."""
    built: list[Unit] = []
    broken: set[str] = set()
    stem = service_name(node)
    for kind in _KINDS:
        table = node.table("systemd", f"{kind}s")
        for key in names_in(table):
            if composition and not key:
                continue
            unit = table.table(key)
            name = f"{stem}-{key}.{kind}" if key else f"{stem}.{kind}"
            try:
                built.append(_unit(node, unit, name))
            except FailedError:
                broken.add(name)
            if unit.is_flawed_inside:
                broken.add(name)
    return tuple(built), frozenset(broken)


def _unit(node: TableNode, unit: TableNode, name: str) -> Unit:
    if unit.key and node.key.endswith("@"):
        raise unit.evaluation.fail("a template service takes no further units", unit.place)
    if problem := unit_name_problem(name):
        raise unit.evaluation.fail(f"`{name}` is no unit name: {problem}", unit.nearest_place)
    return unit_from_options(unit, name)


def _files(node: TableNode) -> Iterator[ConfigFile]:
    table = node.table("configData")
    for key in sorted(names_in(table)):
        with suppress(FailedError):
            if table.leaf(key, "enable").value():
                yield build_file(table.table(key))
