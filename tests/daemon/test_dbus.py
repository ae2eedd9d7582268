"""The daemon on D-Bus, as busctl and scripts use it."""

import json

import pytest

from hmsvcd.pipeline.documents import PASS, PLAN, STATUS
from listening import INTERFACE, NAME, OBJECT, Listener, busctl, call, property_of

pytestmark = pytest.mark.systemd

ALWAYS = {"version", "errors", "warnings"}
PASS_KEYS = {"number", "cause", "at", "took", "end", "sentence", "generation"}


def sleeper(name="demo", seconds=1000):
    """Return a service that only runs."""
    return f'[services.{name}]\nprocess.argv = ["/bin/sleep", "{seconds}"]\n'


@pytest.fixture
def heard(user, daemon, tmp_path):
    """What is heard on the bus of a daemon that has applied one service."""
    user.save(sleeper())
    listener = Listener(user.session, tmp_path)
    daemon.start()
    listener.finished(1)
    yield listener
    listener.close()


def test_apply(user, heard):
    """An order is answered with the number of its pass, and the signal has all documented keys."""
    user.save(sleeper() + sleeper("two"))
    number = call(user.session, "Apply", "a{sv}", "0")
    document = heard.finished(number)
    assert set(document) == {*ALWAYS, *PASS}
    assert set(document["pass"]) == PASS_KEYS
    assert document["pass"]["cause"] == "apply"
    assert document["generation"] == property_of(user.session, "Generation") == 2
    assert user.state_of("two.service") == "active"


def test_apply_with_a_backup(user, heard):
    """A foreign file refuses a pass, and is moved aside by one that says so."""
    link = user.units / "two.service"
    link.write_text("[Service]\nExecStart=/bin/true\n")
    user.save(sleeper() + sleeper("two"))
    refused = heard.finished(call(user.session, "Apply", "a{sv}", "0"))
    assert refused["pass"]["end"] == "stuck"
    assert [str(link) in each["message"] for each in refused["errors"]] == [True]
    assert property_of(user.session, "State") == "stuck"
    moved = heard.finished(call(user.session, "Apply", "a{sv}", "1", "backup", "s", "old"))
    assert (moved["pass"]["end"], moved["errors"]) == ("settled", [])
    assert (user.units / "two.service.old").is_file()
    assert link.is_symlink()


def test_apply_in_place_of_another_declaration(user, daemon, heard, wait_until):
    """What another declaration has installed goes only with an apply that says so."""
    daemon.end()
    heard.close()
    other = user.home / "other.toml"
    other.write_text(sleeper("other"))
    daemon.start("--config", str(other))
    wait_until(lambda: property_of(user.session, "State") == "stuck")
    assert user.state_of("demo.service") == "active"
    call(user.session, "Apply", "a{sv}", "1", "replace", "b", "true")
    wait_until(lambda: property_of(user.session, "State") == "settled")
    assert user.state_of("demo.service") == "inactive"
    assert user.state_of("other.service") == "active"
    assert property_of(user.session, "Declaration") == str(other)


def test_reconcile(user, heard):
    """It is a pass as of an event: what has failed is left alone."""
    user.systemctl("stop", "demo.service")
    document = heard.finished(call(user.session, "Reconcile"))
    assert document["pass"]["cause"] == "reconcile"
    assert (document["actions"], document["results"]) == ([], [])
    assert user.state_of("demo.service") == "inactive"


@pytest.mark.usefixtures("heard")
def test_plan_changes_nothing(user):
    """What an apply would do is told, of the declaration as it is now, also while paused."""
    call(user.session, "Pause")
    user.save(sleeper(seconds=2000))
    planned = json.loads(call(user.session, "Plan"))
    assert set(planned) == {*ALWAYS, *PLAN}
    assert [(each["unit"], each["action"]) for each in planned["actions"]] == [
        ("demo.service", "restart")
    ]
    assert "1000" in user.show("demo.service", "ExecStart")[0]
    user.save(sleeper() + "x = 1\n")
    assert json.loads(call(user.session, "Plan"))["errors"][0]["line"] == 3


def test_status(user, heard):
    """It is the document of `hmsvcd status`, the daemon's own state included."""
    found = json.loads(call(user.session, "Status"))
    assert set(found) == {*ALWAYS, *STATUS}
    assert found["services"]["demo"]["state"] == "running"
    assert found["daemon"]["running"] is True
    assert found["daemon"]["last_pass"] == heard.passes[1]["pass"]
    assert user.run("status").document == json.loads(call(user.session, "Status"))


def test_rollback(user, heard):
    """To the one before, or to a number; to one that there is not is an error of the pass."""
    user.save(sleeper(seconds=2000))
    heard.finished(call(user.session, "Apply", "a{sv}", "0"))
    back = heard.finished(call(user.session, "Rollback", "t", "0"))
    assert back["pass"]["cause"] == "rollback"
    assert "1000" in user.show("demo.service", "ExecStart")[0]
    held = heard.finished(call(user.session, "Reconcile"))
    assert held["pass"]["sentence"] == "the declaration is held after the rollback to 1"
    heard.finished(call(user.session, "Rollback", "t", "2"))
    assert "2000" in user.show("demo.service", "ExecStart")[0]
    assert property_of(user.session, "Generation") == 4
    wrong = heard.finished(call(user.session, "Rollback", "t", "99"))
    assert wrong["errors"][0]["message"] == "there is no generation 99"
    assert wrong["pass"]["end"] == "stuck"


def test_pause_and_resume(user, heard, wait_until):
    """While paused a save waits, and an apply that is asked for does not."""
    call(user.session, "Pause")
    assert property_of(user.session, "Paused") is True
    assert property_of(user.session, "State") == "paused"
    user.save(sleeper(seconds=2000))
    assert user.run("status").document["daemon"]["paused"] is True
    assert "1000" in user.show("demo.service", "ExecStart")[0]
    heard.finished(call(user.session, "Apply", "a{sv}", "0"))
    assert "2000" in user.show("demo.service", "ExecStart")[0]
    assert property_of(user.session, "State") == "paused"
    user.save(sleeper(seconds=3000))
    call(user.session, "Resume")
    wait_until(lambda: "3000" in user.show("demo.service", "ExecStart")[0])
    wait_until(lambda: property_of(user.session, "State") == "settled")
    assert property_of(user.session, "Paused") is False
    paused = [change["Paused"] for change in heard.changes if "Paused" in change]
    assert paused == [True, False]


def test_the_state_goes_from_working_to_settled(user, heard, wait_until):
    """Whoever follows the properties sees a pass begin and end, and the new generation."""
    user.save(sleeper(seconds=2000))
    wait_until(lambda: any(change.get("Generation") == 2 for change in heard.changes))
    wait_until(lambda: property_of(user.session, "State") == "settled")
    states = [change["State"] for change in heard.changes if "State" in change]
    assert states[-3:] == ["settled", "working", "settled"]
    assert set(states) == {"working", "settled"}


def test_orders_during_a_pass_are_carried_out_after_it(user, heard):
    """Each order has a pass of its own, or shares that of the same order, and all end."""
    user.save(
        sleeper()
        + '[services.slow]\nprocess.argv = ["/bin/sleep", "1"]\n'
        + 'systemd.service.serviceConfig.Type = "oneshot"\n'
    )
    numbers = [call(user.session, "Apply", "a{sv}", "0")]
    assert property_of(user.session, "State") == "working"
    numbers += [call(user.session, "Reconcile"), call(user.session, "Apply", "a{sv}", "0")]
    assert numbers[1] not in {numbers[0], numbers[2]}
    ends = [heard.finished(number)["pass"]["end"] for number in numbers]
    assert ends == ["settled"] * 3
    assert sorted(heard.passes) == list(range(1, max(heard.passes) + 1))


def test_a_wrong_order_is_refused(user, heard):
    """An option that there is not is an error of the call, and no pass."""
    done = busctl(
        user.session, "call", NAME, OBJECT, INTERFACE, "Apply", "a{sv}", "1", "force", "b", "true"
    )
    assert done.returncode == 1
    assert "force" in done.stderr
    assert "apply" not in {each["pass"]["cause"] for each in heard.passes.values()}


@pytest.mark.usefixtures("heard")
def test_introspection(user):
    """What busctl shows of the daemon has every member."""
    shown = busctl(user.session, "introspect", NAME, OBJECT, INTERFACE).stdout
    names = ["Apply", "Reconcile", "Plan", "Status", "Rollback", "Pause", "Resume"]
    names += ["PassFinished", "Generation", "State", "Paused", "Version", "Declaration"]
    assert [name for name in names if name not in shown] == []
