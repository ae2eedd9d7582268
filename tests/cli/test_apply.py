"""``hmsvcd apply`` as it is seen: progress while jobs run, then what came of them."""

from typing import Any

ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'
SLOW = """\
[services.slow]
process.argv = ["/bin/sh", "-c", "until [ -e $XDG_RUNTIME_DIR/go ]; do sleep 0.01; done"]
systemd.service.serviceConfig.Type = "oneshot"
systemd.service.serviceConfig.RemainAfterExit = true
"""


def test_each_job_has_a_line(user: Any) -> None:
    """What is done is told with its reason, then the generation in one line."""
    user.declare(ONE)
    applied = user("apply")
    assert applied.code == 0
    job, summary = applied.out.splitlines()
    assert job.split() == ["started", "one.service", "new"]
    assert summary == "generation 1: 1 started"


def test_a_second_apply_has_nothing_to_do(user: Any) -> None:
    """What is as it should be is said in one line."""
    user.declare(ONE)
    user("apply")
    assert user("apply").out == "generation 1 is installed: nothing to do\n"


def test_a_change_for_which_no_unit_does_anything(user: Any) -> None:
    """A new description is a generation, but no job."""
    user.declare(ONE)
    user("apply")
    user.declare(ONE + 'systemd.service.description = "One"\n')
    assert user("apply").out == "generation 2: installed; no unit had to do anything\n"


def test_what_is_removed_is_stopped(user: Any, manager: Any) -> None:
    """A service that is no longer declared is stopped and gone."""
    user.declare(ONE)
    user("apply")
    user.declare("services = {}\n")
    assert "stopped" in user("apply").out
    assert manager.systemctl("show", "-P", "LoadState", "one.service") == "not-found"
    assert user("status").out.startswith("nothing is installed\n")


def test_what_is_kept_is_told(user: Any) -> None:
    """A unit that keeps its old definition is named with what stays pending."""
    keep = 'systemd.service.unitConfig.X-SwitchMethod = "keep-old"\n'
    user.declare(ONE + keep)
    user("apply")
    user.declare(ONE.replace("1000", "1001") + keep)
    applied = user("apply")
    assert applied.out.split()[:2] == ["keep", "one.service"]
    assert "(pending: ExecStart)" in applied.out


def test_a_terminal_shows_what_is_awaited(user: Any, manager: Any) -> None:
    """While a job runs its unit is named; that line is gone when all have ended."""
    user.declare(ONE + SLOW)
    with user.in_terminal("apply") as seen:
        seen.read_until(r"started.*one\.service.*waiting for slow\.service")
        (manager.runtime / "go").touch()
        heard = seen.read_until(r"generation 1: 2 started")
        assert "waiting for slow.service" not in heard.rpartition("\x1b[2K")[2]
        assert seen.end() == 0


def test_a_wrong_declaration_changes_nothing(user: Any) -> None:
    """What is wrong is shown, and that nothing was done."""
    user.declare(ONE + "x = 1\n")
    applied = user("apply")
    assert (applied.code, applied.out) == (1, "nothing was changed\n")
    assert "config.toml:3:1: error: " in applied.err
