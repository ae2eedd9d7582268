"""Service modules: their options, what they define, and in what order that is merged."""

import pytest

from hmsvcd.model.diagnostic import Place
from hmsvcd.module import (
    ATOM,
    BOOL,
    PORT,
    SETTINGS,
    STRING,
    STRINGS,
    Either,
    Module,
    Option,
    Record,
    mk_after,
    mk_before,
    mk_default,
    mk_force,
    mk_if,
    mk_merge,
    mk_override,
)
from modules_given import command, judged, module, rendered

IMPORT = '[services.a]\nimports = ["m"]\n'
WORD = {"m": {"word": Option(STRING, "A word.", "hello")}}


def echo(config):
    """Define a command that says the word."""
    return {"process": {"argv": ["/bin/echo", config["m"]["word"]]}}


def argv(*arguments):
    """Return a module that defines a command."""
    return module(lambda _config: {"process": {"argv": list(arguments)}})


def test_an_option_of_a_module_has_its_default():
    """It is there in each service that imports the module."""
    assert command(IMPORT, m=module(echo, WORD)) == '"/bin/echo" "hello"'


def test_an_option_of_a_module_is_set_like_any_other():
    """With a reference, too."""
    text = f'{IMPORT}m.word = "@{{home.username}}"\n'
    assert command(text, m=module(echo, WORD)) == '"/bin/echo" "user"'


def test_an_option_is_unknown_to_a_service_without_the_module():
    """The options of a module are those of the services that import it."""
    _, (found,) = judged(
        f'{IMPORT}[services.b]\nprocess.argv = ["/b"]\nm.word = "x"\n', m=argv("/a")
    )
    assert found.key == "services.b.m"


def test_a_module_that_is_imported_twice_counts_once():
    """Directly, and by way of another module."""
    inner = argv("/bin/a", "x")
    outer = Module("n", imports=(inner,))
    assert command('[services.a]\nimports = ["m", "n", "m"]\n', m=inner, n=outer) == '"/bin/a" "x"'


def test_one_module_in_two_services():
    """Each has its own configuration."""
    text = f'{IMPORT}[services.b]\nimports = ["m"]\nm.word = "b"\n'
    assert command(text, m=module(echo, WORD)) == '"/bin/echo" "hello"'
    assert command(text, unit="b", m=module(echo, WORD)) == '"/bin/echo" "b"'


def test_definitions_of_modules_come_before_those_of_files():
    """What a module imports comes before what itself says."""
    inner = module(lambda _config: {"process": {"argv": ["/bin/a", "inner"]}})
    outer = Module("n", imports=(inner,), define=lambda _config: {"process": {"argv": ["outer"]}})
    text = '[services.a]\nimports = ["n"]\nprocess.argv = ["file"]\n'
    assert command(text, n=outer) == '"/bin/a" "inner" "outer" "file"'


@pytest.mark.parametrize(
    ("said", "written", "counts"),
    [
        (mk_default("module"), '"file"', "file"),
        (mk_force("module"), '"file"', "module"),
        ("module", '{ mkDefault = "file" }', "module"),
        (mk_override(99, "module"), '"file"', "module"),
        (mk_if(condition=False, content="module"), '"file"', "file"),
        (mk_if(lambda: True, mk_force("module")), '"file"', "module"),
        (mk_merge(mk_default("m"), mk_force("module")), '"file"', "module"),
        (lambda: mk_default("module"), '"file"', "file"),
        (None, '"file"', "file"),
        (lambda: None, '"file"', "file"),
    ],
)
def test_priorities_of_modules_and_files(said, written, counts):
    """They are those of one module system, also where a function gives the definition."""
    one = module(lambda _config: {"systemd": {"service": {"description": said}}})
    text = f'{IMPORT}process.argv = ["/a"]\nsystemd.service.description = {written}\n'
    assert f"Description={counts}" in rendered(text, m=one).units["a.service"].text


@pytest.mark.parametrize("around", [mk_default, lambda value: mk_override(1200, value)])
def test_a_default_that_is_beaten_is_not_computed(around):
    """So it may ask for what beats it."""
    one = module(lambda _config: {"systemd": {"service": {"description": around(lambda: 1 / 0)}}})
    text = f'{IMPORT}process.argv = ["/a"]\nsystemd.service.description = "file"\n'
    assert "Description=file" in rendered(text, m=one).units["a.service"].text


def test_a_strong_definition_that_computes_to_none_leaves_the_weaker():
    """None is as good as leaving a value out."""
    one = module(lambda _config: {"systemd": {"service": {"description": mk_force(lambda: None)}}})
    text = f'{IMPORT}process.argv = ["/a"]\nsystemd.service.description = "file"\n'
    assert "Description=file" in rendered(text, m=one).units["a.service"].text


def test_lists_of_modules_and_files_are_put_in_order():
    """As mkBefore and mkAfter say."""
    one = module(
        lambda _config: {"process": {"argv": mk_merge(mk_after(["last"]), mk_before(["/first"]))}}
    )
    assert command(f'{IMPORT}process.argv = ["file"]\n', m=one) == '"/first" "file" "last"'


def test_a_priority_around_all_that_a_module_says():
    """It counts for each of its definitions."""
    one = module(lambda _config: mk_default({"process": {"argv": ["/bin/module"]}}))
    assert command(f'{IMPORT}process.argv = ["/bin/file"]\n', m=one) == '"/bin/file"'


def test_a_conflict_shows_the_import_and_the_module():
    """Both sides can be found."""
    one = module(lambda _config: {"systemd": {"service": {"description": "module"}}})
    text = f'{IMPORT}process.argv = ["/a"]\nsystemd.service.description = "file"\n'
    _, (found,) = judged(text, m=one)
    assert found.message == "2 different definitions of one value"
    assert found.place
    assert {found.place.file, found.notes[0].place.file} == {"config.toml", __file__}


def test_a_wrong_type_in_a_module_is_shown_where_it_is_imported():
    """With the option and the module's file."""
    one = module(lambda _config: {"process": {"argv": 1}})
    _, (found,) = judged(IMPORT, m=one)
    assert found.place == Place("config.toml", ("services", "a", "imports", 0))
    assert found.key == "services.a.process.argv"
    assert found.notes[0].place.file == __file__


def test_an_unknown_option_in_a_module_is_an_error():
    """As in a file."""
    _, (found,) = judged(IMPORT, m=module(lambda _config: {"proces": {}}))
    assert found.hint == "did you mean `process`?"


@pytest.mark.parametrize("value", ["a\tb", "@{config.x}", "@@{x}", "$HOME %h @{"])
def test_strings_of_modules_are_literal(value):
    """References are for files: what a module passes on is not read again."""
    assert value.replace("\t", "\\t").replace("%", "%%").replace("$", "$$") in command(
        IMPORT, m=argv("/bin/a", value)
    )


def test_a_module_passes_on_what_a_file_says_literally():
    """An escaped reference stays the text that it stands for."""
    assert command(f"{IMPORT}m.word = '@@{{x}}'\n", m=module(echo, WORD)).endswith('"@{x}"')


def test_a_reference_reads_what_a_module_defines():
    """Also one element of a list."""
    text = f"{IMPORT}systemd.service.description = '@{{config.process.argv.1}}'\n"
    one = argv("/bin/a", "said by the module")
    assert "Description=said by the module" in rendered(text, m=one).units["a.service"].text


def test_a_required_option_has_to_be_set():
    """The error names it, and stands at the service's table of options or the import."""
    needs = module(echo, {"m": {"word": Option(STRING, "A word.")}})
    _, (found,) = judged(IMPORT, m=needs)
    assert found.message == "`services.a.m.word` is not set"
    assert found.place
    assert found.place.file == "config.toml"


def test_all_options_of_a_table_that_have_to_be_set_are_told():
    """Not one after the other."""
    options = {"m": {"word": Option(STRING, "A word."), "other": Option(PORT, "Another.")}}
    _, found = judged(IMPORT, m=module(echo, options))
    assert [each.message for each in found] == [
        "`services.a.m.word` is not set",
        "`services.a.m.other` is not set",
    ]


def test_an_optional_option_is_none_and_a_list_empty():
    """None in what a module defines is as good as nothing."""
    options = {
        "m": {"word": Option(STRING, "A word.", None), "words": Option(STRINGS, "More words.")}
    }
    said = []

    def define(config):
        said.append((config["m"]["word"], config["m"]["words"]))
        return {"process": {"argv": ["/a", None]}, "systemd": {"mainExecStart": None}}

    assert command(IMPORT, m=module(define, options)) == '"/a"'
    assert said == [(None, [])]


def test_a_default_may_follow_from_other_options():
    """Nobody asks for it where the option is set."""
    options = {"m": {"word": Option(STRING, "A word.", lambda config: config["m"]["other"] + "!"),
                     "other": Option(STRING, "Another word.")}}  # fmt: skip
    assert command(f'{IMPORT}m.other = "so"\n', m=module(echo, options)).endswith('"so!"')
    assert command(f'{IMPORT}m.word = "it"\n', m=module(echo, options)).endswith('"it"')


@pytest.mark.parametrize(
    ("kind", "written", "message"),
    [
        (PORT, "70000", "expected a port from 0 to 65535: this integer is out of range"),
        (PORT, '"80"', "expected a port from 0 to 65535, found a string"),
        (BOOL, "1", "expected a boolean, found an integer"),
        (STRINGS, '"x"', "expected a list of strings, found a string"),
        (
            Either(ATOM, Record({"a": Option(STRING, "A.")}, "t")),
            "{ b = 1 }",
            "unknown option `b`",
        ),
        (
            Either(ATOM, SETTINGS),
            "[1]",
            "expected a string, an integer or a boolean, found a list",
        ),
    ],
)
def test_options_of_modules_are_checked(kind, written, message):
    """By their types, as all others."""
    one = module(lambda _config: {"process": {"argv": ["/a"]}}, {"m": {"o": Option(kind, "It.")}})
    _, (found,) = judged(f"{IMPORT}m.o = {written}\n", m=one)
    assert found.message == message


def test_settings_are_merged_table_by_table():
    """What a module says of one is beside what the file says of another."""
    said = []

    def argv(settings):
        said.append(plain(settings))
        return ["/a"]

    def define(config):
        return {
            "m": {"settings": {"global": {"x": 1}, "list": [1, {"deep": True}], "gone": None}},
            "process": {"argv": lambda: argv(config["m"]["settings"])},
        }

    one = module(define, {"m": {"settings": Option(SETTINGS, "Settings.")}})
    rendered(f'{IMPORT}m.settings.global.y = 2.5\nm.settings.z = "@{{home.username}}"\n', m=one)
    assert said == [{"global": {"x": 1, "y": 2.5}, "list": [1, {"deep": True}], "z": "user"}]


def plain(view):
    """Return a table that a module sees as a dict."""
    return {key: plain(value) if hasattr(value, "items") else value for key, value in view.items()}


def test_one_module_sets_options_of_another():
    """It imports it, to be sure that they are there."""
    inner = module(echo, WORD)
    outer = Module("n", imports=(inner,), define=lambda _config: {"m": {"word": "outer"}})
    assert command('[services.a]\nimports = ["n"]\n', n=outer) == '"/bin/echo" "outer"'


def test_two_modules_share_a_table_of_options():
    """Each adds its own."""
    options = {"m": {"other": Option(STRING, "Another word.", "there")}}
    other = Module("n", options=options)
    text = '[services.a]\nimports = ["m", "n"]\nm.word = "@{config.m.other}"\n'
    assert command(text, m=module(echo, WORD), n=other).endswith('"there"')


def test_two_modules_cannot_declare_one_option():
    """Whose default should count?"""
    other = Module("n", options={"m": {"word": Option(STRING, "A word.", "n")}})
    _, (found,) = judged('[services.a]\nimports = ["m", "n"]\n', m=module(echo, WORD), n=other)
    assert found.message == "the module `n` declares `word`, which exists already"


def test_sub_services_of_a_module_import_modules_themselves():
    """By the module itself, so it needs no name."""
    worker = module(echo, WORD)

    def define(config):
        return {"services": {"w": {"imports": [worker], "m": {"word": config["n"]["word"]}}}}

    outer = Module("n", options={"n": {"word": Option(STRING, "A word.")}}, define=define)
    text = '[services.a]\nimports = ["n"]\nn.word = "down"\n'
    assert command(text, unit="a-w", n=outer) == '"/bin/echo" "down"'
    assert "a.service" not in rendered(text, n=outer).units


def test_a_generated_file_is_rendered_where_it_is_named():
    """Its path can stand in a command, and what nobody names is not kept."""

    def define(config):
        config.file("unused.conf", "")
        inner = config.file("inner.conf", "deep\n")
        return {"process": {"argv": ["/a", config.file("outer.conf", f"include {inner}\n")]}}

    rendering = rendered(IMPORT, m=module(define))
    assert sorted(rendering.generated.values()) == ["deep\n", *(
        text for text in rendering.generated.values() if text.startswith("include /store/")
    )]  # fmt: skip
    (path,) = [name for name, text in rendering.generated.items() if text != "deep\n"]
    assert path.endswith("-outer.conf")
    assert f'"/store/{path}"' in rendering.units["a.service"].text


def test_a_generated_file_can_be_the_source_of_a_configuration_file():
    """Then both are the same object of the store, and its change is one of a trigger."""

    def define(config):
        return {"process": {"argv": ["/a", config.file("m.conf", "text\n")]}}

    text = f"{IMPORT}configData.'x.conf'.source = '@{{config.process.argv.1}}'\n"
    rendering = rendered(text, m=module(define))
    file = rendering.files["home-services/a/x.conf"]
    assert (file.text, [file.object_name]) == ("text\n", list(rendering.generated))
    trigger = f"X-Reload-Triggers=/store/{file.object_name}"
    assert trigger in rendering.units["a.service"].text


def test_the_escaping_functions_are_those_of_systemd_lib():
    """As upstream has them in the configuration."""

    def define(config):
        lib = config["systemd"]["lib"]
        line = f"{lib.escape_argv(['/a', '100%'])} {lib.escape_specifiers('%h')}"
        return {"systemd": {"mainExecStart": line}}

    assert command(IMPORT, m=module(define)) == '"/a" "100%%" %%h'


def test_a_program_is_found_or_missed():
    """The first that is there counts."""
    one = module(lambda config: {"process": {"argv": [config.program("x", "y")]}})
    assert command(IMPORT, {"y": "/bin/y"}, m=one) == '"/bin/y"'
    _, (found,) = judged(IMPORT, m=one)
    assert found.message == "there is no program `x` or `y` on the PATH"
    assert found.place
    assert found.place.file == "config.toml"


def test_assertions_and_warnings_of_a_module():
    """They are shown where the module is imported."""

    def define(config):
        return {
            "process": {"argv": ["/a"]},
            "assertions": [{"assertion": lambda: config["m"]["word"] == "x", "message": "say x"}],
            "warnings": ["careful"],
        }

    _, (failed, warned) = judged(IMPORT, m=module(define, WORD))
    assert failed.in_full.message == "failed assertion: say x"
    assert warned.in_full.message == "careful"
    assert failed.place == warned.place == Place("config.toml", ("services", "a", "imports", 0))
