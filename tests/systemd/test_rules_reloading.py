"""When systemd reads its units again in a switch, told from the signals it sends meanwhile."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from hmsvcd.host.bus import Match, Signal
from hmsvcd.host.jobs import JOB_REMOVED
from hmsvcd.host.properties import MANAGER, SYSTEMD
from hmsvcd.host.sandbox import Sandbox
from hmsvcd.host.systemd import Manager
from switched import QUICK, service
from users import User

pytestmark = pytest.mark.systemd

RELOADING = Match(MANAGER.interface, "Reloading", sender=SYSTEMD, path=MANAGER.path)
RELOAD = "daemon-reload"
BY_RELOAD = 'unitConfig.X-SwitchMethod = "reload"\n'


@dataclass(frozen=True, slots=True)
class Edit:
    """What is edited, and the units whose jobs end before and after the one daemon-reload.

    ``services`` are texts by name, "" for one that goes.
    """

    what: str
    services: Mapping[str, str]
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    reloads: int = 1


def units(names: str) -> frozenset[str]:
    """Return services by their one-letter names."""
    return frozenset(f"{name}.service" for name in names)


def reading(name: str, text: str, more: str = "", version: int = 1) -> str:
    """Return a service with a configuration file."""
    file = f'[services.{name}.configData.conf]\ntext = "{text}"\n'
    return service(name, version, more) + file


NEW = {"a": reading("a", "1", BY_RELOAD), "b": reading("b", "1"), "c": service("c")}
EDITS = (
    Edit("new units", {**NEW, "d": service("d")}, before=units("abcd")),
    Edit("nothing", {}, reloads=0),
    Edit("texts of files", {"a": reading("a", "2", BY_RELOAD), "b": reading("b", "2")},
         before=units("ab")),
    Edit("a text, and a new unit", {"a": reading("a", "3", BY_RELOAD), "e": service("e")},
         before=units("ae")),
    Edit("a description", {"c": service("c", 1, 'description = "x"\n')}),
    Edit("a program, and a text", {"c": service("c", 3), "a": reading("a", "4", BY_RELOAD)},
         after=units("ac")),
    Edit("a new job", {"j": service("j", Type="oneshot").replace("/bin/sleep", "/bin/echo")},
         after=units("j")),
    Edit("all together", {"a": reading("a", "5", BY_RELOAD), "b": reading("b", "3"),
                          "c": service("c", 4), "d": "", "e": service("e", 1, 'description = "x"'),
                          "f": service("f")}, before=units("d"), after=units("abcf")),
    Edit("removals", {"e": "", "f": ""}, before=units("ef")),
)  # fmt: skip


@dataclass(slots=True)
class Listener:
    """What a manager does, in its order: the jobs that end, and each daemon-reload."""

    heard: list[str] = field(default_factory=list)

    def job_removed(self, signal: Signal) -> None:
        """Note the unit of a job that has ended."""
        self.heard.append(signal.body[2])

    def reloading(self, signal: Signal) -> None:
        """Note that a daemon-reload begins."""
        if signal.body[0]:
            self.heard.append(RELOAD)


async def test_a_daemon_reload_is_done_once_and_late_if_it_can_be(manager: Sandbox) -> None:
    """Nobody waits for it where all jobs are for new units or changed files; several cost one."""
    user, declared = User(manager), dict[str, str]()
    listener, door = Listener(), await Manager.connect(manager.env)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(door.close)
        for match, handler in (
            (JOB_REMOVED, listener.job_removed),
            (RELOADING, listener.reloading),
        ):
            await stack.enter_async_context(door.connection.subscribe(match, handler))
        await door.connection.call(MANAGER, "Subscribe")
        for edit in EDITS:
            declared |= edit.services
            listener.heard.clear()
            await asyncio.to_thread(user.apply, QUICK + "".join(declared.values()))
            await door.version()  # all that systemd has sent until now has come
            assert split(listener.heard) == (edit.reloads, edit.before, edit.after), edit.what


def split(heard: list[str]) -> tuple[int, frozenset[str], frozenset[str]]:
    """Return how often there was a daemon-reload, and what was before and after the first."""
    at = heard.index(RELOAD) if RELOAD in heard else len(heard)
    after = frozenset(heard[at + 1 :]) - {RELOAD}
    return heard.count(RELOAD), frozenset(heard[:at]), after
