"""What ``status`` says of hmsvcd's own service where no daemon runs."""

import signal

import pytest

from hmsvcd.host.session_service import UNIT

pytestmark = pytest.mark.systemd

DECLARED = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'


def daemon_line(user):
    """Return the last line of `hmsvcd status`."""
    return user.type("status").splitlines()[-1]


@pytest.fixture
def installed(user):
    """A user whose session runs hmsvcd as its service."""
    user.declare(DECLARED)
    user.type("apply")
    user.type("install")
    yield user
    user.systemctl("stop", UNIT, check=False)


def test_one_that_is_stopped_is_to_be_started(installed):
    """Whoever has installed it need not install it again, only start it."""
    installed.systemctl("stop", UNIT)
    assert daemon_line(installed) == (
        f"daemon: {UNIT} is installed but does not run: systemctl --user start {UNIT}"
    )


def test_one_that_was_killed_is_restarted(installed, wait_until):
    """After SIGKILL systemd waits a moment, and that is what is said."""
    installed.units.joinpath(f"{UNIT}.d").mkdir()
    installed.units.joinpath(f"{UNIT}.d/slow.conf").write_text("[Service]\nRestartSec=1h\n")
    installed.systemctl("daemon-reload")
    installed.systemctl("kill", f"--signal={signal.SIGKILL.name}", UNIT)
    wait_until(lambda: installed.show(UNIT, "SubState") == ["auto-restart"])
    assert daemon_line(installed) == (
        f"daemon: {UNIT} has ended (signal, status 9); systemd is restarting it"
    )


def test_one_that_failed_is_told_of(installed, wait_until):
    """A service that systemd has given up says how it ended."""
    unit = installed.home / ".local/share/systemd/user" / UNIT
    unit.write_text("[Service]\nExecStart=/bin/false\n")
    installed.systemctl("daemon-reload")
    installed.systemctl("restart", UNIT, check=False)
    wait_until(lambda: installed.state_of(UNIT) == "failed")
    assert daemon_line(installed) == (
        f"daemon: {UNIT} has failed (exit-code, status 1): systemctl --user restart {UNIT}"
    )


def test_without_one_it_is_said_how_to_have_it(user):
    """Neither an unknown unit nor a masked one is anything to start."""
    user.apply(DECLARED)
    assert "hmsvcd install makes it part of your session" in daemon_line(user)
    user.units.joinpath(UNIT).symlink_to("/dev/null")
    assert "hmsvcd install makes it part of your session" in daemon_line(user)
