"""Whatever is declared, checking it gives a declaration or errors with places."""

import string

from hypothesis import given
from hypothesis import strategies as st

from declarations import CONTEXT
from hmsvcd.model.document import Document
from hmsvcd.model.option import AttrsOf, Record
from hmsvcd.model.rendering import Captured
from hmsvcd.model.schema import NATIVE_KINDS, ROOT, TYPES
from hmsvcd.pipeline.check.whole import check, check_parts
from hmsvcd.pipeline.merge.properties import PROPERTIES
from hmsvcd.pipeline.merge.references import Reference, ReferenceSyntaxError, split
from hmsvcd.pipeline.render import generation, render, sources


def option_names(kind, seen=()):
    """Yield the name of every option."""
    kind = TYPES[kind] if isinstance(kind, str) else kind
    if kind in seen:
        return
    if isinstance(kind, AttrsOf):
        yield from option_names(kind.element, seen)
    if isinstance(kind, Record):
        yield from (*kind.options, *kind.aliases)
        for option in kind.options.values():
            yield from option_names(option.type, (*seen, kind))


KEYS = sorted(
    {*option_names(ROOT), *PROPERTIES, *NATIVE_KINDS, "", "a", "a@", "priority", "condition"}
    | {"content", "assertion", "message", "ExecStart", "Type", "Restart", "Service", "Install"}
    | {"WantedBy", "X-SwitchMethod", "Where", "Environment"}
)
PLACES = [
    "config",
    "home",
    "services",
    "a",
    "process",
    "argv",
    "0",
    "1",
    "systemd",
    "service",
    '""',
    "serviceConfig",
    "X",
    "configData",
    "f",
    "text",
    "source",
    "path",
    "name",
    "enable",
    "value",
    "mainExecStart",
    "environment",
    "env",
    "xdg",
    "configHome",
    "lib",
    "imports",
    "assertions",
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
REFERENCES = st.lists(st.sampled_from(PLACES), max_size=7).map(
    lambda path: f"@{{{'.'.join(path)}}}"
)
STRINGS = (
    TEXT
    | REFERENCES
    | st.tuples(TEXT, REFERENCES, TEXT).map("".join)
    | st.sampled_from(
        [
            "@{",
            "@@{",
            "@{}",
            "/x",
            "oneshot",
            "always",
            "json",
            "x.target",
            "/x\\",
            "a\nb",
            "reload",
        ]
    )
)
LEAVES = (
    STRINGS
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.times()
    | st.datetimes()
)
NAMES = st.sampled_from(KEYS) | TEXT
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
VALUES = STRINGS | TREES
COMMANDS = {"argv": [VALUES]}
SECTION = dict.fromkeys(("X", "Type", "Restart", "ExecStart", "WantedBy"), VALUES)
UNIT = {
    "serviceConfig": SECTION,
    "unitConfig": SECTION,
    "wantedBy": VALUES,
    "after": VALUES,
    "environment": {"A": VALUES, "B": VALUES},
}
FILE = {
    **dict.fromkeys(("text", "source", "enable", "name", "value"), VALUES),
    "format": st.sampled_from(["json", "toml", "ini", "yaml", "env"]),
}
SERVICE = {
    "process": COMMANDS,
    "systemd": {"service": UNIT, "services": {"a": UNIT, "b": UNIT}, "socket": {"after": VALUES}},
    "configData": {"f": FILE, "g": FILE},
    "services": {"b": {"process": COMMANDS}},
    **dict.fromkeys(("assertions", "warnings", "imports"), VALUES),
}
ARGUMENTS = {
    "mkIf": ("condition", st.booleans() | REFERENCES),
    "mkOverride": ("priority", st.integers(0, 2000)),
    "mkOrder": ("priority", st.integers(0, 2000)),
}
DECLARATION = {
    "services": {"a": SERVICE, "b": SERVICE},
    "systemd": {"user": {"timers": {"t": {"Timer": SECTION, "Install": SECTION}}}},
    "daemon": {"settle": VALUES, "keep_generations": VALUES},
}
"""What a declaration looks like; each key may be missing, and each value may have properties."""


def filled(draw, shape):
    """Draw a value of a shape."""
    if isinstance(shape, dict):
        return {key: wrapped(draw, inner) for key, inner in shape.items() if draw(st.booleans())}
    if isinstance(shape, list):
        return [wrapped(draw, shape[0]) for _ in range(draw(st.integers(0, 3)))]
    return draw(shape)


def wrapped(draw, shape):
    """Draw a value of a shape, sometimes with properties around it."""
    name = draw(st.sampled_from(["", "", "", "", *sorted(PROPERTIES)]))
    if not name:
        return filled(draw, shape)
    if name == "mkMerge":
        return {name: [wrapped(draw, shape) for _ in range(draw(st.integers(0, 2)))]}
    if name in ARGUMENTS:
        argument, values = ARGUMENTS[name]
        return {name: {argument: draw(values), "content": wrapped(draw, shape)}}
    return {name: wrapped(draw, shape)}


@st.composite
def likely(draw):
    """Draw a tree that looks like a declaration, with properties and references anywhere."""
    return filled(draw, DECLARATION)


ROOTS = likely() | st.dictionaries(NAMES, TREES, max_size=4)


@given(st.lists(ROOTS, min_size=1, max_size=2))
def test_what_can_be_built_is_rendered_and_errors_have_places(trees):
    """Every error has a place in one of the files; what is not wrong renders all the same."""
    documents = [Document(f"{number}.toml", tree) for number, tree in enumerate(trees)]
    declaration, diagnostics = check(documents, CONTEXT)
    for diagnostic in diagnostics:
        assert diagnostic.message
        assert diagnostic.place
        assert all(exists(trees, note.place) for note in diagnostic.notes)
        assert exists(trees, diagnostic.place)
    named = {
        file.source or "": Captured(file.source or "", "x", "y") for file in sources(declaration)
    }
    rendered = render(declaration, named, CONTEXT)
    assert generation(rendered).units.keys() == rendered.units.keys()


def exists(trees, place):
    """Say whether a place leads somewhere in its file."""
    value = trees[int(place.file.partition(".")[0])]
    for key in place.key:
        value = value[key]
    return True


@given(st.lists(ROOTS, min_size=1, max_size=2))
def test_parts_of_any_declaration_are_judged(trees):
    """What is found without the other files is found with them, too."""
    documents = [Document(f"{number}.toml", tree) for number, tree in enumerate(trees)]
    assert {*check_parts(documents, CONTEXT)} <= {*check(documents, CONTEXT)[1]}


@given(st.integers(0, 60), NAMES, LEAVES)
def test_deep_nesting_is_no_problem(depth, name, leaf):
    """Sub-services and data as deep as a file may have them."""
    service: dict[str, object] = {"process": {"argv": ["/a"]}}
    value = leaf
    for _ in range(depth):
        service = {"services": {"b": service}}
        value = {name: value, "list": [value]} if depth < 12 else [value]
    tree = {"services": {"a": service, "c": {"configData": {"f": {"value": value}}}}}
    _, diagnostics = check([Document("0.toml", tree)], CONTEXT)
    assert all(diagnostic.place for diagnostic in diagnostics)


@given(st.text(string.printable, max_size=20) | STRINGS)
def test_any_string_is_split_or_refused(text):
    """Text and references, put together again, are the string."""
    try:
        parts = split(text)
    except ReferenceSyntaxError:
        assert "@{" in text
        return
    joined = "".join(
        part.text if isinstance(part, Reference) else part.replace("@{", "@@{") for part in parts
    )
    assert joined == text
