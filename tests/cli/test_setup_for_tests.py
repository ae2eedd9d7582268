"""What contrib/setup.sh installs for the tests."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "contrib/setup.sh"


@pytest.mark.parametrize(
    ("kind", "environ", "wanted"),
    [
        ("", {"CI": "true"}, set()),
        ("dev", {}, {"openssl"}),
        ("dev", {"CI": "true"}, {"openssl", "php-fpm"}),
    ],
)
def test_only_ci_gets_what_starts_servers(tmp_path, kind, environ, wanted):
    """A laptop gets what the tests need besides, and nobody else anything of it."""
    (tmp_path / "contrib").mkdir()
    shutil.copy(SCRIPT, tmp_path / "contrib")
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "bin").mkdir()
    programs = {"id": "echo 0", "apt-get": 'echo "$*" >&2', "ls": "exit 1", "env": 'shift; "$@"'}
    for name, text in programs.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    for name in ("sh", "dirname", "cat", "cksum", "cmp", "tr"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or "")
    ran = subprocess.run(
        ["/bin/sh", tmp_path / "contrib/setup.sh", *kind.split()],
        env={"PATH": str(tmp_path / "bin"), **environ},
        capture_output=True,
        check=False,
        text=True,
    )
    (line,) = (line for line in ran.stderr.splitlines() if "install -y" in line)
    assert set(line.split()) & {"openssl", "php-fpm"} == wanted
