"""Defaults and examples as plain data: what JSON and TOML can say of them."""

from collections.abc import Mapping
from typing import Any

from hmsvcd.model.option import UNSET, Option


def plain(value: Any) -> Any:
    """Return a value of TOML in lists and dictionaries; UNSET where it is none."""
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        inner = {str(key): plain(each) for key, each in value.items()}
        return inner if all(map(is_given, inner.values())) else UNSET
    if isinstance(value, list | tuple):
        elements = [plain(each) for each in value]
        return elements if all(map(is_given, elements)) else UNSET
    return UNSET


def default_of(option: Option) -> Any:
    """Return the default of an option as plain data; UNSET where words have to say it, or none."""
    is_plain = option.default is not None and option.default_text is None
    return plain(option.default) if is_plain else UNSET


def example_of(option: Option) -> Any:
    """Return the example of an option as plain data; UNSET where there is none."""
    return UNSET if option.example is None else plain(option.example)


def is_given(value: Any) -> bool:
    """Say whether there is a default or example."""
    return value is not UNSET
