"""What a real manager says of itself and its units."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from hmsvcd.errors import NoManagerError
from hmsvcd.host.bus import Connection, Remote
from hmsvcd.host.journal import Run, follow_argv, last_lines
from hmsvcd.host.properties import KEYS, MANAGER, SYSTEMD, tables
from hmsvcd.host.systemd import FEW, PROPERTIES, Manager
from hmsvcd.host.unit_of import unit_of_cgroup
from hmsvcd.model.observed import ObservedUnit

pytestmark = pytest.mark.systemd

SLEEPS = "[Service]\nExecStart=/bin/sleep 1000\n"
SPEAKS = "[Service]\nType=oneshot\nExecStart=sh -c 'echo one; echo two {}; sleep 0.2; false'\n"


@pytest.fixture
async def systemd(manager):
    """The door to a fresh manager."""
    door = await Manager.connect(manager.env)
    yield door
    await door.close()


@pytest.fixture(params=["dbus_next", "dbus_fast"])
def library(request, monkeypatch):
    """Both libraries, one after the other."""
    monkeypatch.setenv("HMSVCD_DBUS_LIBRARY", request.param)


def install(manager, name: str, text: str) -> None:
    """Write a unit file."""
    (manager.units / name).write_text(text)


@pytest.mark.parametrize("environ", [{}, {"XDG_RUNTIME_DIR": "/nowhere"}])
async def test_no_manager(environ):
    """Without a manager the error says what was looked for and what would help."""
    with pytest.raises(NoManagerError, match=r"XDG_RUNTIME_DIR|/nowhere/bus") as caught:
        await Manager.connect(environ)
    assert caught.value.hint is not None
    assert "enable-linger" in caught.value.hint


@pytest.mark.usefixtures("library")
async def test_running_service(manager, systemd):
    """A running service is reported with its states, its process and its place."""
    install(manager, "sleeps.service", SLEEPS + "Restart=always\n[Unit]\nDescription=A nap\n")
    manager.systemctl("start", "sleeps.service")
    unit = (await systemd.observe(["sleeps.service"])).unit("sleeps.service")
    shown = manager.systemctl("show", "-PMainPID", "-PInvocationID", "sleeps.service").split()
    assert (unit.active_state, unit.sub_state, unit.load_state) == ("active", "running", "loaded")
    assert {str(unit.main_pid), unit.invocation} == set(shown)
    assert (unit.description, unit.result, unit.service_type) == ("A nap", "success", "simple")
    assert "basic.target" in unit.requires
    assert unit.inactive_exit > 0
    assert unit.job is None


async def test_failed_service(manager, systemd):
    """A failed service is reported with how it ended; reset-failed makes it forget."""
    install(manager, "fails.service", "[Service]\nExecStart=/bin/sh -c 'exit 7'\n")
    manager.systemctl("start", "--wait", "fails.service", check=False)
    unit = (await systemd.observe(["fails.service"])).unit("fails.service")
    assert (unit.active_state, unit.result, unit.main_status) == ("failed", "exit-code", 7)
    assert 0 < unit.main_start <= unit.main_exit
    await systemd.reset_failed("fails.service")
    after = (await systemd.observe(["fails.service"])).unit("fails.service")
    assert after.active_state == "inactive"


async def test_reset_failed_of_nothing(systemd):
    """A unit that is not loaded has nothing to reset, which is no error and loads nothing."""
    await systemd.reset_failed("none.service")
    assert (await systemd.observe(["none.service"])).units == {}


async def test_queued_job(manager, systemd):
    """A unit with a queued job is reported with its kind."""
    install(manager, "slow.service", "[Service]\nType=oneshot\nExecStart=/bin/sleep 1000\n")
    manager.systemctl("start", "--no-block", "slow.service")
    unit = (await systemd.observe(["slow.service"])).unit("slow.service")
    assert unit.job == "start"
    assert unit.job_path is not None


async def test_unit_not_loaded(manager, systemd):
    """A unit that systemd has not loaded is not-found, with a file or without, and stays so."""
    install(manager, "there.service", SLEEPS)
    names = ["there.service", "none.service"]
    seen = await systemd.observe(names)
    assert [seen.unit(name) for name in names] == [ObservedUnit(name) for name in names]
    listed = manager.systemctl("list-units", "--all", "--plain", "--no-legend", *names)
    assert listed == ""


async def test_alias(manager, systemd):
    """A unit can be asked for by an alias."""
    install(manager, "real.service", SLEEPS)
    (manager.units / "alias.service").symlink_to("real.service")
    manager.systemctl("daemon-reload")
    manager.systemctl("start", "alias.service")
    unit = (await systemd.observe(["alias.service"])).unit("alias.service")
    assert (unit.name, unit.active_state) == ("alias.service", "active")


async def test_many_names(manager, systemd):
    """Of many units the same is said as of few: by name, by alias and by template."""
    install(manager, "real.service", SLEEPS)
    install(manager, "many@.service", SLEEPS)
    install(manager, "a\\x2db_c.service", SLEEPS)
    (manager.units / "alias.service").symlink_to("real.service")
    manager.systemctl("daemon-reload")
    few = ["alias.service", "many@.service", "a\\x2db_c.service", "none.service", "odd*.service"]
    manager.systemctl("start", "real.service", "many@x.service", "a\\x2db_c.service")
    some = (await systemd.observe(few, closely=())).units
    many = [*few, *(f"{number}.service" for number in range(FEW))]
    every = (await systemd.observe(many, closely=())).units
    assert some == every
    assert some.keys() == {"alias.service", "many@x.service", "a\\x2db_c.service"}
    assert all(unit.active_state == "active" for unit in some.values())


async def test_looking_loads_nothing(manager, systemd):
    """Neither a unit with a file nor the instance of a template comes to be by being asked for."""
    install(manager, "there.service", SLEEPS)
    install(manager, "many@.service", SLEEPS)
    names = ["there.service", "many@.service", "many@x.service"]
    assert (await systemd.observe(names)).units == {}
    listed = manager.systemctl("list-units", "--all", "--plain", "--no-legend", "there*", "many*")
    assert listed == ""


async def test_instances(manager, systemd):
    """A template stands for its loaded instances."""
    install(manager, "many@.service", SLEEPS)
    manager.systemctl("start", "many@a.service", "many@b.service")
    seen = await systemd.observe(["many@.service"], closely=["many@.service"])
    assert sorted(seen.units) == ["many@a.service", "many@b.service"]
    assert all(unit.main_pid for unit in seen.units.values())


async def test_other_kinds(manager, systemd):
    """Sockets, timers, targets and slices are reported too, with a result where they have one."""
    install(manager, "door.socket", f"[Socket]\nListenStream={manager.runtime}/door\n")
    install(manager, "door.service", SLEEPS)
    install(manager, "tick.timer", "[Timer]\nOnCalendar=daily\nUnit=door.service\n")
    manager.systemctl("start", "door.socket", "tick.timer")
    names = ["door.socket", "tick.timer", "basic.target", "app.slice", "door.service"]
    seen = await systemd.observe(names)
    results = [seen.unit(name).result for name in names]
    assert results == ["success", "success", "", "", "success"]
    assert seen.unit("door.socket").triggers == ("door.service",)
    assert set(seen.unit("door.service").triggered_by) == {"door.socket", "tick.timer"}


async def test_brief_look(manager, systemd):
    """Units that are not looked at closely have the same states as those that are."""
    install(manager, "sleeps.service", SLEEPS)
    manager.systemctl("start", "sleeps.service")
    close = (await systemd.observe(["sleeps.service"])).unit("sleeps.service")
    brief = (await systemd.observe(["sleeps.service"], closely=[])).unit("sleeps.service")
    for name in ("name", "load_state", "active_state", "sub_state", "description", "job"):
        assert getattr(brief, name) == getattr(close, name)
    assert brief.main_pid == 0


async def test_manager_itself(manager, systemd):
    """The manager's own facts: its life, search path and state, and when it loaded the units."""
    before = await systemd.observe([])
    install(manager, "new.service", SLEEPS)
    await systemd.reload()
    after = await systemd.observe([])
    assert after.units_loaded > before.units_loaded
    assert before.now <= after.now <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert after.life == before.life
    assert str(manager.units) in after.unit_path
    assert after.system_state == "running"
    assert after.version == int(manager.systemctl("--version").split()[1])
    assert after.own_unit is None


async def test_life_ends_with_the_manager(manager, systemd):
    """Another start of the manager is another life; a reexec is not."""
    first = (await systemd.observe([])).life
    await systemd.close()
    manager.systemctl("daemon-reexec")
    reexecuted = await Manager.connect(manager.env)
    assert (await reexecuted.observe([])).life == first
    await reexecuted.close()
    manager.log_out()
    manager.start()
    new = await Manager.connect(manager.env)
    assert (await new.observe([])).life != first
    await new.close()


async def test_reload(manager, systemd):
    """After a reload the manager knows a changed unit file."""
    install(manager, "sleeps.service", SLEEPS)
    manager.systemctl("start", "sleeps.service")
    install(manager, "sleeps.service", SLEEPS + "[Unit]\nDescription=Changed\n")
    os.utime(manager.units / "sleeps.service", (later := time.time() + 10, later))
    before = (await systemd.observe(["sleeps.service"])).unit("sleeps.service")
    await systemd.reload()
    after = (await systemd.observe(["sleeps.service"])).unit("sleeps.service")
    assert (before.description, after.description) == ("sleeps.service", "Changed")


async def test_environment(manager, systemd):
    """The environment is the one that the manager gives to its units."""
    manager.systemctl("set-environment", "GREETING=a = b")
    environment = await systemd.environment()
    assert environment["GREETING"] == "a = b"
    assert environment["HOME"] == str(manager.home)


async def test_process_of(manager, systemd):
    """The process behind a name on the bus can be asked for; a name that nobody owns has none."""
    assert await systemd.process_of(SYSTEMD) == manager.pid
    assert await systemd.process_of("org.example.Nobody") is None


@pytest.mark.usefixtures("systemd")
async def test_skimming_changes_nothing(manager, monkeypatch):
    """Reading only some properties gives those values that reading all of them gives."""
    monkeypatch.setenv("HMSVCD_DBUS_LIBRARY", "dbus_next")  # the other one always reads all
    install(manager, "sleeps.service", SLEEPS + "Environment=A=1\n[Unit]\nAfter=app.slice\n")
    manager.systemctl("start", "sleeps.service")
    whole = await Connection.open(manager.bus_address)
    skimming = await Connection.open(manager.bus_address, keys=KEYS)
    [path] = await whole.call(MANAGER, "GetUnit", "s", "sleeps.service")
    remote = Remote(SYSTEMD, path, PROPERTIES)
    for interface in tables("sleeps.service"):
        [every] = await whole.call(remote, "GetAll", "s", interface)
        [some] = await skimming.call(remote, "GetAll", "s", interface)
        wanted = {key: value for key, value in every.items() if key in KEYS}
        assert {key: value for key, value in some.items() if key in KEYS} == wanted
        assert len(some) < len(every)
    await whole.close()
    await skimming.close()


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("/u/user@1.service/app.slice/a.service", "a.service"),
        ("/u/user@1.service/app.slice/app-b.slice/b.service/c.scope", "b.service"),
        ("/u/user@1.service/_x.service", "x.service"),
        ("/u/user@1.service/init.scope", "init.scope"),
        ("/u/user@1.service", None),
        ("/u/user@1.service-not/a.service", None),
        ("/u/session-1.scope", None),
        ("", None),
    ],
)
def test_unit_of_cgroup(cgroup, unit):
    """The unit that a process is in is told by its control group below the manager's."""
    assert unit_of_cgroup(cgroup, "/u/user@1.service") == unit


async def test_last_lines(manager, systemd):
    """The last lines of a unit are those of its last run when that is asked for."""
    for word in ("earlier", "later"):
        install(manager, "speaks.service", SPEAKS.format(word))
        manager.systemctl("daemon-reload")
        manager.systemctl("start", "speaks.service", check=False)
    if "later" not in manager.journal("speaks.service"):
        pytest.skip("there is no journal here")
    unit = (await systemd.observe(["speaks.service"])).unit("speaks.service")
    every = await last_lines("speaks.service", manager.env, lines=100)
    last = await last_lines("speaks.service", manager.env, run=Run(unit.invocation), lines=100)
    assert [line for line in every if line.startswith("two")] == ["two earlier", "two later"]
    assert [line for line in last if line.startswith("two")] == ["two later"]
    assert len(await last_lines("speaks.service", manager.env, lines=2)) == 2


@pytest.mark.usefixtures("manager")
async def test_no_lines(manager):
    """A unit that wrote nothing has no lines, and neither has a machine without journalctl."""
    assert await last_lines("never-there.service", manager.env) == ()
    assert await last_lines("never-there.service", {"PATH": "/nowhere"}) == ()


async def test_follow_argv(manager):
    """The command for the log of units runs, and shows what they wrote."""
    install(manager, "followed.service", SPEAKS.format("words"))
    for _ in range(10):  # of a process that ends at once, journald may not learn whose it was
        manager.systemctl("start", "followed.service", check=False)
        if "two words" in manager.journal("followed.service"):
            break
    argv = follow_argv(["followed.service", "no.service"], manager.env, lines=50, since="-1h")
    process = await asyncio.create_subprocess_exec(
        *argv, env=manager.env, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert Path(argv[0]).name == "journalctl"
    assert b"two words" in output
    assert follow_argv(["a.service"], manager.env, follow=True)[-1] == "--follow"
