"""Values that follow from other options: the rules behind ``Computed`` in the schema."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hmsvcd.model.diagnostic import Diagnostic, error
from hmsvcd.model.service import FILES_FOLDER
from hmsvcd.model.store import content_digest, object_name
from hmsvcd.pipeline.merge.leaf import LeafNode
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.node import Node
from hmsvcd.pipeline.merge.table import TableNode
from hmsvcd.pipeline.syntax.escape import (
    LIBRARY,
    argument_problem,
    escape_argv,
    program_problem,
)
from hmsvcd.pipeline.syntax.formats import UnwritableError, write


def service_name(service: TableNode) -> str:
    """Return the dashed name of a (sub-)service: its own after those of its parents."""
    parent = service.parent.scope if service.parent else None
    return f"{service_name(parent)}-{service.key}" if parent else service.key


def file_target(file: TableNode) -> str:
    """Return where a configuration file lands, relative to ``$XDG_CONFIG_HOME``."""
    service = _of(file.scope)
    return f"{FILES_FOLDER}/{service_name(service)}/{file.leaf('name').value()}"


def generated_text(file: TableNode, origin: str) -> str:
    """Return the content of a file from its ``text`` or from its ``format`` and ``value``."""
    if origin == "text":
        return str(file.leaf("text").value())
    form, value = file.leaf("format").value(), file.leaf("value")
    if form is None:
        hint = 'add format = "json", "toml", "ini", "yaml" or "env"'
        raise value.evaluation.fail("`value` needs a `format`", value.place, hint)
    datum = value.value()
    try:
        return write(form, datum)
    except UnwritableError as problem:
        place = value.merged().elements[0].place
        for key in problem.key:
            place = place.child(key) if place else None
        raise value.evaluation.fail(problem.message, place) from None


def _stored(leaf: Node, origin: str) -> str:
    file = _of(leaf.parent)
    text = generated_text(file, origin)
    name = object_name(content_digest(text.encode()), file.leaf("name").value())
    return leaf.evaluation.context.store_path(name)


def _file_path(leaf: Node) -> str:
    return leaf.evaluation.context.config_path(file_target(_of(leaf.parent)))


def argv_problems(argv: LeafNode) -> Iterator[Diagnostic]:
    """Yield what keeps systemd from running these arguments as they are."""
    if argv.is_defined and not argv.merged().elements:
        hint = "name at least the program, or leave it out"
        yield error("an empty process.argv leaves nothing to run", argv.place, hint=hint)
    for index, (argument, place) in enumerate(argv.placed()):
        if problem := argument_problem(argument):
            yield error(problem, place)
        elif index == 0 and (problem := program_problem(argument)):
            yield error(problem, place, hint="write the absolute path of the program")


def _escaped_argv(leaf: Node) -> str | None:
    argv = _of(leaf.scope).leaf("process", "argv")
    if any(True for _ in argv_problems(argv)):
        raise FailedError  # reported with the service
    return escape_argv(argv.value()) if argv.is_defined else None


def _main_command(leaf: Node) -> str | None:
    value: str | None = _of(leaf.scope).leaf("systemd", "mainExecStart").value()
    return value


def _has_main_command(service: Node) -> bool:
    options = _of(service.scope)
    main: LeafNode = options.leaf("systemd", "mainExecStart")
    try:
        return options.leaf("process", "argv").is_defined or main.is_written
    except FailedError:
        return True  # a command is meant to be there; what is wrong with it has been reported


def _is_no_oneshot(service: Node) -> bool:
    sections = _of(service.scope).table("systemd", "services", "", "serviceConfig")
    return sections.leaf("Type").elements()[-1:] != ("oneshot",)


def _of(node: TableNode | None) -> TableNode:
    if node is None:
        raise FailedError
    return node


RULES: Mapping[str, Callable[[Node], Any]] = {
    "file name": lambda leaf: leaf.parent.key if leaf.parent else "",
    "file path": _file_path,
    "stored text": lambda leaf: _stored(leaf, "text"),
    "stored value": lambda leaf: _stored(leaf, "value"),
    "escaped argv": _escaped_argv,
    "escaping functions": lambda _leaf: LIBRARY,
    "main command": _main_command,
    "has a main command": _has_main_command,
    "is no oneshot": _is_no_oneshot,
}
