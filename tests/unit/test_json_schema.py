"""The JSON Schema for editors: what ``check`` accepts it accepts, wrong types it refuses."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from declarations import CONTEXT, documents, judged
from hmsvcd.host.modules import Modules
from hmsvcd.model.module import Module
from hmsvcd.model.option import (
    ATOM,
    PORT,
    SETTINGS,
    STRING,
    AttrsOf,
    Either,
    Names,
    Option,
    Record,
    Scalar,
)
from hmsvcd.module import enum
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.manual.json_schema import json_schema
from modules_given import Given, module

ROOT = Path(__file__).parents[2]
MODULES = Modules()
POOL = Record({"size": Option(PORT, "Its size.")}, "pool", freeform=ATOM)
SETTINGS_OF_M = Record(
    {"level": Option(enum("low", "high"), "")}, "m", freeform=Either(ATOM, POOL)
)
MODULE = module(
    lambda _: {"process": {"argv": ["/bin/m"]}},
    {
        "m": {
            "port": Option(PORT, "The port.", 80),
            "level": Option(enum("low", "high"), "How much.", "low"),
            "settings": Option(SETTINGS_OF_M, "Pools."),
            "free": Option(SETTINGS, "Anything."),
            "pools": Option(AttrsOf(POOL, Names("[a-z]+", "small letters")), "By name."),
            "any": Option(Scalar("a number", (int, float)), "A number.", None),
            'odd "name"/%': Option(STRING, "An odd one.", None),
        }
    },
)
SCHEMA = json_schema([MODULE])
VALIDATOR = Draft7Validator(SCHEMA)
SHIPPED = [
    found for name in MODULES.registered if isinstance(found := MODULES.named(name), Module)
]
FENCED = re.compile(r"^```toml( error)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CASES = [
    pytest.param(case["declaration"], id=f"{path.stem}/{case['name']}")
    for path in sorted((ROOT / "tests/cases").glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
    if "refused" not in case
]
SHOWN = [
    pytest.param(found[2], id=f"{page.name}:{page.read_text().count(chr(10), 0, found.start())}")
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    for found in FENCED.finditer(page.read_text(encoding="utf-8"))
    if not (found[1] or found[2].startswith("# wrong.toml") or '["./' in found[2])
]
"""What the pages declare, but for mistakes and for what needs a module that a page shows."""

RIGHT = [
    "mkMerge = [ { services = {} }, { daemon.settle = '1s' } ]",
    "services.a = { mkIf = { condition = true, content = { process.argv = ['/bin/a'] } } }",
    "[services.a]\nprocess.argv = ['/a', { mkIf = { condition = false, content = 'b' } }]",
    "[services.a]\nprocess = { mkForce = { argv = { mkBefore = ['/a'] } } }",
    "[services.a]\nprocess.argv = ['/a']\nsystemd.service.after = { mkMerge = ['b', ['c']] }",
    "[services.a]\nprocess.argv = ['/a']\nconfigData.f = { text = 'x', enable = '@{env.ON}' }",
    "[services.a]\nprocess.argv = ['/a']\nassertions = [{ assertion = true, message = 'x' }]",
    "[services.a]\nprocess.argv = ['/a']\nsystemd.services.a.serviceConfig.X = [1, 'b', true]",
    "[services.a.services.b.services.c]\nprocess.argv = ['/c']",
    "[services.a]\nprocess.argv = ['/a']\nsystemd.sockets = {mkMerge=[{ b.listenStreams = '1' }]}",
    "[systemd.user.timers.t]\nTimer.OnCalendar = { mkForce = ['daily', 'weekly'] }",
    "services = {}\n[daemon]\nkeep_generations = { mkOverride = { priority = 5, content = 3 } }",
    "[services.a]\nimports = ['m']\nm = { port = 1, level = 'high', any = 1.5 }",
    "[services.a]\nimports = ['m']\nm.settings = { level = 'low', x = 1, p = { size = 1, y = 2 }}",
    "[services.a]\nimports = ['m']\nm.free = { a.b.c = 1, d = [{ e = 1 }] }",
    "[services.a]\nimports = ['m']\nm.pools.p = { mkForce = { size = { mkDefault = 1 } } }",
]
WRONG = {
    "unknown table": "[service.a]",
    "unknown option": "[services.a]\nprocess.agrv = ['/a']",
    "unknown option of a unit": "[services.a]\nsystemd.service.enable = true",
    "unknown option of a file": "[services.a]\nconfigData.f.bogus = 1",
    "unknown option of a sub-service": "[services.a.services.b]\nbogus = 1",
    "unknown setting": "[daemon]\nbogus = 1",
    "unknown kind of units": "[systemd.user.scopes.a]",
    "string for a list": "[services.a]\nprocess.argv = '/a'",
    "empty table in a list of strings": "[services.a]\nprocess.argv = ['/a', {}]",
    "integer in a list of strings": "[services.a]\nprocess.argv = ['/a', 1]",
    "boolean for a string": "[services.a]\nsystemd.mainExecStart = true",
    "integer for a description": "[services.a]\nsystemd.service.description = 1",
    "string for a boolean": "[services.a]\nconfigData.f.enable = 'yes'",
    "boolean for an integer": "[daemon]\nkeep_generations = true",
    "string for an integer": "[daemon]\nkeep_generations = '3'",
    "integer for a time": "[daemon]\nsettle = 5",
    "no choice of a setting": "[daemon]\ntrigger_action = 'stop'",
    "no format": "[services.a]\nconfigData.f = { format = 'xml', value = 1 }",
    "string for a table": "[services.a]\nprocess = '/a'",
    "text for a file": "[services.a]\nconfigData.f = 'text'",
    "float for a directive": "[services.a]\nsystemd.service.serviceConfig.X = 1.5",
    "table for a directive": "[services.a]\nsystemd.service.serviceConfig.X = { a = 1 }",
    "list in a list of a directive": "[services.a]\nsystemd.service.serviceConfig.X = [['a']]",
    "integer for a command": "[services.a]\nsystemd.service.serviceConfig.ExecStop = 1",
    "boolean for a variable": "[services.a]\nsystemd.service.environment.A = true",
    "name of a variable": "[services.a]\nsystemd.service.environment.a-b = 'x'",
    "name of a service": "[services.'a b']\nprocess.argv = ['/a']",
    "name of a directive": "[services.a]\nsystemd.service.serviceConfig.'a b' = 'x'",
    "float in a native unit": "[systemd.user.timers.t]\nTimer.OnBootSec = 1.5",
    "what is read-only": "[services.a]\nconfigData.f = { text = 'x', path = '/x' }",
    "assertion without message": "[services.a]\nassertions = [{ assertion = true }]",
    "wrong type in mkForce": "[services.a]\nsystemd.mainExecStart = { mkForce = 1 }",
    "wrong type in mkMerge": "[services.a]\nsystemd.mainExecStart = { mkMerge = ['a', 1] }",
    "wrong type in mkIf": (
        "[services.a]\nprocess = { mkIf = { condition = true, content = { argv = 1 } } }"
    ),
    "unknown option in mkForce": "[services.a]\nprocess = { mkForce = { agrv = [] } }",
    "mkMerge of no list": "[services.a]\nprocess = { mkMerge = 1 }",
    "mkIf of no table": "[services.a]\nprocess = { mkIf = true }",
    "mkIf without content": "[services.a]\nprocess = { mkIf = { condition = true } }",
    "condition that is none": "services = { mkIf = { condition = 1, content = {} } }",
    "mkOverride without priority": "[services.a]\nprocess = { mkOverride = { content = {} } }",
    "priority that is none": (
        "[services.a]\nprocess = { mkOrder = { priority = 'x', content = {} } }"
    ),
    "property beside a key": "[services.a]\nprocess = { mkForce = {}, argv = ['/a'] }",
    "property in a value beside another": (
        "[services.a]\nsystemd.mainExecStart = { mkForce = 'a', mkDefault = 'b' }"
    ),
    "property other than mkIf in a list": (
        "[services.a]\nprocess.argv = ['/a', { mkForce = 'b' }]"
    ),
    "no option of a module": "[services.a]\nimports = ['m']\nm.bogus = 1",
    "out of the range of a module's option": "[services.a]\nimports = ['m']\nm.port = 70000",
    "no choice of a module's option": "[services.a]\nimports = ['m']\nm.level = 'middle'",
    "float for a free setting": "[services.a]\nimports = ['m']\nm.settings.x = 1.5",
    "float in a table of settings": "[services.a]\nimports = ['m']\nm.settings.p.x = 1.5",
    "wrong option in settings": "[services.a]\nimports = ['m']\nm.settings.p.size = 'x'",
    "name that a module refuses": "[services.a]\nimports = ['m']\nm.pools.P.size = 1",
}


def problems(tree):
    """Return what a validator finds wrong with a tree."""
    return [f"{list(each.path)}: {each.message}" for each in VALIDATOR.iter_errors(tree)]


def accepted(text):
    """Say whether ``check`` accepts a declaration, which may import the module."""
    _, found = check(documents(text), CONTEXT, Given({"m": MODULE}, {}))
    return not any(each.is_error for each in found)


def inner(schema):
    """Yield every table in a schema."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from inner(value)
    if isinstance(schema, list):
        for value in schema:
            yield from inner(value)


def test_it_is_a_schema_of_draft_7():
    """A validator that knows the draft takes it."""
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("tree", CASES)
def test_what_home_manager_accepts_is_accepted(tree):
    """The recorded declarations that are not refused are valid."""
    assert problems(tree) == []


@pytest.mark.parametrize("text", SHOWN)
def test_what_the_documentation_shows_is_accepted(text):
    """Every declaration shown is valid, the parts of one too."""
    shipped = Draft7Validator(json_schema(SHIPPED))
    assert [each.message for each in shipped.iter_errors(tomllib.loads(text))] == []


def test_the_example_is_accepted():
    """The example of the repository is valid."""
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    assert problems(tomllib.loads(text)) == []


@pytest.mark.parametrize("text", RIGHT)
def test_what_check_accepts_is_accepted(text):
    """Properties, references, further names, modules and their settings are valid."""
    if "env.ON" not in text:
        assert accepted(text)
    assert problems(tomllib.loads(text)) == []


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_check_refuses_by_type_is_refused(text):
    """Wrong types, unknown options, bad choices, bad names, malformed properties are invalid."""
    assert not accepted(text)
    assert problems(tomllib.loads(text)) != []


def test_a_mistake_is_told_where_it_stands():
    """What is wrong is the value, not the tables around it."""
    (found,) = VALIDATOR.iter_errors(
        tomllib.loads("[services.a.systemd.service.serviceConfig]\nX = { mkForce = 1.5 }")
    )
    path = ["services", "a", "systemd", "service", "serviceConfig", "X", "mkForce"]
    assert list(found.path) == path


def test_options_are_described_where_editors_look():
    """Description, default, choices and example stand beside the type, which is no reference."""
    unit = SCHEMA["definitions"]["unit"]["properties"]["description"]
    assert unit["description"].startswith("A short human-readable name")
    assert unit["examples"] == ["Web server"]
    daemon = SCHEMA["definitions"]["declaration"]["properties"]["daemon"]["properties"]
    assert daemon["settle"]["default"] == "500ms"
    assert daemon["trigger_action"]["anyOf"][0]["enum"] == ["restart", "reload"]
    port = SCHEMA["definitions"]["service"]["properties"]["m"]["properties"]["port"]
    assert 'imports = ["m"]' in port["description"]
    assert (port["default"], port["maximum"]) == (80, 65535)


def test_nothing_leads_an_editor_round_in_circles():
    """Keys are offered from ``properties``, so none of the properties is among them."""
    offered = {name for each in inner(SCHEMA) for name in each.get("properties", ())}
    assert {"services", "argv", "mkIf"} >= {name for name in offered if name.startswith("mk")}
    tables = [each for each in inner(SCHEMA) if each.get("type") == "object"]
    assert not any("mkForce" in each.get("properties", ()) for each in tables)


def test_patterns_are_those_that_every_engine_reads():
    """No look-around, which Rust's engine lacks, and no inline flags, which JavaScript's lacks."""
    patterns = [each["pattern"] for each in inner(SCHEMA) if isinstance(each.get("pattern"), str)]
    patterns += [name for each in inner(SCHEMA) for name in each.get("patternProperties", ())]
    assert patterns
    assert not any(re.search(r"\(\?[^:]", pattern) for pattern in patterns)


def test_every_definition_is_used():
    """There is nothing in it that nothing leads to."""
    text = json.dumps(SCHEMA)
    unused = [name for name in SCHEMA["definitions"] if f"#/definitions/{name}" not in text]
    assert unused == []


def test_read_only_options_are_not_offered():
    """Nobody can set them."""
    assert "path" not in SCHEMA["definitions"]["file"]["properties"]


def test_of_two_modules_that_declare_one_option_the_first_counts():
    """A service that imports both is refused by ``check`` anyway."""
    other = module(None, {"m": {"port": Option(STRING, "Another.")}})
    both = json_schema([MODULE, other])
    assert both["definitions"]["service"]["properties"]["m"]["properties"]["port"]["maximum"]


def test_without_modules_there_are_none_of_their_options():
    """What no installed module declares is unknown."""
    assert "m" not in json_schema([])["definitions"]["service"]["properties"]


def test_declarations_without_services_are_judged_by_check():
    """A file may be a part of a declaration, so an empty one is valid."""
    assert judged("")[0] is None
    assert problems({}) == []
