"""The manual of all options, made from their one declaration."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmsvcd.model.manual import label
from hmsvcd.model.option import (
    ATOM,
    PORT,
    SETTINGS,
    STRING,
    STRINGS,
    UNSET,
    AttrsOf,
    Either,
    Names,
    Option,
    Record,
)
from hmsvcd.model.schema import DAEMON, NATIVE_KINDS
from hmsvcd.pipeline.manual.entries import manual
from hmsvcd.pipeline.manual.inline import inline
from hmsvcd.pipeline.manual.markdown import facts_of, markdown
from hmsvcd.pipeline.manual.select import completed, nearest, selected
from hmsvcd.pipeline.manual.values import manual_values
from modules_given import module

POOL = Record({"size": Option(PORT, "Its size.")}, "pool", freeform=ATOM)
MODULE = module(
    None,
    {
        "web": {
            "port": Option(PORT, "The port.", 80, example=8080),
            "host": Option(STRING, "The host."),
            "root": Option(STRING, "The folder.", lambda config: config["x"], "the home folder"),
            "user": Option(STRING, "The user.", None),
            "tags": Option(STRINGS, "Tags.\nIn the order given."),
            "settings": Option(Record({}, "settings", freeform=Either(ATOM, POOL)), "Pools."),
            "free": Option(SETTINGS, "Anything."),
            "by.name": Option(AttrsOf(POOL, Names("[a-z]+", "small", "pool")), "By name."),
        }
    },
)
ENTRIES = manual([MODULE])
BY_PATH = {entry.label: entry for entry in ENTRIES}
WEB = "services.<name>.web"
PLAIN = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


def paths(prefix):
    """Return the options that a path leads to."""
    return [entry.label for entry in selected(ENTRIES, prefix)]


def test_every_option_is_there_once():
    """Of services, units, files, native units and settings, and of the module."""
    assert len(BY_PATH) == len(ENTRIES)
    assert {
        "services.<name>.process.argv",
        "services.<name>.systemd.services.<unit>.serviceConfig",
        "services.<name>.systemd.sockets.<unit>.listenStreams",
        "services.<name>.configData.<name>.text",
        "services.<name>.services",
        f"{WEB}.port",
        *(f"systemd.user.{kind}" for kind in NATIVE_KINDS),
        *(f"daemon.{name}" for name in DAEMON.options),
    } <= BY_PATH.keys()


def test_options_of_modules_are_named_with_them():
    """They stand among those of services, and say whose they are."""
    assert BY_PATH[f"{WEB}.port"].module == "m"
    assert BY_PATH["services.<name>.process.argv"].module is None
    order = [entry.label.partition(".")[0] for entry in ENTRIES]
    assert order == sorted(order, key=["services", "systemd", "daemon"].index)


def test_tables_of_modules_have_placeholders():
    """Free names stand in angle brackets, as what they are."""
    assert f"{WEB}.settings.<name>.size" in BY_PATH
    assert f'{WEB}."by.name".<pool>.size' in BY_PATH


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("process.argv", "a list of strings"),
        ("systemd.services", "a table: <unit> → a unit"),
        ("systemd.service", "a unit"),
        ("services", "a table: <name> → a sub-service"),
        ("systemd.services.<unit>.environment", "a table: <variable> → a string or an integer"),
        ("configData.<name>.value", "any value"),
        ("web.port", "a port from 0 to 65535"),
        ("web.settings", "a table: <name> → a string, an integer or a boolean, or a table"),
        ("web.free", "a table: <name> → any value"),
    ],
)
def test_types_are_said_in_words(path, words):
    """As messages say them, and what stands in tables."""
    assert BY_PATH[f"services.<name>.{path}"].type == words


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("port", "80"),
        ("host", "none: it has to be set"),
        ("root", "the home folder"),
        ("user", None),
        ("tags", None),
    ],
)
def test_defaults_are_values_or_words(name, default):
    """A value that the module reads and nobody has set would be a mistake."""
    assert dict(facts_of(BY_PATH[f"{WEB}.{name}"])).get("default") == default


def test_what_is_short_for_another_says_so():
    """``systemd.service`` names what it stands for."""
    short = BY_PATH["services.<name>.systemd.service"]
    assert short.stands_for == ("services", "<name>", "systemd", "services", "<unit>")
    assert short.description == 'Short for `services.""`.'


def test_the_values_of_the_document_are_plain():
    """What has no default or example has null."""
    found = {each["path"]: each for each in manual_values(ENTRIES)["options"]}
    assert found[f"{WEB}.port"] == {
        "path": f"{WEB}.port",
        "type": "a port from 0 to 65535",
        "description": "The port.",
        "default": 80,
        "default_text": None,
        "example": 8080,
        "module": "m",
        "required": False,
        "read_only": False,
        "stands_for": None,
    }
    assert found[f"{WEB}.host"]["required"] is True
    assert found[f"{WEB}.root"]["default"] is None
    assert found["services.<name>.configData.<name>.path"]["read_only"] is True


def test_markdown_has_a_heading_for_each_option():
    """Below it stand the description and what there is to say besides."""
    text = markdown(selected(ENTRIES, "web.port"))
    assert text == (
        "## `services.<name>.web.port`\n\nThe port.\n\n"
        "- type: a port from 0 to 65535\n- default: `80`\n- example: `8080`\n- module: `m`\n"
    )


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("services.<name>.systemd", "systemd", "systemd.socket"),
        ("services.mine.systemd", "systemd", "systemd.socket"),
        ("systemd.services", "systemd.services", "systemd.services.<unit>.serviceConfig"),
        ("systemd.service.after", "systemd.services.<unit>.after", None),
        ("services.x.systemd.socket.after", "systemd.sockets.<unit>.after", None),
        ("systemd.service", "systemd.service", None),
        ("web.settings.p.size", "web.settings.<name>.size", None),
        ('web."by.name".p.size', 'web."by.name".<pool>.size', None),
        ("m", "web.port", 'web."by.name".<pool>.size'),
        ("listenStreams", "systemd.sockets.<unit>.listenStreams", None),
        ("process.argv", "process.argv", None),
        ("by.name", 'web."by.name"', 'web."by.name".<pool>.size'),
    ],
)
def test_a_path_is_found_as_it_is_typed(typed, first, last):
    """From the root, in a service, by module or from anywhere, with any name for a free one."""
    found = paths(typed)
    assert found[0] == f"services.<name>.{first}"
    assert found[-1] == f"services.<name>.{last or first}"


def test_a_name_that_services_and_the_root_have_leads_to_both():
    """``systemd`` is a table of services, and that of the native units."""
    found = paths("systemd")
    assert "services.<name>.systemd.mainExecStart" in found
    assert "systemd.user.timers" in found


def test_without_a_path_all_options_are_meant():
    """In the order of the manual."""
    assert selected(ENTRIES, "") == ENTRIES


def test_a_whole_table_has_all_that_is_in_it():
    """The settings of hmsvcd are those of their table."""
    assert paths("daemon") == ["daemon", *(f"daemon.{name}" for name in DAEMON.options)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("deamon", "daemon"),
        ("systemd.servces", "systemd.services"),
        ("proces.argv", "process.argv"),
        ("serviceConfg", "serviceConfig"),
    ],
)
def test_a_path_that_leads_nowhere_is_guessed(typed, meant):
    """The nearest path or name is proposed."""
    assert selected(ENTRIES, typed) == []
    assert nearest(ENTRIES, typed) == f"did you mean `{meant}`?"


def test_paths_are_completed_name_by_name():
    """What a shell proposes goes one name further than what is typed."""
    assert completed(ENTRIES, "dae") == ["daemon"]
    assert completed(ENTRIES, "daemon.s") == [
        "daemon.settle",
        "daemon.start_wait",
        "daemon.stop_wait",
    ]
    assert completed(ENTRIES, "web.p") == ["web.port"]


def test_labels_are_typed_as_toml_has_them():
    """Names with dots are quoted, placeholders are not."""
    assert label(("a", "<name>", "b.c", "")) == 'a.<name>."b.c".""'


@given(PLAIN)
def test_values_are_written_as_toml_in_one_line(value):
    """A default or an example reads back as what it is."""
    text = inline(value)
    assert "\n" not in text
    assert tomllib.loads(f"x = {text}") == {"x": value}


def test_what_is_no_plain_data_is_not_shown():
    """A default that follows from the configuration is no value."""
    assert BY_PATH[f"{WEB}.root"].default is UNSET
