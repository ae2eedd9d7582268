"""The program as a whole: its overview, its version, its manners."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from hmsvcd.cli.main import COMMANDS

ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'
LIGHT = ("--version", "--help", "completion bash", "apply --help")
SLOW = {"asyncio", "rich", "dbus_next", "tree_sitter", "watchfiles", "yaml", "tomllib"}


def test_the_version_is_that_of_the_package(stranger: Any) -> None:
    """--version names program and version."""
    assert stranger("--version").out == f"hmsvcd {version('hmsvcd')}\n"


def test_the_overview_names_every_command(stranger: Any) -> None:
    """--help lists each command with what it does."""
    shown = stranger("--help").out
    for command, purpose in COMMANDS.items():
        assert f"{command} " in shown
        assert purpose.split()[0] in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(stranger: Any, command: str) -> None:
    """The help of a command shows its usage."""
    shown = stranger(command, "--help")
    assert shown.code == 0
    assert shown.out.startswith(f"Usage: hmsvcd {command} ")


def test_a_mistyped_command_is_guessed(stranger: Any) -> None:
    """The nearest command is proposed."""
    assert "Did you mean 'status'?" in stranger("stauts").err


@pytest.mark.parametrize("words", LIGHT)
def test_nothing_slow_is_imported_for_nothing(stranger: Any, words: str) -> None:
    """A command that needs no bus, no colours and no parser does not pay for them."""
    ran = stranger(*words.split(), PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in ran.err.splitlines()}
    assert not imported & SLOW


def test_listing_generations_needs_no_rich(stranger: Any) -> None:
    """A plain list is printed without what draws tables."""
    ran = stranger("generations", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in ran.err.splitlines()}
    assert not imported & {"rich", "tree_sitter", "watchfiles", "yaml"}


@pytest.mark.parametrize("words", ["render", "render --json", "check", "--help"])
def test_a_reader_may_go(stranger: Any, words: str) -> None:
    """Output to a pipe that nobody reads ends quietly."""
    stranger.declare("".join(ONE.replace("one", f"s{number}") for number in range(300)))
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "hmsvcd", *words.split()],
        env=stranger.environ, stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_disk_without_room_is_told(stranger: Any) -> None:
    """Output that cannot be written is an error of the system, not of hmsvcd."""
    stranger.declare(ONE)
    with Path("/dev/full").open("w", encoding="ascii") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hmsvcd", "render"],
            env=stranger.environ, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "internal error" not in done.stderr


def test_a_switch_does_not_end_with_its_reader(user: Any) -> None:
    """An apply whose output nobody reads is carried out all the same."""
    user.declare(ONE)
    reading, writing = os.pipe()
    os.close(reading)
    subprocess.run(
        [sys.executable, "-m", "hmsvcd", "apply"],
        env=user.environ, stdout=writing, stderr=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    os.close(writing)
    assert user("status", "--json").document["services"]["one"]["state"] == "running"
    assert user("plan", "--json").document["actions"] == []


def test_a_name_that_is_no_text_is_shown(stranger: Any) -> None:
    """A path with bytes that are no UTF-8 is told with these escaped."""
    ran = stranger("check", "-c", os.fsdecode(b"\xff.toml"))
    assert ran.code == 1
    assert "udcff.toml" in ran.out
