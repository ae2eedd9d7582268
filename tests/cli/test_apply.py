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
    assert user("apply").out == "generation 1 is installed; no unit had to do anything\n"


def test_a_change_for_which_no_unit_does_anything(user: Any) -> None:
    """A new description is a generation, but no job."""
    user.declare(ONE)
    user("apply")
    user.declare(ONE + 'systemd.service.description = "One"\n')
    assert user("apply").out == "generation 2 is installed; no unit had to do anything\n"


def test_an_apply_that_settles_a_rollback(user: Any) -> None:
    """The generation that it makes is told as installed, not that there was nothing to do."""
    user.declare(ONE)
    user("apply")
    user.declare(ONE + 'systemd.service.description = "One"\n')
    user("apply")
    user("rollback")
    user.declare(ONE)
    for _ in range(2):
        assert user("apply").out == "generation 4 is installed; no unit had to do anything\n"


def test_what_fails_is_not_called_done_before(user: Any) -> None:
    """A unit that is started and then fails has one line, and it says so."""
    user.declare(ONE)
    user("apply")
    user.declare(ONE.replace('"/bin/sleep", "1000"', '"/bin/sh", "-c", "exit 3"'))
    applied = user("apply")
    assert applied.code == 4
    first, second, *_ = applied.out.splitlines()
    assert first.split() == ["failed", "one.service", "ExecStart", "changed"]
    assert second == "one.service: restart failed (exit-code, status 3)"


def test_what_is_left_stopped_is_told(user: Any, manager: Any) -> None:
    """A unit that somebody stopped is named with the command that starts it."""
    user.declare(ONE)
    user("apply")
    manager.systemctl("stop", "one.service")
    applied = user("apply")
    assert "left stopped, as somebody stopped it: one.service\n" in applied.out
    assert "systemctl --user start one.service\n" in applied.out


def test_a_changed_file_is_the_reason(user: Any) -> None:
    """It is said in words, not by the directive that stands for it."""
    user.declare(ONE + 'configData.x.text = "1"\n')
    user("apply")
    user.declare(ONE + 'configData.x.text = "2"\n')
    assert user("apply").out.splitlines()[0].split(maxsplit=2) == [
        "restarted", "one.service", "a configuration file changed",
    ]  # fmt: skip


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
        seen.read_until(r"waiting for slow\.service")
        (manager.runtime / "go").touch()
        heard = seen.read_until(r"started.*one\.service.*generation 1: 2 started")
        assert "waiting for slow.service" not in heard.rpartition("\x1b[2K")[2]
        assert seen.end() == 0


def test_a_wrong_declaration_changes_nothing(user: Any) -> None:
    """What is wrong is shown, and that nothing was done."""
    user.declare(ONE + "x = 1\n")
    applied = user("apply")
    assert (applied.code, applied.out) == (1, "nothing was changed\n")
    assert "config.toml:3:1: error: " in applied.err
