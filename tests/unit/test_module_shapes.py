"""What Python lets anybody write as a service module, and what becomes of it."""
# mypy: ignore-errors
# What is written here is wrong on purpose.

from enum import Enum
from pathlib import PurePosixPath

import pytest

from hmsvcd.module import (
    ANY_NAME,
    ATOM,
    BOOL,
    INTEGER,
    PATH,
    PORT,
    STRING,
    STRINGS,
    AttrsOf,
    ByName,
    Either,
    Module,
    Option,
    Record,
    mk_default,
    mk_force,
)
from modules_given import checked, command, judged, module, rendered

IMPORT = '[services.a]\nimports = ["m"]\n'
OTHER = '[services.b]\nprocess.argv = ["/b"]\n'
ARGV = {"process": {"argv": ["/a"]}}


def recursive():
    """Return a table that is in itself."""
    table = {}
    table["services"] = table
    return table


def endless():
    """Return a function that returns itself."""
    return endless


class SilentError(Exception):
    """An exception that cannot say what it is."""

    def __str__(self):
        raise ValueError


def raising(_config):
    raise SilentError


@pytest.mark.parametrize(
    ("flawed", "message"),
    [
        (Module("m", options={"m": {"x": "text"}}), "`m.x` has to be an Option, or a table of"),
        (Module("m", options=["x"]), "the module `m`: no `options`"),
        (Module("m", options={"mkForce": Option(STRING, "It.")}), "no option can be called `mkF"),
        (Module("m", options={"m": Option(str, "It.")}), "the type of `m` is no type of hmsvcd."),
        (
            Module("m", options={"m": {"x": Option(PORT, "It.", "80")}}),
            "the default of `m.x` is",
        ),
        (Module("m", define=3), "`define` of the module `m` is no function"),
        (Module("m", interface="1"), "`interface` of the module `m` is no number"),
        (Module("m", imports="abc"), "`imports` of the module `m` is no tuple"),
        (Module("m", imports=(1,)), "`imports` of the module `m` are modules, or their names"),
        (module(lambda _config: None), "`define` has to return what it defines"),
        (module(lambda _config: recursive()), "tables and lists are nested more than 100 deep"),
        (module(lambda _config: {"process": {"argv": endless}}), "functions without end"),
        (module(raising), "the module `m` fails: SilentError: it cannot say more"),
        (
            module(lambda _config: {"imports": ["n"], **ARGV}),
            "what a module defines cannot",
        ),
        (module(lambda _config: {"proces": {}}), "unknown option `proces`"),
    ],
)
def test_what_is_no_module_refuses_its_service_alone(flawed, message):
    """With the place of the import, or of the line."""
    declaration, found = checked(IMPORT + OTHER, m=flawed)
    assert message in found[0].in_full.message, found
    assert found[0].place
    assert (found[0].refuses, declaration.refused) == ("a", {"a"})
    assert [service.name for service in declaration.services] == ["b"]


def test_sub_services_that_import_what_brings_them_end_somewhere():
    """A module brings a sub-service that imports the module."""

    def define(_config):
        return {"services": {"a": {"imports": [one]}}}

    one = module(define)
    _, found = judged(IMPORT, m=one)
    assert found[0].message == "sub-services are nested more than 20 deep"


def test_what_looks_into_a_service_whose_module_is_broken_is_refused_with_it():
    """That its options are unknown follows from that."""
    looks = '[services.c]\nprocess.argv = ["/c", "@{home.services.a.m.word}"]\n'
    declaration, found = checked(IMPORT + OTHER + looks, m=Module("m", define=3))
    assert [each.refuses for each in found] == ["a", None]
    assert declaration.refused == {"a", "c"}


def test_a_module_without_a_function_knows_where_it_is():
    """What it imports is beside the file that it is in."""
    inner = module(lambda _config: ARGV)
    bundle = Module("bundle", imports=("./inner.py",))
    text = '[services.a]\nimports = ["./modules/bundle.py"]\n'
    modules = {"./modules/bundle.py": bundle, "./inner.py": inner}
    declaration, found = checked(text, **modules)
    assert not found
    assert declaration.services[0].units


@pytest.mark.parametrize("name", ["50%.conf", "a$b", 'q"q', "é", "b\\s"])
def test_a_generated_file_is_found_however_its_name_is_escaped(name):
    """In a command, a configuration file, and a native unit."""

    def define(config):
        path = config.file(name, "text\n")
        return {"process": {"argv": ["/a", path]}, "m": {"path": path}}

    one = module(define, {"m": {"path": Option(STRING, "It.", "")}})
    assert len(rendered(IMPORT, m=one).generated) == 1
    only_there = IMPORT + 'process.argv = { mkForce = ["/a"] }\n'
    value = 'configData.j = { format = "json", value = { x = "@{config.m.path}" } }\n'
    assert len(rendered(only_there + value, m=one).generated) == 1
    native = "[systemd.user.services.n.Service]\nExecStart = '/n'\n"
    native += "X-File = '@{home.services.a.m.path}'\n"
    assert len(rendered(only_there + native, m=one).generated) == 1
    assert not rendered(only_there, m=one).generated


@pytest.mark.parametrize("name", ["", "a/b", "a\nb", "a\0b"])
def test_names_that_no_generated_file_can_have(name):
    """The module is told."""
    one = module(lambda config: {"process": {"argv": ["/a", config.file(name, "")]}})
    _, (found,) = judged(IMPORT, m=one)
    assert "no file can be called" in found.in_full.message


class Mode(str, Enum):  # noqa: UP042 - as many still write it
    """Words, as Python has them."""

    TCP = "tcp"


@pytest.mark.parametrize(
    ("kind", "default", "seen"),
    [
        (STRINGS, ("a", "b"), ["a", "b"]),
        (PATH, PurePosixPath("/x"), "/x"),
        (STRING, "x@{config.process.argv.0}", "x@{config.process.argv.0}"),
        (STRING, Mode.TCP, "tcp"),
    ],
)
def test_defaults_are_taken_as_python_means_them(kind, default, seen):
    """No reference is replaced in them."""
    said = []

    def define(config):
        said.append(config["m"]["o"])
        return ARGV

    rendered(IMPORT, m=module(define, {"m": {"o": Option(kind, "It.", default)}}))
    assert said == [seen]


def test_a_default_by_name_holds_the_name_as_it_is():
    """Also where that looks like a reference."""
    pools = AttrsOf(Record({"n": Option(STRING, "It.", ByName("<{}>"))}, "t"), ANY_NAME)

    def define(config):
        return {"process": {"argv": ["/a", config["m"]["a@{b}"]["n"]]}}

    text = f'{IMPORT}m."a@{{b}}" = {{}}\n'
    assert command(text, m=module(define, {"m": Option(pools, "It.")})) == '"/a" "<a@{b}>"'


def test_whether_an_option_is_there_can_be_asked_without_its_value():
    """It need not be set for that."""

    def define(config):
        return {"process": {"argv": ["/a", str("x" in config["m"]), str("y" in config["m"])]}}

    one = module(define, {"m": {"x": Option(STRING, "It.")}})
    assert command(IMPORT, m=one) == '"/a" "True" "False"'


def test_what_a_module_does_to_what_it_got_stays_its_own():
    """The user's assertion still fails."""

    def define(config):
        config["assertions"][0]["assertion"] = True
        return ARGV

    text = f'{IMPORT}assertions = [{{ assertion = false, message = "no" }}]\n'
    _, (found,) = judged(text, m=module(define))
    assert found.in_full.message == "failed assertion: no"


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ('{ mkMerge = [{ mkIf = { condition = "@{config.m.b}", content = { k = 1 } } }, 5] }', 5),
        ('{ mkIf = { condition = "@{config.m.b}", content = { mkForce = 5 } } }', None),
    ],
)
def test_a_condition_decides_whether_something_is_a_table(written, seen):
    """What does not count has no say."""
    said = []

    def define(config):
        said.append(config["m"]["e"])
        return ARGV

    kind = Either(ATOM, Record({"k": Option(INTEGER, "It.", 0)}, "t"))
    options = {"m": {"e": Option(kind, "It.", None), "b": Option(BOOL, "It.", False)}}
    rendered(f"{IMPORT}m.e = {written}\n", m=module(define, options))
    assert said == [seen]


def test_one_element_of_a_list_is_computed_without_the_others():
    """So another may depend on it."""
    options = {"m": {"x": Option(STRING, "It.", "")}}
    one = module(
        lambda config: {"process": {"argv": ["/a", lambda: config["m"]["x"], lambda: "c"]}},
        options,
    )
    text = f'{IMPORT}m.x = "@{{config.process.argv.0}}-@{{config.process.argv.2}}"\n'
    assert command(text, m=one) == '"/a" "/a-c" "c"'


@pytest.mark.parametrize("around", ["mkDefault", "mkForce"])
def test_a_priority_around_the_options_of_a_module_is_one_on_each(around):
    """The table only holds them: what the module says of others stays (nixpkgs)."""

    def define(config):
        m = config["m"]
        return {"m": {"y": "2"}, "process": {"argv": lambda: ["/a", m["x"], m["y"]]}}

    options = {"m": {"x": Option(STRING, "It."), "y": Option(STRING, "It.")}}
    text = f'{IMPORT}m = {{ {around} = {{ x = "1" }} }}\n'
    assert command(text, m=module(define, options)) == '"/a" "1" "2"'


@pytest.mark.parametrize("way", ["service", 'services.""', "services.a"])
def test_modules_come_first_by_whatever_name_a_unit_is_called(way):
    """The order does not depend on the alias that somebody has used."""
    one = module(lambda _config: {"systemd": {"service": {"documentation": ["man:m(1)"]}}, **ARGV})
    text = f'{IMPORT}systemd.{way}.documentation = ["man:u(1)"]\n'
    lines = rendered(text, m=one).units["a.service"].text.splitlines()
    assert [line[-8:] for line in lines if "Documentation" in line] == ["man:m(1)", "man:u(1)"]


def test_reading_what_the_module_itself_defines_is_explained():
    """It is not there yet."""

    def define(config):
        return {
            "configData": {"x": {"text": "t"}},
            "systemd": {"service": {"description": config["configData"]["x"]["path"]}},
            **ARGV,
        }

    _, (found,) = judged(IMPORT, m=module(define))
    assert "`lambda: …`" in found.in_full.message


@pytest.mark.parametrize(("around", "seen"), [(mk_default, "user"), (mk_force, "module")])
def test_what_a_module_says_of_its_own_option_has_a_priority(around, seen):
    """As what it says of any other."""
    options = {"m": {"x": Option(STRING, "It.", "0")}}
    one = module(
        lambda config: {
            "m": {"x": around("module")},
            "process": {"argv": lambda: ["/a", config["m"]["x"]]},
        },
        options,
    )
    assert command(
        f'{IMPORT}m.x = {{ mkOverride = {{ priority = 100, content = "user" }} }}\n', m=one
    ) == (f'"/a" "{seen}"')
