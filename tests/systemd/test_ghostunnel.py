"""The service module ``ghostunnel`` on a real manager."""

import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import ghostunnel_stand_in
from module_pages import shown
from users import User, eventually

pytestmark = pytest.mark.systemd

EXAMPLE, MANUAL = shown("ghostunnel", "toml")
"""What the module's page shows: the first with certificates, the second Home Manager's."""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the certificates and keys of an authority, a server, a client and a rogue."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed (package openssl)")
    folder = tmp_path_factory.mktemp("certificates")
    make(folder, "ca", "-addext", "basicConstraints=critical,CA:TRUE")
    by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE")
    make(folder, "server", *by, "-addext", "subjectAltName=DNS:localhost")
    make(folder, "client", *by)
    make(folder, "rogue", *by)
    return folder


def make(folder: Path, name: str, *options: str) -> None:
    """Make a certificate and its key."""
    (folder / "openssl.cnf").write_text("[req]\ndistinguished_name = name\n[name]\n")
    what = ["openssl", "req", "-x509", "-config", "openssl.cnf", "-nodes", "-days", "2"]
    how = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={name}"]
    files = ["-out", f"{name}.pem", "-keyout", f"{name}.key"]
    subprocess.run([*what, *how, *files, *options], cwd=folder, check=True, capture_output=True)


@pytest.fixture(
    params=[
        "stand-in",
        pytest.param("ghostunnel", marks=pytest.mark.may_skip("Debian has no package of it")),
    ]
)
def package(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with ghostunnel, or with what stands in for it."""
    found = shutil.which("ghostunnel")
    program = tmp_path / "package/bin/ghostunnel"
    program.parent.mkdir(parents=True)
    if request.param == "stand-in":
        stand_in = ghostunnel_stand_in.__file__
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} "$@"\n')
        program.chmod(0o755)
    elif found is None:
        pytest.skip("ghostunnel is not installed")
    else:
        program.symlink_to(found)
    return program.parent.parent


@pytest.fixture
def shouting(tmp_path: Path) -> Iterator[Path]:
    """The socket of a server without TLS that says everything in capitals."""
    path = tmp_path / "target.sock"
    with socket.create_server(str(path), family=socket.AF_UNIX) as listening:
        thread = threading.Thread(target=shout, args=(listening,))
        thread.start()
        yield path
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def shout(listening: socket.socket) -> None:
    """Answer one connection after another, until the socket is shut down."""
    while True:
        try:
            taken, _ = listening.accept()
        except OSError:
            return
        with taken:
            while said := taken.recv(65536):
                taken.sendall(said.upper())


class Tunnel:
    """A service with the module, as its page shows it, on sockets and files of the test."""

    def __init__(self, user: User, certificates: Path, package: Path, target: Path) -> None:
        self.user = user
        self.certificates = certificates
        self.address = user.session.runtime / "tunnel.sock"
        names = {"cert": "server.pem", "key": "server.key", "cacert": "ca.pem"}
        self._settings = {
            "package": package,
            "listen": f"unix:{self.address}",
            "target": f"unix:{target}",
            **{name: certificates / file for name, file in names.items()},
        }

    def apply(self, declaration: str) -> None:
        """Apply a declaration, and wait until the tunnel is there."""
        lines = [f'{key} = {{ mkForce = "{value}" }}' for key, value in self._settings.items()]
        file = self.user.declaration.parent / "conf.d/test.toml"
        file.parent.mkdir(parents=True)
        file.write_text("[services.tunnel.ghostunnel]\n" + "\n".join(lines), encoding="utf-8")
        self.user.apply(declaration)
        eventually(self.address.is_socket)

    def say(self, words: str, client: str | None = "client") -> str:
        """Say something through the tunnel, and return what comes back.

        Raises OSError, or returns nothing, where the tunnel does not let the client in.
        """
        context = ssl.create_default_context(cafile=self.certificates / "ca.pem")
        if client:
            own = self.certificates / client
            context.load_cert_chain(own.with_suffix(".pem"), own.with_suffix(".key"))
        with socket.socket(socket.AF_UNIX) as plain:
            plain.settimeout(60)
            plain.connect(str(self.address))
            with context.wrap_socket(plain, server_hostname="localhost") as tls:
                tls.sendall(words.encode())
                return tls.recv(65536).decode()

    def lets_in(self, client: str | None) -> bool:
        """Say whether a client can say anything to whom is behind the tunnel."""
        try:
            return self.say("hello", client) == "HELLO"
        except (ssl.SSLError, ConnectionError):
            return False


@pytest.fixture
def tunnel(user: User, certificates: Path, package: Path, shouting: Path) -> Tunnel:
    """A tunnel to declare."""
    return Tunnel(user, certificates, package, shouting)


def test_the_example_of_the_page_lets_in_whom_it_names(tunnel: Tunnel) -> None:
    """It carries bytes over TLS for that client, and for no other, nor for one without a name."""
    tunnel.apply(EXAMPLE)
    assert tunnel.say("hello") == "HELLO"
    assert not tunnel.lets_in("rogue")
    assert not tunnel.lets_in(None)


def test_the_example_of_the_manual_lets_in_all_that_have_a_certificate(tunnel: Tunnel) -> None:
    """With ``allowAll``."""
    tunnel.apply(MANUAL)
    assert tunnel.lets_in("client")
    assert tunnel.lets_in("rogue")
    assert not tunnel.lets_in(None)


def test_without_authentication_everybody_is_let_in(tunnel: Tunnel) -> None:
    """With ``disableAuthentication``."""
    tunnel.apply(MANUAL.replace("allowAll", "disableAuthentication"))
    assert tunnel.lets_in(None)
