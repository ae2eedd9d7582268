"""Without a number each rollback goes one further back, and never to what has failed."""

import pytest

pytestmark = pytest.mark.systemd

SETTINGS = '[daemon]\non_failure = "rollback"\nsettle = "200ms"\n'


def sleeping(seconds: int) -> str:
    """Return a declaration whose version is a number of seconds."""
    return f'{SETTINGS}[services.sleeper]\nprocess.argv = ["/bin/sleep", "{seconds}"]\n'


BROKEN = f"""{SETTINGS}[services.sleeper]
process.argv = ["/bin/sh", "-c", "exit 3"]
systemd.service.serviceConfig.Restart = "no"
"""


def version(user) -> int:
    """Return the version that runs."""
    return int(user.arguments("sleeper.service")[1])


def back_to(user) -> int:
    """Type a rollback; return the generation that it says it went to."""
    ran = user.run("rollback")
    assert ran.code == 0, ran.messages
    return int(ran.document["back_to"])


def assert_no_further(user) -> None:
    """There is nothing earlier, which is said, and changes nothing."""
    before, ran = user.listing(), user.run("rollback")
    assert (ran.code, user.listing()) == (1, before)
    assert "there is no earlier generation" in ran.messages
    assert "hmsvcd rollback N" in ran.messages


def test_each_goes_one_further_back(user):
    """It does not go to and fro, and it ends at the first generation."""
    for seconds in (1001, 1002, 1003):
        user.apply(sleeping(seconds))
    assert (back_to(user), version(user)) == (2, 1002)
    assert (back_to(user), version(user)) == (1, 1001)
    assert_no_further(user)
    causes = [each["cause"] for each in user.run("generations").document["generations"]]
    assert causes == ["apply", "apply", "apply", "rollback to 2", "rollback to 1"]


def test_a_number_is_a_place_to_go_back_from(user):
    """After a rollback to a later generation, the one before that is next."""
    for seconds in (1001, 1002, 1003):
        user.apply(sleeping(seconds))
    assert user.run("rollback", "1").code == 0
    assert user.run("rollback", "3").document["back_to"] == 3
    assert (back_to(user), version(user)) == (2, 1002)


def test_an_apply_after_a_rollback_is_the_next_step(user):
    """What ran before that apply is what a rollback brings back, and what was before that."""
    for seconds in (1001, 1002, 1003):
        user.apply(sleeping(seconds))
    back_to(user)
    user.apply(sleeping(1004))
    assert (back_to(user), version(user)) == (4, 1002)
    assert (back_to(user), version(user)) == (1, 1001)


def test_never_to_what_has_failed(user):
    """After an automatic rollback, it goes one further back than what came back by that."""
    user.apply(sleeping(1001))
    user.apply(sleeping(1002))
    user.apply(BROKEN, code=4)
    assert version(user) == 1002
    assert (back_to(user), version(user)) == (1, 1001)
    assert_no_further(user)


def test_nothing_earlier_after_an_automatic_rollback(user):
    """Where only the generation that failed is left, it is not gone to."""
    user.apply(sleeping(1001))
    user.apply(BROKEN, code=4)
    assert_no_further(user)
    assert version(user) == 1001
    assert user.run("rollback", "2").document["back_to"] == 2
    assert user.state_of("sleeper.service") == "failed"
