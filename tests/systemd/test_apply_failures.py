"""Units that fail, declarations that are wrong, full disks: each is told, and none spreads."""

import fcntl
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

pytestmark = pytest.mark.systemd

GOOD = """
[services.good]
process.argv = ["/bin/sleep", "1000"]
"""

FAILING = {
    "missing": 'process.argv = ["/no/such/program"]',
    "exits": """process.argv = ["/bin/sh", "-c", "echo no luck; exit 1"]""",
    "later": """process.argv = ["/bin/sh", "-c", "sleep 0.1; echo no luck; exit 1"]""",
    "silent": """process.argv = ["/bin/sleep", "1000"]
systemd.service.serviceConfig = { Type = "notify", TimeoutStartSec = 1, Restart = "no" }""",
    "leaning": """process.argv = ["/bin/sleep", "1000"]
systemd.service.requires = "nowhere.service" """,
    "follower": """process.argv = ["/bin/sleep", "1000"]
systemd.service.requires = "unprepared.service"
systemd.service.after = "unprepared.service" """,
    "unprepared": """process.argv = ["/bin/sleep", "1000"]
systemd.service.serviceConfig = { ExecStartPre = "/bin/false", Restart = "no" }""",
}
"""Service → a body that cannot start."""


def test_failing_units(user):
    """Each unit that cannot start is named with its result and its last lines; the rest works."""
    bodies = [f"[services.{name}]\n{body}\n" for name, body in FAILING.items()]
    ran = user.apply(GOOD + "".join(bodies), code=4)
    results = {
        each["unit"]: each
        for each in ran.document["results"]
        if each["result"] not in {"done", "starting"}
    }
    assert set(results) == {f"{name}.service" for name in FAILING}
    for name in ("exits", "later"):
        assert "no luck" in results[f"{name}.service"]["log"]
    assert results["leaning.service"]["result"] == "refused"
    assert "nowhere.service" in results["leaning.service"]["message"]
    assert results["follower.service"]["result"] == "dependency"
    assert user.state_of("good.service") == "active"


def test_failed_again(user):
    """An apply without changes tries what failed once more, and nothing else."""
    once = 'systemd.service.serviceConfig.Restart = "no"\n'
    user.apply(f"{GOOD}[services.exits]\n{FAILING['exits']}\n{once}", code=4)
    pid = user.pid("good.service")
    ran = user.apply(code=4)
    assert set(ran.results) == {"exits.service"}
    assert user.pid("good.service") == pid


def test_required_unit_appears(user):
    """A unit that could not start for lack of another is started when that is there."""
    leaning = "[services.leaning]\n" + FAILING["leaning"]
    user.apply(leaning, code=4)
    appears = leaning + '\n[services.nowhere]\nprocess.argv = ["/bin/sleep", "1000"]\n'
    assert set(user.apply(appears).results) == {"leaning.service", "nowhere.service"}
    assert user.state_of("leaning.service") == "active"


def test_failing_reload(user):
    """A reload that fails is a failure of that unit, which goes on running."""
    text = """
[services.demo]
process.argv = ["/bin/sleep", "1000"]
configData.conf.text = "VERSION"
systemd.service.unitConfig.X-SwitchMethod = "reload"
systemd.service.serviceConfig.ExecReload = "/bin/false"
"""
    user.apply(GOOD + text)
    pid = user.pid("demo.service")
    ran = user.apply(GOOD + text.replace("VERSION", "2"), code=4)
    assert ran.results == {"demo.service": "failed"}
    assert user.pid("demo.service") == pid


STUBBORN = """
[services.stubborn]
process.argv = ["/bin/sh", "-c", "trap '' TERM; echo up >$0; while :; do sleep 1; done",
                "@{home.homeDirectory}/up"]
systemd.service.serviceConfig.TimeoutStopSec = 1000
configData.conf.text = "x"
"""


def test_hanging_stop(user, wait_until):
    """What does not stop in time keeps its files until a later apply finds it down."""
    settings = '[daemon]\nstop_wait = "200ms"\n'
    user.apply(settings + STUBBORN + GOOD)
    wait_until((user.home / "up").exists)
    ran = user.apply(settings + GOOD.replace("1000", "1001"))
    assert ran.results == {"stubborn.service": "leaving", "good.service": "done"}
    assert user.show("stubborn.service", "LoadState", "ActiveState") == ["loaded", "deactivating"]
    assert user.apply().actions == {"stubborn.service": "stop"}
    assert (user.config / "home-services/stubborn/conf").exists()
    assert not (user.units / "default.target.wants/stubborn.service").is_symlink()
    user.systemctl("kill", "--signal=KILL", "stubborn.service")
    wait_until(lambda: user.state_of("stubborn.service") == "failed")
    user.apply()
    assert not [place for place in user.installed() if "stubborn" in place]
    assert user.apply().document["files"] == []


def test_hanging_stop_start(user, wait_until):
    """A stop-start that hangs in its stop ends up running the new definition, by a later apply."""
    settings = '[daemon]\nstop_wait = "200ms"\n'
    text = settings + STUBBORN + 'systemd.service.unitConfig.X-SwitchMethod = "stop-start"\n'
    user.apply(text)
    wait_until((user.home / "up").exists)
    edited = text.replace("sleep 1;", "sleep 2;")
    assert user.apply(edited).results == {"stubborn.service": "leaving"}
    user.systemctl("kill", "--signal=KILL", "stubborn.service")
    wait_until(lambda: user.state_of("stubborn.service") == "failed")
    user.apply()
    assert "sleep 2" in user.show("stubborn.service", "ExecStart")[0]
    assert user.state_of("stubborn.service") == "active"


def test_left_running(user):
    """A removed unit with X-StopOnRemoval=false runs on, and is no reason to do anything again."""
    stays = GOOD + "systemd.service.unitConfig.X-StopOnRemoval = false\n"
    user.apply(stays)
    pid = user.pid("good.service")
    ran = user.apply("services = {}")
    assert ran.actions == {}
    assert "left running" in ran.messages
    before = user.listing()
    assert user.apply().document["files"] == []
    assert user.listing() == before
    assert user.pid("good.service") == pid
    user.systemctl("stop", "good.service")
    user.apply()
    assert user.installed() == {}


@pytest.mark.parametrize(
    "text",
    [
        "[services.good\n",
        GOOD + "colour = 1\n",
        GOOD + 'configData."../x".text = ""\n',
        GOOD + 'configData.x.source = "/no/such/file"\n',
        GOOD + 'systemd.service.serviceConfig.X = "a\\n"\n',
        GOOD + 'systemd.service.serviceConfig = { Type = "oneshot", Restart = "always" }\n',
        "",
    ],
)
def test_wrong_declaration(user, text):
    """A declaration with an error changes nothing at all."""
    user.apply(GOOD)
    user.declare(text)
    before = user.listing()
    ran = user.apply(code=1)
    assert ran.document["errors"]
    assert user.listing() == before
    assert user.state_of("good.service") == "active"


def test_no_manager(user):
    """Without a manager apply and rollback write nothing; plan still shows the files."""
    user.declare(GOOD)
    before = user.listing()
    absent = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/no/such/bus"}
    for command in ("apply", "rollback"):
        ran = user.run(command, **absent)
        assert ran.code == 3
        assert "/no/such/bus" in ran.messages
    ran = user.run("plan", **absent)
    assert ran.code == 0
    assert ran.document["actions"] is None
    assert {each["change"] for each in ran.document["files"]} == {"create"}
    assert user.listing() == before


def mount(*arguments: str) -> None:
    """Call mount(8), which the private namespaces of the tests allow."""
    subprocess.run(["mount", *arguments], check=True)


@pytest.fixture
def small_disk(user) -> Iterator[str]:
    """A disk of 100 kB that the state is kept on."""
    place = str(user.home / ".local/state")
    mount("-t", "tmpfs", "-o", "size=100k,nr_inodes=1000", "small", place)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_full_disk(user, small_disk):
    """A full disk is told, nothing is changed, and with room the next apply works."""
    user.apply(GOOD)
    pid, before = user.pid("good.service"), user.installed()
    large = GOOD.replace("1000", "1001") + f'configData.large.text = "{"x" * 200_000}"\n'
    ran = user.apply(large, code=1)
    assert "No space left on device" in ran.messages
    assert (user.pid("good.service"), user.installed()) == (pid, before)
    mount("-o", "remount,size=10m", small_disk)
    assert user.apply().actions == {"good.service": "restart"}
    assert not [path for path in user.listing() if ".hmsvcd-new-" in path]


def test_read_only(user, small_disk):
    """A state folder that cannot be written is told, and nothing is changed."""
    user.apply(GOOD)
    pid, before = user.pid("good.service"), user.installed()
    mount("-o", "remount,ro", small_disk)
    ran = user.apply(GOOD.replace("1000", "1001"), code=1)
    assert "Read-only file system" in ran.messages
    assert (user.pid("good.service"), user.installed()) == (pid, before)
    mount("-o", "remount,rw", small_disk)
    assert user.apply().actions == {"good.service": "restart"}


def test_two_at_once(user):
    """Of two applies at one time one waits for the other, and both end right."""
    user.apply(GOOD)
    user.declare(GOOD.replace("1000", "1001"))
    running = [user.start("apply") for _ in range(4)]
    codes = [process.wait(timeout=60) for process in running]
    for process in running:
        process.communicate()
    assert codes == [0, 0, 0, 0]
    assert "1001" in user.show("good.service", "ExecStart")[0]
    assert len(user.run("generations").document["generations"]) == 2


def test_interrupt(user):
    """Ctrl-C before anything is touched ends the command with exit code 130 and no traceback."""
    user.apply(GOOD)
    lock = os.open(user.state / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    process = user.start("apply")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=2)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    os.close(lock)
    assert process.returncode == 130
    assert "Traceback" not in stderr


def test_full_disk_with_backup(user, small_disk):
    """Where the store is full nothing is moved aside."""
    user.apply(GOOD)
    foreign = user.units / "large.service"
    foreign.write_text("[Service]\nExecStart=/bin/true\n")
    large = GOOD + GOOD.replace("good", "large") + f'configData.x.text = "{"x" * 200_000}"\n'
    ran = user.apply(large, "--backup", "bak", code=1)
    assert "No space left on device" in ran.messages
    assert foreign.read_text() == "[Service]\nExecStart=/bin/true\n"
    mount("-o", "remount,size=10m", small_disk)
    user.apply(None, "--backup", "bak")
    assert foreign.is_symlink()
    assert foreign.with_name("large.service.bak").exists()


def test_log_of_this_pass(user):
    """The log of a unit that was never started has no lines of what ran before."""
    says = """[services.leaning]
process.argv = ["/bin/sh", "-c", "echo long ago; exec sleep 1000"]
"""
    user.apply(says)
    ran = user.apply(says + 'systemd.service.requires = "nowhere.service"\n', code=4)
    [refused] = ran.document["results"]
    assert (refused["result"], refused["log"]) == ("refused", [])
    needs = f"[services.unprepared]\n{FAILING['unprepared']}\n"
    after = 'systemd.service = { requires = "unprepared.service", after = "unprepared.service" }\n'
    ran = user.apply(needs + says + after, code=4)
    logs = {each["unit"]: each["log"] for each in ran.document["results"]}
    assert "long ago" not in logs["leaning.service"]


def test_refused_stop(user):
    """A stop-start whose stop is refused has failed, and a later apply does it."""
    text = GOOD + 'systemd.service.unitConfig.X-SwitchMethod = "stop-start"\n'
    user.apply(text)
    pid = user.pid("good.service")
    drop_in = user.units / "good.service.d/mine.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Unit]\nRefuseManualStop=yes\n")
    user.systemctl("daemon-reload")
    ran = user.apply(text.replace("1000", "1001"), code=4)
    assert ran.results == {"good.service": "refused"}
    assert user.pid("good.service") == pid
    drop_in.unlink()
    user.systemctl("daemon-reload")
    assert user.apply().actions == {"good.service": "stop-start"}
    assert user.pid("good.service") != pid
