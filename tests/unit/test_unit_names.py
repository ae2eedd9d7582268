"""Which names systemd takes for units."""

import pytest

from declarations import errors, rendering
from hmsvcd.pipeline.check.unit_names import stem_for_path, unit_name_problem


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a b", "no name"),
        ("..", "no name"),
        ("", "no name"),
        ("é", "no name"),
        ("@a", "does not begin with `@`"),
        ("a" * 248, "at most 255"),
    ],
)
def test_a_name_that_is_none(name, problem):
    """A service's name becomes that of a unit and of a folder."""
    (error,) = errors(f"[services.'{name}']\nprocess.argv = ['/a']")
    assert problem in error.message
    assert error.key == f"services.{name}" or f'"{name}"' in (error.key or "")


@pytest.mark.parametrize("name", ["a" * 247, "a@", "a@b", "A.b:c_d-e", "\\x2da", "a.service"])
def test_a_name_that_systemd_takes(name):
    """Everything that is valid in a unit's name."""
    assert f"{name}.service" in rendering(f"[services.'{name}']\nprocess.argv = ['/a']").units


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("a.service", True),
        ("a@b@c.service", True),
        ("-.slice", True),
        ("a-b.slice", True),
        ("a--b.slice", False),
        ("-a.slice", False),
        ("a", False),
        ("a.snapshot", False),
        (".service", False),
        ("a/b.service", False),
    ],
)
def test_unit_names_are_those_of_systemd(name, valid):
    """As ``systemctl`` accepts them."""
    assert (unit_name_problem(name) is None) is valid


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("/", "-"),
        ("/mnt/my-disk/", "mnt-my\\x2ddisk"),
        ("//a/./.b", "a-.b"),
        ("/.a", "\\x2ea"),
        ("/é \\", "\\xc3\\xa9\\x20\\x5c"),
    ],
)
def test_mounts_are_named_as_systemd_escape_does(path, stem):
    """As ``systemd-escape --path`` prints it."""
    assert stem_for_path(path) == stem
