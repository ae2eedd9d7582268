"""Turn an evaluated table of ``systemd.user`` into the native unit that it declares."""

from hmsvcd.model.diagnostic import dotted
from hmsvcd.model.schema import NATIVE_KINDS
from hmsvcd.model.service import Unit
from hmsvcd.model.unit import UnitKind, suffix
from hmsvcd.pipeline.check.build_unit import unit_from_sections
from hmsvcd.pipeline.check.unit_names import unit_name_problem
from hmsvcd.pipeline.merge.table import TableNode


def native_name(node: TableNode) -> str:
    """Return the name of a native unit, whether or not its suffix was written, too."""
    kind = _kind(node)
    return f"{node.key.removesuffix(f'.{kind}')}.{kind}"


def build_native(node: TableNode) -> Unit:
    """Return a native unit; raises FailedError, after reporting what is wrong with it."""
    name = native_name(node)
    stem = name.rpartition(".")[0]
    if node.key != stem:
        hint = f"write {dotted((*node.path[:-1], stem))}"
        message = f"the suffix follows from the table: this would be `{node.key}.{suffix(name)}`"
        raise node.evaluation.fail(message, node.place, hint)
    if problem := unit_name_problem(name):
        raise node.evaluation.fail(f"`{name}` is no unit name: {problem}", node.place)
    return unit_from_sections(node, name)


def _kind(node: TableNode) -> UnitKind:
    return NATIVE_KINDS[node.parent.key if node.parent else ""]
