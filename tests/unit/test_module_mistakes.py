"""What can be wrong with a service module, and how that is told."""

import sys
from pathlib import Path

import pytest

from hmsvcd.model.diagnostic import Place
from hmsvcd.module import INTEGER, INTERFACE, STRING, ByName, Module, Option
from modules_given import checked, command, judged, module, rendered

IMPORT = '[services.a]\nimports = ["m"]\n'
OTHER = '[services.b]\nprocess.argv = ["/b"]\n'
WORD = {"m": {"word": Option(STRING, "A word.", "hello"), "other": Option(STRING, "One.", "")}}


def line_of(text):
    """Return the number of a line of this file."""
    lines = Path(__file__).read_text().splitlines()
    return [line.strip() for line in lines].index(text) + 1


def test_a_module_that_raises_is_told_with_its_line():
    """The public message keeps the values that the exception may quote to itself."""

    def define(_config):
        raise ValueError("secret")  # here

    rendering, (found,) = judged(IMPORT + OTHER, m=module(define))
    assert found.place == Place(__file__, ("services", "a"))
    assert found.position
    assert found.position.line == line_of('raise ValueError("secret")  # here')
    assert found.message == "the module `m` fails with ValueError"
    assert found.in_full.message == "the module `m` fails: ValueError: secret"
    assert found.notes[0].place == Place("config.toml", ("services", "a", "imports", 0))
    assert list(rendering.units) == ["b.service"]


def test_a_function_in_the_tree_that_raises_is_told_with_its_line():
    """As the whole."""

    def argv():
        return [1 // 0]  # there

    _, (found,) = judged(IMPORT, m=module(lambda _config: {"process": {"argv": argv}}))
    assert found.position
    assert found.position.line == line_of("return [1 // 0]  # there")


@pytest.mark.parametrize(
    ("define", "message"),
    [
        (lambda _config: {"process": object()}, "a definition cannot be of the type `object`"),
        (lambda _config: {"process": {1: 2}}, "the name of an option cannot be of the type `int`"),
        (lambda config: config["m"]["wrd"], "`services.a.m` has no `wrd`: did you mean `word`?"),
        (lambda config: config["process"]["x"], "`services.a.process` has no `x`: known here: "),
        (lambda config: config.file("x", 1), "'int' object has no attribute 'encode'"),
        (lambda _config: sys.exit("bye"), "SystemExit: bye"),
    ],
)  # fmt: skip
def test_what_a_module_cannot_do(define, message):
    """It is one diagnostic, never an exception."""
    _, (found,) = judged(IMPORT, m=module(define, WORD))
    assert message in found.in_full.message


@pytest.mark.parametrize("tree", [["x"], [{"a": 1}], 5, "process", {"mkForce": [{"a": 1}]}])
def test_a_module_that_is_no_table(tree):
    """What it gives is checked like a file, and refuses its service alone."""
    declaration, found = checked(IMPORT + OTHER, m=module(lambda _config: tree, WORD))
    assert found[0].message.startswith("expected a table, found a")
    assert declaration.refused == {"a"}


def test_a_module_that_recurses_without_end():
    """Python's own limit ends it, and the module is named."""

    def define(config):
        return define(config)

    _, (found,) = judged(IMPORT, m=module(define))
    assert found.message == "the module `m` fails with RecursionError"


def test_values_that_follow_from_themselves_are_a_ring():
    """The error shows the way round."""

    def define(config):
        return {
            "m": {
                "word": lambda: config["m"]["other"],
                "other": lambda: config["m"]["word"],
            },
            "process": {"argv": lambda: ["/a", config["m"]["word"]]},
        }

    _, found = judged(IMPORT, m=module(define, WORD))
    assert found[0].message == (
        "circular reference: services.a.m.word → services.a.m.other → services.a.m.word"
    )
    assert found[0].place
    assert found[0].place.file == "config.toml"


def test_a_ring_through_the_file():
    """A reference in the file and a function of the module."""
    text = f'{IMPORT}m.word = "@{{config.process.argv.1}}"\n'
    one = module(lambda config: {"process": {"argv": lambda: ["/a", config["m"]["word"]]}}, WORD)
    _, found = judged(text, m=one)
    assert "services.a.m.word → services.a.process.argv" in found[0].message


def test_what_a_module_reads_and_defines_has_to_be_a_function():
    """The hint says how."""

    def define(config):
        return {"m": {"other": config["m"]["word"]}, "process": {"argv": ["/a"]}}

    _, (found,) = judged(IMPORT, m=module(define, WORD))
    assert found.message == "the module `m` reads `m` and defines it, too"
    assert "lambda" in str(found.hint)


def test_the_same_as_a_function():
    """Now it is asked for when all definitions are known."""

    def define(config):
        return {
            "m": {"other": lambda: config["m"]["word"]},
            "process": {"argv": lambda: ["/a", config["m"]["other"]]},
        }

    assert command(IMPORT, m=module(define, WORD)) == '"/a" "hello"'


def test_two_modules_that_read_each_other():
    """What one defines, the other may read while it says what it defines itself."""
    one = module(lambda config: {"process": {"argv": ["/a", config["n"]["word"]]}}, WORD)
    other = Module(
        "n",
        options={"n": {"word": Option(STRING, "A word.", "n")}},
        define=lambda _config: {"n": {"word": "defined"}},
    )
    text = '[services.a]\nimports = ["m", "n"]\n'
    assert command(text, m=one, n=other) == '"/a" "defined"'


def test_a_forgotten_import_is_told_by_its_name():
    """Where the option is one of a module that there is."""
    _, (found,) = judged(
        '[services.a]\nprocess.argv = ["/a"]\nm.word = "x"\n', m=module(options=WORD)
    )
    assert found.hint == '`m` is an option of a service module: imports = ["m"]'
    _, (found,) = judged(
        '[services.a]\nprocess.argv = ["/a"]\nproces = 1\n', m=module(options=WORD)
    )
    assert found.hint == "did you mean `process`?"


def test_an_unknown_module_is_told_alone():
    """That its options are unknown, too, would be noise."""
    _, (found,) = judged('[services.a]\nimports = ["no"]\nno.option = 1\n')
    assert found.message == "no module no"
    assert found.place == Place("config.toml", ("services", "a", "imports", 0))


def test_a_module_for_a_newer_interface():
    """It says which one it needs."""
    newer = Module("m", interface=INTERFACE + 1)
    _, (found,) = judged(IMPORT, m=newer)
    assert f"the module `m` needs version {INTERFACE + 1} of the interface" in found.message


def test_a_module_cannot_replace_an_option_of_services():
    """What everybody knows keeps its meaning."""
    _, found = judged(IMPORT, m=module(options={"process": Option(STRING, "It.")}))
    assert found[0].message == "the module `m` declares `process`, which exists already"


def test_imports_cannot_follow_from_what_is_imported():
    """The imports have to be known first."""
    text = '[services.a]\nimports = { mkIf = { condition = "@{config.m.on}", content = ["m"] } }\n'
    _, found = judged(text, m=module(options=WORD))
    assert any("circular" in each.message for each in found), found


def test_imports_under_a_condition_from_outside():
    """What does not depend on the service may decide."""
    text = """
[services.a]
process.argv = ["/a"]
imports = { mkIf = { condition = false, content = ["m"] } }
"""
    assert list(rendered(text, m=module(lambda _config: {"warnings": ["x"]})).units) == [
        "a.service"
    ]


def test_only_the_service_of_a_module_that_fails_is_refused():
    """The others are what they are, and nothing keeps them from being used."""
    declaration, (found,) = checked(IMPORT + OTHER, m=module(lambda _config: int("x")))
    assert declaration.refused == {"a"}
    assert (found.refuses, found.refuses_all) == ("a", False)
    assert [service.name for service in declaration.services] == ["b"]


@pytest.mark.parametrize("problem", [KeyboardInterrupt, GeneratorExit, SystemExit, BaseException])
def test_whatever_a_module_raises_is_its_own(problem):
    """Nobody else ends by it."""

    def define(_config):
        raise problem

    declaration, (found,) = checked(IMPORT + OTHER, m=module(define))
    assert found.message == f"the module `m` fails with {problem.__name__}"
    assert declaration.refused == {"a"}


@pytest.mark.parametrize("default", [lambda _config: 1, ByName("{}")])
def test_a_computed_default_of_a_wrong_type_is_told_at_the_import(default):
    """With the key of the option, and refuses its service alone."""
    options = {
        "m": {"n": Option(INTEGER if isinstance(default, ByName) else STRING, "N.", default)}
    }
    one = module(lambda config: {"process": {"argv": ["/a", str(config["m"]["n"])]}}, options)
    declaration, (found,) = checked(IMPORT + OTHER, m=one)
    assert (found.key, found.place) == (
        "services.a.m.n",
        Place("config.toml", ("services", "a", "imports", 0)),
    )
    assert declaration.refused == {"a"}


def test_what_looks_into_a_refused_service_is_refused():
    """Also by way of another, and a native unit as well; each is named."""
    looking = "@{home.services.a.systemd.service.description}"
    text = f"""{IMPORT}{OTHER}
[services.c]
process.argv = ["/c", "{looking}"]
[services.d]
process.argv = ["/d", "@{{home.services.c.process.argv.1}}"]
[systemd.user.timers.t]
Unit.Description = "{looking}"
Timer.OnCalendar = "daily"
"""
    declaration, (_, *held) = checked(text, m=module(lambda _config: int("x")))
    assert declaration.refused == {"a", "c", "d", "t.timer"}
    assert {each.message for each in held} == {
        "this stays as it is: it looks into a service that is refused"
    }
    assert [each.key for each in held] == [
        "services.c",
        "services.d",
        "systemd.user.timers.t",
    ]
    assert [service.name for service in declaration.services] == ["b"]
    assert declaration.native == ()


def test_a_mistake_in_the_declaration_refuses_all():
    """A module that does not exist is one."""
    _, (found,) = checked(f'{OTHER}[services.a]\nimports = ["no"]\n')
    assert found.refuses_all


def test_a_module_that_takes_too_long_is_waited_for_once():
    """Each of the services that import it is refused all the same."""
    calls = []

    def define(_config):
        calls.append(1)
        raise TimeoutError("it takes longer than 5 s")

    text = f'{IMPORT}{OTHER}[services.c]\nimports = ["m"]\n'
    declaration, found = checked(text, m=module(define))
    assert len(calls) == 1
    assert [each.refuses for each in found] == ["a", "c"]
    assert declaration.refused == {"a", "c"}
