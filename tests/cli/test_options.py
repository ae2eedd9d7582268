"""``options``, ``schema`` and ``new``: what can be declared, for people, programs and editors."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

MODULE = """\
from hmsvcd.module import PORT, Module, Option

module = Module(
    "web",
    description="Serves.",
    options={"web": {"port": Option(PORT, "The port.", 80), "tls": Option(PORT, "The other.")}},
    define=lambda config: {"process": {"argv": ["/bin/web", str(config["web"]["tls"])]}},
)
"""
IMPORTING = '[services.a]\nimports = ["./web.py"]\nweb.tls = 1\n'
NESTING = """\
from hmsvcd.module import PORT, STRING, Module, Option

deep = Module("deep", options={"deep": {"size": Option(PORT, "How deep.", 1)}})
worker = Module(
    "worker",
    options={"worker": {"jobs": Option(PORT, "How many.", 1)}},
    define=lambda config: {"services": {"deep": {"imports": [deep]}}},
)
module = Module(
    "web",
    options={"web": {"home": Option(STRING, "Where.")}},
    define=lambda config: {"services": {config["web"]["home"]: {"imports": [worker]}}},
)
"""
NESTED = """\
[services.a]
imports = ["./web.py"]
web.home = "in-@{home.username}"
services.worker.worker.jobs = 3
services.worker.services.deep.deep.size = 4
"""
SLOW = {"asyncio", "rich", "dbus_next", "tree_sitter", "watchfiles", "jsonschema"}
COMMON = {"version", "errors", "warnings"}


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file that nobody else may write."""
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


@pytest.fixture
def importing(stranger: Any) -> Any:
    """A program whose declaration imports a module from a file beside it."""
    stranger.declare(IMPORTING)
    write(stranger.declaration.parent / "web.py", MODULE)
    return stranger


def options(ran: Any) -> dict[str, Any]:
    """Return the options of a document by their paths."""
    assert set(ran.document) == COMMON | {"options"}
    return {each["path"]: each for each in ran.document["options"]}


def test_the_options_are_shown_with_what_there_is_to_say(stranger: Any) -> None:
    """Path, description, type, default and example, and whose the option is."""
    shown = stranger("options", "python-http-server.port")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == (
        "services.<name>.python-http-server.port\n"
        "    The port to listen on.\n"
        "    type: a port from 0 to 65535\n"
        "    default: 8000\n"
        "    example: 8080\n"
        "    module: python-http-server\n"
    )


def test_all_options_are_shown_without_a_declaration(stranger: Any) -> None:
    """Those of services, of installed modules, of native units and of the daemon."""
    found = options(stranger("options", "--json"))
    assert {
        "services.<name>.process.argv",
        "services.<name>.ghostunnel.listen",
        "services.<name>.php-fpm.settings.<name>.pm",
        "systemd.user.timers",
        "daemon.settle",
    } <= found.keys()


def test_a_terminal_gets_a_table_of_contents(importing: Any) -> None:
    """What a prefix can be, a line for each; with one, a terminal gets what a pipe gets."""
    with importing.in_terminal("options") as terminal:
        lines = terminal.read_until("shows all").splitlines()
    shown = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert any(
        re.match(r"services\.<name>\.process +The process to run\.$", each) for each in shown
    )
    assert any(re.match(r"services\.<name>\.web +Options of .*`web`\.$", each) for each in shown)
    assert not any("argv" in each for each in shown)
    assert len(shown) < 50
    with importing.in_terminal("options", "web.port") as terminal:
        assert "The port." in terminal.read_until("module: ")


def test_modules_that_the_declaration_imports_are_explained(importing: Any) -> None:
    """The user's own declaration, or the one that is named."""
    assert (
        options(importing("options", "web", "--json"))["services.<name>.web.port"]["default"] == 80
    )
    other = importing.folder / "other.toml"
    write(other, IMPORTING.replace("./web.py", str(importing.declaration.parent / "web.py")))
    assert "web.tls" in importing("options", "-c", str(other), "services.a.web").out
    write(other, "services = {}\n")
    assert importing("options", "-c", str(other), "services.a.web").code == 1


def test_markdown_is_what_a_page_can_be_made_of(importing: Any) -> None:
    """A heading for each option."""
    printed = importing("options", "web", "--markdown").out
    assert printed.startswith("## `services.<name>.web.port`\n\nThe port.\n")
    assert "\n## `services.<name>.web.tls`\n" in printed


def test_an_unknown_path_is_refused_with_what_is_near(stranger: Any) -> None:
    """It says what may have been meant."""
    refused = stranger("options", "systemd.servces")
    assert (refused.code, refused.out) == (1, "")
    assert "there is no option 'systemd.servces'" in refused.err
    assert "did you mean `systemd.services`?" in refused.err
    document = stranger("options", "systemd.servces", "--json").document
    assert document["options"] is None
    assert document["errors"][0]["hint"] == "did you mean `systemd.services`?"


@pytest.mark.parametrize("command", ["options", "schema"])
def test_a_declaration_that_is_not_there_is_refused(stranger: Any, command: str) -> None:
    """If it was named."""
    refused = stranger(command, "-c", "missing.toml")
    assert refused.code == 1
    assert "there is no declaration missing.toml" in refused.err


@pytest.mark.parametrize(
    ("text", "module"),
    [("[", MODULE), (IMPORTING, "1 / 0\n"), (IMPORTING, "import\n")],
    ids=["no TOML", "a module that raises", "no Python"],
)
def test_what_cannot_be_read_is_a_warning(stranger: Any, text: str, module: str) -> None:
    """The other options are explained all the same."""
    stranger.declare(text)
    write(stranger.declaration.parent / "web.py", module)
    for command in (("options", "daemon", "--json"), ("schema",)):
        ran = stranger(*command)
        assert ran.code == 0
        assert ran.document
    warned = stranger("options", "daemon", "--json").document
    assert warned["errors"] == []
    assert len(warned["warnings"]) == 1
    assert "warning: " in stranger("schema").err


def test_the_schema_judges_the_declaration(importing: Any) -> None:
    """What is printed is a schema, with the options of the modules that are imported."""
    printed = importing("schema")
    schema = json.loads(printed.out)
    Draft7Validator.check_schema(schema)
    validator = Draft7Validator(schema)
    assert validator.is_valid(tomllib.loads(IMPORTING))
    assert not validator.is_valid(tomllib.loads(IMPORTING.replace("web.tls", "web.tsl")))
    assert (printed.code, printed.err) == (0, "")


def test_modules_of_sub_services_are_explained(stranger: Any) -> None:
    """Those that a module imports where it defines a sub-service, also a sub-service of that."""
    stranger.declare(NESTED)
    write(stranger.declaration.parent / "web.py", NESTING)
    assert {"services.<name>.worker.jobs", "services.<name>.deep.size"} <= options(
        stranger("options", "--json")
    ).keys()
    validator = Draft7Validator(json.loads(stranger("schema").out))
    assert validator.is_valid(tomllib.loads(NESTED))
    assert not validator.is_valid(tomllib.loads(NESTED.replace("size", "sise")))


def test_modules_are_listed(stranger: Any) -> None:
    """Each installed module with what it does."""
    listed = stranger("new")
    assert listed.code == 0
    assert "python-http-server  Serves a folder over HTTP.\n" in listed.out
    document = stranger("new", "--json").document
    assert set(document) == COMMON | {"modules", "toml"}
    assert document["toml"] is None
    names = [each["name"] for each in document["modules"]]
    assert {"ghostunnel", "php-fpm", "python-http-server"} <= set(names)


def test_a_first_declaration_passes_check(stranger: Any) -> None:
    """What ``new`` prints is a declaration, once the ``#`` is gone from what one wants to set."""
    drafted = stranger("new", "python-http-server")
    assert (drafted.code, drafted.err) == (0, "")
    assert '[services.python-http-server]\nimports = ["python-http-server"]\n' in drafted.out
    assert "\n#python-http-server.port = 8080\n" in drafted.out
    assert '\npython-http-server.directory = "/srv/www"\n' in drafted.out
    stranger.declare(drafted.out)
    assert stranger("render").code == 0
    assert stranger("new", "python-http-server", "--json").document["toml"] == drafted.out


def test_the_page_shows_the_first_declaration_that_is_printed(stranger: Any) -> None:
    """And what is explained of an option, line for line."""
    page = (Path(__file__).parents[2] / "docs/options.md").read_text(encoding="utf-8")
    drafted = stranger("new", "python-http-server").out
    assert f"hmsvcd new python-http-server\n```\n\n```toml\n{drafted}```\n" in page
    explained = stranger("options", "process.argv").out
    assert f"hmsvcd options process.argv\n```\n\n```text\n{explained}```\n" in page


MALFORMED = {
    "an option that is a string": 'Module("web", options={"web": {"port": "80"}})',
    "options in a list": 'Module("web", options=["port"])',
    "a define that is no function": 'Module("web", define=3)',
    "a description that is a number": 'Module("web", description=3)',
    "an option described by a number": 'Module("web", options={"port": Option(STRING, 3)})',
    "a table of no type": 'Module("web", options={"web": Option(AttrsOf("x", ANY_NAME), "It.")})',
    "an option in a table that is none": (
        'Module("web", options={"web": Option(AttrsOf(Record({"a": 3}, "a"), ANY_NAME), "It.")})'
    ),
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_module_is_no_defect(stranger: Any, text: str) -> None:
    """It is an error where it was asked for, else a warning, and all else is explained."""
    names = "ANY_NAME, STRING, AttrsOf, Module, Option, Record"
    stranger.declare('[services.a]\nimports = ["./web.py"]\n')
    file = stranger.declaration.parent / "web.py"
    write(file, f"from hmsvcd.module import {names}\n\nmodule = {text}\n")
    explained = stranger("options", "--json")
    assert explained.code == 0
    assert "services.<name>.process.argv" in options(explained)
    assert [str(file) in each["file"] for each in explained.document["warnings"]] == [True]
    schema = stranger("schema")
    assert (schema.code, f"{file}: warning: " in schema.err) == (0, True)
    refused = stranger("new", str(file))
    assert (refused.code, refused.out) == (1, "")
    assert f"{file}: error: " in refused.err


def test_a_module_that_defines_a_list_is_explained(stranger: Any) -> None:
    """Its options are right; what it defines is for ``check`` to judge."""
    stranger.declare('[services.a]\nimports = ["./web.py"]\n')
    text = MODULE.replace('{"process": {"argv": ["/bin/web", str(config["web"]["tls"])]}}', "[1]")
    write(stranger.declaration.parent / "web.py", text)
    assert "services.<name>.web.port" in options(stranger("options", "--json"))
    assert stranger("schema").code == 0
    assert stranger("check").code == 1


def test_a_first_declaration_of_a_file_imports_the_file(stranger: Any) -> None:
    """The service is named after it, and what has to be set is set."""
    write(stranger.folder / "web.py", MODULE)
    drafted = stranger("new", "./web.py").out
    tree = tomllib.loads(drafted)
    assert tree["services"] == {"web": {"imports": ["./web.py"], "web": {"tls": 0}}}
    (stranger.folder / "draft.toml").write_text(drafted, encoding="utf-8")
    assert stranger("render", "-c", "draft.toml").code == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ghostunnl", "did you mean `ghostunnel`?"),
        ("web.py", "for a file, write `./web.py`"),
        ("./none.py", "there is no file none.py"),
    ],
)
def test_a_module_that_is_not_there_is_refused(stranger: Any, name: str, said: str) -> None:
    """It says what would be right."""
    refused = stranger("new", name)
    assert (refused.code, refused.out) == (1, "")
    assert said in refused.err
    assert stranger("new", name, "--json").document["toml"] is None


def test_a_module_that_fails_is_told_with_its_line(stranger: Any) -> None:
    """There is no draft of it."""
    write(stranger.folder / "web.py", "\n1 / 0\n")
    refused = stranger("new", "./web.py")
    assert (refused.code, refused.out) == (1, "")
    assert "web.py:2:1: " in refused.err


@pytest.mark.parametrize("words", ["options", "schema", "new", "new ghostunnel"])
def test_nobody_is_asked_and_nothing_slow_imported(importing: Any, words: str) -> None:
    """There is no bus, and no parser but that of TOML."""
    ran = importing(*words.split(), PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in ran.err.splitlines()}
    assert ran.code == 0
    assert not imported & SLOW


def completed(program: Any, *words: str) -> list[str]:
    """Return what is proposed for the last word of a command line."""
    answered = program(
        _HMSVCD_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(words),
        COMP_CWORD=str(len(words) - 1),
    )
    assert answered.err == ""
    return [line.partition(",")[2] for line in answered.out.splitlines() if line]


def test_paths_and_modules_are_proposed(importing: Any) -> None:
    """The options of imported modules too, one name further each time."""
    assert completed(importing, "hmsvcd", "options", "web") == ["web"]
    assert completed(importing, "hmsvcd", "options", "web.") == ["web.port", "web.tls"]
    assert completed(importing, "hmsvcd", "options", "dae") == ["daemon"]
    assert completed(importing, "hmsvcd", "new", "ghost") == ["ghostunnel"]
