"""``hmsvcd new``: a first declaration with a comment for each option."""

import re
import tomllib

import pytest

from declarations import CONTEXT, documents
from hmsvcd.host.modules import Modules
from hmsvcd.model.module import Module
from hmsvcd.model.option import (
    ATOM,
    BOOL,
    INTEGER,
    PORT,
    STRING,
    STRINGS,
    Either,
    Option,
    Record,
)
from hmsvcd.module import enum, mk_force
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.manual.draft import draft
from modules_given import Given, module

MODULES = Modules()
SHIPPED = {
    name: found for name in MODULES.registered if isinstance(found := MODULES.named(name), Module)
}
PROGRAMS = (
    "autoconnect",
    "autoendpoint",
    "easytier-core",
    "ghostunnel",
    "git-pages",
    "holod",
    "php-fpm",
    "python3",
    "snid",
    "tlshd",
)
POOL = Record({"size": Option(PORT, "Its size.")}, "pool", freeform=ATOM)


def uncommented(text):
    """Return a draft with every option set."""
    return re.sub(r"^#(?! )", "", text, flags=re.MULTILINE)


def drafted(options, description=""):
    """Return the draft of a module with options ``x``."""
    return draft("a", "m", [module(None, {"x": options}, description=description)])


def errors(text, modules):
    """Return what is wrong with a declaration that may import modules."""
    _, found = check(documents(text), CONTEXT, Given(modules, {}))
    return [each for each in found if each.is_error]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_draft_of_each_shipped_module_is_toml(name):
    """As it is printed, and with every option set."""
    text = draft(name, name, [SHIPPED[name]])
    assert tomllib.loads(text)["services"][name]["imports"] == [name]
    assert tomllib.loads(uncommented(text))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_examples_of_each_shipped_module_pass_check(name):
    """With every option set to its example, the declaration has no errors."""
    text = uncommented(draft(name, name, [SHIPPED[name]]))
    assert errors(text, SHIPPED) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_the_draft_of_each_shipped_module_passes_check(name):
    """As it is printed, and nothing in it makes the start fail in a session."""
    text = draft(name, name, [SHIPPED[name]])
    _, found = check(documents(text), CONTEXT, Given(SHIPPED, dict.fromkeys(PROGRAMS, "/bin/x")))
    messages = [each.in_full.message for each in found]
    assert [each for each in messages if "is ignored by a user manager" not in each] == []


def test_the_example_of_a_module_is_set():
    """Its options have its values, in tables too; all else that it says stands behind them."""
    options = {
        "host": Option(STRING, "The host.", None, example="localhost"),
        "user": Option(STRING, "The user.", "root"),
        "in": Option(
            Record({"a": Option(PORT, "A.", 1), "b": Option(PORT, "B.", 2)}, "in"), "In."
        ),
    }
    example = {
        "x": {"user": "@{home.username}", "in": {"b": 3}},
        "systemd": {"service": {"after": ["a.target"], "requires": mk_force([])}},
    }
    text = draft("a", "m", [module(None, {"x": options}, example=example)])
    besides = "# What else is needed in a session.\n"
    besides += 'systemd.service.after = ["a.target"]\n'
    besides += "systemd.service.requires = { mkForce = [] }\n"
    assert text.split("\n\n")[1:] == [
        '# The host.\n#x.host = "localhost"',
        '# The user.\n# Default: "root".\nx.user = "@{home.username}"',
        "# A.\n# Default: 1.\n#x.in.a = 1",
        "# B.\n# Default: 2.\nx.in.b = 3",
        besides,
    ]


@pytest.mark.parametrize("example", [3, {"x": 3}, {"x": {"in": 3}}, {"x": {"a": object()}}])
def test_an_example_that_is_none_does_no_harm(example):
    """Python does not check what a module says."""
    kind = Record({"b": Option(PORT, "B.", 2)}, "in")
    options = {"a": Option(PORT, "A.", 1), "in": Option(kind, "In.")}
    text = draft("a", "m", [module(None, {"x": options}, example=example)])
    assert tomllib.loads(text)["services"]["a"] == {"imports": ["m"]}


def test_what_has_to_be_set_is_set_and_all_else_is_not():
    """An example is better than a stand-in, and a ``#`` is all that has to go."""
    text = drafted(
        {
            "host": Option(STRING, "The host.", example="localhost"),
            "name": Option(STRING, "The name."),
            "port": Option(PORT, "The port.", 80, example=8080),
            "user": Option(STRING, "The user.", None),
            "tags": Option(STRINGS, "The tags."),
        },
        "Does it.",
    )
    assert text == (
        "# Does it.\n[services.a]\n"
        'imports = ["m"]\n\n'
        "# The host.\n# It has to be set: a string.\n"
        'x.host = "localhost"\n\n'
        "# The name.\n# It has to be set: a string.\n"
        'x.name = "CHANGE ME"\n\n'
        "# The port.\n# Default: 80.\n#x.port = 8080\n\n"
        '# The user.\n#x.user = "CHANGE ME"\n\n'
        "# The tags.\n#x.tags = []\n"
    )


@pytest.mark.parametrize("kind", [STRING, BOOL, INTEGER, PORT, enum("a", "b"), ATOM])
def test_stand_ins_have_the_right_type(kind):
    """What has to be set is accepted as it is printed, and can be found."""
    options = {"x": Option(kind, "It.")}
    made = module(
        lambda config: {"process": {"argv": ["/bin/a", str(config["x"])]}},
        options,
    )
    assert errors(draft("a", "m", [made]), {"m": made}) == []


def test_a_table_in_which_something_has_to_be_set_is_set():
    """Its example stands there, key by key."""
    settings = Record(
        {"level": Option(STRING, "The level.", "low")}, "s", freeform=Either(ATOM, POOL)
    )
    example = {"web": {"size": 3, "a.b": 1}}
    text = drafted({"settings": Option(settings, "Pools.", example=example)})
    assert '\n# Pools.\nx.settings.web.size = 3\nx.settings.web."a.b" = 1\n' in text
    assert '\n#x.settings.level = "low"\n' in text
    assert tomllib.loads(uncommented(text))


def test_a_table_without_an_example_is_left_to_its_options():
    """A table that stands for itself would keep them from being set."""
    settings = Record({"level": Option(STRING, "The level.", "low")}, "s", freeform=ATOM)
    text = drafted({"settings": Option(settings, "Settings.")})
    assert "Settings." not in text
    assert tomllib.loads(uncommented(text))["services"]["a"]["x"]["settings"] == {"level": "low"}


def test_long_descriptions_are_broken():
    """No line is longer than an editor shows."""
    text = drafted({"a": Option(STRING, "word " * 60, None)})
    assert max(map(len, text.splitlines())) <= 99


def test_options_of_the_modules_that_a_module_imports_are_there_too():
    """They can be set just as well."""
    base = module(None, {"base": {"a": Option(PORT, "A.", 1)}})
    both = module(None, {"x": {"b": Option(PORT, "B.", 2)}}, imports=(base,))
    text = draft("a", "m", [base, both])
    assert "#base.a = 1\n" in text
    assert "#x.b = 2\n" in text
