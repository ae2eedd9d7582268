"""What a command tells its caller."""

from pathlib import Path
from typing import Any

import pytest

ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'
FAILING = """\
[services.bad]
process.argv = ["/bin/sh", "-c", "echo oh no; exit 3"]
systemd.service.serviceConfig.Restart = "no"
"""


def test_0_is_done(user: Any) -> None:
    """What was asked for has been done, also when there was nothing to do."""
    user.declare(ONE)
    assert [user(*words.split()).code for words in ("check", "plan", "apply", "apply")] == [0] * 4


@pytest.mark.parametrize("command", ["check", "render", "plan", "apply"])
def test_1_is_a_wrong_declaration(user: Any, command: str) -> None:
    """Nothing has been changed, and the place of the mistake is told."""
    user.declare("[services.one]\nprocess.argv = 1\n")
    ran = user(command)
    assert ran.code == 1
    assert "config.toml:2:9: error: " in ran.out + ran.err
    assert not Path(user.environ["XDG_STATE_HOME"], "hmsvcd/generations").exists()


def test_1_is_a_request_that_is_refused(user: Any) -> None:
    """Another declaration is not applied over the first without --replace."""
    user.declare(ONE)
    user("apply")
    user.write("other.toml", ONE.replace("one", "two"))
    refused = user("apply", "-c", "other.toml")
    assert refused.code == 1
    assert "--replace" in refused.err
    assert user("apply", "-c", "other.toml", "--replace").code == 0


def test_1_is_a_foreign_file_in_the_way(user: Any, manager: Any) -> None:
    """What is not ours is named and left; --backup moves it aside."""
    user.declare(ONE)
    foreign = manager.units / "one.service"
    foreign.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
    refused = user("apply")
    assert refused.code == 1
    assert str(foreign) in refused.err
    assert user("apply", "--backup", "bak").code == 0
    assert (manager.units / "one.service.bak").is_file()


def test_1_goes_before_4(user: Any) -> None:
    """A wrong declaration is told even when a unit has failed besides."""
    user.declare(FAILING)
    assert user("apply").code == 4
    user.declare(FAILING + "x = 1\n")
    assert user("status").code == 1


@pytest.mark.parametrize(
    "words",
    ["aply", "check --no-such-option", "check too many", "rollback none", "rollback 0", "logs",
     "completion", "status one two", "apply --backup", ""],
)  # fmt: skip
def test_2_is_wrong_usage(stranger: Any, words: str) -> None:
    """What is wrong with the command line goes to standard error, with --json too."""
    ran = stranger(*words.split())
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith(("Usage: hmsvcd", "Error: "))


@pytest.mark.parametrize("number", ["abc", "0", "1.5", "-1"])
def test_2_is_no_number_of_a_generation(stranger: Any, number: str) -> None:
    """It is said what a number has to be."""
    ran = stranger("rollback", "--", number)
    assert ran.code == 2
    assert "NUMBER must be a whole number from 1 on\n" in ran.err


@pytest.mark.parametrize("command", ["apply", "status", "rollback"])
def test_3_is_no_manager(stranger: Any, command: str) -> None:
    """Without a systemd --user nothing is written, and what was looked for is named."""
    stranger.declare(ONE)
    ran = stranger(command)
    assert ran.code in ({1, 3} if command == "rollback" else {3})
    home = Path(stranger.environ["HOME"])
    assert [path for path in home.rglob("*") if path.is_file()] == [stranger.declaration]
    if command != "rollback":
        assert "XDG_RUNTIME_DIR" in ran.err


def test_4_is_a_unit_that_failed(user: Any) -> None:
    """The others run; the failure is told with its result and the unit's last words."""
    user.declare(ONE + FAILING)
    applied = user("apply")
    assert applied.code == 4
    assert "bad.service: start failed (exit-code, status 3)\n" in applied.out
    assert "    oh no\n" in applied.out
    assert applied.out.endswith("generation 1: 1 started, 1 failed\n")
    assert user("status", "one").code == 0


def test_4_has_a_document(user: Any) -> None:
    """The result and the last lines of the unit stand in it."""
    user.declare(FAILING)
    applied = user("apply", "--json")
    assert applied.code == 4
    [result] = applied.document["results"]
    assert (result["unit"], result["result"]) == ("bad.service", "failed")
    assert "oh no" in result["log"]
