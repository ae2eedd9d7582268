"""Stands in for ghostunnel where there is none: its flags as its manual has them, and no others.

It takes TLS connections on a Unix socket, judges who connects, and passes on to another socket.
"""

import argparse
import contextlib
import socket
import ssl
import threading
from pathlib import Path
from typing import Any


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line of ``ghostunnel server``, as strictly as ghostunnel."""
    made = argparse.ArgumentParser(allow_abbrev=False)
    made.add_argument("--disable-landlock", action="store_true", required=True)
    server = made.add_subparsers(required=True).add_parser("server", allow_abbrev=False)
    for name in ("listen", "target", "cert", "key"):
        server.add_argument(f"--{name}", required=True)
    server.add_argument("--cacert")
    access = server.add_mutually_exclusive_group(required=True)
    access.add_argument("--allow-all", action="store_true")
    access.add_argument("--disable-authentication", action="store_true")
    access.add_argument("--allow-cn", action="append")
    return made


def serve(arguments: argparse.Namespace) -> None:
    """Take connections for ever."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=arguments.cacert)
    context.load_cert_chain(arguments.cert, arguments.key)
    if not arguments.disable_authentication:
        context.verify_mode = ssl.CERT_REQUIRED
    path = Path(arguments.listen.removeprefix("unix:"))
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        while True:
            taken, _ = listening.accept()
            threading.Thread(target=carry, args=(taken, context, arguments), daemon=True).start()


def carry(taken: socket.socket, context: ssl.SSLContext, arguments: argparse.Namespace) -> None:
    """Carry bytes both ways, if whoever is there is let in."""
    with taken, contextlib.suppress(OSError), context.wrap_socket(taken, server_side=True) as tls:
        if not is_let_in(tls, arguments):
            return
        with socket.socket(socket.AF_UNIX) as target:
            target.connect(arguments.target.removeprefix("unix:"))
            while said := tls.recv(65536):
                target.sendall(said)
                tls.sendall(target.recv(65536))


def is_let_in(tls: ssl.SSLSocket, arguments: argparse.Namespace) -> bool:
    """Say whether the subject of a client's certificate is one of those allowed."""
    if not arguments.allow_cn:
        return True
    certificate: Any = tls.getpeercert()
    subject = dict(pair for pairs in certificate["subject"] for pair in pairs)
    return subject.get("commonName") in arguments.allow_cn


if __name__ == "__main__":
    serve(parser().parse_args())
