"""What passes of events leave as it is is not lost: its last state comes into force, once."""

from dataclasses import dataclass

import pytest

from hmsvcd.app.load import load
from hmsvcd.app.ports import Silence
from hmsvcd.app.reconcile import reconcile
from hmsvcd.app.request import Request
from hmsvcd.app.session import join_session

pytestmark = pytest.mark.systemd

DEMO = "demo.service"
TEXT = """
[daemon]
settle = "0s"
[services.demo]
process.argv = ["/bin/sh", "-c", "echo start >> {home}/starts; exec sleep 1000"]
configData."a.conf".source = "{home}/a.conf"
[services.other]
process.argv = ["/bin/sleep", "{seconds}"]
"""


@dataclass(frozen=True)
class Patience:
    """Somebody who waits for nothing but for these units."""

    units: frozenset[str]

    def has_rested(self):
        """Say that the declaration has been the same for long."""
        return True

    def has_new_sources(self):
        """Say that nobody has edited what is a source while something was held."""
        return False

    def may_repair(self, missing):
        """Say that links, if any are missing, have been so for long."""
        return missing is not None

    def braked(self):
        """Return the units that are to be left."""
        return self.units


@pytest.fixture
async def passes(user):
    """Return what makes a pass of an event that leaves some units as they are."""
    session = await join_session(user.session.env)

    async def make(*units):
        async def read():
            return await load(user.declaration, session.context, with_systemd=False)

        patience = Patience(frozenset(units))
        return await reconcile(session, read, patience, Request(asked=False), Silence())

    yield make
    await session.manager.close()


@pytest.fixture
def edits(user):
    """Return what saves a declaration with a file that a service has as its source."""

    def edit(content, seconds=1000):
        (user.home / "a.conf").write_text(content)
        user.save(TEXT.format(home=user.home, seconds=seconds))

    return edit


def starts(user):
    """Return how often the service has been started."""
    return (user.home / "starts").read_text().count("start")


async def test_its_last_state_comes_into_force_once(user, passes, edits, wait_until):
    """While it is left, others are switched; then one restart brings what is declared by then."""
    file = user.config / "home-services/demo/a.conf"
    edits("one")
    await passes()
    wait_until(lambda: starts(user) == 1)
    pid = user.pid(DEMO)
    edits("two", 1001)
    reached = await passes(DEMO)
    assert reached.braked == (DEMO,)
    assert [result.unit for result in reached.outcome.results] == ["other.service"]
    edits("three", 1001)
    reached = await passes(DEMO)
    assert reached.braked == (DEMO,)
    assert reached.outcome.plan.is_empty
    assert (file.read_text(), user.pid(DEMO)) == ("one", pid)
    reached = await passes()
    assert reached.braked == ()
    assert [result.unit for result in reached.outcome.results] == [DEMO]
    wait_until(lambda: starts(user) == 2)
    assert file.read_text() == "three"
    assert (await passes()).outcome.plan.is_empty
    assert starts(user) == 2


async def test_what_was_changed_back_needs_nothing(user, passes, edits, wait_until):
    """A unit that is declared again as it runs is not restarted at all."""
    edits("one")
    await passes()
    wait_until(lambda: starts(user) == 1)
    edits("two")
    await passes(DEMO)
    edits("one")
    assert (await passes(DEMO)).braked == ()
    assert (await passes()).outcome.plan.is_empty
    assert starts(user) == 1


async def test_a_unit_that_goes_is_not_left(user, passes, edits, wait_until):
    """What is not declared any more is stopped, however often it has changed."""
    edits("one")
    await passes()
    user.save('[services.other]\nprocess.argv = ["/bin/sleep", "1000"]\n')
    assert (await passes(DEMO)).braked == ()
    wait_until(lambda: user.state_of(DEMO) == "inactive")
    assert DEMO not in "".join(user.installed())


async def test_what_is_lost_is_put_right(user, passes, edits):
    """A file of it that the store has lost comes back, though with its new content."""
    edits("one")
    await passes()
    file = user.config / "home-services/demo/a.conf"
    file.resolve().unlink()
    edits("two")
    assert (await passes(DEMO)).braked == ()
    assert file.read_text() == "two"


async def test_a_rollback_goes_past_what_was_on_the_way(user, passes, edits):
    """A generation in which a unit was left as it was is none that somebody has declared."""
    edits("one")
    await passes()
    edits("two", 1001)
    await passes(DEMO)
    edits("three", 1002)
    await passes()
    assert user.run("rollback").code == 0
    assert (user.config / "home-services/demo/a.conf").read_text() == "one"
    assert "1000" in "".join(user.show("other.service", "ExecStart"))
