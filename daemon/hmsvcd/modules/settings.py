"""Settings of service modules as the text of configuration files."""

from collections.abc import Mapping
from typing import Any

from hmsvcd.module import write


def toml(settings: Mapping[str, Any]) -> str:
    """Return settings as TOML: what is None is left out, keys are sorted.

    So the file stays the same where a declaration is only put in another order.
    """
    return write("toml", _plain(settings))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        inner = {name: value[name] for name in sorted(value)}
        return {name: _plain(each) for name, each in inner.items() if each is not None}
    return [_plain(each) for each in value] if isinstance(value, list) else value
