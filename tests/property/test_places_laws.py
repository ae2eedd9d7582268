"""Laws of places, on generated TOML."""

import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from hmsvcd.model.diagnostic import Key, Place, error
from hmsvcd.pipeline.read.places import locate

Tree = dict[str, Any]
Style = Callable[[Tree], str]

KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=6),
)
SCALARS = st.one_of(st.integers(-9, 9), st.booleans(), st.text("aé \"'\\", max_size=5))
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=12,
    ),
    max_size=4,
)


def paths(value: Any, key: Key = ()) -> Iterator[Key]:
    """Every path of a tree."""
    for part, child in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*key, part)
        if isinstance(child, dict | list):
            yield from paths(child, (*key, part))


def inline(value: Any) -> str:
    """Write a value in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return tomli_w.dumps({"k": value}).removeprefix("k = ").rstrip("\n")


def quoted(key: str) -> str:
    """Write a key as a basic string with every character escaped."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in key) + '"'


def dotted(value: dict[str, Any], key: tuple[str, ...] = ()) -> Iterator[str]:
    """Write a table as lines of dotted keys."""
    for part, child in value.items():
        if isinstance(child, dict) and child:
            yield from dotted(child, (*key, part))
        else:
            yield ".".join(map(quoted, (*key, part))) + f" = {inline(child)}\n"


STYLES = [
    tomli_w.dumps,
    lambda tree: tomli_w.dumps(tree, indent=2),
    lambda tree: "# a comment: é\n" + "".join(dotted(tree)),
    lambda tree: "".join(f"{quoted(k)} = {inline(v)}  # after\n" for k, v in tree.items()),
]


@given(TREES, st.sampled_from(STYLES))
def test_every_key_is_found_where_it_is_written(tree: Tree, style: Style) -> None:
    """Each path of the tree has the position of its own key, or of its element."""
    text = style(tree)
    assert tomllib.loads(text) == tree
    keys = list(paths(tree))
    lines = text.split("\n")
    located = [locate([error("", Place("f", key))], {"f": text})[0].position for key in keys]
    for key, position in zip(keys, located, strict=True):
        assert position is not None
        rest = lines[position.line - 1][position.column - 1 :]
        last = key[-1]
        if isinstance(last, str):
            assert rest.startswith((last, quoted(last), written(last))) or not last, (key, rest)
        else:
            assert rest, key


def written(key: str) -> str:
    """Write a key as the writer does."""
    return tomli_w.dumps({key: 1}).partition(" =")[0]


@given(TREES, st.sampled_from(STYLES))
def test_no_two_values_share_a_place(tree: Tree, style: Style) -> None:
    """Keys that are no tables, and elements, all have places of their own."""
    text = style(tree)
    leaves = [key for key in paths(tree) if not isinstance(found(tree, key), dict)]
    located = locate([error(str(key), Place("f", key)) for key in leaves], {"f": text})
    tables = {key for key in paths(tree) if is_array_of_tables(found(tree, key))}
    alone = [each.position for each in located if each.place and each.place.key not in tables]
    assert len(set(alone)) == len(alone)


def found(tree: Any, key: Key) -> Any:
    """The value at a path."""
    for part in key:
        tree = tree[part]
    return tree


def is_array_of_tables(value: object) -> bool:
    """Whether a value may be written with headers in double brackets."""
    return isinstance(value, list) and bool(value) and all(isinstance(e, dict) for e in value)


@given(st.text(max_size=60))
def test_any_text_has_places(text: str) -> None:
    """Whatever is in a file, a diagnostic about it gets a position."""
    [located] = locate([error("", Place("f", ("a", "b", 0)))], {"f": text})
    assert located.position is not None
