"""Where programs are looked for that service modules ask for."""

from dataclasses import replace
from pathlib import Path

import pytest

from declarations import CONTEXT
from hmsvcd.app.lookups import Looking
from hmsvcd.host.modules import Modules


def found(name: str, path: str) -> str | None:
    """Return where a program is found with this PATH."""
    return Looking(Modules(), replace(CONTEXT, environment={"PATH": path})).program(name)


@pytest.fixture
def server() -> Path:
    """A program that is in a folder of root's PATH."""
    return next(path for path in Path("/usr/sbin").iterdir() if path.is_file())


def test_servers_are_found_that_are_not_on_the_path(server: Path) -> None:
    """Debian has them where a user's PATH does not lead."""
    assert found(server.name, "/nowhere") in {str(server), f"/usr/local/sbin/{server.name}"}


def test_the_path_comes_first(server: Path, tmp_path: Path) -> None:
    """What the user has chosen counts."""
    own = tmp_path / server.name
    own.touch(mode=0o755)
    assert found(server.name, str(tmp_path)) == str(own)


def test_what_is_nowhere_is_not_found() -> None:
    """Also where there is no PATH at all."""
    assert found("no-such-program", "") is None
