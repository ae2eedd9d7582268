"""How definitions of one value become one, and when they conflict."""

import pytest

from declarations import HEAD, errors, lines, rendering, values

SECTION = "[services.a.systemd.service.serviceConfig]\n"


def test_files_are_definitions_of_one_declaration():
    """Tables of several files are merged, option by option."""
    other = '[services.a.systemd.service]\ndescription = "x"'
    assert values("Description", HEAD, other) == ["x"]


def test_lists_of_files_are_concatenated_in_the_order_of_files():
    """Options that are lists add up."""
    after = "[services.a]\nsystemd.service.after = %s"
    assert values("After", HEAD, after % "['x']", after % "'y'") == ["x", "y"]


def test_texts_are_joined_by_a_line_feed():
    """Several definitions of text are its lines, ordered as lists are."""
    text = "[services.a]\nconfigData.file.text = %s"
    files = rendering(HEAD, text % "'2'", text % "{ mkBefore = '1' }", text % "'3'").files
    assert files["home-services/a/file"].text == "1\n2\n3"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("'x'", "'x'"),
        ("'x'", "['x']"),
        ("true", "[true]"),
        ("['x', 'y']", "['x', 'y']"),
        ("{ mkDefault = 5 }", "{ mkOverride = { priority = 1000, content = 5 } }"),
    ],
)
def test_equal_definitions_of_a_directive_are_one(first, second):
    """Two files may say the same; a single value equals a list of one."""
    assert values("X", HEAD, f"{SECTION}X = {first}") == values(
        "X", HEAD, f"{SECTION}X = {first}", f"{SECTION}X = {second}"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("'x'", "'y'"),
        ("1", "true"),
        ("1", "'1'"),
        ("['x']", "['y']"),
        ("['x', 'y']", "['y', 'x']"),
    ],
)
def test_different_definitions_of_a_directive_conflict(first, second):
    """Also lists, where both are plain."""
    (error,) = errors(HEAD, f"{SECTION}X = {first}", f"{SECTION}X = {second}")
    assert "2 different definitions" in error.message


def test_a_conflict_shows_every_definition_and_what_to_write():
    """Places in each file, and mkForce in the hint."""
    text = f"{SECTION}X = %d"
    (error,) = errors(HEAD, text % 1, text % 2, text % 3)
    places = [error.place, *(note.place for note in error.notes)]
    assert {place.file for place in places if place} == {
        "conf.d/1.toml",
        "conf.d/2.toml",
        "conf.d/3.toml",
    }
    assert error.key == "services.a.systemd.service.serviceConfig.X"
    assert "X = { mkForce = … }" in (error.hint or "")


def test_a_conflict_with_our_own_definition_says_so():
    """ExecStart follows from argv, at the same priority as a plain one."""
    (error,) = errors(HEAD, f"{SECTION}ExecStart = '/b'")
    assert "hmsvcd's own" in error.message
    assert error.place
    assert error.place.file == "conf.d/1.toml"


def test_lists_with_an_explicit_order_add_up_in_a_directive():
    """One plain list at most, the others mkBefore, mkAfter or mkOrder."""
    definitions = ["['b']", "{ mkAfter = 'c' }", "{ mkBefore = ['a'] }"]
    files = [f"{SECTION}X = {definition}" for definition in definitions]
    assert values("X", HEAD, *files) == ["a", "b", "c"]


def test_a_scalar_has_one_value():
    """Two descriptions conflict, two equal ones do not."""
    text = "[services.a]\nsystemd.service.description = '%s'"
    assert values("Description", HEAD, text % "x", text % "x") == ["x"]
    assert errors(HEAD, text % "x", text % "y")


def test_definitions_are_compared_before_references_are_resolved():
    """What only turns out to be equal is different."""
    (error,) = errors(HEAD, f"{SECTION}X = 'user'", f"{SECTION}X = '@{{home.username}}'")
    assert "2 different definitions" in error.message


def test_a_datum_is_one_value():
    """Equal data are one whatever the order of keys; properties inside are data."""
    text = "[services.a.configData.f]\nformat = 'json'\nvalue = %s"
    one, other = "{ a = 1, b = { mkForce = 2 } }", "{ b = { mkForce = 2 }, a = 1 }"
    (file,) = rendering(HEAD, text % one, text % other).files.values()
    assert file.text == '{\n  "a": 1,\n  "b": {\n    "mkForce": 2\n  }\n}\n'
    assert errors(HEAD, text % one, text % "{ a = 1 }")


def test_properties_work_around_a_datum():
    """A forced value beats another one."""
    text = "[services.a.configData.f]\nformat = 'json'\nvalue = %s"
    (file,) = rendering(HEAD, text % "1", text % "{ mkForce = [true] }").files.values()
    assert file.text == "[\n  true\n]\n"


def test_aliases_follow_the_definitions_that_they_stand_beside():
    """``systemd.service`` and the service's own name come after the empty name."""
    text = """[services.a]
    process.argv = ["/bin/a"]
    systemd.service.after = "3"
    systemd.services.a.after = "4"
    systemd.services."".after = ["1", "2"]
    """
    assert sorted(values("After", text)[:2]) == ["1", "2"]
    assert sorted(values("After", text)[2:]) == ["3", "4"]


def test_the_own_name_of_a_sub_service_is_its_last():
    """The alias is the key of the sub-service, not its dashed name."""
    text = (
        HEAD
        + """
    services.b.process.argv = ["/bin/b"]
    services.b.systemd.services.b.description = "x"
    """
    )
    assert values("Description", text, unit="a-b.service") == ["x"]


def test_a_section_of_a_native_unit_merges_per_directive():
    """Two files may each say a part of a timer."""
    one = "[systemd.user.timers.t.Timer]\nOnCalendar = 'daily'"
    two = "[systemd.user.timers.t.Timer]\nPersistent = true"
    assert lines("t.timer", one, two) == ["[Timer]", "OnCalendar=daily", "Persistent=true"]


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        ("services.a = 1", "services.a", "an integer"),
        ("services = []", "services", "a list"),
        ("systemd.user.timers.t.Timer = 'x'", "systemd.user.timers.t.Timer", "a string"),
        ("services.a.process.argv = '/bin/a'", "services.a.process.argv", "a string"),
        ("services.a.process.argv = ['/a', 1]", "services.a.process.argv.1", "an integer"),
        (HEAD + "configData.f.enable = 1", "services.a.configData.f.enable", "an integer"),
        (HEAD + "configData.f.text = ['x']", "services.a.configData.f.text", "a list"),
        (HEAD + "systemd.service.after = 1", "services.a.systemd.service.after", "an integer"),
        (HEAD + "warnings = [{}]", "services.a.warnings.0", "a table"),
    ],
)
def test_a_wrong_type_is_one_error_at_its_place(text, key, found):
    """The error says what is expected and what stands there; nothing follows from it."""
    (error,) = errors(text)
    assert error.key == key
    assert error.message.startswith("expected ")
    assert error.message.endswith(f"found {found}")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("1.5", "a float"),
        ("2024-01-01", "a date or time"),
        ("9223372036854775808", "an integer of more than 64 bits"),
        ("{ a = 1 }", "a table"),
        ("[[1]]", "a list"),
        ("[1.5]", "a float"),
    ],
)
def test_a_directive_takes_strings_integers_and_booleans(value, found):
    """Floats, dates, tables, nested lists and larger integers are errors."""
    (error,) = errors(HEAD, f"{SECTION}X = {value}")
    assert error.message.endswith(f"found {found}")


def test_a_directive_takes_integers_of_64_bits():
    """Both ends of the range."""
    numbers = ["-9223372036854775808", "9223372036854775807"]
    assert values("X", HEAD, f"{SECTION}X = [{', '.join(numbers)}]") == numbers


@pytest.mark.parametrize(
    "value", ["1", "true", "['/a', 1]", "'@{home.services.a.configData.f.enable}'"]
)
def test_commands_are_strings(value):
    """``Exec…`` takes nothing else, also where a reference names it."""
    text = HEAD + "configData.f.text = ''"
    (error,) = errors(text, f"{SECTION}ExecReload = {value}")
    assert error.message.startswith("expected a string or a list of strings")
