"""Unit files as text: written in one canonical form, read in any (systemd.syntax(7))."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from sys import intern

from hmsvcd.model.unit import Assignment, Sections, UnitFile

_BLANKS = " \t\n\r"
_LINE_END = re.compile(r"\r\n|[\n\r\0]")
_TRAILING_BACKSLASHES = re.compile(r"\\*\Z")


def write(sections: Sections) -> str:
    """Return the text of a unit: sections and keys in byte order, one line per assignment.

    A key without assignments, and then a section without keys, is left out; an empty unit is "".
    """
    return "\n".join(
        f"[{section}]\n{''.join(lines)}"
        for section in sorted(sections, key=str.encode)
        if (lines := list(_assignments(sections, section)))
    )


def _assignments(sections: Sections, section: str) -> Iterator[str]:
    directives = sections[section]
    for key in sorted(directives, key=str.encode):
        yield from (f"{key}={value}\n" for value in directives[key])


def parse(name: str, text: str) -> UnitFile:
    """Return what a unit file of any origin says; lines that systemd would ignore are left out.

    Sections that stand there twice are one; an empty assignment stays, since it resets a list.
    Of each unit the last two texts are not parsed again: what it was and what it is to be.
    """
    return _parser(name)(text)


@lru_cache(maxsize=4096)
def _parser(name: str) -> Callable[[str], UnitFile]:
    return lru_cache(maxsize=2)(partial(_parse, name))


def _parse(name: str, text: str) -> UnitFile:
    sections: dict[str, dict[str, tuple[str, ...]]] = {}
    for section, key, value in assignments(text):
        directives = sections.setdefault(section, {})
        directives[key] = (*directives.get(key, ()), value)
    return UnitFile(name, sections)


def assignments(text: str) -> Iterator[Assignment]:
    """Yield section, key and value of each assignment of a unit file, in order."""
    current: str | None = None
    for line in _logical_lines(text.removeprefix("\ufeff")):
        if line.startswith("["):
            current = line[1:-1] if line.endswith("]") else current
            continue
        key, equals, value = line.partition("=")
        key = intern(key.rstrip(_BLANKS))
        if current is not None and equals and key:
            yield intern(current), key, value.strip(_BLANKS)


def _logical_lines(text: str) -> Iterator[str]:
    """Yield lines without comments, with continuations joined as systemd's config_parse() does."""
    begun = ""
    for line in _LINE_END.split(text):
        if line.lstrip(_BLANKS).startswith(("#", ";")):
            continue
        joined = begun + line
        if _continues(joined):
            begun = joined[:-1] + " "
            continue
        begun = ""
        if stripped := joined.strip(_BLANKS):
            yield stripped
    if stripped := begun.strip(_BLANKS):
        yield stripped


def _continues(line: str) -> bool:
    """Say whether the last backslash is one that no other backslash escapes."""
    trailing = _TRAILING_BACKSLASHES.search(line)
    return trailing is not None and len(trailing.group()) % 2 == 1
