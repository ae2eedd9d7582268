"""A declaration that is emptied and then filled, as many programs write."""

import pytest

pytestmark = pytest.mark.systemd

WRONG = "[services.demo\n"


def declared(seconds):
    """Return a service that only runs."""
    return f'[services.demo]\nprocess.argv = ["/bin/sleep", "{seconds}"]\n'


@pytest.fixture
def following(user, daemon):
    """The daemon of a user, whose service runs."""
    user.save(declared(1000))
    daemon.start()
    daemon.until("pass finished", cause="start")
    return daemon


def test_a_file_that_is_being_filled_is_no_mistake(user, following, wait_until):
    """Each save that empties the file first is applied, and nobody is told of an error."""
    for seconds in range(2001, 2006):
        with user.declaration.open("w", encoding="utf-8") as file:  # which truncates it
            file.write("[services.")
            file.flush()
            file.write(declared(seconds).removeprefix("[services."))
        wait_until(lambda told=str(seconds): told in user.show("demo.service", "ExecStart")[0])
    assert following.events("problem") == []


def test_a_file_that_stays_wrong_is_told_once(user, following):
    """What is still wrong a moment later is an error, and it is told a single time."""
    user.declaration.write_text(WRONG)
    following.until("pass finished", end="stuck")
    user.systemctl("daemon-reload")
    user.declaration.with_name("other").write_text("")  # something happens, and all is read again
    user.save(declared(2000))
    following.until("pass finished", end="settled", cause="change")
    assert len(following.events("problem")) == 1
