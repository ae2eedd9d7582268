"""What an edited declaration does to what runs: as little as the change allows."""

import socket
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.systemd

RECORDER = "trap 'echo hup >>$0' HUP; echo start >>$0; while :; do sleep 1000 & wait; done"
"""A program that writes down in its first argument that it was started and got SIGHUP."""


def demo(text: str, more: str = "") -> str:
    """Return a service that reads a configuration file and reloads on SIGHUP."""
    return f"""
[services.demo]
process.argv = ["/bin/sh", "-c", "{RECORDER}", "@{{home.homeDirectory}}/seen",
                '@{{config.configData."app.toml".path}}']
configData."app.toml".text = "{text}"
systemd.service.serviceConfig.ExecReload = "/bin/kill -HUP $MAINPID"
{more}
"""


RELOADS = 'systemd.service.unitConfig.X-SwitchMethod = "reload"'


def sleeper(argument: str = "1000", more: str = "", name: str = "sleeper") -> str:
    """Return a service that does nothing for a long time."""
    return f"""
[services.{name}]
process.argv = ["/bin/sleep", "{argument}"]
systemd.service.serviceConfig.Restart = "no"
{more}
"""


def recorded(user) -> list[str]:
    """What the recorder has seen so far."""
    seen: Path = user.home / "seen"
    return seen.read_text().split() if seen.exists() else []


@pytest.mark.parametrize(
    "how", [demo("two", RELOADS), demo("two") + '[daemon]\ntrigger_action = "reload"\n']
)
def test_edited_text_reloads(user, wait_until, how):
    """Where reloading is asked for, an edited file runs ExecReload and the process stays."""
    user.apply(how.replace("two", "one"))
    wait_until(lambda: recorded(user) == ["start"])
    pid = user.pid("demo.service")
    ran = user.apply(how)
    assert ran.actions == {"demo.service": "reload"}
    wait_until(lambda: recorded(user) == ["start", "hup"])
    assert user.pid("demo.service") == pid
    assert (user.config / "home-services/demo/app.toml").read_text() == "two"
    assert user.apply().actions == {}


def test_edited_text_restarts(user):
    """Without X-SwitchMethod an edited file restarts its service."""
    user.apply(demo("one"))
    pid = user.pid("demo.service")
    ran = user.apply(demo("two"))
    assert ran.actions == {"demo.service": "restart"}
    assert user.pid("demo.service") != pid
    assert user.apply().actions == {}


def test_description(user):
    """A new description or RestartSec is known to systemd, and nothing is restarted for it."""
    user.apply(sleeper())
    pid = user.pid("sleeper.service")
    more = 'systemd.service.description = "New"\nsystemd.service.serviceConfig.RestartSec = 7\n'
    ran = user.apply(sleeper(more=more))
    assert (ran.actions, ran.document["daemon_reload"]) == ({}, True)
    assert user.show("sleeper.service", "Description", "RestartUSec", "NeedDaemonReload") == [
        "New", "7s", "no",
    ]  # fmt: skip
    assert user.pid("sleeper.service") == pid


def test_removed_service(user):
    """A removed service is stopped with its own ExecStop, and all that it had installed goes."""
    more = """systemd.service.serviceConfig.ExecStop = "/bin/sh -c 'echo stopped >%h/seen'"
configData."a/b".text = "x"
"""
    user.apply(sleeper(name="going", more=more) + sleeper())
    ran = user.apply(sleeper())
    assert ran.actions == {"going.service": "stop"}
    assert recorded(user) == ["stopped"]
    assert user.show("going.service", "LoadState", "ActiveState") == ["not-found", "inactive"]
    assert not [place for place in user.installed() if "going" in place]
    assert not (user.config / "home-services/going").exists()
    assert user.state_of("sleeper.service") == "active"


def test_nothing_declared(user):
    """A declaration of no services removes all of them."""
    user.apply(sleeper() + sleeper(name="other"))
    user.apply("services = {}\n")
    assert user.installed() == {}
    assert user.state_of("sleeper.service") == "inactive"


def test_held(user):
    """A unit that the user stopped stays stopped over edits, until they start it."""
    user.apply(sleeper())
    user.systemctl("stop", "sleeper.service")
    for argument in ("1001", "1002"):
        assert user.apply(sleeper(argument)).actions == {}
        assert user.state_of("sleeper.service") == "inactive"
    user.systemctl("start", "sleeper.service")
    assert "1002" in user.show("sleeper.service", "ExecStart")[0]
    assert user.apply(sleeper("1003")).actions == {"sleeper.service": "restart"}


def test_keep_old(user):
    """With keep-old the process stays as it is, and the plan says that it is kept."""
    keep = 'systemd.service.unitConfig.X-SwitchMethod = "keep-old"'
    user.apply(sleeper(more=keep))
    pid = user.pid("sleeper.service")
    ran = user.apply(sleeper("1001", keep))
    assert ran.actions == {"sleeper.service": "keep"}
    assert ran.results == {"sleeper.service": "kept"}
    assert user.pid("sleeper.service") == pid
    assert user.apply().document["files"] == []


def test_stop_start(user):
    """With stop-start the old ExecStop runs before the new definition starts."""
    more = """systemd.service.unitConfig.X-SwitchMethod = "stop-start"
systemd.service.serviceConfig.ExecStop = "/bin/sh -c 'echo ARGUMENT >>%h/seen'"
"""
    user.apply(sleeper("1000", more.replace("ARGUMENT", "old")))
    pid = user.pid("sleeper.service")
    ran = user.apply(sleeper("1001", more.replace("ARGUMENT", "new")))
    assert ran.actions == {"sleeper.service": "stop-start"}
    assert ran.results == {"sleeper.service": "done"}
    assert recorded(user) == ["old"]
    assert user.pid("sleeper.service") != pid


def test_mended(user):
    """A unit that failed starts as soon as its definition is mended."""
    broken = sleeper().replace("/bin/sleep", "/bin/false")
    assert user.apply(broken, code=4).results == {"sleeper.service": "failed"}
    ran = user.apply(sleeper())
    assert ran.results == {"sleeper.service": "done"}
    assert user.state_of("sleeper.service") == "active"


def oneshot(more: str = "") -> str:
    """Return a job that writes down that it ran."""
    return f"""
[services.job]
process.argv = ["/bin/sh", "-c", "echo ran >>$0", "@{{home.homeDirectory}}/seen", "VERSION"]
systemd.service.serviceConfig.Type = "oneshot"
{more}
"""


def test_plain_oneshot(user):
    """A job that has run is not run again because of an edit."""
    user.apply(oneshot())
    assert recorded(user) == ["ran"]
    assert user.apply(oneshot().replace("VERSION", "2")).actions == {}
    assert recorded(user) == ["ran"]


def test_oneshot_that_remains(user):
    """A oneshot that counts as up after it has run is run again when it is edited."""
    more = "systemd.service.serviceConfig.RemainAfterExit = true"
    user.apply(oneshot(more))
    ran = user.apply(oneshot(more).replace("VERSION", "2"))
    assert ran.actions == {"job.service": "restart"}
    assert recorded(user) == ["ran", "ran"]


ANSWERS = """import socket
s = socket.socket(fileno=3)
while True: s.accept()[0].sendall(b'VERSION')"""


def answering(version: str, more: str = "") -> str:
    """Return a service that its socket starts."""
    return f"""
[services.echo]
process.argv = ["{sys.executable}", "-c", '''{ANSWERS.replace("VERSION", version)}''']
systemd.service.wantedBy = {{ mkForce = [] }}
systemd.socket.wantedBy = ["sockets.target"]
systemd.socket.listenStreams = ["%t/echo.sock"]
{more}
"""


def answer(user) -> str:
    """Connect to the socket and return what is said."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(user.session.runtime / "echo.sock"))
        return client.recv(100).decode()


def test_socket_activation(user):
    """A connection starts the service, an edit restarts it, and a new socket is listened on."""
    ran = user.apply(answering("1"))
    assert ran.actions == {"echo.socket": "start"}
    assert user.state_of("echo.service") == "inactive"
    assert answer(user) == "1"
    assert user.apply(answering("2")).actions == {"echo.service": "restart"}
    assert answer(user) == "2"
    backlog = "systemd.socket.socketConfig.Backlog = 7"
    ran = user.apply(answering("2", backlog))
    assert ran.actions == {"echo.service": "stop-start", "echo.socket": "stop-start"}
    assert answer(user) == "2"
    assert user.show("echo.socket", "Backlog", "ActiveState") == ["7", "active"]
    user.apply("services = {}")
    assert [user.state_of(f"echo.{kind}") for kind in ("socket", "service")] == ["inactive"] * 2


def test_timer(user):
    """A native timer runs with its service, and takes up a new schedule."""
    text = (
        oneshot("systemd.service.wantedBy = { mkForce = [] }")
        + """
[systemd.user.timers.job]
Timer.OnCalendar = "yearly"
Install.WantedBy = "timers.target"
"""
    )
    assert user.apply(text).actions == {"job.timer": "start"}
    assert user.state_of("job.timer") == "active"
    assert recorded(user) == []
    assert user.apply(text.replace("yearly", "monthly")).actions == {"job.timer": "restart"}
    assert "*-*-01" in user.show("job.timer", "TimersCalendar")[0]
    assert user.state_of("job.timer") == "active"


def test_sub_services(user):
    """A sub-service is a unit of its own; a parent without a command has none."""
    text = """
[services.site.services.web]
process.argv = ["/bin/sleep", "1000"]
[services.site.services.worker]
process.argv = ["/bin/sleep", "1000"]
"""
    assert set(user.apply(text).actions) == {"site-web.service", "site-worker.service"}
    pid = user.pid("site-web.service")
    edited = text[::-1].replace("0001", "1001", 1)[::-1]
    assert user.apply(edited).actions == {"site-worker.service": "restart"}
    assert user.pid("site-web.service") == pid


def test_native_units(user):
    """Native units of several kinds come and go like services."""
    text = """
[systemd.user.targets.all]
Unit.Description = "everything"
Install.WantedBy = "default.target"
[systemd.user.services.part]
Service.ExecStart = "/bin/sleep 1000"
Install.WantedBy = "all.target"
[systemd.user.paths.watch]
Path.PathExists = "%h/trigger"
Path.Unit = "seen.service"
Install.WantedBy = "all.target"
[systemd.user.services.seen]
Service.Type = "oneshot"
Service.RemainAfterExit = true
Service.ExecStart = "/bin/true"
"""
    ran = user.apply(text)
    assert set(ran.actions) == {"all.target", "part.service", "watch.path"}
    assert {user.state_of(unit) for unit in ran.actions} == {"active"}
    (user.home / "trigger").touch()
    ran = user.apply("services = {}")
    assert {user.state_of(unit) for unit in ran.actions} == {"inactive"}
    assert user.installed() == {}


SELF = f'''
[services.self]
process.argv = ["/bin/sh", "-c", """
until mv go gone; do sleep 0.1; done
{sys.executable} -m hmsvcd apply
exec sleep VERSION"""]
systemd.service.serviceConfig = {{ WorkingDirectory = "%h", Restart = "no" }}
'''


def test_own_unit(user, wait_until):
    """An apply that a service runs restarts that service last, with all of it recorded."""
    user.apply(sleeper() + SELF.replace("VERSION", "1000"))
    pid = user.pid("self.service")
    user.declare(sleeper("1001") + SELF.replace("VERSION", "1001"))
    (user.home / "go").touch()
    wait_until(lambda: user.show("self.service", "MainPID")[0] not in {"0", str(pid)})
    assert "1001" in " ".join(user.arguments("self.service"))
    assert user.show("sleeper.service", "ActiveState") == ["active"]
    assert not (user.state / "pending").exists()
    assert user.apply().actions == {}


def test_instances(user):
    """Loaded instances of a template take up its edits one by one."""
    text = """
[services."echo@"]
process.argv = ["/bin/sleep", "1000"]
systemd.service.wantedBy = { mkForce = [] }
"""
    user.apply(text)
    user.systemctl("start", "echo@one.service", "echo@two.service")
    pids = [user.pid(f"echo@{name}.service") for name in ("one", "two")]
    ran = user.apply(text.replace("1000", "1001"))
    assert ran.actions == {"echo@one.service": "restart", "echo@two.service": "restart"}
    assert [user.pid(f"echo@{name}.service") for name in ("one", "two")] != pids
    ran = user.apply("services = {}")
    assert ran.actions == {"echo@one.service": "stop", "echo@two.service": "stop"}
    assert user.state_of("echo@one.service") == "inactive"


def test_dependents_of_dependents(user):
    """What goes down with a unit at any distance is in the plan, and comes back when it does."""
    others = "".join(
        sleeper("1000", f'systemd.service = {{ requires = "{unit}", after = "{unit}" }}', name)
        for name, unit in (("second", "sleeper.service"), ("third", "second.service"))
    ).replace('systemd.service.serviceConfig.Restart = "no"\n', "")
    units = ["sleeper.service", "second.service", "third.service"]
    user.apply(sleeper() + others)
    broken = 'systemd.service.serviceConfig.ExecStartPre = "/bin/false"'
    ran = user.apply(sleeper("1001", broken) + others, code=4)
    assert {one["unit"] for one in ran.document["induced"]} == set(units[1:])
    assert [user.state_of(unit) for unit in units] == ["failed", "inactive", "inactive"]
    user.apply(sleeper("1001") + others)
    assert [user.state_of(unit) for unit in units] == ["active"] * 3
