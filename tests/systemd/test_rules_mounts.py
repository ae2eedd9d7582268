"""Mounts on a real manager, where that may mount at all."""

import os

import pytest

from hmsvcd.host.sandbox import Sandbox
from switched import switch
from users import User

pytestmark = pytest.mark.systemd

MEBIBYTE = 2**20


@pytest.fixture
def user(manager: Sandbox) -> User:
    """A user whose manager may mount a file system in their home."""
    user = User(manager)
    if "failed" in switch(user, declared(user, "size=1m"), code=None).ran.results.values():
        pytest.skip("this systemd --user may not mount: it has no privileges")
    return user


def unit_of(user: User) -> str:
    """Return the name that systemd demands of the unit (systemd-escape --path)."""
    escaped = str(user.home / "mounted").strip("/").replace("-", "\\x2d").replace("/", "-")
    return f"{escaped}.mount"


def declared(user: User, options: str, source: str = "tmpfs") -> str:
    """Return a mount in the user's home."""
    return f"""
[systemd.user.mounts.'{unit_of(user).removesuffix(".mount")}']
Mount.Where = "{user.home}/mounted"
Mount.What = "{source}"
Mount.Type = "tmpfs"
Mount.Options = "{options}"
Install.WantedBy = "default.target"
"""


@pytest.mark.rule(14, 18, 5)
@pytest.mark.may_skip("a machine may not let its users mount")
def test_a_mount_is_mounted_anew_only_for_more_than_its_options(user: User) -> None:
    """New options remount what is there; a new source mounts again; a removed mount goes."""
    unit, place = unit_of(user), user.home / "mounted"
    (place / "file").touch()
    larger = switch(user, declared(user, "size=2m"))
    assert larger.rule(unit) == 14
    assert larger.ran.results == {unit: "done"}
    assert larger.after[unit].invocation == larger.before[unit].invocation
    assert (place / "file").exists()
    assert os.statvfs(place).f_blocks * os.statvfs(place).f_frsize == 2 * MEBIBYTE
    other = switch(user, declared(user, "size=2m", "other"))
    assert other.rule(unit) == 18
    assert other.is_new_run(unit)
    assert not (place / "file").exists()
    gone = switch(user, "[services]\n")
    assert gone.rule(unit) == 5
    assert not place.is_mount()
