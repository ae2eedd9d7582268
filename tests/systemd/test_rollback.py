"""Earlier generations come back, and the declaration after them."""

import pytest

pytestmark = pytest.mark.systemd


def sleeping(seconds: int, more: str = "") -> str:
    """Return a declaration whose version is a number of seconds."""
    return f"""
[services.sleeper]
process.argv = ["/bin/sleep", "{seconds}"]
configData.conf.text = "{seconds}"
{more}
"""


OTHER = '[services.other]\nprocess.argv = ["/bin/sleep", "1000"]\n'


def runs(user, seconds: int) -> bool:
    """Whether the sleeper runs in this version, with the file of the same version."""
    file = user.config / "home-services/sleeper/conf"
    return str(seconds) in user.arguments("sleeper.service") and file.read_text() == str(seconds)


def test_rollback_to_previous(user):
    """Without a number the last generation before the current one comes back, as a new one."""
    user.apply(sleeping(1001))
    user.apply(sleeping(1002, OTHER))
    ran = user.run("rollback")
    assert (ran.code, ran.document["generation"]) == (0, 3)
    assert ran.actions == {"other.service": "stop", "sleeper.service": "restart"}
    assert runs(user, 1001)
    assert not [place for place in user.installed() if "other" in place]


def test_rollback_to_number(user):
    """A number names the generation; what it says is exactly what is installed then."""
    installed = []
    for seconds in (1001, 1002, 1003):
        user.apply(sleeping(seconds))
        installed.append(user.installed())
    assert user.run("rollback", "1").code == 0
    assert user.installed() == installed[0]
    assert runs(user, 1001)
    assert user.run("rollback", "3").document["generation"] == 5
    assert user.installed() == installed[2]
    assert runs(user, 1003)


def test_apply_after_rollback(user):
    """An apply after a rollback goes to the declaration again."""
    user.apply(sleeping(1001))
    user.apply(sleeping(1002))
    user.run("rollback")
    ran = user.apply()
    assert ran.actions == {"sleeper.service": "restart"}
    assert runs(user, 1002)
    assert user.apply().document["files"] == []


def test_nothing_to_go_back_to(user):
    """A generation that is not there, or none at all, is an error that changes nothing."""
    user.apply(sleeping(1001))
    before = user.listing()
    assert user.run("rollback").code == 1
    ran = user.run("rollback", "7")
    assert (ran.code, "7" in ran.messages) == (1, True)
    assert user.listing() == before


def test_lost_object(user):
    """A generation whose objects are lost is refused, and nothing is changed."""
    user.apply(sleeping(1001))
    user.apply(sleeping(1002))
    [lost] = [path for path in (user.state / "store").glob("*-conf") if path.read_text() == "1001"]
    lost.unlink()
    before = user.listing()
    ran = user.run("rollback")
    assert (ran.code, lost.name in ran.messages) == (1, True)
    assert user.listing() == before


def test_old_generations_go(user):
    """Only as many generations are kept as are wanted, and only their objects."""
    for seconds in range(1001, 1006):
        user.apply(f"[daemon]\nkeep_generations = 2\n{sleeping(seconds)}")
    kept = user.run("generations").document["generations"]
    assert [each["number"] for each in kept] == [4, 5]
    stored = {path.read_text() for path in (user.state / "store").glob("*-conf")}
    assert stored == {"1004", "1005"}


def test_settings_stay(user):
    """A rollback prunes by the settings of the last apply, and not by the defaults."""
    for seconds in range(1001, 1013):
        user.apply(f"[daemon]\nkeep_generations = 50\n{sleeping(seconds)}")
    assert user.run("rollback").code == 0
    assert len(user.run("generations").document["generations"]) == 13


def test_new_settings_count(user):
    """Settings that have changed alone are known to the next rollback."""
    user.apply(sleeping(1001))
    user.apply(sleeping(1002))
    pid = user.pid("sleeper.service")
    user.apply(f"[daemon]\nkeep_generations = 1\n{sleeping(1002)}")
    assert user.pid("sleeper.service") == pid
    assert len(user.run("generations").document["generations"]) == 1
