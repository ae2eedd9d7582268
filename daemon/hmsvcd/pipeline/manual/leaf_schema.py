"""The types of single values and lists as a JSON Schema."""

import re
from typing import Any

from hmsvcd.model.option import (
    INTEGER_LIMIT,
    Datum,
    Directive,
    Leaf,
    Lines,
    ListOf,
    RecordList,
    Scalar,
)
from hmsvcd.pipeline.manual.property_schema import (
    REFERS,
    Schema,
    condition_of,
    property_of,
    reference,
)
from hmsvcd.pipeline.merge.merging import directive_scalar

_JSON_TYPES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
}
_IS_TABLE: Schema = {"type": "object"}


class Leaves:
    """Writes the types of values; ``definitions`` are those written so far, by name."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._cores: dict[str, Schema] = {}

    def schema(self, leaf: Leaf) -> Schema:
        """Return the schema of a value, to be written out where it has a description."""
        if not self.core(leaf):
            return {}  # any value, whatever stands around it
        name = self.named(leaf)
        return self.definitions[name] | {"then": {"$ref": f"#/definitions/{name}/then"}}

    def named(self, leaf: Leaf) -> str:
        """Return the name of the definition of a value."""
        core = self.core(leaf)
        name = self._name(leaf.name, core)
        self.definitions[name] = _wrapped(core, property_of(f"#/definitions/{name}"))
        return name

    def core(self, leaf: Leaf) -> Schema:
        """Return the schema of a value without properties around it."""
        match leaf:
            case Scalar():
                return _scalar(leaf)
            case Lines():
                return {"type": ["string"]}
            case ListOf():
                types = ["array", "string"] if leaf.single else ["array"]
                return {"type": types, "items": self._element(leaf.element)}
            case RecordList():
                return {"type": ["array"], "items": self._record(leaf)}
            case Directive():
                scalar = directive_scalar(leaf)
                types = [*_scalar(scalar)["type"], "array"]
                return {"type": types, "items": self._element(scalar)}
            case Datum():
                return {}

    def _element(self, scalar: Scalar) -> Schema:
        core = _scalar(scalar)
        name = self._name(f"{scalar.name} in a list", core | {"title": "element"})
        self.definitions[name] = _wrapped(core, condition_of(f"#/definitions/{name}"))
        return reference(name)

    def _record(self, leaf: RecordList) -> Schema:
        record = {
            "properties": {field: _scalar(scalar) for field, scalar in leaf.fields.items()},
            "required": sorted(leaf.fields),
            "additionalProperties": False,
        }
        name = self._name(f"one of {leaf.name}", record)
        self.definitions[name] = {
            "type": "object",
            "if": {"required": ["mkIf"]},
            "then": condition_of(f"#/definitions/{name}"),
            "else": record,
        }
        return reference(name)

    def _name(self, words: str, core: Schema) -> str:
        """Return a name that no other schema has, made of what messages call the type."""
        stem = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
        name, number = stem, 1
        while self._cores.setdefault(name, core) != core:
            number += 1
            name = f"{stem}-{number}"
        return name


def _wrapped(core: Schema, around: Schema) -> Schema:
    types = {"type": [*core["type"], "object"]} if "type" in core else {}
    return {**core, **types, "if": _IS_TABLE, "then": around}


def _scalar(scalar: Scalar) -> Schema:
    if scalar.choices:
        choices: Any = {"enum": list(scalar.choices), "description": scalar.name}
        return {"anyOf": [choices, {"type": ["string", "object"], **REFERS}]}
    types = [_JSON_TYPES[kind] for kind in scalar.kinds if kind in _JSON_TYPES]
    schema: Schema = {"type": types}
    if "string" not in types:
        schema = {"type": [*types, "string"], **REFERS}
    if scalar.begins:
        schema["pattern"] = f"^{re.escape(scalar.begins)}|{REFERS['pattern']}"
    if scalar.least != -INTEGER_LIMIT:
        schema["minimum"] = scalar.least
    if scalar.most != INTEGER_LIMIT - 1:
        schema["maximum"] = scalar.most
    return schema
