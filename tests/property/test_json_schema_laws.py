"""The JSON Schema knows no rule that ``check`` does not have."""

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from declarations import CONTEXT
from hmsvcd.model.document import Document
from hmsvcd.model.option import (
    ATOM,
    PORT,
    SETTINGS,
    AttrsOf,
    Datum,
    Directives,
    Either,
    Lines,
    ListOf,
    Names,
    Option,
    Record,
    RecordList,
    Scalar,
)
from hmsvcd.model.schema import ROOT, TYPES
from hmsvcd.model.schema_services import SERVICE_NAMES
from hmsvcd.model.schema_units import directive
from hmsvcd.module import enum
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.manual.json_schema import json_schema
from hmsvcd.pipeline.manual.with_modules import service_with
from hmsvcd.pipeline.merge.merging import directive_scalar
from modules_given import Given, module

POOL = Record({"size": Option(PORT, "")}, "pool", freeform=ATOM)
MODULE = module(
    None,
    {
        "m": {
            "level": Option(enum("low", "high"), ""),
            "settings": Option(Record({}, "settings", freeform=Either(ATOM, POOL)), ""),
            "free": Option(SETTINGS, ""),
            "pools": Option(AttrsOf(POOL, Names("[a-z]+", "")), ""),
        }
    },
)
VALIDATOR = Draft7Validator(json_schema([MODULE]))
SERVICE = service_with([MODULE])
DECLARATION = Record(
    {**ROOT.options, "services": Option(AttrsOf(SERVICE, SERVICE_NAMES), "Services.")},
    "declaration",
)
TEXTS = st.sampled_from(
    ["/bin/a", "x", "", "m", "reload", "a.target", "50ms", "json", "low", "rollback", "1"]
) | st.sampled_from(["@{config.process.argv.0}", "@{xdg.runtimeDir}/x", "@@{"])
JUNK = st.sampled_from([1.5, 3, True, "junk", ["junk"], {"junk": 1}, {"mkForce": 1}])
NAMES = st.sampled_from(["a", "b", "X", "f.toml", "Type", "ExecStart", "not a name", "mkForcex"])
AROUND = ("mkBefore", "mkAfter")
"""Properties that drop nothing: what is dropped, ``check`` does not judge."""

DEEPEST = 9


def mostly(draw, often, seldom):
    """Draw one of two, the first most of the time."""
    return seldom() if draw(st.integers(0, 60)) == 0 else often()


def value_of(draw, kind, depth=0):
    """Draw a value of a type; sometimes with properties around it, seldom of another type."""
    junk = lambda: draw(JUNK)  # noqa: E731 - it is drawn only if it is wanted
    value = mostly(draw, lambda: plain_of(draw, kind, depth), junk)
    shape = draw(st.sampled_from(["", "", "", "", "", "", *AROUND, "mkMerge", "mkIf", "mkOrder"]))
    if shape in AROUND:
        return {shape: value}
    if shape == "mkMerge":
        return {shape: [value]}
    if shape == "mkIf":
        return {shape: {"condition": mostly(draw, lambda: True, junk), "content": value}}
    if shape == "mkOrder":
        return {shape: {"priority": mostly(draw, lambda: 7, junk), "content": value}}
    return value


def plain_of(draw, kind, depth):
    """Draw a value of a type without properties around it."""
    kind = TYPES[kind] if isinstance(kind, str) else kind
    match kind:
        case Record():
            return record_of(draw, kind, depth)
        case AttrsOf():
            names = draw(st.lists(NAMES, max_size=2 if depth < DEEPEST else 0, unique=True))
            return {name: value_of(draw, kind.element, depth + 1) for name in names}
        case Directives():
            names = draw(st.lists(NAMES, max_size=2, unique=True))
            return {name: directive_of(draw, directive(name)) for name in names}
        case Either():
            return plain_of(draw, draw(st.sampled_from([kind.leaf, kind.table])), depth)
        case _:
            return leaf_of(draw, kind)


def record_of(draw, kind, depth):
    names = sorted(
        {*kind.options, *kind.aliases, *(["junk"] if draw(st.integers(0, 9)) == 9 else [])}
    )
    several = st.lists(st.sampled_from(names), max_size=2, unique=True)
    chosen = draw(several) if names and depth < DEEPEST else []
    found = {}
    for name in chosen:
        option, key = kind.aliases.get(name, (name, None))
        inner = kind.options[option].type if option in kind.options else Datum()
        inner = inner.element if key is not None and isinstance(inner, AttrsOf) else inner
        found[name] = value_of(draw, inner, depth + 1)
    if kind.freeform is not None and draw(st.booleans()):
        found["further"] = value_of(draw, kind.freeform, depth + 1)
    return found


def directive_of(draw, kind):
    scalar = directive_scalar(kind)
    return draw(st.sampled_from([leaf_of(draw, scalar), [leaf_of(draw, scalar)]]))


def leaf_of(draw, kind):
    """Draw a value or a list."""
    match kind:
        case Scalar():
            values = {str: TEXTS, int: st.integers(0, 99), bool: st.booleans()}
            fits = [values[each] for each in kind.kinds if each in values]
            choices = [st.sampled_from(kind.choices)] if kind.choices else []
            return draw(st.one_of(*(choices or fits), TEXTS))
        case Lines():
            return draw(TEXTS)
        case ListOf():
            elements = [leaf_of(draw, kind.element) for _ in range(draw(st.integers(0, 2)))]
            only = {"mkIf": {"condition": True, "content": "x"}}
            several = [*elements, *([only] if draw(st.booleans()) else [])]
            return draw(TEXTS) if kind.single and draw(st.booleans()) else several
        case RecordList():
            fields = {name: leaf_of(draw, scalar) for name, scalar in kind.fields.items()}
            return [fields] if draw(st.booleans()) else []
        case Datum():
            return draw(st.sampled_from([1, 1.5, "x", [1], {"a": {"b": [1]}}]))
        case _:
            return directive_of(draw, kind)


@st.composite
def declarations(draw):
    """Draw a tree that is made as the options are, with a few things wrong in it."""
    return plain_of(draw, DECLARATION, 0)


def errors(tree):
    """Return what ``check`` refuses in a file beside which another one declares something."""
    files = [Document("config.toml", tree), Document("conf.d/1.toml", {"services": {}})]
    _, found = check(files, CONTEXT, Given({"m": MODULE}, {}))
    return [each for each in found if each.is_error]


@given(declarations())
def test_what_check_accepts_is_valid(tree):
    """A declaration with nothing to drop is refused by ``check``, or valid."""
    problems = [f"{list(each.path)}: {each.message}" for each in VALIDATOR.iter_errors(tree)]
    assert problems == [] or errors(tree)


@given(declarations())
def test_what_is_valid_has_no_unknown_options(tree):
    """What ``check`` does not know is invalid, but for a module's options where it is missing."""
    if VALIDATOR.is_valid(tree):
        unknown = {each.message for each in errors(tree) if "unknown option" in each.message}
        assert unknown <= {"unknown option `m` of a service"}
