"""The switch under way outlives a kill, and its journal as much of one as it can."""

import stat
from dataclasses import replace

import pytest

from hmsvcd.errors import HostError
from hmsvcd.host.paths import Paths
from hmsvcd.host.pending import PendingFile, objects
from hmsvcd.model.generation import Generation, JobRecord, Manifest, Pending

PENDING = Pending(
    target=Manifest(3, 5, "/conf", "abc", "apply", Generation(units={"a.service": "1-a.service"})),
    definitions={"a.service": ("0-a.service", "1-a.service"), "b.service": ("0-b.service",)},
    owed=frozenset({"b.service"}),
    life="boot 17",
)
FIRST = JobRecord("a.service", "restart", "done")
SECOND = JobRecord("b.service", "stop", "failed")


def with_results(*results: JobRecord) -> Pending:
    return replace(PENDING, results=results)


@pytest.fixture
def pending(paths: Paths) -> PendingFile:
    return PendingFile(paths.pending)


def test_without_a_switch_under_way_there_is_none(pending):
    """Finishing nothing is no error."""
    pending.finish()

    assert pending.read() is None


def test_a_switch_is_read_back_with_its_results_in_order(pending):
    """Until it is finished."""
    pending.begin(PENDING)
    assert pending.read() == PENDING
    pending.append(FIRST)
    pending.append(SECOND)
    assert pending.read() == with_results(FIRST, SECOND)

    pending.finish()

    assert pending.read() is None


def test_results_of_a_switch_that_is_taken_over_are_kept(pending):
    """They are written down with it."""
    pending.begin(with_results(FIRST))
    pending.append(SECOND)

    assert pending.read() == with_results(FIRST, SECOND)


def test_only_the_user_can_read_it(pending):
    """Like everything below the state folder."""
    pending.begin(PENDING)

    assert stat.S_IMODE(pending.path.stat().st_mode) == 0o600


def test_a_journal_cut_anywhere_is_read_up_to_there(pending):
    """A torn last line does not count, and nothing else is lost."""
    pending.begin(PENDING)
    head = pending.path.stat().st_size
    pending.append(FIRST)
    first = pending.path.stat().st_size
    pending.append(SECOND)
    whole = pending.path.read_bytes()

    for size in range(head, len(whole)):
        pending.path.write_bytes(whole[:size])
        assert pending.read() == (with_results(FIRST) if size >= first else PENDING)


@pytest.mark.parametrize("line", ["\0\0\0\0", "[]", "5", '{"unit": "a.service"}', "{"])
def test_a_line_that_never_reached_the_disk_ends_the_journal(pending, line):
    """After a power failure zeros may stand there."""
    pending.begin(PENDING)
    pending.append(FIRST)
    with pending.path.open("a") as file:
        file.write(f"{line}\n")
    pending.append(SECOND)

    assert pending.read() == with_results(FIRST)


def test_a_kill_leaves_the_old_switch_or_the_new_one(pending, kill_at_every_step):
    """What the old one owes is never lost in between."""
    pending.begin(PENDING)
    pending.append(FIRST)
    new = with_results(FIRST, SECOND)

    for _ in kill_at_every_step(lambda: pending.begin(new)):
        assert pending.read() == with_results(FIRST) or pending.read() == new

    assert pending.read() == new


@pytest.mark.parametrize("text", ["", "{", "[]\n", "null\n", '{"version": 1}\n', '{"version": 0}'])
def test_a_damaged_file_is_named_with_a_hint(pending, text):
    """It cannot come from a kill, so nobody should guess."""
    pending.path.parent.mkdir(parents=True)
    pending.path.write_text(text)

    with pytest.raises(HostError, match=str(pending.path)) as caught:
        pending.read()

    assert caught.value.hint


def test_a_result_without_a_switch_is_an_error(pending):
    """It would belong to nothing."""
    pending.path.parent.mkdir(parents=True)

    with pytest.raises(HostError, match="No such file"):
        pending.append(FIRST)

    assert not pending.path.exists()


def test_on_a_full_disk_a_result_is_written_whole_or_not_at_all(small_disk):
    """What was written before can still be read, and more can be added once there is room."""
    pending = PendingFile(small_disk / "pending")
    pending.begin(PENDING)
    long = JobRecord("a" * 5_000 + ".service", "start", "done")
    written = 0

    def fill() -> None:
        nonlocal written
        while written < 100:
            pending.append(long)
            written += 1

    with pytest.raises(HostError, match="No space left on device"):
        fill()
    assert pending.read() == with_results(*[long] * written)

    pending.append(FIRST)

    assert pending.read() == with_results(*[long] * written, FIRST)


def test_every_object_of_a_switch_is_known():
    """What it goes to and what may still run."""
    assert objects(PENDING) == {"0-a.service", "1-a.service", "0-b.service"}
