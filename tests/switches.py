"""A switch that has one of everything, and what it must leave: for trials that disturb it.

``VERSIONS`` of one declaration differ in all kinds of changes. Each service writes down what it is
started with, so that not hmsvcd is asked what runs, but the services.
"""

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from hmsvcd.host.store import Store
from users import Ran, User, eventually

VERSIONS = (1, 2, 3)

HEAD = """
[daemon]
settle = "20ms"
keep_generations = 1
"""
SLEEPS = 'process.argv = ["/bin/sleep", "infinity"]'
STARTS = """systemd.service.environment.VERSION = "{version}"
systemd.service.serviceConfig.ExecStartPre = "/bin/sh -c '{says} >> %t/starts/%N'"
"""
VERSION = "echo ${VERSION}"
FILE = "cat %E/home-services/%N/"
STOPS = """
systemd.service.serviceConfig.ExecStop = "/bin/sh -c 'echo -${{VERSION}} >> %t/starts/%N'"
"""


def service(name: str, version: int, *lines: str, says: str = VERSION) -> str:
    """Return a service that writes down each start with its version."""
    body = "\n".join([STARTS, *lines]).format(version=version, says=says)
    return f"[services.{name}]\n{SLEEPS}\n{body}\n"


METHOD = "systemd.service.unitConfig.X-SwitchMethod = "
REREADS = """
[services.rereads]
process.argv = ["/bin/sleep", "infinity"]
configData.conf.text = "{version}\\n"
systemd.service.unitConfig.X-SwitchMethod = "reload"
systemd.service.serviceConfig.ExecReload = "/bin/sh -c 'cat %E/home-services/%N/conf >> %t/%N'"
"""
LATER = """
[services.later]
process.argv = ["/bin/sleep", "infinity"]
systemd.service.wantedBy = {wanted_by}
"""
WANTED_BY = {
    1: '["default.target"]',
    2: '["default.target", "more.target"]',
    3: "{ mkForce = [] }",
}
FAILS = """
[services.fails]
process.argv = ["/bin/false"]
systemd.service.environment.VERSION = "{version}"
systemd.service.serviceConfig.Restart = "no"
"""
SOCKETED = """
[services.socketed]
process.argv = ["/bin/sleep", "infinity"]
systemd.service.wantedBy = {{ mkForce = [] }}
systemd.socket.wantedBy = "sockets.target"
systemd.socket.listenStreams = "%t/socket-{version}"
"""
NATIVE = """
[systemd.user.timers.ticks]
Timer.OnCalendar = "*-01-0{version} 03:00"
Install.WantedBy = "timers.target"
[systemd.user.services.ticks]
Service = {{ Type = "oneshot", ExecStart = "/bin/true" }}
"""


def declaration(version: int) -> str:
    """Return a version of the declaration; 0 stands for what is the same in all of them."""
    first_only = 'configData.b.text = "b"' if version == 1 else ""
    source = f'configData.tree.source = "./tree{version}"'
    parts = [
        HEAD,
        service("stays", 0),
        service("restarts", version),
        service("stops", version, METHOD + '"stop-start"', STOPS),
        service("leans", 0, 'systemd.service.requires = "stops.service"', STOPS),
        service("kept", version, METHOD + '"keep-old"'),
        service("drops", 0, f'configData.a.text = "{version}\\n"', first_only, says=FILE + "a"),
        service("reads", 0, source, says=FILE + "tree/inner/file"),
        service(f"only{version}", version, 'configData.conf.text = "x"', STOPS),
        service('"echoes@"', version, "systemd.service.wantedBy = {{ mkForce = [] }}"),
    ]
    templates = (REREADS, LATER, FAILS, SOCKETED, NATIVE)
    values = {"version": version, "wanted_by": WANTED_BY[version]}
    return "".join([*parts, *(each.format_map(values) for each in templates)])


INSTANCES = ("echoes@one", "echoes@two")
VERSIONED = ("restarts", "stops", "drops", "reads", *INSTANCES)
ONLY = tuple(f"only{version}" for version in VERSIONS)
SAME = ("stays", "later", "kept", "rereads")
"""What no change of this declaration restarts."""

PROPERTIES = (
    "Id", "ActiveState", "LoadState", "NeedDaemonReload", "MainPID", "Listen", "TimersCalendar",
)  # fmt: skip

FOREIGN = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n"


class Scene:
    """A session in which that declaration is switched to and fro."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.version = 1
        self._runtime = Path(user.session.runtime)
        self._make_foreign_things()
        for version in VERSIONS:
            folder = user.config / f"hmsvcd/tree{version}"
            (folder / "inner").mkdir(parents=True)
            (folder / "inner/file").write_text(f"{version}\n", encoding="ascii")
            (folder / "link").symlink_to("inner/file")
        self._links = {version: self._rendered(version) for version in VERSIONS}
        user.apply(declaration(1), code=4)
        user.systemctl("start", *(f"{name}.service" for name in INSTANCES))
        self._kept = {name: user.pid(f"{name}.service") for name in (*SAME, "foreign")}
        self._foreign = self._foreign_things()
        self._read: dict[str, int] = {}
        self._turns()
        self._disturbed: dict[str, list[str]] = {}

    def _make_foreign_things(self) -> None:
        """Put beside ours what is not: a unit that runs, a drop-in of our unit, a file."""
        user = self.user
        (self._runtime / "starts").mkdir()
        drop_in = user.units / "restarts.service.d/own.conf"
        drop_in.parent.mkdir(parents=True)
        drop_in.write_text("[Service]\nEnvironment=OWN=1\n", encoding="ascii")
        (user.units / "foreign.service").write_text(FOREIGN, encoding="ascii")
        beside = user.config / "home-services/foreign"
        beside.parent.mkdir(parents=True)
        beside.write_text("mine", encoding="ascii")
        user.systemctl("daemon-reload")
        user.systemctl("enable", "--now", "--quiet", "foreign.service")

    def _foreign_things(self) -> dict[str, tuple[int, int, str]]:
        names = ("foreign", "own.conf", ".config/hmsvcd/")
        listing = self.user.listing().items()
        return {path: what for path, what in listing if any(name in path for name in names)}

    def _rendered(self, version: int) -> dict[str, str]:
        """Return the links that a version installs."""
        self.user.declare(declaration(version))
        rendered = self.user.run("render").document
        units, folder = rendered["units"], self.user.units
        links = {str(folder / name): f"-> {unit['store_path']}" for name, unit in units.items()}
        for file in rendered["config_files"].values():
            links[file["path"]] = f"-> {file['store_path']}"
        for name, wanted in rendered["links"].items():
            for unit in wanted:
                links[str(folder / name / unit)] = f"-> {units[unit]['store_path']}"
        return links

    def rest(self) -> None:
        """Wait until what a switch has ordered is done, and remember what it has come to."""
        eventually(lambda: not self.user.systemctl("list-jobs", "--no-legend").strip())
        self._disturbed = self._turns()

    def lost(self, begun: int, version: int, *, back: bool = False) -> Iterator[str]:
        """Yield what a switch to a version has lost after one, begun with another, was disturbed.

        ``rest`` was called between them. ``back``: it has come to that version by way of another.
        """
        self.version = version
        yield from self._wrong_files(version)
        yield from self._wrong_units(version)
        yield from self._wrong_processes(version)
        yield from self._wrong_turns(begun, version, back=back)
        plan = self.user.run("plan")
        if plan.document["files"] or plan.actions.keys() - {"fails.service"}:
            yield f"there is work left: {plan.document['files']} {plan.actions}"

    def _wrong_files(self, version: int) -> Iterator[str]:
        user = self.user
        found = {str(user.home / path): what for path, what in user.installed().items()}
        ours = {path: what for path, what in found.items() if "/hmsvcd/store/" in what}
        for path in ours.keys() ^ self._links[version].keys():
            yield f"{'left' if path in ours else 'missing'}: {path}"
        for path in ours.keys() & self._links[version].keys():
            if ours[path] != self._links[version][path]:
                yield f"{path} {ours[path]}"
        if (user.state / "pending").exists():
            yield "the switch is still pending"
        yield from (path for path in user.listing() if ".hmsvcd-new-" in path)
        store = Store(user.state / "store")
        yield from (f"damaged: {name}" for name in store.names() if not store.verify(name))
        foreign = {k: v for k, v in self._foreign_things().items() if "config.toml" not in k}
        before = {k: v for k, v in self._foreign.items() if "config.toml" not in k}
        for path in foreign.keys() | before.keys():
            if foreign.get(path) != before.get(path):
                yield f"touched: {path}"

    def _wrong_units(self, version: int) -> Iterator[str]:
        up: tuple[str, ...] = (
            "stays",
            "restarts",
            "stops",
            "leans",
            "rereads",
            "kept",
            "drops",
            "reads",
            "later",
        )
        up += (*INSTANCES, f"only{version}", "foreign")
        active = {f"{name}.service" for name in up}
        active |= {"socketed.socket", "ticks.timer"}
        gone = {f"only{other}.service" for other in VERSIONS if other != version}
        units = self._shown(*active, *gone, "fails.service")
        for unit in active:
            if (units[unit]["ActiveState"], units[unit]["NeedDaemonReload"]) != ("active", "no"):
                yield f"{unit} is {units[unit]}"
        for unit in gone:
            if (units[unit]["ActiveState"], units[unit]["LoadState"]) != ("inactive", "not-found"):
                yield f"{unit} is {units[unit]}"
        if units["fails.service"]["ActiveState"] != "failed":
            yield f"fails.service is {units['fails.service']}"
        if f"socket-{version} " not in units["socketed.socket"]["Listen"]:
            yield f"the socket listens at {units['socketed.socket']['Listen']}"
        if f"-01-0{version} 03:00" not in units["ticks.timer"]["TimersCalendar"]:
            yield f"the timer has {units['ticks.timer']['TimersCalendar']}"

    def _wrong_processes(self, version: int) -> Iterator[str]:
        """Yield the processes that are not those that are to run."""
        versioned = ("restarts", "stops", f"only{version}", *INSTANCES)
        shown = self._shown(*(f"{name}.service" for name in (*versioned, *self._kept)))
        pids = {unit: int(values["MainPID"]) for unit, values in shown.items()}
        for name in versioned:
            environ = Path(f"/proc/{pids[f'{name}.service'] or 'self'}/environ").read_bytes()
            if f"VERSION={version}".encode() not in environ.split(b"\0"):
                yield f"{name} runs with {environ!r}"
        for name, pid in self._kept.items():
            if pids[f"{name}.service"] != pid:
                yield f"{name} was restarted"
        read = (self._runtime / "rereads").read_text(encoding="ascii").split()
        if read[-1] != f"{version}":
            yield f"rereads has read its file when it was {read}"

    def _shown(self, *units: str) -> dict[str, dict[str, str]]:
        shown = self.user.systemctl("show", *units, *(f"-p{name}" for name in PROPERTIES))
        blocks = (block.splitlines() for block in shown.strip().split("\n\n"))
        tables = [dict(line.partition("=")[::2] for line in block) for block in blocks]
        return {table["Id"]: table for table in tables}

    def _turns(self) -> dict[str, list[str]]:
        """Return what each service has written down since the last time."""
        turns: dict[str, list[str]] = {name: [] for name in self._read}
        for path in (self._runtime / "starts").iterdir():
            lines = path.read_text(encoding="ascii").split()
            turns[path.name] = lines[self._read.get(path.name, 0) :]
            self._read[path.name] = len(lines)
        return turns

    def _wrong_turns(self, begun: int, version: int, *, back: bool) -> Iterator[str]:
        """Yield what was started or stopped without need, or not as what it was."""
        first, then = self._disturbed, self._turns()
        for name in SAME:
            if first.get(name) or then.get(name):
                yield f"{name} was started again"
        for name in (*VERSIONED, *ONLY):
            told = [*told_of(name, begun), *first.get(name, ())]
            needed = [] if told[-1:] == told_of(name, version) else told_of(name, version)
            started = [turn for turn in then.get(name, ()) if not turn.startswith("-")]
            turns = [*told, *then.get(name, ())]
            if not goes_back(name, turns, version) if back else started != needed:
                yield f"{name} was started otherwise than needed: {told}, then {then[name]}"
            if name in ("stops", *ONLY):
                yield from _wrong_stops(name, turns)
        if then["leans"] and not then["stops"] and first["leans"][-1:] != ["-0"]:
            yield f"leans was started needlessly: {first['leans']}, then {then['leans']}"


def told_of(name: str, version: int) -> list[str]:
    """Return what a service that runs in a version has told at its last start."""
    return [f"{version}"] if name in (*VERSIONED, f"only{version}") else []


def goes_back(name: str, told: list[str], version: int) -> bool:
    """Say whether a service has never begun anew as what it was, and runs in a version last."""
    runs_last = told_of(name, version) in ([], told[-1:])
    return runs_last and all(one != other for one, other in pairwise(told))


def _wrong_stops(name: str, told: list[str]) -> Iterator[str]:
    """Yield a start without a stop of the same definition between it and the one before."""
    for turn, then in pairwise(told):
        if not turn.startswith("-") and then != f"-{turn}":
            yield f"{name} was not stopped as what it was: {told}"


def told_wrongly(ran: Ran, reasons: Collection[str] = ()) -> Iterator[str]:
    """Yield what is wrong with how a command has told that it could not go on.

    A disk's ``reasons`` are in the message; without them it is the bus that has failed.
    """
    errors = [each["message"] for each in ran.document.get("errors", ())]
    stopped = 1 if reasons else 3
    if ran.code not in (stopped, 4):
        yield f"exit code {ran.code}: {errors}"
    elif ran.code == stopped and not any(reason in errors[0] for reason in reasons or ("",)):
        yield f"it does not say why: {errors}"
    if any("internal error" in message or "the system refused" in message for message in errors):
        yield f"nobody knows what to do with: {errors}"


def wants_all() -> bool:
    """Say whether all points are to be tried, however long it takes."""
    return os.environ.get("HMSVCD_ALL_FAULTS") == "1"


def sample(total: int, most: int, first: int = 0, step: int = 1) -> list[int]:
    """Return which of ``total`` points to try, evenly spread.

    With HMSVCD_ALL_FAULTS=1 these are all, or those that are this one's among several trials which
    share them.
    """
    if wants_all():
        return list(range(1 + first, total + 1, step))
    spread = (total - 1) / max(1, min(total, most) - 1)
    return sorted({1 + round(index * spread) for index in range(min(total, most))})


def tell(tried: str, lost: Sequence[str]) -> None:
    """Say how many points were tried, and what was lost."""
    lines = [f"{tried}; lost: {len(lost) or 'nothing'}", *lost]
    sys.stdout.write("".join(f"\n{line}" for line in lines))
