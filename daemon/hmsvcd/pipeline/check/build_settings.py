"""Turn the evaluated ``[daemon]`` table into hmsvcd's settings."""

import re
from contextlib import suppress
from dataclasses import fields
from typing import Any

from hmsvcd.model.option import INTEGER
from hmsvcd.model.schema import DURATION
from hmsvcd.model.settings import Settings
from hmsvcd.pipeline.merge.leaf import LeafNode
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.table import TableNode

_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)\s*", re.ASCII)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 366 * _SECONDS["d"]


def build_settings(node: TableNode) -> Settings:
    """Return the settings; what is wrong is reported, and its default stands in."""
    settings: dict[str, Any] = {}
    for setting in fields(Settings):
        with suppress(FailedError):
            settings[setting.name] = _converted(node.leaf(setting.name))
    return Settings(**settings)


def _converted(leaf: LeafNode) -> Any:
    value = leaf.value()
    if leaf.type == DURATION:
        return _seconds(leaf, value)
    if leaf.type == INTEGER and value < 1:
        raise leaf.evaluation.fail("must be at least 1", leaf.place)
    return value


def _seconds(leaf: LeafNode, text: str) -> float:
    spans = list(_SPAN.finditer(text))
    if not spans or "".join(span.group() for span in spans) != text:
        hint = 'write "50ms", "5s", "2min" or "1h"'
        raise leaf.evaluation.fail("this is no time", leaf.place, hint)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in (s.groups() for s in spans))
    if seconds > _LONGEST:
        raise leaf.evaluation.fail("a time of more than a year", leaf.place)
    return seconds
