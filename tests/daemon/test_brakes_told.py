"""A brake is told of once, and nobody who saves is taken for a service that spins."""

import json

import pytest

from desktops import desktop_beside

pytestmark = pytest.mark.systemd

FAST = '[daemon]\nsettle = "0s"\n'
TOLD = "spinner.service changes too often: it is left as it is for 1 min"


@pytest.fixture
def spinner(user):
    """A service that writes at each start into the file that it is configured by."""
    source = user.home / "spinner.conf"
    source.write_text("0")
    argv = json.dumps(["/bin/sh", "-c", f"echo $$ > {source}; exec sleep 1000"])
    return f'[services.spinner]\nprocess.argv = {argv}\nconfigData.conf.source = "{source}"\n'


def test_a_brake_is_told_of_once(user, daemon, spinner, wait_until):
    """On the desktop and in the log, when it begins to hold, and not again while it does."""
    with desktop_beside(user.session.bus_address) as desktop:
        user.save(FAST + spinner)
        daemon.start()
        daemon.until("problem", text=TOLD)
        wait_until(lambda: desktop.shown)
        assert desktop.text[0] == "Services change too often"
        assert "spinner.service" in desktop.text[1]
        shown = desktop.asked.count("Notify")
        for text in ("one", "two"):
            (user.home / "spinner.conf").write_text(text)
            assert user.run("reconcile").code == 0
        assert desktop.asked.count("Notify") == shown
    assert len([each for each in daemon.events("problem") if each["text"] == TOLD]) == 1
    *_, last = user.run("generations").document["generations"]
    assert last["cause"] == "apply"


def test_what_others_save_meanwhile_says_that_it_is_left(user, daemon, spinner, wait_until):
    """A generation in which it stays as it was says so, and not that a removal was put off."""
    user.save(FAST + spinner)
    daemon.start()
    daemon.until("problem", text=TOLD)
    user.save(f'{FAST}{spinner}[services.other]\nprocess.argv = ["/bin/sleep", "1000"]\n')
    wait_until(lambda: user.state_of("other.service") == "active")
    assert user.run("reconcile").code == 0
    *_, last = user.run("generations").document["generations"]
    assert last["cause"] == "apply, but for what changes too often"
