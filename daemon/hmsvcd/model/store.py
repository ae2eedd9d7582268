"""How content is addressed: the hash of a store object and its name."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

HASH_LENGTH = 32
"""Hexadecimal digits of the SHA-256 that stand in a store object's name (128 bits)."""

NAME_MAX = 255
"""Bytes that Linux takes for the name of a file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a folder: its path relative to the folder, its kind and what it holds.

    ``kind`` is ``file``, ``executable``, ``link`` or ``folder``; ``digest`` is the SHA-256 of the
    content (for a link, of the text it points to; empty for a folder).
    """

    path: str
    kind: str
    digest: str


def content_digest(content: bytes, *, executable: bool = False) -> str:
    """Return the digest of a file: the SHA-256 of its content, apart for executables."""
    return sha256(b"executable\0" + content if executable else content).hexdigest()


def folder_digest(entries: Iterable[Entry]) -> str:
    """Return the digest of a folder: the SHA-256 of its sorted listing."""
    lines = sorted(f"{entry.path}\0{entry.kind}\0{entry.digest}\n" for entry in entries)
    return sha256("".join(["folder\n", *lines]).encode("utf-8", "surrogateescape")).hexdigest()


def object_name(digest: str, label: str) -> str:
    """Return ``<hash>-<name>`` for a digest and what the object is called.

    A ``/`` becomes ``-``; what would make the name of a file too long is cut off.
    """
    name = label.replace("/", "-").encode("utf-8", "surrogateescape")
    shown = name[: NAME_MAX - HASH_LENGTH - 1].decode(errors="ignore")
    return f"{digest[:HASH_LENGTH]}-{shown}"


def unit_object_name(unit: str, text: str) -> str:
    """Return the name of the folder that holds a unit: systemd names it after the link target."""
    return object_name(content_digest(text.encode()), unit)
