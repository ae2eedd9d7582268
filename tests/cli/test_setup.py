"""contrib/setup.sh on systems that lack something."""

import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
TOOLS = ("sh", "dirname", "cat", "cksum", "cmp", "tr")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in a folder with a blank in its name, and beside it the programs there are."""
    folder = tmp_path / "my checkout"
    (folder / "contrib").mkdir(parents=True)
    shutil.copy(PROJECT / "contrib/setup.sh", folder / "contrib")
    shutil.copy(PROJECT / "pyproject.toml", folder)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    return folder


def add_program(checkout: Path, name: str, text: str) -> None:
    """Add a program to those there are."""
    path = checkout.parent / "bin" / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def set_up(checkout: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the script from elsewhere, with no other programs on PATH."""
    command = ["/bin/sh", str(checkout / "contrib/setup.sh"), *arguments]
    environ = {"PATH": str(checkout.parent / "bin")}
    return subprocess.run(
        command,
        env=environ,
        cwd="/",
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )


def test_an_unknown_system_is_told_what_to_install(checkout: Path) -> None:
    """Without apt-get the script names the packages and changes nothing."""
    done = set_up(checkout)
    assert done.returncode == 1
    assert "this system is not known" in done.stderr
    assert "python3 python3-venv" in done.stderr
    assert not (checkout / ".venv").exists()


def test_without_sudo_an_ordinary_user_reads_the_command(checkout: Path) -> None:
    """Where packages are missing and nobody can install them, the command to run is shown."""
    add_program(checkout, "apt-get", "echo touched; exit 1")
    add_program(checkout, "id", "echo 1000")
    done = set_up(checkout)
    assert done.returncode == 1
    assert "please run as root: apt-get install python3 python3-venv" in done.stderr
    assert done.stdout == ""


def test_packages_are_installed_with_sudo(checkout: Path) -> None:
    """An ordinary user's sudo is asked for the list of packages and for what is missing, alone."""
    add_program(checkout, "apt-get", "exit 1")
    add_program(checkout, "id", "echo 1000")
    add_program(checkout, "sudo", 'echo "sudo $*" >&2')
    asked = [line for line in set_up(checkout).stderr.splitlines() if line.startswith("sudo")]
    assert [line.split()[-1] for line in asked[:1]] == ["-qq"]
    assert "apt-get install -y -qq --no-install-recommends python3 python3-venv" in asked[1]
    assert len(asked) == 2


def test_a_failing_installation_ends_the_set_up(checkout: Path) -> None:
    """When apt-get fails, so does the script, before it makes anything."""
    add_program(checkout, "apt-get", "exit 100")
    add_program(checkout, "id", "echo 0")
    assert set_up(checkout).returncode == 100
    assert not (checkout / ".venv").exists()


def test_an_unknown_argument_is_refused(checkout: Path) -> None:
    """A typing error does not set up something else."""
    done = set_up(checkout, "develop")
    assert done.returncode == 1
    assert "unknown argument 'develop'" in done.stderr
