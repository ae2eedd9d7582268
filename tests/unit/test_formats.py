"""Structured data becomes configuration files."""

import datetime as dt
import json
import tomllib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hmsvcd.model.diagnostic import Key
from hmsvcd.model.schema_services import FORMATS
from hmsvcd.pipeline.syntax.formats import WRITERS, UnwritableError, write

TEXTS = st.text(max_size=8)
SCALARS = st.one_of(TEXTS, st.integers(), st.booleans(), st.floats())
VALUES = st.recursive(
    SCALARS | st.datetimes() | st.dates() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
TABLES_LAST = """\
e = 1

[a]
b = [
    { c = {}, d = 1 },
]
"""


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (
            "json",
            {"b": 1, "a": ["é", True, 1.5, {}]},
            '{\n  "b": 1,\n  "a": [\n    "é",\n    true,\n    1.5,\n    {}\n  ]\n}\n',
        ),
        ("json", "text", '"text"\n'),
        ("toml", {"b": 1, "a": {"on": dt.date(2026, 1, 2)}}, "b = 1\n\n[a]\non = 2026-01-02\n"),
        ("toml", {"a": {"b": [{"c": {}, "d": 1}]}, "e": 1}, TABLES_LAST),
        ("toml", {}, "\n"),
        ("yaml", {"b": 1, "a": ["é", True, "yes"]}, "b: 1\na:\n- é\n- true\n- 'yes'\n"),
        (
            "ini",
            {"Main": {"Port": 80, "on": True, "DEFAULT": "x"}, "DEFAULT": {"a": 1.5}},
            "[Main]\nPort = 80\non = true\nDEFAULT = x\n\n[DEFAULT]\na = 1.5\n",
        ),
        (
            "env",
            {"B": "two words", "A": 1, "_c": False, "D": "it's\n"},
            "B='two words'\nA=1\n_c=false\nD='it'\"'\"'s\n'\n",
        ),
    ],
)
def test_a_value_becomes_text(name: str, value: Any, text: str) -> None:
    """Keys stand as declared, and one line feed ends the text."""
    assert write(name, value) == text


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("json", {"a": [1, dt.date(2026, 1, 2)]}, ("a", 1)),
        ("json", {"a": {"b": float("inf")}}, ("a", "b")),
        ("json", float("nan"), ()),
        ("yaml", {"a": dt.time(1, 2)}, ("a",)),
        ("toml", [1], ()),
        ("ini", {"a": 1}, ("a",)),
        ("ini", {"a": {"b": {"c": 1}}}, ("a", "b")),
        ("ini", {"a": {"b": [1]}}, ("a", "b")),
        ("ini", {"a": {" b": 1}}, ("a", " b")),
        ("ini", {"a": {"#b": 1}}, ("a", "#b")),
        ("ini", {"a": {"b=c": 1}}, ("a", "b=c")),
        ("ini", {"a": {"b": " padded "}}, ("a", "b")),
        ("ini", {"a": {"b": "x\n"}}, ("a", "b")),
        ("ini", {"a]\nb": {}}, ()),
        ("env", {"a": {"b": 1}}, ("a",)),
        ("env", {"a b": 1}, ("a b",)),
        ("env", {"a\n": 1}, ("a\n",)),
        ("env", {"a": "\0"}, ("a",)),
        ("env", {"a": dt.date(2026, 1, 2)}, ("a",)),
        ("env", "text", ()),
    ],
)
def test_what_a_format_cannot_say_is_told_with_its_key(name: str, value: Any, key: Key) -> None:
    """A value that would not survive is refused, naming where it is."""
    with pytest.raises(UnwritableError) as refused:
        write(name, value)
    assert refused.value.key == key
    assert refused.value.message


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("json", json.loads),
        ("toml", tomllib.loads),
        ("yaml", yaml.safe_load),
    ],
)
@given(value=st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_is_read_back(name: str, read: Callable[[str], Any], value: Any) -> None:
    """Nothing is lost in silence: a value is read back as it was, or refused."""
    try:
        text = write(name, value)
    except UnwritableError:
        return
    assert repr(unordered(read(text))) == repr(unordered(value))
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def unordered(value: Any) -> Any:
    """Return a value that does not know the order of keys."""
    if isinstance(value, dict):
        return sorted((key, unordered(inner)) for key, inner in value.items())
    return [unordered(inner) for inner in value] if isinstance(value, list) else value


@given(st.sampled_from(sorted(FORMATS)), VALUES)
def test_any_value_is_written_or_refused(name: str, value: Any) -> None:
    """No value of TOML makes a writer fail in another way."""
    with suppress(UnwritableError):
        assert write(name, value).endswith("\n")


def test_every_format_of_the_schema_can_be_written() -> None:
    """And there is no writer that nothing can ask for."""
    assert tuple(WRITERS) == FORMATS
