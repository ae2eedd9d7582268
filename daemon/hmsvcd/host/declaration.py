"""The declaration's files: found, read, and checked for who else may write them."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hmsvcd.host.seen import Seen, Stamps
from hmsvcd.model.diagnostic import Diagnostic, Place, Position, Severity
from hmsvcd.model.document import SourceText

_Read = tuple[list[SourceText], list[Diagnostic]]

_BYTE_ORDER_MARK = "\ufeff"
_BEGIN = "write one there, or name another file with --config"


def read_declaration(path: Path) -> tuple[list[SourceText], list[Diagnostic]]:
    """Return the texts of a declaration in order, and every reason why one could not be read.

    A file is the whole declaration; a folder holds ``config.toml`` and then ``conf.d/*.toml`` in
    byte order of names (hidden files are editors' own). Names are shown as ``path`` was given.
    """
    return DeclarationFiles().read(path)


class DeclarationFiles:
    """Reads a declaration again and again, and only those files that may have changed."""

    def __init__(self) -> None:
        self._seen: Seen[_Read] = Seen()

    def read(self, path: Path) -> tuple[list[SourceText], list[Diagnostic]]:
        """Return what ``read_declaration`` returns."""
        sources: list[SourceText] = []
        problems: list[Diagnostic] = []
        files, unlisted = _listed(path)
        for file in files:
            source, found = self._read(file)
            sources += source
            problems += found
        self._seen.retain(files)
        return sources, [*problems, *unlisted]

    def _read(self, file: str) -> _Read:
        known = self._seen.get(file)
        if known is not None:
            return known
        stamps = Stamps()
        stamps.take(file, follow=True)
        read = _read(Path(file))
        return self._seen.keep(file, read, stamps) if read[0] else read


def declaration_files(path: Path) -> list[Path]:
    """Return the files that make up a declaration, ``config.toml`` also where it is missing.

    Those in a ``conf.d`` that cannot be listed are missing; ``read_declaration`` says so.
    """
    return list(map(Path, _listed(path)[0]))


def _listed(path: Path) -> tuple[list[str], list[Diagnostic]]:
    """Return the files of a declaration, and why there may be more; listed once, to be sure.

    They are strings, since there may be a thousand.
    """
    if not _is_folder(path):
        return [str(path)], []
    folder = path / "conf.d"
    found: list[str] = []
    problems: list[Diagnostic] = []
    try:
        found += os.listdir(folder)  # noqa: PTH208 - names are wanted
    except OSError as problem:
        problems = _unlisted(folder, problem)
    chosen = [name for name in found if name.endswith(".toml") and not name.startswith(".")]
    chosen.sort(key=os.fsencode)
    return [str(path / "config.toml"), *(f"{folder}/{name}" for name in chosen)], problems


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where a parent may not be entered


def writable_by_others(path: Path) -> str | None:
    """Say who else may write a declaration's files or their folders; None where nobody may.

    Others are everybody, a foreign owner other than root, and a group, unless it is the owner's
    private one (same name, no other member: what umask 002 is made for). A sticky folder such as
    ``/tmp`` is safe around a declaration that is one file: there, only its owner can replace it.
    """
    safe = set() if _is_folder(path) else _folders_of_own(path)
    judged: dict[tuple[int, int, int], str | None] = {}
    for each in _guarded(path):
        try:
            status = os.stat(each)  # noqa: PTH116 - a string
        except OSError:
            continue  # reading it says what is wrong
        owners = status.st_uid, status.st_gid, status.st_mode
        if owners not in judged:
            judged[owners] = _foreign_writer(status)
        who = judged[owners]
        if who is not None and not (each in safe and _is_sticky(status)):
            return f"{each} can be written by {who}"
    return None


def _guarded(path: Path) -> Iterator[str]:
    """Yield the declaration's files, what they link to, and the folders of both."""
    files, _ = _listed(path)
    links = [file for file in files if os.path.islink(file)]  # noqa: PTH114 - strings
    yield from files
    yield from dict.fromkeys(map(_folder_of, [*files, *map(os.path.realpath, links)]))


def _folder_of(file: str) -> str:
    return os.path.dirname(file) or "."  # noqa: PTH120 - a string


def _folders_of_own(file: Path) -> set[str]:
    """Return the folders of a file and of what it links to, where the entry there is our own."""
    own: set[str] = set()
    for each in (str(file), os.path.realpath(file)):
        with suppress(OSError):
            if os.lstat(each).st_uid in {os.geteuid(), 0}:
                own.add(_folder_of(each))
    return own


def _is_sticky(status: os.stat_result) -> bool:
    """Say whether others may add files to a folder, but neither remove nor replace any."""
    return bool(status.st_mode & stat.S_ISVTX) and status.st_uid in {os.geteuid(), 0}


def _foreign_writer(status: os.stat_result) -> str | None:
    if status.st_uid not in {os.geteuid(), 0}:
        return f"its owner, {_user_name(status.st_uid)}"
    if status.st_mode & stat.S_IWOTH:
        return "everybody"
    if status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid, status.st_uid):
        return f"the group {_group_name(status.st_gid)}"
    return None


def _is_private_group(gid: int, uid: int) -> bool:
    import grp  # noqa: PLC0415 - most files are not group-writable

    user = _user_name(uid)
    try:
        group = grp.getgrgid(gid)
    except KeyError:
        return False
    return group.gr_name == user and not set(group.gr_mem) - {user}


def _user_name(uid: int) -> str:
    import pwd  # noqa: PLC0415 - as above

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group_name(gid: int) -> str:
    import grp  # noqa: PLC0415 - as above

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _read(file: Path) -> _Read:
    try:
        content = _content(file)
    except OSError as problem:
        return [], [_unreadable(file, problem)]
    try:
        text = content.decode()
    except UnicodeDecodeError as problem:
        return [], [_not_utf8(file, content[: problem.start])]
    marked = text.startswith(_BYTE_ORDER_MARK)
    source = SourceText(str(file), text.removeprefix(_BYTE_ORDER_MARK))
    return [source], [_has_mark(file)] if marked else []


def _content(file: Path) -> bytes:
    """Return a regular file's bytes; anything else (a pipe would block) is an ``OSError``."""
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    kind = os.fstat(handle).st_mode
    if not stat.S_ISREG(kind):
        os.close(handle)
        raise OSError(0, "is a folder" if stat.S_ISDIR(kind) else "is not a regular file")
    with os.fdopen(handle, "rb") as stream:
        return stream.read()


def _unreadable(file: Path, problem: OSError) -> Diagnostic:
    if not isinstance(problem, FileNotFoundError):
        why = (problem.strerror or str(problem)).lower()
        return _error(file, f"cannot be read: {why}")
    if file.is_symlink():
        return _error(file, f"is a dangling link to {file.readlink()}")
    return _error(file, "there is no such declaration", hint=_BEGIN)


def _unlisted(folder: Path, problem: OSError) -> list[Diagnostic]:
    """Return why ``conf.d`` cannot be listed; that there is none is no problem."""
    if isinstance(problem, FileNotFoundError):
        return [_error(folder, "is a dangling link")] if folder.is_symlink() else []
    return [_error(folder, f"cannot be listed: {(problem.strerror or str(problem)).lower()}")]


def _not_utf8(file: Path, before: bytes) -> Diagnostic:
    line = before.rpartition(b"\n")[2].decode()
    position = Position(before.count(b"\n") + 1, len(line) + 1)
    return _error(
        file, f"is not UTF-8 from byte {len(before)} on", position, "save the file as UTF-8"
    )


def _has_mark(file: Path) -> Diagnostic:
    return _error(
        file,
        "begins with a byte order mark, which TOML has not",
        Position(1, 1),
        "save the file as UTF-8 without a BOM",
    )


def _error(
    file: Path, message: str, position: Position | None = None, hint: str | None = None
) -> Diagnostic:
    place = Place(str(file))
    return Diagnostic(Severity.ERROR, message, hint=hint, place=place, position=position)
