"""What is read of a unit's properties, and what is skipped."""

import pytest

from hmsvcd.host.bus import Connection
from hmsvcd.host.properties import systemd_object

pytestmark = pytest.mark.systemd

ALL = "org.freedesktop.DBus.Properties"
MOVING = ("NSec", "Memory", "CPU", "IO", "IP", "Tasks")
"""Parts of the names of what changes while one looks."""


async def properties(manager, keys, unit="dbus_2eservice"):
    """Return the properties of a unit over a connection that wants these keys, all without."""
    connection = await Connection.open(manager.bus_address, keys=keys)
    remote = systemd_object(f"/org/freedesktop/systemd1/unit/{unit}", ALL)
    [found] = await connection.call(remote, "GetAll", "s", "", expect="a{sv}")
    await connection.close()
    return found


async def test_what_is_wanted_is_read_as_the_library_reads_it(manager):
    """Whatever its type, a property has the value that it has without skipping any."""
    everything = await properties(manager, None)
    steady = {key for key in everything if not any(part in key for part in MOVING)}
    assert {"Id", "MainPID", "After", "ExecStart", "InvocationID", "Job"} <= steady
    assert await properties(manager, steady) == {key: everything[key] for key in steady}


async def test_what_one_connection_skips_another_may_read(manager):
    """How long what is skipped is remembered for those alone who want the same."""
    first = await properties(manager, {"Id"})
    second = await properties(manager, {"Id"})
    other = await properties(manager, {"MainPID", "NRestarts"})
    assert first == second
    assert first["Id"] == "dbus.service"
    assert {"MainPID", "NRestarts"}.isdisjoint(first)
    assert other["MainPID"] > 0
    assert other["NRestarts"] == 0
