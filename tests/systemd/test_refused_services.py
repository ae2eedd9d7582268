"""A service whose module fails is refused alone: it stays as it is, and all else is applied."""

import pytest

pytestmark = pytest.mark.systemd

MODULE = """
from hmsvcd.module import Module

LIMIT = 1


def define(config):
    return {
        "process": {"argv": ["/bin/sleep", "1000"]},
        "configData": {"a.conf": {"text": "text"}},
        "services": {"sub": {"process": {"argv": ["/bin/sleep", "1001"]}}},
        "systemd": {"service": {"unitConfig": {"X-Number": 1 // LIMIT}}},
    }


module = Module("made", define=define)
"""
MADE = '[services.made]\nimports = ["./made.py"]\n'


def other(seconds):
    return f'[services.other]\nprocess.argv = ["/bin/sleep", "{seconds}"]\n'


@pytest.fixture
def module(user):
    """Return the file of a module, which a service that runs imports."""
    file = user.declaration.parent / "made.py"
    file.parent.mkdir(parents=True)
    file.write_text(MODULE)
    user.apply(MADE + other(1000))
    return file


def test_a_service_of_a_failed_module_stays_as_it_is(user, module):
    """Itself, its sub-services and its files; the others are applied, and the exit code is 1."""
    pids = [user.pid("made.service"), user.pid("made-sub.service")]
    before = user.pid("other.service")
    module.write_text(MODULE.replace("LIMIT = 1", "LIMIT = 0"))
    ran = user.apply(MADE + other(2000), code=1)
    assert ran.actions == {"other.service": "restart"}
    assert "ZeroDivisionError" in ran.messages
    assert [user.pid("made.service"), user.pid("made-sub.service")] == pids
    assert user.pid("other.service") != before
    assert (user.config / "home-services/made/a.conf").read_text() == "text"
    module.write_text(MODULE)
    assert user.apply().actions == {}
    assert [user.pid("made.service"), user.pid("made-sub.service")] == pids


def test_a_new_service_of_a_failed_module_is_not_there_yet(user, module):
    """It comes when its module works."""
    module.write_text("1 / 0\n")
    new = '[services.new]\nimports = ["./made.py"]\n'
    assert user.apply(MADE + new + other(1000), code=1).actions == {}
    module.write_text(MODULE)
    assert user.apply().actions == {"new.service": "start", "new-sub.service": "start"}


def test_a_service_that_is_gone_is_not_refused(user, module):
    """What is not declared any more goes, whatever its module would say."""
    module.write_text("1 / 0\n")
    actions = user.apply(other(1000)).actions
    assert actions == {"made.service": "stop", "made-sub.service": "stop"}


def test_a_mistake_in_the_declaration_itself_changes_nothing(user, module):
    """That a module fails besides makes no difference."""
    module.write_text("1 / 0\n")
    ran = user.apply(MADE + other("@{no}"), code=1)
    assert ran.document["results"] is None


def test_plan_and_check_say_it(user, module):
    """The plan is that of all else."""
    module.write_text("1 / 0\n")
    user.declare(MADE + other(2000))
    plan = user.run("plan")
    assert (plan.code, plan.actions) == (1, {"other.service": "restart"})
    checked = user.run("check")
    assert checked.code == 1
    (error,) = checked.document["errors"]
    assert (error["file"], error["line"]) == (str(module), 1)
    assert error["hint"] == "until then `made` stays as it is, and all else is applied"
