"""``hmsvcd generations`` and ``hmsvcd rollback``: what was installed, and the way back."""

from typing import Any

import pytest

ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "{}"]\n'


@pytest.fixture
def twice(user: Any) -> Any:
    """The program of a user who has applied two generations."""
    for seconds in ("1000", "2000"):
        user.declare(ONE.format(seconds))
        assert user("apply").code == 0
    return user


def test_nothing_has_been_installed(stranger: Any) -> None:
    """Before the first apply the list is empty, which is no error."""
    assert stranger("generations").out == "nothing has been installed yet\n"
    listed = stranger("generations", "--json")
    assert (listed.code, listed.document["generations"]) == (0, [])


def test_what_has_been_installed_is_listed(twice: Any) -> None:
    """Each generation has number, time, cause, declaration and units; one is current."""
    listed = twice("generations", "--json").document["generations"]
    assert [(each["number"], each["current"]) for each in listed] == [(1, False), (2, True)]
    assert {each["cause"] for each in listed} == {"apply"}
    assert {each["declaration"] for each in listed} == {str(twice.declaration.parent)}
    assert all(each["units"] == ["one.service"] for each in listed)
    assert listed[0]["created"] < listed[1]["created"]
    head, first, second = twice("generations").out.splitlines()
    assert head.split() == ["NUMBER", "CREATED", "CAUSE", "UNITS", "DECLARATION"]
    assert first.split()[0] == "1"
    assert second.split()[:2] == ["*", "2"]


def test_rollback_brings_the_one_before(twice: Any, manager: Any) -> None:
    """The earlier definition runs again, as a new generation that holds the declaration."""
    rolled = twice("rollback", "--json")
    assert rolled.code == 0
    assert rolled.document["generation"] == 3
    assert [each["action"] for each in rolled.document["actions"]] == ["restart"]
    assert "/bin/sleep 1000" in manager.systemctl("show", "-P", "ExecStart", "one.service")
    assert twice("status", "--json").document["declaration"]["held"] == "rollback to 1"
    assert "held after the rollback to 1" in twice("status").out


def test_the_hold_is_known_by_content_not_by_how_the_file_was_named(user: Any) -> None:
    """A declaration that was named relative to one folder is held wherever one asks from."""
    for seconds in ("1000", "2000"):
        user.write("mine.toml", ONE.format(seconds))
        user("apply", "-c", "mine.toml")
    user("rollback")
    declared = user("status", "--json").document["declaration"]
    assert declared["held"] == "rollback to 1"


def test_rollback_takes_a_number(twice: Any) -> None:
    """A generation can be named; one that is not there is refused."""
    assert twice("rollback", "1").code == 0
    refused = twice("rollback", "7", "--json")
    assert refused.code == 1
    assert refused.document["actions"] is None
    assert "no generation 7" in refused.document["errors"][0]["message"]


def test_there_is_nothing_before_the_first(user: Any) -> None:
    """Without an earlier generation rollback is refused, and nothing is written."""
    refused = user("rollback")
    assert refused.code == 1
    assert "there is no earlier generation" in refused.err
