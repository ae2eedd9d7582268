"""Large declarations go through in one apply."""

import pytest

from switched import records, writing

pytestmark = pytest.mark.systemd


def sleepers(count: int) -> str:
    """Return a declaration of many services."""
    return "".join(
        f'[services.s{number}]\nprocess.argv = ["/bin/sleep", "1000"]\n' for number in range(count)
    )


def active(user) -> int:
    """How many of them are up."""
    how = ("--state=active", "--plain", "--no-legend")
    return len(user.systemctl("list-units", *how, "s[0-9]*.service").splitlines())


@pytest.mark.parametrize("count", [100, 1000])
def test_many_services(user, count):
    """Many services start in one apply, and the next has nothing to do."""
    ran = user.apply(sleepers(count))
    assert set(ran.results.values()) == {"done"}
    assert len(ran.results) == active(user) == count
    before = user.listing()
    assert user.apply().document["files"] == []
    assert user.listing() == before
    user.apply("services = {}")
    assert active(user) == 0


def test_chain(user):
    """Of a hundred new services in a chain none starts before the one that it follows is up."""
    order = [(number * 37) % 100 for number in range(100)]  # no order of names or of lines
    bodies = []
    for before, number in zip([None, *order], order, strict=False):
        after = "" if before is None else f'after = "s{before}.service"'
        bodies.append(f"""
[services.s{number}]
process.argv = ["/bin/sleep", "1000"]
[services.s{number}.systemd.service]
{after}
serviceConfig.ExecStartPre = "{writing("starts")}"
serviceConfig.ExecStartPost = "{writing("is up")}"
""")
    ran = user.apply('[daemon]\nstart_wait = "100s"\n' + "".join(sorted(bodies)))
    assert set(ran.results.values()) == {"done"}
    told = ("starts", "is up")
    assert records(user) == [f"s{number}.service {words}" for number in order for words in told]


BROKEN = {
    "missing": """process.argv = ["/no/such/program"]""",
    "exits": """process.argv = ["/bin/sh", "-c", "echo no luck; exit 1"]""",
    "slow": """process.argv = ["/bin/sleep", "1000"]
systemd.service.serviceConfig.ExecStartPre = "/bin/sleep 1000"
systemd.service.serviceConfig.TimeoutStartSec = 1
systemd.service.serviceConfig.Restart = "no" """,
    "leaning": """process.argv = ["/bin/sleep", "1000"]
systemd.service.requires = "nowhere.service" """,
    "unprepared": """process.argv = ["/bin/sleep", "1000"]
systemd.service.serviceConfig.ExecStartPre = "/bin/sh -c 'exit 7'"
systemd.service.serviceConfig.Restart = "no" """,
    "unreloadable": """process.argv = ["/bin/sleep", "1000"]
configData.conf.text = "2"
systemd.service.unitConfig.X-SwitchMethod = "reload"
systemd.service.serviceConfig.ExecReload = "/bin/sh -c 'exit 3'" """,
    "unstoppable": """process.argv = ["/bin/sleep", "1001"]
systemd.service.unitConfig.X-SwitchMethod = "stop-start"
systemd.service.serviceConfig.ExecStop = "/bin/sleep 1000" """,
    "lost": """process.argv = ["/bin/sleep", "1000"]
systemd.service.serviceConfig = { WorkingDirectory = "/no/such/folder", Restart = "no" }""",
    "silent": """process.argv = ["/bin/sleep", "1000"]
systemd.service.serviceConfig = { Type = "notify", TimeoutStartSec = 1, Restart = "no" }""",
    "restless": """process.argv = ["/bin/false"]
systemd.service.unitConfig = { StartLimitBurst = 3, StartLimitIntervalSec = "1h" }
systemd.service.serviceConfig.RestartSec = "1ms" """,
}
"""Service → a body that does not work, each in a way of its own."""

RESULTS = dict.fromkeys(BROKEN, "failed") | {"leaning": "refused", "unstoppable": "leaving"}
REASONS = {
    "missing": ("status 203", "/no/such/program"),
    "exits": ("status 1", "no luck"),
    "slow": ("timeout", "timed out"),
    "leaning": ("nowhere.service", ""),
    "unprepared": ("exit-code", "status=7"),
    "unreloadable": ("", "status=3"),
    "lost": ("status 200", "No such file or directory"),
    "silent": ("timeout", "timed out"),
    "restless": ("", "repeated too quickly"),
}
"""Service → what its result says, and what stands in a line of its log."""

WORKED = {
    "unreloadable": BROKEN["unreloadable"].replace('"2"', '"1"'),
    "unstoppable": BROKEN["unstoppable"].replace("1001", "1000"),
}
"""What those were before an edit that only then fails."""


def bodies(services):
    """Return a declaration of services by their bodies."""
    return "".join(f"[services.{name}]\n{body}\n" for name, body in services.items())


def test_ten_of_a_hundred_are_broken(user):
    """Ninety services work, and ten are named with what is wrong with them, in one pass."""
    settings = '[daemon]\nstop_wait = "300ms"\nstart_wait = "10s"\n'
    user.apply(settings + bodies(WORKED))
    ran = user.apply(settings + sleepers(90) + bodies(BROKEN), code=4)
    assert active(user) == 90
    results = {each["unit"].removesuffix(".service"): each for each in ran.document["results"]}
    named = {name: each for name, each in results.items() if each["result"] != "done"}
    assert {name: each["result"] for name, each in named.items()} == RESULTS
    for name, (message, line) in REASONS.items():
        assert message in (named[name]["message"] or "")
        assert any(line in each for each in named[name]["log"]) or not line
