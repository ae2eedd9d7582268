"""Specifiers in the names that a unit gives in its dependencies."""

import pytest

from hmsvcd.pipeline.syntax.specifiers import resolved


@pytest.mark.parametrize(
    ("unit", "word", "named"),
    [
        ("web@one.service", "plain.service", "plain.service"),
        ("web@one.service", "db@%i.service", "db@one.service"),
        ("web@one.service", "%p-db.service", "web-db.service"),
        ("web@one.service", "before-%n", "before-web@one.service"),
        ("web@one.service", "%N.socket", "web@one.socket"),
        ("web@one.service", "100%%.service", "100%.service"),
        ("my-web@home-me-a\\x2db.service", "db@%I.service", "db@home/me/a-b.service"),
        ("my-web@home-me.service", "%j@%i.socket", "web@home-me.socket"),
        ("my-web@one.service", "%P/%J", "my/web/web"),
        ("web.service", "%p.socket", "web.socket"),
        ("web.service", "db@%i.service", "db@.service"),
        ("web@.service", "db@%i.service", "db@%i.service"),
        ("web@.service", "%p-db@%i.service", "web-db@%i.service"),
        ("web.service", "%u.service", "%u.service"),
        ("web.service", "odd%", "odd%"),
    ],
)
def test_a_name_is_resolved_as_systemd_does(unit: str, word: str, named: str) -> None:
    """What the unit's own name tells is put in, and nothing else is guessed."""
    assert resolved(word, unit) == named
