"""The formats on disk: frozen values as plain tables, with a version and the way up to it."""

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from hmsvcd.errors import HostError

Table = dict[str, Any]
"""What TOML and JSON can hold: str, int, bool, lists and tables of these."""

T = TypeVar("T")

_WORDS: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    bool: "a boolean",
    list: "a list",
    dict: "a table",
    float: "a number with a fraction",
    type(None): "null",
}


_PLAIN = frozenset({str, int, bool, float})


class MalformedError(ValueError):
    """A table that does not hold what a value needs; it says where and what."""


@dataclass(frozen=True, slots=True)
class DiskFormat:
    """A kind of file. A migration lifts a table of the version it is keyed by to the next."""

    name: str
    version: int = 1
    migrations: Mapping[int, Callable[[Table], Table]] = field(default_factory=dict)

    def encode(self, value: object) -> Table:
        """Return the table to write for a dataclass; fields that are None are left out."""
        return {"version": self.version, **_encode(value)}

    def decode(self, wanted: type[T], table: object, path: Path) -> T:
        """Return the value that a table read from ``path`` stands for.

        Keys that the value has no field for are passed over. Raises ``HostError`` where the table
        is malformed, or of a version that nothing leads up from.
        """
        try:
            _demand(dict, table, "the whole")
            return build(wanted, self._migrated(cast(Table, table), path))
        except MalformedError as error:
            raise self.unusable(path, str(error)) from error

    def unusable(self, path: Path, why: str) -> HostError:
        """Return the error for a file that is damaged."""
        return HostError(
            f"cannot use the {self.name} {path}: {why}",
            "the file is damaged; bring it back from a backup, or move it away and apply again",
        )

    def _migrated(self, table: Table, path: Path) -> Table:
        if "version" not in table:
            raise MalformedError("the version is missing")
        version: Any = table["version"]
        _demand(int, version, "version")
        if version > self.version:
            raise HostError(
                f"cannot use the {self.name} {path}: it has version {version}, "
                f"and this hmsvcd knows versions up to {self.version}",
                "a newer hmsvcd wrote it; use that one",
            )
        while version != self.version:
            if version not in self.migrations:
                raise MalformedError(f"unknown version {version}")
            table = self.migrations[version](table)
            version += 1
        return table


def _encode(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, tuple):
        return value if _are_plain(value) else [_encode(held) for held in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if is_dataclass(value):
        pairs = ((one.name, getattr(value, one.name)) for one in fields(value))
        return {name: _encode(held) for name, held in pairs if held is not None}
    if isinstance(value, Mapping):
        plain = _are_plain(value.values())
        return dict(value) if plain else {key: _encode(held) for key, held in value.items()}
    return value


def _are_plain(values: Iterable[object]) -> bool:
    """Say whether all are written as they are, as thousands are in a row."""
    return _PLAIN.issuperset(map(type, values))


def build(wanted: type[T], table: Table, where: str = "") -> T:
    """Return a dataclass from a table; raises ``MalformedError``."""
    hints = _hints(cast(type, wanted))
    given = {}
    for one in fields(wanted):  # type: ignore[arg-type] # callers pass dataclasses only
        place = f"{where}{one.name}"
        if one.name in table:
            given[one.name] = _decode(hints[one.name], table[one.name], place)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise MalformedError(f"{place} is missing")
    return wanted(**given)


@cache
def _hints(wanted: type) -> dict[str, Any]:
    return get_type_hints(wanted)


def _decode(hint: Any, held: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:  # an optional field, and what is None is not written
        return _decode(get_args(hint)[0], held, where)
    if origin is not None:
        return _COLLECTIONS[origin](get_args(hint), held, where)
    if is_dataclass(hint):
        _demand(dict, held, where)
        return build(hint, held, f"{where}.")  # type: ignore[arg-type] # a class, as a hint is
    _demand(hint, held, where)
    return held


def _demand(kind: type, held: object, where: str) -> None:
    if type(held) is not kind:  # a bool is no int here
        raise MalformedError(f"{where} is {_WORDS.get(type(held), 'odd')}, not {_WORDS[kind]}")


def _mapping(arguments: tuple[Any, ...], held: Any, where: str) -> dict[str, Any]:
    _demand(dict, held, where)
    return {key: _decode(arguments[1], one, f"{where}.{key}") for key, one in held.items()}


def _set(arguments: tuple[Any, ...], held: Any, where: str) -> frozenset[Any]:
    return frozenset(_tuple((arguments[0], ...), held, where))


def _tuple(arguments: tuple[Any, ...], held: Any, where: str) -> tuple[Any, ...]:
    _demand(list, held, where)
    hints = arguments[:1] * len(held) if arguments[-1] is ... else arguments
    if len(hints) != len(held):
        raise MalformedError(f"{where} has {len(held)} elements, not {len(hints)}")
    return tuple(
        _decode(hint, one, f"{where}.{index}")
        for index, (hint, one) in enumerate(zip(hints, held, strict=True))
    )


_COLLECTIONS: Mapping[Any, Callable[[tuple[Any, ...], Any, str], Any]] = {
    Mapping: _mapping,
    frozenset: _set,
    tuple: _tuple,
}
