"""The manual: every option with what is said of it, in the order in which they are declared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hmsvcd.model.manual import Entry, Names
from hmsvcd.model.module import Module, Options
from hmsvcd.model.option import (
    UNSET,
    AttrsOf,
    Datum,
    Directives,
    Either,
    Lines,
    Option,
    Record,
    Scalar,
    Type,
)
from hmsvcd.model.schema import ROOT, TYPES
from hmsvcd.model.schema_units import directive
from hmsvcd.pipeline.manual.plain import default_of, example_of

SERVICES: Names = ("services", "<name>")


def manual(modules: Sequence[Module]) -> list[Entry]:
    """Return what there is to say of every option, those of modules after those of services."""
    found: list[Entry] = []
    for name, option in ROOT.options.items():
        found += _Walk(None).option((name,), option)
        if name == SERVICES[0]:
            for module in modules:
                found += module_manual(module)
    return found


def module_manual(module: Module, at: Names = SERVICES) -> list[Entry]:
    """Return what there is to say of the options of a module, of a service at some path."""
    return list(_Walk(module.name).options(at, module.options))


def words(kind: Type | str) -> str:
    """Return a type in words."""
    match kind:
        case str():  # it may contain itself
            named = TYPES[kind]
            return words(named.leaf) if isinstance(named, Either) else f"a {kind}"
        case Either():
            return f"{words(kind.leaf)}, or a table"
        case Record():
            inside = f": <name> → {words(kind.freeform)}" if kind.freeform is not None else ""
            return f"a {kind.name}" if kind.kind else f"a table{inside}"
        case AttrsOf():
            return f"a table: <{kind.names.placeholder}> → {words(kind.element)}"
        case Directives():
            return f"a table: <{kind.names.placeholder}> → {directive('').name}"
        case _:
            return kind.name


def is_required(option: Option) -> bool:
    """Say whether an option of a module has to be set: a value without any default."""
    return option.default is UNSET and isinstance(option.type, Scalar | Lines | Datum)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Goes through options, of a module or of hmsvcd's own."""

    module: str | None

    def options(self, at: Names, options: Options) -> Iterator[Entry]:
        """Yield the entries of options in tables."""
        for name, option in options.items():
            if isinstance(option, Option):
                yield from self.option((*at, name), option)
            else:
                yield from self.options((*at, name), option)

    def option(self, at: Names, option: Option) -> Iterator[Entry]:
        """Yield the entry of an option, and those of the options in it."""
        yield Entry(
            at,
            words(option.type),
            option.description,
            default_of(option),
            option.default_text,
            example_of(option),
            self.module,
            is_required=self.module is not None and is_required(option),
            is_read_only=option.read_only,
        )
        yield from self._inside(at, option.type)

    def _inside(self, at: Names, kind: Type | str) -> Iterator[Entry]:
        match kind:
            case Either():
                yield from self._inside(at, kind.table)
            case Record():
                yield from self.options(at, kind.options)
                yield from _aliases(at, kind, self.module)
                if kind.freeform is not None:
                    yield from self._inside((*at, "<name>"), kind.freeform)
            case AttrsOf():
                yield from self._inside((*at, f"<{kind.names.placeholder}>"), kind.element)
            case _:
                pass


def _aliases(at: Names, record: Record, module: str | None) -> Iterator[Entry]:
    for alias, (name, key) in record.aliases.items():
        table = record.options[name].type
        if isinstance(table, AttrsOf):
            target = (*at, name, f"<{table.names.placeholder}>")
            text = f'Short for `{name}."{key}"`.'
            yield Entry((*at, alias), words(table.element), text, module=module, stands_for=target)
