"""What is collected, what is not, and what a kill on the way leaves."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hmsvcd.app.gc import Collected, Garbage, collect, collect_alone, find_garbage, size_of
from hmsvcd.errors import HostError
from hmsvcd.host.disk import Disk
from hmsvcd.host.paths import Paths
from hmsvcd.model.generation import Generation, Manifest, Pending, SavedState, UnitRecord
from hmsvcd.model.settings import Settings
from hmsvcd.model.store import content_digest, object_name, unit_object_name


@pytest.fixture
def disk(paths: Paths) -> Disk:
    return Disk.at(paths)


def put_file(disk: Disk, text: str) -> str:
    """Put a configuration file into the store; return its object."""
    name = object_name(content_digest(text.encode()), "app.toml")
    disk.store.put_text(name, text)
    return name


def put_unit(disk: Disk, text: str) -> str:
    """Put a unit into the store; return its object."""
    name = unit_object_name("a.service", text)
    disk.store.put_unit(name, "a.service", text)
    return name


def install(disk: Disk, number: int, *, keep: int = 10) -> Generation:
    """Record a generation with a unit and a file of its own; return it."""
    file = put_file(disk, f"port = {number}\n")
    path = disk.store.path(file)
    unit = put_unit(disk, f"[Service]\nExecStart=/bin/app %%h$$x {path}\n# {number}\n")
    generation = Generation({"a.service": unit}, files={"home-services/a/app.toml": file})
    settings = replace(Settings(), keep_generations=keep)
    disk.records.write_manifest(
        Manifest(number, number, "/conf", "", "apply", generation, settings=settings)
    )
    disk.records.set_current(number)
    return generation


def waits(holder: int | None) -> None:
    raise AssertionError(holder)


def test_what_a_kept_generation_names_stays(disk):
    """The newest stay, and the installed one, with all of their objects."""
    one, two, three, four = (install(disk, number) for number in range(1, 5))
    disk.records.set_current(2)

    garbage = find_garbage(disk, 1, ())

    assert garbage == Garbage((1, 3), tuple(sorted(one.objects | three.objects)))
    collect(disk, 1, ())
    assert disk.records.numbers() == [2, 4]
    assert disk.store.names() == two.objects | four.objects


def test_what_a_unit_runs_stays_with_the_files_that_it_names(disk):
    """A unit that keeps running as an older generation had it may open its file again."""
    one, _, three = (install(disk, number) for number in range(1, 4))
    [started] = one.units.values()
    record = UnitRecord(applied=three.units["a.service"], started=started)
    disk.records.write_state(SavedState(units={"a.service": record}))

    collect(disk, 1, ())

    assert disk.store.names() == one.objects | three.objects


def test_what_was_done_last_stays(disk):
    """The next change is compared with it."""
    one, two = (install(disk, number) for number in (1, 2))
    record = UnitRecord(applied=one.units["a.service"])
    disk.records.write_state(SavedState(units={"a.service": record}))

    collect(disk, 1, ())

    assert disk.store.names() == one.objects | two.objects


def test_what_a_switch_under_way_may_need_stays(disk):
    """What it goes to, and each definition that may be running."""
    one, two, three = (install(disk, number) for number in range(1, 4))
    target = disk.records.manifest(3)
    definitions = {"a.service": ("", one.units["a.service"])}
    disk.records.set_current(2)
    disk.records.drop_unfinished()
    disk.pending.begin(Pending(target, definitions, frozenset(), "boot 1"))

    collect(disk, 1, ())

    assert disk.store.names() == one.objects | two.objects | three.objects
    assert disk.pending.read() is not None


def test_the_generation_that_a_switch_may_go_back_to_stays(disk):
    """After failures it comes back as a whole."""
    one, _, three = (install(disk, number) for number in range(1, 4))
    disk.pending.begin(Pending(disk.records.manifest(3), {}, frozenset(), "boot 1", back=1))

    collect(disk, 1, ())

    assert disk.records.numbers() == [1, 3]
    assert disk.store.names() == one.objects | three.objects


def test_what_a_link_leads_to_stays(disk):
    """Also where no generation names it any more: it may be what runs."""
    one, two = (install(disk, number) for number in (1, 2))

    collect(disk, 1, one.units.values())

    assert disk.store.names() == two.objects | set(one.units.values())


def test_nothing_is_removed_where_something_cannot_be_read(disk):
    """Then nobody knows what is needed."""
    for number in (1, 2, 3):
        install(disk, number)
    before = disk.store.names()
    for damaged in ("generations/2.toml", "state.toml", "pending"):
        path = disk.paths.state / damaged
        had = path.read_bytes() if path.exists() else None
        path.write_text("garbage", encoding="utf-8")
        with pytest.raises(HostError, match=path.name):
            collect(disk, 2, ())
        assert disk.records.numbers() == [1, 2, 3]
        assert disk.store.names() == before
        path.unlink() if had is None else path.write_bytes(had)


def test_a_damaged_generation_that_goes_is_no_hindrance(disk):
    """Nobody needs to read it any more."""
    for number in (1, 2):
        install(disk, number)
    disk.records.path(1).write_text("garbage", encoding="utf-8")

    collect(disk, 1, ())

    assert disk.records.numbers() == [2]


def test_a_kill_leaves_whole_generations_and_whole_objects(disk, kill_at_every_step):
    """At every step what is left can be read, is complete, and is collected the next time."""
    for number in range(1, 5):
        install(disk, number)
    newest = disk.records.current()
    steps = []

    for step in kill_at_every_step(lambda: collect(Disk.at(disk.paths), 1, ())):
        steps.append(step)
        fresh = Disk.at(disk.paths)
        assert fresh.records.current() == newest
        assert all(fresh.store.verify(name) for name in fresh.store.names())
        for manifest in fresh.records.manifests():
            assert manifest.generation.objects <= fresh.store.names()

    assert len(steps) > 10
    assert disk.records.numbers() == [4]
    assert disk.store.names() == newest.generation.objects
    assert not list(disk.paths.state.rglob(".hmsvcd-new-*"))


def test_the_size_is_that_of_what_goes(disk):
    """Manifests and objects, by their content."""
    install(disk, 1)
    going = disk.records.path(1).stat().st_size
    going += sum(path.stat().st_size for path in disk.store.root.rglob("*") if path.is_file())
    install(disk, 2)

    assert size_of(disk, find_garbage(disk, 1, ())) == going


async def test_as_many_stay_as_are_declared_to(disk):
    """The settings are those of what is installed."""
    for number in (1, 2, 3, 4):
        install(disk, number, keep=3)

    found = await collect_alone(disk, None, waits)

    assert found.garbage.generations == (1,)
    assert disk.records.numbers() == [2, 3, 4]


async def test_a_dry_run_removes_nothing(disk):
    """It finds what a real one then removes."""
    for number in (1, 2):
        install(disk, number)

    found = await collect_alone(disk, 1, waits, dry_run=True)
    assert disk.records.numbers() == [1, 2]
    assert await collect_alone(disk, 1, waits) == found
    assert disk.records.numbers() == [2]


def test_a_linked_object_of_no_generation_stays(disk):
    """A unit whose link a kill has left behind may still run."""
    install(disk, 1)
    lost = put_unit(disk, "[Service]\nExecStart=/bin/lost\n")
    link: Path = disk.paths.unit_folder / "a.service"
    link.parent.mkdir(parents=True)
    link.symlink_to(disk.store.path(lost) / "a.service")

    assert asyncio.run(collect_alone(disk, 1, waits)).garbage == Garbage()

    link.unlink()
    found = asyncio.run(collect_alone(Disk.at(disk.paths), 1, waits))
    assert found.garbage.objects == (lost,)


async def test_where_nothing_is_kept_nothing_is_made(disk):
    """Not even a lock."""
    assert await collect_alone(disk, 1, waits) == Collected()
    assert not disk.paths.state.exists()
