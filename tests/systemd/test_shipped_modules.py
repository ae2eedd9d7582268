"""Shipped service modules on a real manager, with stand-ins for programs that Debian lacks."""

import os
import re
import socket
import stat
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from module_pages import shown
from users import User, eventually

pytestmark = pytest.mark.systemd

STAND_IN = "#!/bin/sh\nwhile :; do sleep 1000; done\n"
"""Stays what it was started as, so that its command line can be seen."""

WEB = """\
[services.web]
imports = ["python-http-server"]
process.argv = ["--bind", "127.0.0.1"]
python-http-server.port = {port}
configData.webroot.source = "./site"
"""


def beside(user: User, text: str) -> None:
    """Write a further file of the declaration."""
    file = user.declaration.parent / "conf.d/test.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def write(user: User, name: str, text: str) -> None:
    """Write a file beside the declaration."""
    file = user.declaration.parent / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def command_of(user: User, unit: str) -> list[str]:
    """Return the arguments that the process of a unit was started with, its program first."""
    text = Path(f"/proc/{user.pid(unit)}/cmdline").read_text(encoding="utf-8")
    return text.removesuffix("\0").split("\0")


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number: int = listening.getsockname()[1]
        return number


def page(port: int) -> str | None:
    """Return what is served, or None while nothing is."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/index.html", timeout=60) as answer:
            return str(answer.read().decode())
    except URLError:
        return None


def test_python_serves_a_folder(user: User, port: int) -> None:
    """The one beside the declaration, and as it is after an edit."""
    write(user, "site/index.html", "one")
    user.apply(WEB.format(port=port))
    eventually(lambda: page(port) == "one")
    write(user, "site/index.html", "two")
    assert user.apply().actions == {"web.service": "restart"}
    eventually(lambda: page(port) == "two")


def test_python_goes_on_serving_where_the_declaration_says_so(user: User, port: int) -> None:
    """What it serves is always what is there, so it need not be restarted."""
    keep = WEB + 'systemd.service.unitConfig.X-SwitchMethod = "keep-old"\n'
    write(user, "site/index.html", "one")
    user.apply(keep.format(port=port))
    eventually(lambda: page(port) == "one")
    before = user.pid("web.service")
    write(user, "site/index.html", "two")
    user.apply()
    assert page(port) == "two"
    assert user.pid("web.service") == before


EXPECTED = {
    "autoconnect": ["autoconnect", "-c", r"/.*-autoconnect\.toml"],
    "autoendpoint": ["autoendpoint", "-c", r"/.*-autoendpoint\.toml"],
    "easytier": ["easytier-core", r"--config-file=/.*/home-services/mesh/config\.toml"],
    "git-pages": ["git-pages", "-config", "/.*/home-services/pages/git-pages.toml"],
    "holo-daemon": ["holod", "-c", r"/.*-holod\.toml"],
    "snid": [
        *("snid", "-mode", "tcp", "-listen", "tcp:127.0.0.1:8443"),
        *("-backend-cidr", "127.0.0.0/8", "-default-hostname=localhost", "-backend-port=9443"),
    ],
    "tlshd": ["tlshd", "--config", "/.*/home-services/tlshd/tlshd.conf"],
}


@pytest.fixture
def inaccessible() -> None:
    """What a manager of root puts in the place of files that are hidden; PID 1 makes it."""
    folder = Path("/run/systemd/inaccessible")
    if os.getuid() == 0 and not folder.exists():
        (folder / "dir").mkdir(parents=True)
        (folder / "reg").touch()
        os.mknod(folder / "sock", stat.S_IFSOCK)


@pytest.mark.usefixtures("inaccessible")
@pytest.mark.parametrize("name", EXPECTED)
def test_the_unit_of_the_page_starts_the_program(user: User, name: str) -> None:
    """With its arguments, among which its file is to be found."""
    declaration = shown(name, "toml")[0]
    (service,) = re.findall(r"^\[services\.(\w+)\]", declaration, re.MULTILINE)
    program, *arguments = EXPECTED[name]
    path = user.home / "package/bin" / program
    path.parent.mkdir(parents=True)
    path.write_text(STAND_IN)
    path.chmod(0o755)
    (user.config / "easytier").mkdir(parents=True)
    (user.config / "easytier/secret.env").write_text("ET_NETWORK_SECRET=secret\n")
    beside(user, f'[services.{service}.{name}]\npackage = {{ mkForce = "{path.parents[1]}" }}\n')
    user.apply(declaration)
    _, started, *given = command_of(user, f"{service}.service")
    assert started == str(path)
    assert len(given) == len(arguments)
    assert all(map(re.fullmatch, arguments, given)), given
    files = [word.rpartition("=")[2] for word in given if word.endswith((".toml", ".conf"))]
    assert all(Path(file).read_text() for file in files)
