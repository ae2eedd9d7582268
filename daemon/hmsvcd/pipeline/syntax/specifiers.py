"""Specifiers in the names of other units, as a unit's own name resolves them (systemd.unit(5))."""

import re
from collections.abc import Mapping

from hmsvcd.model.unit import is_template

_SPECIFIER = re.compile("%(.)")
_ESCAPED = re.compile(r"-|\\x([0-9a-fA-F]{2})")
_OF_AN_INSTANCE = frozenset("nNiI")


def resolved(word: str, unit: str) -> str:
    """Return the unit that a word in a dependency list of ``unit`` names.

    That a name is made of other things than the unit's own name (``%u``), or of an instance that
    a bare template does not have, cannot be told: such specifiers stay as they are.

    >>> resolved("%p-db@%i.service", "web@one.service")
    'web-db@one.service'
    """
    if "%" not in word:
        return word
    meant = _meanings(unit)
    return _SPECIFIER.sub(lambda found: meant.get(found[1], found[0]), word)


def _meanings(unit: str) -> Mapping[str, str]:
    stem = unit.rpartition(".")[0]
    prefix, _, instance = stem.partition("@")
    last = prefix.rpartition("-")[2]
    found = {"n": unit, "N": stem, "p": prefix, "j": last, "i": instance, "%": "%"}
    found |= {"P": _unescaped(prefix), "J": _unescaped(last), "I": _unescaped(instance)}
    if is_template(unit):
        return {letter: text for letter, text in found.items() if letter not in _OF_AN_INSTANCE}
    return found


def _unescaped(text: str) -> str:
    """Return what systemd-escape(1) has made into a part of a unit name."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else "/", text)
