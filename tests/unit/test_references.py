"""References ``@{…}``: what they name, where they stand, and what they cannot do."""

import pytest

from declarations import CONTEXT, HEAD, errors, rendering, values
from hmsvcd.pipeline.merge.references import Reference, split

ENVIRONMENT = "[services.a.systemd.service.environment]\n"


def test_a_string_is_split_into_text_and_references():
    """The inside is a dotted TOML key; ``@@{`` is a literal ``@{``."""
    assert split("@{ a . \"b.c\".'d' }-@@{x}") == (
        Reference(("a", "b.c", "d"), "@{ a . \"b.c\".'d' }"),
        "-@{x}",
    )
    assert split("@@@{a}$%{}") == ("@@{a}$%{}",)


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("config.process.argv.0", "/bin/a"),
        ("home.services.a.process.argv.0", "/bin/a"),
        ("config.systemd.mainExecStart", '"/bin/a"'),
        ("config.systemd.service.serviceConfig.RestartSec", "5"),
        ("config.systemd.services.a.serviceConfig.Type", "simple"),
        ('config.systemd.services."".serviceConfig.Type', "simple"),
        ("config.systemd.service.serviceConfig.ExecStart", '"/bin/a"'),
        ("config.systemd.service.wantedBy.0", "default.target"),
        ("config.configData.'f.conf'.path", "/home/user/.config/home-services/a/f.conf"),
        ("config.configData.'f.conf'.enable", "true"),
        ("config.configData.j.value.list.1", "two"),
        ("config.configData.j.value.pi", "3.5"),
        ("xdg.configHome", CONTEXT.config_home),
        ("xdg.dataHome", CONTEXT.data_home),
        ("xdg.stateHome", CONTEXT.state_home),
        ("xdg.cacheHome", CONTEXT.cache_home),
        ("xdg.runtimeDir", CONTEXT.runtime_dir),
        ("home.homeDirectory", CONTEXT.home_directory),
        ("home.username", CONTEXT.username),
        ("env.LANG", "C.UTF-8"),
    ],
)
def test_a_reference_names_a_merged_value(reference, value):
    """Options, directives, aliases, list elements, data, folders and the environment."""
    files = """[services.a.configData]
    "f.conf".text = "x"
    j = { format = "json", value = { list = ["one", "two"], pi = 3.5 } }
    """
    text = f"[services.a.systemd.service.serviceConfig]\nX = '''<@{{{reference}}}>'''"
    assert values("X", HEAD, files, text) == [f"<{value}>"]


def test_config_is_the_nearest_service():
    """In a sub-service it is the sub-service."""
    text = HEAD + 'services.b.process.argv = ["/bin/b", "@{config.process.argv.0}"]'
    assert values("ExecStart", text, unit="a-b.service") == ['"/bin/b" "/bin/b"']


def test_a_reference_reads_the_value_that_counts():
    """Definitions in later files and of stronger priorities are seen."""
    text = HEAD + "systemd.service.serviceConfig.X = '@{config.systemd.service.description}'"
    other = "[services.a.systemd.service]\ndescription = { mkForce = 'forced' }"
    weak = "[services.a.systemd.service]\ndescription = 'weak'"
    assert values("X", text, other, weak) == ["forced"]


def test_exactly_one_reference_keeps_the_type():
    """A boolean that is named alone is a boolean; in longer text it is a word."""
    text = HEAD + "configData.f = { text = '', enable = '@{config.configData.g.enable}' }\n"
    text += "configData.g = { text = '@{config.configData.g.enable}!', enable = true }"
    files = rendering(text).files
    assert files["home-services/a/g"].text == "true!"
    assert "home-services/a/f" in files


def test_types_are_checked_after_resolving():
    """An integer is no text, even through a reference."""
    text = HEAD + "systemd.service.description = '@{config.systemd.service.serviceConfig.X}'\n"
    (error,) = errors(text + "systemd.service.serviceConfig.X = 1")
    assert error.key == "services.a.systemd.service.description"
    assert error.message == "expected a string, found an integer"


def test_list_elements_are_resolved_one_by_one():
    """A file's source may be an argument of the command that uses its path."""
    text = """[services.a]
    process.argv = ["/bin/a", "--config", "@{config.configData.f.path}", "/etc/f"]
    configData.f.source = "@{config.process.argv.3}"
    """
    (file,) = rendering(text).files.values()
    assert file.source == "/etc/f"


def test_an_index_counts_what_is_left_of_a_list():
    """Dropped elements do not count."""
    argv = '["/bin/a", { mkIf = { condition = false, content = "no" } }, "yes"]'
    text = f"[services.a]\nprocess.argv = {argv}\n"
    text += "systemd.service.description = '@{config.process.argv.1}'"
    assert values("Description", text) == ["yes"]


def test_the_source_of_a_file_with_text_is_its_store_path():
    """The same path that the triggers name."""
    text = (
        HEAD
        + "configData.f.text = 'x'\n"
        + "systemd.service.environment.F = '@{config.configData.f.source}'"
    )
    (trigger,) = values("X-Reload-Triggers", text)
    assert values("Environment", text) == [f"F={trigger}"]


def test_strings_in_data_are_resolved():
    """Wherever they stand in it, but not in keys."""
    text = (
        HEAD
        + """[services.a.configData.f]
    format = "json"
    value = { "@{home.username}" = ["@{home.username}", { x = "@@{" }] }
    """
    )
    (file,) = rendering(text).files.values()
    assert (file.text or "").split() == [
        "{",
        '"@{home.username}":',
        "[",
        '"user",',
        "{",
        '"x":',
        '"@{"',
        "}",
        "]",
        "}",
    ]


def test_imports_are_taken_literally():
    """What is no module there is named as it is written."""
    (error,) = errors(HEAD + "imports = ['@{home.username}']")
    assert "`@{home.username}`" in error.in_full.message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("@{config.bogus}", "`bogus` is not defined"),
        ("@{config.process}", "names a table"),
        ("@{config.process.argv}", "names a list"),
        ("@{config.process.argv.1}", "the list has 1 element"),
        ("@{config.process.argv.x}", "`x` is no number"),
        ("@{config.process.argv.0.0}", "leads nowhere"),
        ("@{config.systemd.mainExecStart.0}", "leads nowhere"),
        ("@{config.systemd.lib}", "is for service modules alone"),
        ("@{config.systemd.service.description}", "is not defined"),
        ("@{config.configData.off.path}", "the file is disabled"),
        ("@{home.services.b.process.argv.0}", "`b` is not defined"),
        ("@{home.services.only.systemd.mainExecStart}", "is not defined"),
        ("@{home.services}", "names a table"),
        ("@{home.bogus}", "`home` has no `bogus`"),
        ("@{xdg.bogus}", "`xdg` has no `bogus`"),
        ("@{env.BOGUS}", "`env` has no `BOGUS`"),
        ("@{env.BYTES}", "not valid UTF-8"),
        ("@{env}", "names a table"),
        ("@{bogus.x}", "`bogus` is unknown"),
        ("@{config", "not closed"),
        ("x @{", "the reference at character 3 is not closed"),
        ("@{}", "no dotted key"),
        ("@{a b}", "no dotted key"),
        ('@{"\\\\q"}', "no dotted key"),
        ("@{config.process.argv." + "9" * 5000 + "}", "the list has 1 element"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error(value, message):
    """The error stands where the reference does and says what is wrong with it."""
    off = "[services.a.configData]\noff = { text = '', enable = false }\n"
    off += "[services.only.services.sub.process]\nargv = ['/sub']\n"
    (error,) = errors(HEAD, off, f"{ENVIRONMENT}X = '''{value}'''".replace("\\\\", "\\"))
    assert message in error.in_full.message
    assert error.key == "services.a.systemd.service.environment.X"


def test_the_nearest_name_is_suggested():
    """A typo in a path has a hint."""
    (error,) = errors(HEAD, f"{ENVIRONMENT}X = '@{{config.proces.argv.0}}'")
    assert error.hint == "did you mean `process`?"


@pytest.mark.parametrize(
    "text",
    [
        "[daemon]\nsettle = '@{config.x}'\n[services]",
        "[systemd.user.timers.t]\nTimer.X = '@{config.x}'",
    ],
)
def test_there_is_no_config_outside_of_services(text):
    """Native units and hmsvcd's own settings have none."""
    (error,) = errors(text)
    assert "there is no `config`" in error.message


def test_native_units_can_refer_to_services():
    """``home.services`` is there everywhere."""
    text = "[systemd.user.timers.t]\nTimer.X = '@{home.services.a.process.argv.0}'"
    assert values("X", HEAD, text, unit="t.timer") == ["/bin/a"]


@pytest.mark.parametrize(
    "text",
    [
        "configData.f.name = '@{config.configData.f.name}'\nconfigData.f.text = ''",
        "configData.f.text = '@{config.configData.f.source}'",
        "configData.f.text = ''\nconfigData.f.name = '@{config.configData.f.path}'",
        """systemd.service.description = '@{config.systemd.service.serviceConfig.X}'
        systemd.service.serviceConfig.X = '@{home.services.a.systemd.service.description}'""",
        """systemd.service.mkIf.condition = '@{config.systemd.service.serviceConfig.X}'
        systemd.service.mkIf.content.serviceConfig.X = true""",
        "systemd.service.serviceConfig.Type = '@{config.systemd.service.serviceConfig.Restart}'",
        "process.argv = ['@{config.systemd.mainExecStart}']",
    ],
)
def test_a_ring_is_an_error(text):
    """Also through conditions, paths, stored texts and our own rules; it shows the way round."""
    found = errors("[services.a]\n" + text + "\nservices.b.process.argv = ['/b']")
    assert [
        error for error in found if error.message.startswith("circular reference: services.a.")
    ]
    assert all(error.place for error in found)


def test_a_ring_shows_every_reference_in_it():
    """The error is at one of them, its notes at the others."""
    names = "XYZ"
    text = "".join(
        f"{name} = '@{{config.systemd.service.environment.{names[number - 1]}}}'\n"
        for number, name in enumerate(names)
    )
    (error,) = errors(HEAD, ENVIRONMENT + text)
    places = [error.place, *(note.place for note in error.notes)]
    assert sorted(str(place.key[-1]) for place in places if place) == ["X", "Y", "Z"]


def test_a_chain_of_references_resolves():
    """Some twenty files may each hold the store path of the next."""
    files = "".join(
        f"configData.f{number}.text = '@{{config.configData.f{number + 1}.source}}'\n"
        for number in range(20)
    )
    assert len(rendering(HEAD + files + "configData.f20.text = 'end'").files) == 21


@pytest.mark.parametrize("length", [100, 1000])
def test_a_chain_that_is_too_long_is_an_error(length):
    """Hundreds of references one after the other have a diagnostic."""
    text = "".join(
        f"X{number} = '@{{config.systemd.service.environment.X{number + 1}}}'\n"
        for number in range(length)
    )
    found = errors(HEAD, f"{ENVIRONMENT}{text}X{length} = 'end'")
    assert [error.message for error in found] == ["too many references that lead to one another"]
    assert found[0].place


def test_every_wrong_reference_of_a_list_is_reported():
    """One error for each element."""
    found = errors('[services.a]\nprocess.argv = ["/a", "@{env.X}", "@{env.Y}"]')
    assert [error.key for error in found] == [
        "services.a.process.argv.1",
        "services.a.process.argv.2",
    ]


def test_every_wrong_reference_of_a_datum_is_reported():
    """One error for each string in it."""
    found = errors(HEAD + "configData.f = { format = 'json', value = ['@{env.X}', ['@{env.Y}']] }")
    assert [error.key for error in found] == [
        "services.a.configData.f.value.0",
        "services.a.configData.f.value.1.0",
    ]


def test_dollars_percents_and_braces_are_left_alone():
    """They belong to systemd and shells."""
    text = "[services.a.systemd.service.serviceConfig]\nX = '$HOME ${A} %h {x} @x @ {'"
    assert values("X", HEAD, text) == ["$HOME ${A} %h {x} @x @ {"]
