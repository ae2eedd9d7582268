"""Units that are to go later stay with all that is theirs."""

from hmsvcd.model.generation import NOTHING, Generation
from hmsvcd.pipeline.put_off import with_removed

OLD = Generation(
    units={"a.service": "a-1", "b.service": "b-1", "b.timer": "t-1", "native.path": "n-1"},
    links={
        "default.target.wants": ("a.service", "b.service"),
        "timers.target.wants": ("b.timer",),
    },
    files={
        "home-services/a/x": "ax-1",
        "home-services/b/x": "bx-1",
        "home-services/b/y": "by-1",
    },
    services={"a": ("a.service",), "b": ("b.service", "b.timer")},
)


def test_nothing_is_missing():
    """What lacks no unit is left as it is, also beside nothing at all."""
    assert with_removed(OLD, OLD) == (OLD, ())
    assert with_removed(OLD, NOTHING) == (OLD, ())


def test_everything_is_missing():
    """What declares nothing at all takes nothing away."""
    together, put_off = with_removed(NOTHING, OLD)
    assert put_off == ("a.service", "b.service", "b.timer", "native.path")
    assert together.digest == OLD.digest


def test_a_service_is_missing():
    """It keeps its units, links and files; the rest is as declared."""
    new = Generation(
        {"a.service": "a-2", "native.path": "n-1", "c.service": "c-1"},
        {"default.target.wants": ("c.service",)},
        {"home-services/a/z": "az-1"},
        {"a": ("a.service",), "c": ("c.service",)},
    )
    together, put_off = with_removed(new, OLD)
    assert put_off == ("b.service", "b.timer")
    assert together == Generation(
        {**new.units, "b.service": "b-1", "b.timer": "t-1"},
        {"default.target.wants": ("b.service", "c.service"), "timers.target.wants": ("b.timer",)},
        {**new.files, "home-services/b/x": "bx-1", "home-services/b/y": "by-1"},
        {**new.services, "b": ("b.service", "b.timer")},
    )


def test_a_part_of_a_service_is_missing():
    """Files of the service stay, since the unit that stays may read them; new ones count."""
    new = Generation({"b.timer": "t-2"}, {}, {"home-services/b/x": "bx-2"}, {"b": ("b.timer",)})
    only_b = Generation(
        {"b.service": "b-1", "b.timer": "t-1"},
        files={"home-services/b/x": "bx-1", "home-services/b/y": "by-1"},
        services={"b": ("b.service", "b.timer")},
    )
    together, put_off = with_removed(new, only_b)
    assert put_off == ("b.service",)
    assert together.units == {"b.timer": "t-2", "b.service": "b-1"}
    assert together.files == {"home-services/b/x": "bx-2", "home-services/b/y": "by-1"}
    assert set(together.services["b"]) == {"b.service", "b.timer"}


def test_what_was_leaving_is_not_declared():
    """A unit that was only installed until it is down does not come back."""
    old = Generation({"a.service": "a-1"}, services={"a": ("a.service",)}, leaving=("a.service",))
    assert with_removed(NOTHING, old) == (NOTHING, ())


def test_it_can_be_done_again():
    """What was put off once is put off again, and no more."""
    new = Generation({"a.service": "a-2"}, services={"a": ("a.service",)})
    once, put_off = with_removed(new, OLD)
    assert with_removed(new, once) == (once, put_off)
