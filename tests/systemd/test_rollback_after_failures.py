"""With ``on_failure = "rollback"`` a change that makes units fail is undone as a whole."""

import pytest

pytestmark = pytest.mark.systemd

SETTINGS = '[daemon]\non_failure = "rollback"\nsettle = "200ms"\n'

FAILS = '["/bin/sh", "-c", "echo alas; exit 3"]'
RUNS = '["/bin/sleep", "1000"]'


def service(name: str, argv: str = RUNS, more: str = "") -> str:
    """Return a service that is not started again when it fails."""
    return f"""
[services.{name}]
process.argv = {argv}
configData.conf.text = '{argv}'
systemd.service.serviceConfig.Restart = "no"
{more}
"""


def held(user) -> str | None:
    """Return why the declaration is held, as ``status`` says."""
    why: str | None = user.run("status").document["declaration"]["held"]
    return why


def causes(user) -> list[str]:
    """Return how each generation came to be."""
    return [each["cause"] for each in user.run("generations").document["generations"]]


BEFORE = SETTINGS + service("web") + service("other") + service("goes") + service("stopped")
AFTER = (
    SETTINGS + service("web", FAILS) + service("other", '["/bin/sleep", "999"]') + service("new")
)


def assert_as_before(user, installed: dict[str, str]) -> None:
    """All of the first generation runs again, and nothing else."""
    assert user.installed() == installed
    states = {name: user.state_of(f"{name}.service") for name in ("web", "other", "goes")}
    assert states == dict.fromkeys(states, "active")
    assert "1000" in user.arguments("other.service")
    assert user.state_of("stopped.service") == "inactive"
    assert user.state_of("new.service") == "inactive"
    assert not (user.state / "pending").exists()


def test_all_of_it_comes_back(user):
    """One unit fails: what was changed, removed and added besides is undone, and all is told."""
    user.apply(BEFORE)
    user.systemctl("stop", "stopped.service")
    installed = user.installed()
    ran = user.apply(AFTER, code=4)
    assert_as_before(user, installed)
    assert ran.results["web.service"] == "failed"
    [web] = [each for each in ran.document["results"] if each["unit"] == "web.service"]
    assert "alas" in "\n".join(web["log"])
    back = ran.document["rolled_back"]
    assert (back["of"], back["to"], back["failure"]) == (2, 1, None)
    assert {each["unit"]: each["result"] for each in back["results"]}["web.service"] == "done"
    assert ran.document["generation"] == 3
    told = "generation 2 failed: web.service (exit-code, status 3); rolled back to 1"
    assert told in ran.messages
    assert back["failures"] == {"web.service": "exit-code, status 3"}
    cause = "rollback to 1 after web.service failed in 2"
    assert causes(user) == ["apply", "apply", cause]
    assert held(user) == cause


def test_a_reload_that_fails(user):
    """A failed reload undoes the change, too, and the process stays the same."""
    reloads = 'systemd.service.unitConfig.X-SwitchMethod = "reload"\n'
    reloads += 'systemd.service.serviceConfig.ExecReload = "/usr/bin/grep good {}"\n'
    reloads = reloads.format("%E/home-services/web/text")
    good = SETTINGS + service("web", more=reloads + 'configData.text.text = "good"')
    user.apply(good)
    pid = user.pid("web.service")
    ran = user.apply(good.replace('text = "good"', 'text = "bad"'), code=4)
    assert ran.actions == {"web.service": "reload"}
    assert (user.config / "home-services/web/text").read_text() == "good"
    assert user.pid("web.service") == pid


def test_an_apply_tries_again(user):
    """The hold ends with an apply: what has been mended elsewhere runs, and stays."""
    mended = user.home / "mended"
    user.apply(SETTINGS + service("web"))
    waits = f'["/bin/sh", "-c", "test -e {mended} && exec sleep 1000"]'
    user.apply(SETTINGS + service("web", waits), code=4)
    user.apply(code=4)
    assert causes(user)[-1] == "rollback to 3 after web.service failed in 4"
    mended.touch()
    ran = user.apply()
    assert (ran.document["rolled_back"], held(user)) == (None, None)
    assert user.state_of("web.service") == "active"


@pytest.mark.parametrize(
    ("first", "then", "why"),
    [
        (None, service("web", FAILS), "there is no earlier generation"),
        (service("web"), service("web", FAILS) + "lost", "is lost or damaged"),
    ],
)
def test_nothing_to_go_back_to(user, first, then, why):
    """Where nothing can come back, the failures stay as without the setting, and it says why."""
    if first is not None:
        user.apply(SETTINGS + first)
    if then.endswith("lost"):
        [lost] = (user.state / "store").glob("*-conf")
        lost.unlink()
    ran = user.apply(SETTINGS + then.removesuffix("lost"), code=4)
    assert "nothing was rolled back" in ran.messages
    assert why in ran.messages
    assert ran.document["rolled_back"] is None
    assert user.state_of("web.service") == "failed"


def test_other_failures(user):
    """A unit that had failed before and is none of this pass's business undoes nothing."""
    user.apply(SETTINGS + service("web") + service("other"))
    user.systemctl("kill", "--signal=SEGV", "web.service")
    user.apply(SETTINGS + service("web") + service("other", '["/bin/sleep", "999"]'))
    assert "999" in user.arguments("other.service")


def test_what_fails_for_good(user):
    """A unit that is tried again as it was, and fails again, undoes no edit of another one."""
    user.apply(SETTINGS + service("web", FAILS) + service("other"), code=4)
    ran = user.apply(
        SETTINGS + service("web", FAILS) + service("other", '["/bin/sleep", "999"]'), code=4
    )
    assert ran.document["rolled_back"] is None
    assert "999" in user.arguments("other.service")


def test_a_rollback_that_fails(user):
    """It is not undone in turn: the report says which units failed, and what is installed."""
    flag = user.home / "flag"
    flag.touch()
    once = f'["/bin/sh", "-c", "test -e {flag} && exec sleep 1000; echo gone; exit 1"]'
    user.apply(SETTINGS + service("web", once))
    ran = user.apply(SETTINGS + service("web", f'["/bin/sh", "-c", "rm {flag}; exit 1"]'), code=4)
    assert ran.document["generation"] == 3
    web = ran.document["rolled_back"]["results"][-1]
    assert (web["unit"], web["result"]) == ("web.service", "failed")
    assert "gone" in "\n".join(web["log"])
    assert user.state_of("web.service") == "failed"
    assert causes(user)[-1] == "rollback to 1 after web.service failed in 2"
