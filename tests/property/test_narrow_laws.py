"""What holds of a pass that looks only at the units which a change concerns."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from hmsvcd.model.decision import Installing
from hmsvcd.model.observed import Observed
from hmsvcd.pipeline.decide.narrow import changed_units, concerned, relinked_units
from hmsvcd.pipeline.decide.plan import decide
from hmsvcd.pipeline.syntax.unit_file import parse, write
from property.test_decision_laws import switches

Links = Mapping[str, tuple[str, ...]]
NAMING = ("Requires", "Wants", "BindsTo", "Requisite", "Upholds", "PartOf", "Conflicts")


@given(switches(), st.data())
@settings(max_examples=400, deadline=None)
def test_a_narrow_look_decides_the_same(world: Installing, data: st.DataObject) -> None:
    """Units that a change cannot reach by name have no part in what is done."""
    same = data.draw(st.sets(st.sampled_from(sorted(world.old)))) if world.old else set()
    wide = event(world, same)
    narrow = narrowed(wide)
    assert decide(narrow).actions == decide(wide).actions
    assert decide(narrow).reloading is decide(wide).reloading


def event(world: Installing, same: set[str]) -> Installing:
    """Return a switch that nobody asks for, in which some units stay as they are."""
    new = {**world.new, **{unit: world.old[unit][0] for unit in same}}
    relinked = {unit for unit, definition in new.items() if world.old.get(unit) != (definition,)}
    return replace(
        world, asked=False, new=new, relinked=frozenset(relinked | (world.old.keys() - new.keys()))
    )


def narrowed(world: Installing) -> Installing:
    """Return a switch with what a narrow look sees of it."""
    old = {unit: (str(definition),) for unit, [definition] in world.old.items()}
    new = {unit: str(definition) for unit, definition in world.new.items()}
    have = {unit: names[0] for unit, names in old.items()}
    seeds = {*changed_units(old, new, have), *relinked_units(world.old_links, world.new_links)}
    texts = {unit: write(definition.sections) for unit, definition in world.new.items()}
    units = concerned(seeds | world.owed, texts, world.old_links, world.new_links)
    return replace(
        world,
        observed=seen_around(units, world),
        old={unit: olds for unit, olds in world.old.items() if unit in units},
        new={unit: definition for unit, definition in world.new.items() if unit in units},
        old_links=only(world.old_links, units),
        new_links=only(world.new_links, units),
        overridden={unit: path for unit, path in world.overridden.items() if unit in units},
    )


def only(links: Links, units: frozenset[str]) -> Links:
    """Return the links to some units."""
    near = {folder: tuple(u for u in linked if u in units) for folder, linked in links.items()}
    return {folder: linked for folder, linked in near.items() if linked}


def seen_around(units: frozenset[str], world: Installing) -> Observed:
    """Return what is asked of the manager: these units, what they name, and what leans on them."""
    near = {*units, "default.target"}
    for unit in units & world.new.keys():
        near |= {word for key in NAMING for word in world.new[unit].words("Unit", key)}
    seen = dict(world.observed.units)
    waiting = list(near & seen.keys())
    while waiting:
        one = seen[waiting.pop()]
        related = {*one.required_by, *one.bound_by, *one.consists_of, *one.triggers}
        fresh = (related | set(one.triggered_by)) & seen.keys() - near
        near |= fresh
        waiting += fresh
    return replace(world.observed, units={unit: seen[unit] for unit in near & seen.keys()})


def test_units_that_name_each_other_belong_together() -> None:
    """A chain of names is followed in both directions, and over templates and sockets."""
    texts = {
        "a.service": "[Unit]\nRequires=b.service\n",
        "b.service": "[Unit]\nWants=c@1.service\n",
        "c@.service": "",
        "a.socket": "",
        "d.service": "[Unit]\nAfter=a.service\n",
        "t.timer": "[Timer]\nUnit=d.service\n",
    }
    assert all(parse(unit, text) for unit, text in texts.items())
    together = {"a.service", "b.service", "c@.service", "a.socket"}
    for unit in together:
        assert concerned({unit}, texts) & texts.keys() == together
    assert concerned({"d.service"}, texts) & texts.keys() == {"d.service", "t.timer"}


def test_what_a_socket_has_triggered_is_reached():
    """systemd says that a socket triggers what its former text names, until it is read again."""
    texts = {"s.socket": "[Socket]\nService=b.service\n", "a.service": "", "b.service": ""}
    former = {"s.socket": ["[Socket]\nService=a.service\n"]}
    assert concerned({"s.socket"}, texts) == {"s.socket", "b.service"}
    assert concerned({"s.socket"}, texts, former=former) == texts.keys()
