"""The options as a JSON Schema, by which editors complete and check (docs/options.md).

It is draft 7, written for how Taplo reads it, the language server in most editors:

- an error is shown where the innermost failing schema stands, so that tables are no ``anyOf``;
- what stands beside a ``$ref`` is ignored, so that an option is written out where it has a
  description;
- ``properties`` are followed to offer keys, six levels deep, and ``patternProperties`` are not: so
  mkForce and its kin, which may contain what they stand in, are among the latter;
- ``patternProperties`` know no look-ahead, so that names are ``additionalProperties``.
"""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from hmsvcd.model.module import Module
from hmsvcd.model.option import (
    AttrsOf,
    Datum,
    Directives,
    Either,
    Leaf,
    Names,
    Option,
    Record,
    Table,
    Type,
)
from hmsvcd.model.schema import ROOT, TYPES
from hmsvcd.model.schema_services import SERVICE, SUB_SERVICE
from hmsvcd.model.schema_units import directive
from hmsvcd.pipeline.manual.leaf_schema import Leaves
from hmsvcd.pipeline.manual.plain import default_of, example_of, is_given
from hmsvcd.pipeline.manual.property_schema import (
    ALONE,
    IS_PROPERTY,
    Schema,
    property_patterns,
    reference,
)
from hmsvcd.pipeline.manual.with_modules import service_with

_DRAFT = "http://json-schema.org/draft-07/schema#"


def json_schema(modules: Sequence[Module]) -> Schema:
    """Return the schema of a file of a declaration, any service of which may import the modules.

    What ``check`` accepts it accepts, but for what an override drops or a condition leaves out:
    that is judged as well.
    """
    writer = _Writer(service_with(modules))
    root = reference(writer.named(ROOT))
    return {
        "$schema": _DRAFT,
        "title": "A declaration of hmsvcd",
        **root,
        "definitions": {
            "property": IS_PROPERTY,
            **dict(sorted({**writer.tables, **writer.leaves.definitions}.items())),
        },
    }


class _Writer:
    """Writes each type once; ``tables`` are those that stand in several places, or in themselves.

    A table in one place is written there, and named by the way to it.
    """

    def __init__(self, service: Record) -> None:
        self.tables: dict[str, Schema] = {}
        self.leaves = Leaves()
        self._service = service
        self._records: dict[str, Record] = {}

    def named(self, record: Record) -> str:
        """Return the name of the definition of a record."""
        record = self._service if record in (SERVICE, SUB_SERVICE) else record
        name = record.name.replace(" ", "-")
        while self._records.setdefault(name, record) is not record:
            name += "-"
        self._define(name, lambda at: self._table(record, at))
        return name

    def _define(self, name: str, write: Callable[[str], Schema]) -> None:
        if name not in self.tables:
            self.tables[name] = {}  # it may contain itself
            self.tables[name] = write(f"#/definitions/{name}")

    def _type(self, kind: Type | str, at: str) -> Schema:
        """Return the schema of a type that stands at a JSON pointer."""
        named = TYPES[kind] if isinstance(kind, str) else kind
        if isinstance(named, Record) and named.kind:
            return reference(self.named(named))
        if isinstance(kind, str):
            self._define(kind, lambda at: self._type(named, at))
            return reference(kind)
        if isinstance(kind, Record | AttrsOf | Directives):
            return self._table(kind, at)
        if isinstance(kind, Either):
            return self._either(kind, at)
        return self.leaves.schema(kind)

    def _either(self, kind: Either, at: str) -> Schema:
        table = self._table(kind.table, at)
        types = table.pop("type")
        if isinstance(kind.leaf, Datum):
            return table
        leaf = self.leaves.core(kind.leaf)
        if "type" in leaf:
            leaf["type"] = [*leaf["type"], types]
        return leaf | table

    def _table(self, kind: Table, at: str) -> Schema:
        patterns = property_patterns(at)
        inside: Schema = {}
        further: Any = False
        match kind:
            case Record():
                inside = {"properties": self._properties(kind, f"{at}/properties")}
                if kind.freeform is not None:
                    further = self._type(kind.freeform, f"{at}/additionalProperties")
            case AttrsOf():
                inside = _names(kind.names)
                further = self._type(kind.element, f"{at}/additionalProperties")
            case Directives():
                inside = _names(kind.names)
                patterns["^Exec"] = self._leaf_reference(directive("Exec"))
                further = self._leaf_reference(directive(""))
        return {
            "type": "object",
            **inside,
            "patternProperties": patterns,
            "additionalProperties": further,
            **ALONE,
        }

    def _leaf_reference(self, leaf: Leaf) -> Schema:
        return reference(self.leaves.named(leaf))

    def _properties(self, record: Record, at: str) -> Schema:
        found = {
            name: self._option(option, f"{at}/{_pointer(name)}")
            for name, option in record.options.items()
            if not option.read_only
        }
        for alias, (name, key) in record.aliases.items():
            table = record.options[name].type
            if isinstance(table, AttrsOf):
                short = {"description": f'Short for `{name}."{key}"`.'}
                found[alias] = short | self._type(table.element, f"{at}/{_pointer(alias)}")
        return found

    def _option(self, option: Option, at: str) -> Schema:
        text = option.description
        if option.default_text:
            text += f"\n\nDefault: {option.default_text}."
        shown: Schema = {"description": text}
        if is_given(default := default_of(option)):
            shown["default"] = default
        if is_given(example := example_of(option)):
            shown["examples"] = [example]
        return shown | self._type(option.type, at)


def _names(names: Names) -> Schema:
    """Return what names may stand in a table; patterns that only Python reads are left out."""
    if "(?" in names.pattern:
        return {}
    return {"propertyNames": {"pattern": f"^(?:{names.pattern})$"}}


def _pointer(name: str) -> str:
    """Return a name as a part of a JSON pointer in a URI (RFC 6901)."""
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@?")
