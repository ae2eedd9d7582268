"""``mkForce`` and its kin, as a JSON Schema: around whatever they may stand around."""

from typing import Any

from hmsvcd.pipeline.merge.properties import PROPERTIES

Schema = dict[str, Any]

REFERS: Schema = {"pattern": r"@\{"}
"""A string that may come to be of another type: one with a reference in it."""

IS_PROPERTY: Schema = {"anyOf": [{"required": [name]} for name in sorted(PROPERTIES)]}

ALONE: Schema = {"if": {"$ref": "#/definitions/property"}, "then": {"maxProperties": 1}}
"""In a table with a property, there is nothing else."""

_CONDITION: Schema = {"type": ["boolean", "string"], **REFERS}


def reference(name: str) -> Schema:
    """Return a reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


def property_patterns(at: str) -> Schema:
    """Return the properties around what stands at a JSON pointer, by patterns of their names."""
    content: Schema = {"$ref": at}
    return {
        "^mk(Force|Default|Before|After)$": content,
        "^mk(Override|Order)$": _with_argument("priority", {"type": "integer"}, content),
        "^mkMerge$": {"type": "array", "items": content},
        "^mkIf$": _with_argument("condition", _CONDITION, content),
    }


def property_of(at: str) -> Schema:
    """Return the schema of a property around what stands at a JSON pointer."""
    return {
        "patternProperties": property_patterns(at),
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def condition_of(at: str) -> Schema:
    """Return the schema of an mkIf around what stands at a JSON pointer: all elements take."""
    content: Schema = {"$ref": at}
    return {
        "properties": {"mkIf": _with_argument("condition", _CONDITION, content)},
        "additionalProperties": False,
        "required": ["mkIf"],
    }


def _with_argument(name: str, argument: Schema, content: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {name: argument, "content": content},
        "required": [name, "content"],
        "additionalProperties": False,
    }
