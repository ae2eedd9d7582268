"""The journal of a switch says from when on all links are made."""

from dataclasses import replace

from hmsvcd.host.paths import Paths
from hmsvcd.host.pending import PendingFile
from hmsvcd.model.generation import Generation, JobRecord, Manifest, Pending

DONE = JobRecord("a.service", "restart", "done")
PENDING = Pending(
    Manifest(1, 0, "config.toml", "", "apply", Generation({"a.service": "1-a.service"})),
    {},
    frozenset(),
    "life",
    invocations={"a.service": "0123"},
)


def test_links_among_results(paths: Paths):
    """The line stands between the results, and none of these is lost for it."""
    pending = PendingFile(paths.pending)
    pending.begin(PENDING)
    pending.append(DONE)
    pending.append_linked(17)
    pending.append(DONE)
    assert pending.read() == replace(PENDING, results=(DONE, DONE), linked_at=17)


def test_links_of_an_earlier_switch(paths: Paths):
    """A switch that takes over from an unfinished one has made none of its links yet."""
    pending = PendingFile(paths.pending)
    pending.begin(replace(PENDING, linked_at=17))
    assert pending.read() == PENDING
