"""An apply that is killed at any moment is finished or undone by the next one."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from hmsvcd.host.store import Store
from users import ended

pytestmark = pytest.mark.systemd

FAULTS = Path(__file__).parents[1] / "faults"

STAYS = """
[daemon]
settle = "20ms"
[services.stays]
process.argv = ["/bin/sleep", "1000"]
"""


def changing(version: int) -> str:
    """Return services that the next version restarts, reloads and stop-starts."""
    return f"""
[services.restarts]
process.argv = ["/bin/sleep", "{version}"]
[services.reloads]
process.argv = ["/bin/sleep", "1000"]
configData.conf.text = "{version}"
systemd.service.unitConfig.X-SwitchMethod = "reload"
systemd.service.serviceConfig.ExecReload = "/bin/true"
[services.stops]
process.argv = ["/bin/sleep", "{version}"]
systemd.service.unitConfig.X-SwitchMethod = "stop-start"
[services.leans]
process.argv = ["/bin/sleep", "1000"]
systemd.service.requires = "stops.service"
"""


def only(name: str) -> str:
    """Return a service that one version has."""
    return f"""
[services.{name}]
process.argv = ["/bin/sleep", "1000"]
configData.conf.text = "x"
"""


FIRST = STAYS + changing(1001) + only("goes")
SECOND = STAYS + changing(1002) + only("comes")
THIRD = STAYS + changing(1003) + only("comes") + only("later")
VERSIONS = {
    FIRST: ({"goes"}, "1001"),
    SECOND: ({"comes"}, "1002"),
    THIRD: ({"comes", "later"}, "1003"),
}
ALWAYS = {"stays", "restarts", "reloads", "stops", "leans"}
ONES = {"goes", "comes", "later"}


def links_of(rendered: dict[str, Any], units: Path) -> dict[str, str]:
    """What a declaration's own links are, and where they point to."""
    links = {
        str(units / name): f"-> {unit['store_path']}" for name, unit in rendered["units"].items()
    }
    files = rendered["config_files"].values()
    return links | {file["path"]: f"-> {file['store_path']}" for file in files}


@pytest.fixture
def expected(user) -> dict[str, dict[str, str]]:
    """What links each version has."""
    links = {}
    for text in VERSIONS:
        user.declare(text)
        links[text] = links_of(user.run("render").document, user.units)
    return links


def assert_stands(user, text: str, links: dict[str, str], stays: int) -> None:
    """Everything is as an apply of this declaration makes it that nobody kills."""
    ones, version = VERSIONS[text]
    found = {str(user.home / place): what for place, what in user.installed().items()}
    wants = {place for place in found if ".wants/" in place}
    assert {place: what for place, what in found.items() if place not in wants} == links
    assert {Path(place).name for place in wants} == {f"{name}.service" for name in ALWAYS | ones}
    assert not (user.state / "pending").exists()
    assert not [path for path in user.listing() if ".hmsvcd-new-" in path]
    store = Store(user.state / "store")
    assert all(store.verify(name) for name in store.names())
    for service in ALWAYS | ones:
        assert user.show(f"{service}.service", "ActiveState", "NeedDaemonReload") == [
            "active", "no",
        ], service  # fmt: skip
    for service in ONES - ones:
        assert user.state_of(f"{service}.service") == "inactive"
    assert user.pid("stays.service") == stays
    for service in ("restarts", "stops"):
        assert user.arguments(f"{service}.service")[1] == version
    assert user.apply().document["files"] == []


def trial(user, expected, interrupt, number: int) -> bool:
    """Kill an apply of SECOND, then apply what is declared by then; say whether it was killed."""
    user.apply(FIRST)
    stays = user.pid("stays.service")
    user.declare(SECOND)
    code = interrupt()
    then = (SECOND, FIRST, THIRD)[number % 3]
    user.apply(then)
    assert_stands(user, then, expected[then], stays)
    return bool(code == -signal.SIGKILL)


def test_killed_and_then_broken(user, expected):
    """Where the declaration cannot be used, what was under way is finished all the same."""
    user.apply(FIRST)
    stays = user.pid("stays.service")
    user.declare(SECOND)
    kill_an_apply(user)
    assert (user.state / "pending").exists()
    user.apply("broken", code=1)
    user.declare(SECOND)
    assert_stands(user, SECOND, expected[SECOND], stays)


def test_killed_and_then_rolled_back(user, expected):
    """A rollback after a kill goes back to what was installed before the switch cut off."""
    user.apply(FIRST)
    stays = user.pid("stays.service")
    user.declare(SECOND)
    kill_an_apply(user)
    user.run("rollback")
    user.declare(FIRST)
    assert_stands(user, FIRST, expected[FIRST], stays)


def kill_an_apply(user) -> None:
    """Have an apply killed when it has begun to make links."""
    fault = {"FAULT": "SIGKILL", "FAULT_AT": "default.target.wants", "FAULT_LOG": os.devnull}
    process = user.start("apply", PYTHONPATH=str(FAULTS), PYTHONDONTWRITEBYTECODE="1", **fault)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_killed_at_any_time(user, expected):
    """Killed after any time, it leaves nothing that the next cannot mend."""
    chance = random.Random(7)
    user.apply(FIRST)
    begin = time.monotonic()
    user.apply(SECOND)
    whole = time.monotonic() - begin

    def interrupt() -> int:
        process = user.start("apply")
        time.sleep(chance.uniform(0.3, 1) * whole)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        return int(process.returncode)

    killed = [trial(user, expected, interrupt, number) for number in range(9)]
    assert any(killed)


SLOW = """
[services.slow]
process.argv = ["/bin/sleep", "1000"]
systemd.service.serviceConfig.ExecStartPre = "/bin/sh -c 'until [ -e %t/go ]; do sleep 0.01; done'"
[services.fails]
process.argv = ["/bin/false"]
systemd.service.serviceConfig.Restart = "no"
"""


def test_finished_instead(user, wait_until):
    """A broken declaration after a kill: what is finished is told, and that nothing else was."""
    user.declare(SLOW)
    process = user.start("apply")
    wait_until((user.state / "pending").exists)
    process.kill()
    process.communicate()
    (user.session.runtime / "go").touch()
    ran = user.apply("broken", code=1)
    assert "the declaration was not applied" in ran.messages
    assert ran.document["generation"] == 1
    assert ran.results["fails.service"] == "failed"
    assert not (user.state / "pending").exists()
    ran = user.apply(code=1)
    assert "not applied" not in ran.messages
    assert ran.document["generation"] is None


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signal(user, wait_until, name):
    """A signal does not break off what has begun: all is sent, but not awaited for long."""
    user.apply(FIRST)
    user.declare(FIRST.replace("1001", "1002") + SLOW)
    process = user.start("apply")
    wait_until(lambda: user.state_of("slow.service") == "activating")
    process.send_signal(getattr(signal, name))
    ran = ended(process)
    assert ran.code == 130
    assert "interrupted: the switch was finished" in ran.messages
    assert ran.results["slow.service"] == "starting"
    assert not (user.state / "pending").exists()
    assert user.arguments("restarts.service")[1] == "1002"
    (user.session.runtime / "go").touch()
    wait_until(lambda: user.state_of("slow.service") == "active")


def test_second_signal(user, wait_until):
    """A second signal ends the command at once, and the next apply finishes the switch."""
    user.apply(FIRST)
    user.declare('[daemon]\nstart_wait = "100s"\n' + SLOW)
    process = user.start("apply")
    wait_until(lambda: user.state_of("slow.service") == "activating")
    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    process.send_signal(signal.SIGTERM)
    ran = ended(process)
    assert ran.code == 130
    assert "interrupted: hmsvcd apply finishes the switch" in ran.messages
    assert (user.state / "pending").exists()
    (user.session.runtime / "go").touch()
    user.apply(code=4)
    assert user.state_of("slow.service") == "active"
    assert not (user.state / "pending").exists()
