"""One switch on a real manager, from all sides: what was decided, and what came of it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

from hmsvcd.app.load import load
from hmsvcd.app.planning import plan_switch
from hmsvcd.app.session import join_session
from hmsvcd.app.target import from_declaration
from hmsvcd.model.decision import Decision
from users import Ran, User

QUICK = '[daemon]\nsettle = "100ms"\nstart_wait = "300ms"\nstop_wait = "300ms"\n'
"""Settings for tests in which nothing fails late."""

_PROPERTIES = ("Id", "ActiveState", "SubState", "LoadState", "MainPID", "InvocationID",
               "FragmentPath", "NeedDaemonReload")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What systemd says of a unit."""

    state: str
    sub: str
    load: str
    pid: int
    invocation: str
    fragment: str
    is_stale: bool


_UNKNOWN = Seen("inactive", "dead", "not-found", 0, "", "", is_stale=False)


@dataclass(frozen=True, slots=True)
class Switched:
    """A session around one apply.

    ``records`` are the lines that services have written meanwhile; ``decisions`` what the rules
    said of each unit just before, without touching anything.
    """

    ran: Ran
    decisions: Mapping[str, Decision]
    before: Mapping[str, Seen]
    after: Mapping[str, Seen]
    records: tuple[str, ...]

    def rule(self, unit: str) -> int:
        """Return the number of the rule that decided what becomes of a unit."""
        return self.decisions[unit].rule

    def of(self, unit: str) -> tuple[str, ...]:
        """Return what a unit has written down, without its name."""
        lines = (line.partition(" ") for line in self.records)
        return tuple(rest for name, _, rest in lines if name == unit)

    def state(self, unit: str) -> str:
        """Return ActiveState after it."""
        return self.after.get(unit, _UNKNOWN).state

    def is_left(self, unit: str) -> bool:
        """Tell whether a unit is as it was: the same run, up or down, and nothing written."""
        before, after = self.before.get(unit, _UNKNOWN), self.after.get(unit, _UNKNOWN)
        same = (before.state, before.pid, before.invocation) == (
            after.state, after.pid, after.invocation,
        )  # fmt: skip
        return same and not self.of(unit) and unit not in self.actions_beyond_keep

    def is_new_run(self, unit: str) -> bool:
        """Tell whether a unit is up in another run than before."""
        before, after = self.before.get(unit, _UNKNOWN), self.after.get(unit, _UNKNOWN)
        return after.state == "active" and after.invocation != before.invocation

    @property
    def actions_beyond_keep(self) -> Mapping[str, str]:
        """Unit → its action, without those that are only kept."""
        return {unit: kind for unit, kind in self.ran.actions.items() if kind != "keep"}


def service(
    name: str, version: int = 1, more: str = "", *, wanted: bool = True, **directives: object
) -> str:
    """Return a service that writes down, in ``seen``, every start, reload and stop of its own.

    ``directives`` are those of ``serviceConfig``; ``more`` is TOML below ``systemd.service``, such
    as ``unitConfig.X-SwitchMethod = "reload"``.
    """
    config: dict[str, object] = {
        "Restart": "no",
        "ExecStartPre": writing(f"start {version}"),
        "ExecReload": writing(f"reload {version}"),
        "ExecStop": writing(f"stop {version}"),
    } | directives
    lines = [f"serviceConfig.{key} = {json.dumps(value)}" for key, value in config.items()]
    lines += [] if wanted else ["wantedBy = { mkForce = [] }"]
    return "\n".join(
        [
            "",
            f'[services."{name}"]',
            f'process.argv = ["/bin/sleep", "{1000 + version}"]',
            f'[services."{name}".systemd.service]',
            *lines,
            more,
            "",
        ]
    )


def writing(words: str) -> str:
    """Return a command line that writes down the unit and some words."""
    return f"/bin/sh -c 'echo %n {words} >>%h/seen'"


def switch(user: User, text: str, *, code: int | None = 0) -> Switched:
    """Apply a declaration, and look at the session just before and after.

    It has to end with this exit code; None for any.
    """
    user.declare(QUICK + text)
    decisions = asyncio.run(_decisions(user))
    before, had = look(user), len(records(user))
    ran = user.run("apply")
    assert code in {None, ran.code}, (ran.code, ran.messages, ran.results)
    return Switched(ran, decisions, before, look(user), tuple(records(user)[had:]))


def records(user: User) -> list[str]:
    """Return all that services have written down so far."""
    file = user.home / "seen"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def look(user: User) -> dict[str, Seen]:
    """Return what systemd says of all loaded units."""
    arguments = [f"--property={name}" for name in _PROPERTIES]
    shown = user.systemctl("show", "--all", *arguments, "*")
    found = (
        dict(line.split("=", 1) for line in part.splitlines()) for part in shown.split("\n\n")
    )
    return {
        one["Id"]: Seen(
            one["ActiveState"],
            one["SubState"],
            one["LoadState"],
            int(one.get("MainPID") or 0),
            one["InvocationID"],
            one.get("FragmentPath", ""),
            is_stale=one["NeedDaemonReload"] == "yes",
        )
        for one in found
    }


async def _decisions(user: User) -> dict[str, Decision]:
    session = await join_session(user.session.env)
    try:
        loaded = await load(user.declaration.parent, session.context, with_systemd=False)
        assert not loaded.errors, loaded.errors
        planned = await plan_switch(session, from_declaration(loaded, session.disk))
    finally:
        await session.manager.close()
    return {decision.unit: decision for decision in planned.plan.decisions}
