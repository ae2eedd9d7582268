"""The daemon makes up for the restart of an instance that was cut short, and of no other."""

import pytest

from users import User

pytestmark = pytest.mark.systemd

DECLARATION = """
[daemon]
settle = "100ms"
[services."echo@"]
process.argv = ["/bin/sleep", "infinity"]
systemd.service.wantedBy = {{ mkForce = [] }}
systemd.service.environment.VERSION = "{version}"
systemd.service.serviceConfig.Restart = "no"
systemd.service.serviceConfig.ExecStartPre = "/bin/sh -c 'echo ${{VERSION}} >>%t/%i'"
systemd.service.serviceConfig.ExecStop = "/bin/sh -c 'while [ -e %t/hold-%i ]; do sleep .1; done'"
"""
ONE, OTHER = "echo@one.service", "echo@other.service"


def test_a_cancelled_restart_of_an_instance(user: User, daemon, wait_until) -> None:
    """`systemctl cancel` of one restart: it is made up for, its sibling left alone."""
    user.save(DECLARATION.format(version=1))
    daemon.start()
    daemon.until("pass finished", end="settled")
    user.systemctl("start", ONE, OTHER)
    held = user.session.runtime / "hold-one"
    held.touch()
    user.save(DECLARATION.format(version=2))
    wait_until(lambda: user.state_of(ONE) == "deactivating")
    user.systemctl("cancel", user.show(ONE, "Job")[0])
    daemon.until("pass finished", end="retrying")
    held.unlink()

    def versions() -> list[str]:
        names = ("one", "other")
        return [(user.session.runtime / name).read_text(encoding="ascii") for name in names]

    wait_until(lambda: versions() == ["1\n2\n", "1\n2\n"])
    daemon.until("pass finished", count=2, end="settled")
    assert versions() == ["1\n2\n", "1\n2\n"]
