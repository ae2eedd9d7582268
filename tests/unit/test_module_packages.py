"""Where service modules find their programs, and how they write settings."""

from importlib.metadata import entry_points

import pytest
from jsonschema import Draft7Validator

from hmsvcd.host.modules import GROUP
from hmsvcd.module import PATH, Module
from hmsvcd.modules.ini import lines, sections
from hmsvcd.modules.packages import package, program
from hmsvcd.modules.settings import toml
from hmsvcd.pipeline.manual.json_schema import json_schema
from modules_given import command, judged

IMPORT = '[services.a]\nimports = ["m"]\n'


def define(config):
    """Define a command of a program that has two names."""
    return {"process": {"argv": [program(config, "m", "name", "name-2")]}}


MODULE = Module("m", options={"m": {"package": package("name")}}, define=define)


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("/opt", "/opt/bin/name"),
        ("/opt/bin", "/opt/bin/bin/name"),
        ("/usr/sbin/name-1", "/usr/sbin/name-1"),
        ("/opt/bin/other", "/opt/bin/other"),
        ("/opt/bin/more/other", "/opt/bin/more/other/bin/name"),
    ],
)
def test_a_package_is_a_folder_or_a_program(named, found):
    """That is told by the path, whether it is there or not."""
    assert command(f'{IMPORT}m.package = "{named}"\n', m=MODULE) == f'"{found}"'


@pytest.mark.parametrize(
    ("programs", "found"),
    [
        ({"name": "/x/name", "name-2": "/x/name-2"}, "/x/name"),
        ({"name-2": "/x/name-2"}, "/x/name-2"),
    ],
)
def test_without_a_package_the_program_is_on_the_path(programs, found):
    """By the first of its names that is there."""
    assert command(IMPORT, programs, m=MODULE) == f'"{found}"'


def test_a_program_that_is_nowhere_is_an_error():
    """It names all that was looked for."""
    _, (found,) = judged(IMPORT, {}, m=MODULE)
    assert found.message == "there is no program `name` or `name-2` on the PATH"


def test_a_package_is_an_absolute_path():
    """Anything else is an error where it stands."""
    _, (found,) = judged(f'{IMPORT}m.package = "opt"\n', {}, m=MODULE)
    assert (found.key, found.message) == ("services.a.m.package", "expected an absolute path")


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("/opt", True),
        ("@{home.homeDirectory}/go", True),
        ({"mkForce": "/opt"}, True),
        ("opt", False),
        ("", False),
        ({"mkForce": "opt"}, False),
        (1, False),
    ],
)
def test_editors_know_what_a_path_is(value, fits):
    """As ``check`` does; what a reference stands for is not known to them."""
    declaration = {"services": {"a": {"imports": ["m"], "m": {"package": value}}}}
    assert Draft7Validator(json_schema([MODULE])).is_valid(declaration) == fits


def test_all_shipped_modules_have_a_package():
    """Of one kind."""
    entries = [each for each in entry_points(group=GROUP) if "hmsvcd.modules." in each.value]
    modules = [each.load() for each in entries]
    packages = [options["package"] for module in modules for options in module.options.values()]
    assert len(packages) == len(modules)
    assert {(each.type, each.default) for each in packages} == {(PATH, None)}


def test_sections_are_sorted_and_apart():
    """What ends a name is escaped, and booleans are words."""
    tables: dict[str, dict[str, object]] = {
        "b": {"y": True, "x": 1},
        "a[1]": {"k=l": "v = w"},
        "c": {},
    }
    text = "[a\\[1\\]]\nk\\=l=v = w\n\n[b]\nx=1\ny=true\n\n[c]\n"
    assert sections(tables) == text
    assert sections({}) == lines({}) == ""


def test_settings_are_written_without_what_is_not_set():
    """Sorted; a table stays also where nothing is left of it."""
    text = toml({"b": {"z": None}, "a": [{"y": 1, "x": None}], "c": None, "0": 1.5})
    assert text == "0 = 1.5\na = [\n    { y = 1 },\n]\n\n[b]\n"
