"""Whatever is left as it is, nothing else is."""

from hypothesis import given
from hypothesis import strategies as st

from hmsvcd.model.generation import Generation
from hmsvcd.pipeline.put_off import with_unchanged

SERVICES = ("a", "b", "c")


@st.composite
def generations(draw):
    """Generate services with units, links and files of different content."""
    services: dict[str, tuple[str, ...]] = {}
    units: dict[str, str] = {}
    links: dict[str, tuple[str, ...]] = {}
    files: dict[str, str] = {}
    for name in draw(st.sets(st.sampled_from(SERVICES))):
        kinds = draw(st.sets(st.sampled_from(("service", "socket")), min_size=1))
        services[name] = tuple(sorted(f"{name}.{kind}" for kind in kinds))
        units |= {unit: f"{unit}-{draw(st.integers(1, 2))}" for unit in services[name]}
        for file in draw(st.sets(st.sampled_from(("x", "y")))):
            files[f"home-services/{name}/{file}"] = f"{name}{file}-{draw(st.integers(1, 2))}"
    for target in ("default", "sockets"):
        linked = tuple(sorted(unit for unit in units if draw(st.booleans())))
        if linked:
            links[f"{target}.target.wants"] = linked
    return Generation(units, links, files, services)


def links_of(generation, units):
    """Return who wants which of these units."""
    return {
        (folder, unit)
        for folder, linked in generation.links.items()
        for unit in linked
        if unit in units
    }


def files_of(generation, services):
    """Return the files of services."""
    return {
        name: held for name, held in generation.files.items() if name.split("/")[1] in services
    }


@given(generations(), generations(), st.frozensets(st.sampled_from("abc")))
def test_only_these_units_stay(new, old, names):
    """A unit stays with its links and its service's files; every other is as declared."""
    units = frozenset(f"{name}.service" for name in names)
    both, left = with_unchanged(new, old, units)
    differ = {
        unit
        for unit in units & new.units.keys() & old.units.keys()
        if new.units[unit] != old.units[unit]
    }
    assert set(left) == differ
    others = new.units.keys() - differ
    assert both.units == {**new.units, **{unit: old.units[unit] for unit in differ}}
    assert both.services == new.services | {
        name: both.services[name] for name in SERVICES if f"{name}.service" in differ
    }
    assert links_of(both, differ) == links_of(old, differ)
    assert links_of(both, others) == links_of(new, others)
    staying = {unit.removesuffix(".service") for unit in differ}
    assert files_of(both, set(SERVICES) - staying) == files_of(new, set(SERVICES) - staying)
    assert files_of(both, staying) == files_of(new, staying) | files_of(old, staying)


@given(generations(), generations())
def test_nothing_stays_for_ever(new, old):
    """Where nothing is to stay, what is declared is what counts, also after it was put off."""
    units = frozenset(old.units)
    once, _ = with_unchanged(new, old, units)
    assert with_unchanged(new, once, frozenset()) == (new, ())
    assert with_unchanged(new, once, units)[0].digest == once.digest
