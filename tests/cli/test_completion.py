"""Completion: scripts for three shells, and names that only hmsvcd knows."""

import shutil
import subprocess
from typing import Any

import pytest

ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'


def completed(program: Any, *words: str) -> list[str]:
    """Return what is proposed for the last word of a command line."""
    answered = program(
        _HMSVCD_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(words),
        COMP_CWORD=str(len(words) - 1),
    )
    assert answered.err == ""
    return [line.partition(",")[2] for line in answered.out.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(stranger: Any, shell: str) -> None:
    """The script of a shell asks this program for proposals."""
    printed = stranger("completion", shell)
    assert printed.code == 0
    assert f"{shell}_complete" in printed.out
    assert "_HMSVCD_COMPLETE" in printed.out


def test_the_script_is_valid(stranger: Any) -> None:
    """Bash takes the script without complaint."""
    bash = shutil.which("bash")
    assert bash is not None
    script = stranger("completion", "bash").out
    done = subprocess.run([bash, "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_another_shell_is_wrong_usage(stranger: Any) -> None:
    """Shells that are not known are named with those that are."""
    refused = stranger("completion", "csh")
    assert refused.code == 2
    assert "fish" in refused.err


def test_commands_and_options_are_proposed(stranger: Any) -> None:
    """The beginning of a command or an option is completed."""
    assert completed(stranger, "hmsvcd", "ren") == ["render"]
    assert completed(stranger, "hmsvcd", "apply", "--re") == ["--replace"]


def test_services_and_units_are_proposed(user: Any) -> None:
    """For status and logs, what is installed is known."""
    user.declare(ONE)
    user("apply")
    for command in ("status", "logs"):
        assert completed(user, "hmsvcd", command, "o") == ["one", "one.service"]


def test_generations_are_proposed(user: Any) -> None:
    """For rollback, the numbers are known."""
    user.declare(ONE)
    user("apply")
    assert completed(user, "hmsvcd", "rollback", "") == ["1"]


def test_where_nothing_is_installed_nothing_is_proposed(stranger: Any) -> None:
    """A shell is told nothing rather than an error."""
    assert completed(stranger, "hmsvcd", "status", "") == []
    assert completed(stranger, "hmsvcd", "rollback", "") == []
