"""Where the order of lines and drop-ins counts: what is imported is to systemd what was there."""

from pathlib import Path

import pytest

from users import User

pytestmark = pytest.mark.systemd

START = "ExecStart=/bin/true\n"
KEPT = {
    "stop.service": (
        {"": f"[Service]\n{START}TimeoutStopSec=5\nTimeoutSec=20\n"},
        {"TimeoutStartUSec": "20s", "TimeoutStopUSec": "20s"},
    ),
    "start.service": (
        {"": f"[Service]\n{START}TimeoutSec=20\n", "1": "[Service]\nTimeoutStartSec=5\n"},
        {"TimeoutStartUSec": "5s", "TimeoutStopUSec": "20s"},
    ),
    "limit.service": (
        {"": f"[Unit]\nStartLimitIntervalSec=7\n[Service]\n{START}StartLimitInterval=9\n"},
        {"StartLimitIntervalUSec": "9s"},
    ),
    "directory.service": (
        {
            "": f"[Service]\n{START}RuntimeDirectoryMode=0700\nRuntimeDirectory=a\n",
            "1": "[Service]\nRuntimeDirectory=\nRuntimeDirectory=b\n",
        },
        {"RuntimeDirectory": "b", "RuntimeDirectoryMode": "0755"},
    ),
    "input.service": (
        {
            "": f"[Service]\n{START}StandardInputText=a\n",
            "1": "[Service]\nStandardInputData=\nStandardInputData=YQo=\nStandardInputText=b\n",
        },
        {"StandardInputData": "YQpiCg=="},
    ),
    "scheduling.service": (
        {
            "": f"[Service]\n{START}CPUSchedulingPolicy=rr\nCPUSchedulingPriority=5\n",
            "1": "[Service]\nCPUSchedulingPolicy=\n",
        },
        {"CPUSchedulingPolicy": "0", "CPUSchedulingPriority": "0"},
    ),
    "disk.service": (
        {
            "": f"[Service]\n{START}IOSchedulingClass=idle\n",
            "1": "[Service]\nIOSchedulingPriority=\nIOSchedulingPriority=6\n",
        },
        {"IOSchedulingClass": "2", "IOSchedulingPriority": "6"},
    ),
    "bound.service": (
        {
            "": f"[Service]\n{START}BindPaths=/tmp:/mnt\n",
            "1": "[Service]\nBindReadOnlyPaths=\nBindReadOnlyPaths=/var:/mnt\n",
        },
        {"BindPaths": "", "BindReadOnlyPaths": "/var:/mnt:rbind"},
    ),
    "first.timer": (
        {"": "[Timer]\nOnBootSec=1h\nUnit=stop.service\n", "1": "[Timer]\nUnit=start.service\n"},
        {"Unit": "stop.service"},
    ),
    "calendar.timer": (
        {
            "": "[Timer]\nUnit=stop.service\nOnBootSec=1h\n",
            "1": "[Timer]\nOnCalendar=\nOnCalendar=yearly\n",
        },
        {"TimersMonotonic": ""},
    ),
    "several.socket": (
        {
            "": "[Socket]\nListenDatagram=%t/b\nListenStream=%t/c\nListenStream=%t/a\n",
            "1": "[Socket]\nService=stop.service\n",
        },
        {},
    ),
}  # fmt: skip
"""Unit → its text and those of its drop-ins, and some of what systemd makes of them."""

REFUSED = {
    "order.socket": ("Socket", ("ListenStream=%t/a", "ListenDatagram=%t/b"), "Listen"),
    "input.service": (
        "Service", ("StandardInputText=a", "StandardInputData=YgoK"), "StandardInputData",
    ),
    "cpu.service": (
        "Service", ("CPUSchedulingPriority=5", "CPUSchedulingPolicy=batch"),
        "CPUSchedulingPriority",
    ),
    "io.service": (
        "Service", ("IOSchedulingPriority=2", "IOSchedulingClass=none"), "IOSchedulingPriority",
    ),
}  # fmt: skip
"""Unit → a section, two lines of it as no declaration has them, and the property that shows it."""

SETS = ("After", "Before", "Conflicts", "Requires", "RequiresMountsFor", "Triggers", "Wants")


def write(user: User, unit: str, texts: dict[str, str], folder: Path | None = None) -> None:
    """Write a unit and its drop-ins by name into the user's folder of units, or another one."""
    for name, text in texts.items():
        place = (folder or user.units) / (f"{unit}.d/{name}.conf" if name else unit)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def shown(user: User, unit: str) -> list[str]:
    """Return all that systemd says of a unit, but whose file it is and since when."""
    said = user.systemctl("show", "--all", unit).splitlines()
    own = ("FragmentPath=", "DropInPaths=", "UnitFileState=")
    return [
        sorted_units(line) for line in said if not line.startswith(own) and "Timestamp" not in line
    ]


def sorted_units(line: str) -> str:
    """Return a property that is a set, which systemd has in any order, in one order."""
    name, _, value = line.partition("=")
    return f"{name}={' '.join(sorted(value.split()))}" if name in SETS else line


def test_systemd_sees_no_difference(user):
    """Units that the order of lines gives their meaning are the same after import and adopt."""
    for unit, (texts, _) in KEPT.items():
        write(user, unit, texts)
    user.systemctl("daemon-reload")
    for unit, (_, said) in KEPT.items():
        assert dict(zip(said, user.show(unit, *said), strict=True)) == said, unit
    before = {unit: shown(user, unit) for unit in KEPT}
    user.declare(user.run("import", *KEPT).document["toml"])
    ran = user.run("adopt", *KEPT)
    assert (ran.code, ran.actions) == (0, {}), ran.messages
    assert {unit: shown(user, unit) for unit in KEPT} == before
    assert user.show("stop.service", "DropInPaths", "NeedDaemonReload") == ["", "no"]


@pytest.mark.parametrize("unit", REFUSED)
def test_what_would_change_is_refused(user, unit):
    """The two orders are not the same to systemd, and the message names both directives."""
    section, pair, differs = REFUSED[unit]
    begun = f"[Service]\n{START}" if section == "Service" else "[Unit]\n"
    other = f"other-{unit}"
    for name, found in ((unit, pair), (other, sorted(pair))):
        lines = "\n".join(found)
        write(user, name, {"": f"{begun}[{section}]\n{lines}\n"})
        write(
            user,
            name.replace(".socket", ".service"),
            {"": f"[Service]\n{START}"} if "socket" in name else {},
        )
    user.systemctl("daemon-reload")
    assert user.systemctl("show", f"-p{differs}", unit) != user.systemctl(
        "show", f"-p{differs}", other
    )
    ran = user.run("import", unit)
    assert (ran.code, ran.document["toml"]) == (1, None)
    first, second = (line.partition("=")[0] for line in pair)
    assert f"{first}= stands before {second}=" in ran.messages
    assert user.run("import", other).code == 0


def test_drop_ins_of_others(user):
    """Drop-ins that stay count as before, or the unit is refused, also where one is hidden now."""
    vendor = user.home / ".local/share/systemd/user"
    write(
        user,
        "a.service",
        {"": f"[Service]\n{START}", "2": "[Service]\nNice=2\n[Unit]\nAfter=b.service\n"},
    )
    write(
        user,
        "a.service",
        {"1": "[Unit]\nAfter=c.service\n", "3": "[Service]\nUMask=0077\n"},
        vendor,
    )
    user.systemctl("daemon-reload")
    before = shown(user, "a.service")
    imported = user.run("import", "a")
    assert imported.code == 0, imported.messages
    assert "3.conf stays" in imported.messages
    write(user, "a.service", {"1": "[Service]\nNice=1\n"}, vendor)
    ran = user.run("import", "a")
    assert ran.code == 1
    assert "Nice= would change" in ran.messages
    assert "1.conf is read before your own" in ran.messages
    write(
        user, "a.service", {"1": "[Unit]\nAfter=c.service\n", "2": "[Service]\nNice=9\n"}, vendor
    )
    ran = user.run("import", "a")
    assert ran.code == 1
    assert "2.conf counts once your own of that name is moved aside" in ran.messages
    (vendor / "a.service.d/2.conf").unlink()
    user.declare(imported.document["toml"])
    ran = user.run("adopt", "a")
    assert (ran.code, ran.actions) == (0, {}), ran.messages
    assert shown(user, "a.service") == before
    assert user.show("a.service", "Nice", "UMask") == ["2", "0077"]


def test_drop_ins_are_read_in_systemds_order(user):
    """Drop-ins of kinds, prefixes, templates and instances count by file name, then by folder."""
    vendor = user.home / ".local/share/systemd/user"
    unit, here = "foo-bar@x.service", "[Service]\nSyslogIdentifier={}\n"
    folders = ("service", "foo-.service", "foo-bar@.service", "foo-@x.service", unit)
    write(user, unit, {"": f"[Service]\n{START}"})
    for number, folder in enumerate(folders):
        for name in {"same", f"{9 - number}"}:
            write(user, folder, {name: here.format(f"{folder}/{name}")}, vendor)
    write(user, unit, {"85": here.format("mine")})
    user.systemctl("daemon-reload")
    read = user.show(unit, "DropInPaths")[0].split()
    ran = user.run("import", unit)
    assert [path.rsplit("/", 1)[1] for path in read] == [
        "5.conf", "6.conf", "7.conf", "8.conf", "85.conf", "9.conf", "same.conf",
    ]  # fmt: skip
    assert ran.code == 0, ran.messages
    stay = [
        each["message"].split()[0]
        for each in ran.document["warnings"]
        if " stays " in each["message"]
    ]
    assert stay == [path for path in read if path != f"{user.units}/{unit}.d/85.conf"]


def test_an_instance_of_a_template(user):
    """An instance without a file of its own is not to be imported, but its template."""
    write(user, "a@.service", {"": f"[Service]\n{START}"})
    ran = user.run("import", "a@1")
    assert (ran.code, ran.document["toml"]) == (1, None)
    assert "there is no unit file a@1.service (import a@.service)" in ran.messages
    assert user.run("import", "a@").code == 0
