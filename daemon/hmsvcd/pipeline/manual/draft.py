"""A first declaration of a service that imports a module, with a comment for each option."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from hmsvcd.model.manual import Names
from hmsvcd.model.module import Module, Options
from hmsvcd.model.option import (
    UNSET,
    AttrsOf,
    Directives,
    Either,
    ListOf,
    Option,
    Record,
    RecordList,
    Scalar,
    Type,
)
from hmsvcd.pipeline.manual.entries import is_required, words
from hmsvcd.pipeline.manual.inline import inline, typed
from hmsvcd.pipeline.manual.plain import default_of, example_of, is_given, plain
from hmsvcd.pipeline.merge.properties import is_wrapped

_WIDTH = 99
_TO_SET = "CHANGE ME"
_BESIDES = "What else is needed in a session."


def draft(service: str, imported: str, modules: Sequence[Module]) -> str:
    """Return the TOML of a service that imports a module by a name.

    ``modules`` is the module, after those that it imports itself. What has to be set is set, to
    its example or to what stands out, and so is what is in the example of a module; all else is
    there for the ``#`` before it to be taken away.
    """
    header = [
        *_comment(modules[-1].description),
        f"[{typed(('services', service))}]",
        f"imports = {inline([imported])}",
    ]
    blocks = [block for module in modules for block in _of_module(module)]
    return "\n\n".join("\n".join(lines) for lines in [header, *blocks]) + "\n"


def _of_module(module: Module) -> Iterator[list[str]]:
    example = plain(module.example)
    yield from _blocks(module.options, (), example)
    if besides := _further(module.options, example):
        yield [*_comment(_BESIDES), *_lines((), besides)]


def _blocks(options: Options, at: Names, example: Any) -> Iterator[list[str]]:
    """Yield what to write of options; ``example`` is what the module's has of them."""
    for name, option in options.items():
        inner = example.get(name, UNSET) if isinstance(example, Mapping) else UNSET
        if not isinstance(option, Option):
            yield from _blocks(option, (*at, name), inner)
        elif not option.read_only:
            yield from _option((*at, name), option, inner)


def _option(at: Names, option: Option, example: Any) -> Iterator[list[str]]:
    kind = option.type
    value, is_set = (example, True) if is_given(example) else (_value(option), is_required(option))
    if isinstance(kind, Record):
        value = _further(kind.options, value)
    if value != {} or not isinstance(kind, Record):
        mark = "" if is_set or _has_required(kind) else "#"
        yield [*_said(option), *_lines(at, value, mark)]
    if isinstance(kind, Record) and not kind.kind:
        yield from _blocks(kind.options, at, example)


def _further(options: Options, value: Any) -> dict[str, Any]:
    """Return what is in an example of a table besides its options: each of these has its own."""
    further = {}
    for name, inner in value.items() if isinstance(value, Mapping) else ():
        option = options.get(name)
        table = option.type if isinstance(option, Option) else option
        table = table.options if isinstance(table, Record) else table
        if option is None:
            further[name] = inner
        elif isinstance(table, Mapping) and (rest := _further(table, inner)):
            further[name] = rest
    return further


def _said(option: Option) -> Iterator[str]:
    yield from _comment(option.description)
    if is_required(option):
        yield from _comment(f"It has to be set: {words(option.type)}.")
    elif option.default_text:
        yield from _comment(f"Default: {option.default_text}.")
    elif is_given(default := default_of(option)):
        yield from _comment(f"Default: {inline(default)}.")


def _lines(at: Names, value: Any, mark: str = "") -> Iterator[str]:
    for key, inner in _leaves(at, value):
        yield f"{mark}{typed(key)} = {inline(inner)}"


def _value(option: Option) -> Any:
    """Return what to write for an option: the first that there is."""
    for value in (example_of(option), default_of(option)):
        if is_given(value):
            return value
    return _stand_in(option.type)


def _stand_in(kind: Type | str) -> Any:
    """Return a value of a type that nobody takes for a real one."""
    match kind:
        case Scalar(choices=(first, *_)):
            return first
        case Scalar(kinds=kinds) if str not in kinds:
            return False if bool in kinds else max(kind.least, 0)
        case ListOf() | RecordList():
            return []
        case Record() | AttrsOf() | Directives() | Either() | str():
            return {}
        case _:
            return _TO_SET


def _has_required(kind: Type | str) -> bool:
    """Say whether a table takes names of tables in which something has to be set."""
    match kind:
        case Record(freeform=element) if element is not None:
            return _demands(element)
        case AttrsOf():
            return _demands(kind.element)
        case _:
            return False


def _demands(kind: Type | str) -> bool:
    table = kind.table if isinstance(kind, Either) else kind
    return isinstance(table, Record) and any(map(is_required, table.options.values()))


def _leaves(at: Names, value: Any) -> Iterator[tuple[Names, Any]]:
    """Yield the values in a table with their keys, so that each can be edited for itself."""
    if isinstance(value, Mapping) and value and not is_wrapped(value):
        for name, inner in value.items():
            yield from _leaves((*at, name), inner)
    else:
        yield at, value


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from (f"# {part}" for part in wrap(line, _WIDTH - len("# ")))
