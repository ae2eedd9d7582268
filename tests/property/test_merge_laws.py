"""Laws of merging: what may change a declaration's meaning, and what may not."""

from hypothesis import given
from hypothesis import strategies as st

from declarations import CONTEXT
from hmsvcd.model.definition import DEFAULT, FORCE
from hmsvcd.model.document import Document
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.render import render

WORDS = st.sampled_from(["x", "y", "z"])
SCALARS = WORDS | st.integers(0, 2) | st.booleans()
PRIORITIES = st.sampled_from([1, FORCE, 60, DEFAULT])


def overridden(values):
    """Sometimes give a definition a priority."""
    weighted = st.tuples(PRIORITIES, values).map(
        lambda pair: {"mkOverride": {"priority": pair[0], "content": pair[1]}}
    )
    return (
        values
        | weighted
        | values.map(lambda value: {"mkIf": {"condition": True, "content": value}})
    )


SINGLE = st.fixed_dictionaries(
    {},
    optional={
        "description": overridden(WORDS),
        "serviceConfig": st.dictionaries(
            st.sampled_from(["X", "Y"]), overridden(SCALARS), max_size=2
        ),
        "environment": overridden(st.dictionaries(st.sampled_from("AB"), overridden(WORDS))),
    },
)
"""Parts of a unit where each value has one definition that counts."""

UNITS = st.fixed_dictionaries(
    {},
    optional={
        "after": overridden(st.lists(WORDS, max_size=2)),
        "description": overridden(WORDS),
        "serviceConfig": st.dictionaries(
            st.sampled_from(["X", "Y"]), overridden(SCALARS | st.lists(SCALARS, max_size=2))
        ),
    },
)


def service(unit):
    """Return a file that says this of the unit of one service."""
    return {"services": {"a": {"systemd": {"service": unit}}}}


def meaning(*trees):
    """Return what the files say: units and links, or what is in conflict."""
    head = {"services": {"a": {"process": {"argv": ["/a"]}}}}
    documents = [Document(f"{number}.toml", tree) for number, tree in enumerate([head, *trees])]
    declaration, diagnostics = check(documents, CONTEXT)
    if diagnostics:
        return {diagnostic.key for diagnostic in diagnostics}
    rendered = render(declaration, {}, CONTEXT)
    return {name: unit.text for name, unit in rendered.units.items()}, rendered.links


@given(UNITS)
def test_merging_with_nothing_changes_nothing(unit):
    """Empty tables and files before and after."""
    expected = meaning(service(unit))
    assert meaning({}, service(unit), {"services": {}}, service({})) == expected


@given(UNITS, UNITS, UNITS)
def test_merging_is_associative(first, second, third):
    """It does not matter which definitions are taken together first."""
    flat = meaning(*map(service, (first, second, third)))
    assert meaning(service({"mkMerge": [first, second]}), service(third)) == flat
    assert meaning(service(first), service({"mkMerge": [second, third]})) == flat
    assert meaning(service({"mkMerge": [first, {"mkMerge": [second, third]}]})) == flat


@given(SINGLE, SINGLE)
def test_files_may_be_swapped_where_values_are_single(first, second):
    """The same result, or the same conflicts."""
    assert meaning(service(first), service(second)) == meaning(service(second), service(first))


@given(SCALARS, SCALARS, st.integers(-5, 2000), st.integers(-5, 2000))
def test_a_stronger_priority_always_wins(one, other, priority, weaker):
    """Whatever the order in which the definitions are written."""
    strong, weak = sorted((priority, weaker))
    definitions = [
        {"mkOverride": {"priority": strong, "content": one}},
        {"mkOverride": {"priority": max(weak, strong + 1), "content": other}},
    ]
    files = [service({"serviceConfig": {"X": definition}}) for definition in definitions]
    expected = meaning(service({"serviceConfig": {"X": one}}))
    assert meaning(*files) == meaning(*reversed(files)) == expected


@given(UNITS)
def test_mkmerge_of_one_is_that_one(unit):
    """Around a table, and around every value in it."""
    expected = meaning(service(unit))
    assert meaning(service({"mkMerge": [unit]})) == expected
    assert meaning(service({key: {"mkMerge": [value]} for key, value in unit.items()})) == expected


@given(UNITS, UNITS)
def test_mkif_keeps_or_drops(unit, other):
    """A true one is its content, a false one nothing."""
    kept = {"mkIf": {"condition": True, "content": unit}}
    dropped = {"mkIf": {"condition": False, "content": other}}
    assert meaning(service(kept), service(dropped)) == meaning(service(unit))


@given(SINGLE)
def test_equal_definitions_are_one(unit):
    """Saying the same again changes nothing where values are single."""
    assert meaning(service(unit), service(unit)) == meaning(service(unit))


@given(UNITS, UNITS)
def test_mkforce_drops_whatever_is_weaker(unit, other):
    """A forced unit is all there is, defaults included."""
    forced = {"mkForce": {**unit, "serviceConfig": {"ExecStart": "/forced"}}}
    assert meaning(service(forced), service(other)) == meaning(service(forced))


@given(st.lists(st.tuples(st.integers(0, 3), WORDS), max_size=5))
def test_lists_are_ordered_by_their_order_and_then_as_written(pairs):
    """A stable sort of the definitions."""
    definitions = [{"mkOrder": {"priority": order, "content": [word]}} for order, word in pairs]
    expected = [word for _, word in sorted(pairs, key=lambda pair: pair[0])]
    assert meaning(*(service({"after": each}) for each in definitions)) == meaning(
        service({"after": expected})
    )
