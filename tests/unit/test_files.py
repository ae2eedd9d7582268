"""``configData``: what lands where, and what cannot."""

import pytest

from declarations import HEAD, errors, rendering

FILES = HEAD + "[services.a.configData]\n"


def files(text, *others):
    """Return target → text or source of what lands."""
    rendered = rendering(FILES + text, *others).files
    return {
        target.removeprefix("home-services/a/"): file.source or file.text
        for target, file in rendered.items()
    }


def test_a_file_lands_below_the_services_folder():
    """Its name is the key, or what ``name`` says; slashes make folders."""
    text = "a.text = '1'\nb = { text = '2', name = 'x/y' }\n'c/d'.text = ''"
    assert files(text) == {"a": "1", "x/y": "2", "c/d": ""}


def test_a_sub_services_file_lands_below_its_dashed_name():
    """As the unit is called."""
    text = HEAD + "services.b = { process.argv = ['/b'], configData.f.text = '' }"
    assert list(rendering(text).files) == ["home-services/a-b/f"]


def test_a_disabled_file_does_not_land():
    """It may even lack its content."""
    assert files("a = { text = '1', enable = false }\nb.enable = false") == {}


def test_a_relative_source_starts_at_the_declaring_file():
    """At the file whose definition counts."""
    other = "[services.a.configData]\na.source = { mkForce = './x' }\nb.source = '../y'"
    text = "a.source = 'lost'\nc.source = 'z'\nd.source = '//abs'"
    assert files(text, other) == {
        "a": "/declaration/conf.d/x",
        "b": "/declaration/y",
        "c": "/declaration/z",
        "d": "/abs",
    }


@pytest.mark.parametrize(
    ("definitions", "content"),
    [
        ("text = 'text', source = { mkDefault = '/source' }", "text"),
        ("text = { mkDefault = 'text' }, source = '/source'", "/source"),
        ("text = { mkForce = 'text' }, source = '/source'", "text"),
        ("format = 'json', value = 1, text = { mkDefault = 'text' }", "1\n"),
        ("format = 'json', value = { mkDefault = 1 }, text = 'text'", "text"),
    ],
)
def test_the_strongest_content_lands(definitions, content):
    """Text and data define the source, each with its own priority."""
    assert files(f"f = {{ {definitions} }}") == {"f": content}


@pytest.mark.parametrize(
    "definitions",
    [
        "text = 'x', source = '/x'",
        "format = 'json', value = 1, text = 'x'",
        "format = 'json', value = 1, source = '/x'",
    ],
)
def test_two_contents_of_one_priority_conflict(definitions):
    """Even where they would be the same."""
    (error,) = errors(FILES + f"f = {{ {definitions} }}")
    assert error.message == "what the file holds is said more than once"
    assert len(error.notes) == 1


@pytest.mark.parametrize(
    ("definitions", "message"),
    [
        ("{}", "without content"),
        ("{ format = 'json' }", "needs a `value`"),
        ("{ format = 'json', text = 'x' }", "needs a `value`"),
        ("{ value = 1 }", "needs a `format`"),
        ("{ format = 'xml', value = 1 }", "expected one of"),
        ("{ format = 'ini', value = { a = 1 } }", "a table of tables"),
        ("{ source = '~/x' }", "`~` is not expanded"),
        ("{ source = '' }", "the path of a file or folder"),
        ("{ text = 'x', path = '/x' }", "read-only"),
        ("{ text = 'x', bogus = 1 }", "unknown option `bogus` of a file"),
    ],
)
def test_content_that_is_none(definitions, message):
    """One error, which says what is missing or wrong."""
    (error,) = errors(FILES + f"f = {definitions}")
    assert message in error.message


@pytest.mark.parametrize(
    "name",
    ["", "/x", "x/", ".", "..", "../x", "x/../y", "x/./y", "x//y", "x\\ny", "\\u0085", "x" * 256],
)
def test_a_name_that_is_no_relative_path(name):
    """Nothing lands outside of the service's folder, or cannot be created there."""
    (error,) = errors(FILES + f'"{name}".text = ""')
    assert "in the name of a file" in error.message
    (error,) = errors(FILES + f'f = {{ text = "", name = "{name}" }}')
    assert error.key == "services.a.configData.f.name"


@pytest.mark.parametrize("other", ["b = { text = '', name = 'a' }", "'a/b'.text = ''"])
def test_files_in_each_others_way(other):
    """Two of one name, and a file where a folder has to be; both places are shown."""
    (error,) = errors(FILES + f"a.text = ''\n{other}")
    assert "home-services/a/a" in error.message
    assert len(error.notes) == 1


def test_two_services_may_not_write_one_file():
    """A sub-service's dashed name may be another service's."""
    text = HEAD + "services.b = { process.argv = ['/b'], configData.f.text = '' }\n"
    other = "[services.a-b]\nsystemd.services.mkForce = {}\nconfigData.f.text = ''"
    assert [error.message for error in errors(text, other)] == [
        "two declarations produce the file `home-services/a-b/f`"
    ]


def test_store_objects_are_named_after_their_content_and_file():
    """Equal content has one address; folders of the name become dashes."""
    rendered = rendering(FILES + "'x/y'.text = '1'\nb = { text = '1', name = 'x-y' }").files
    (name,) = {file.object_name for file in rendered.values()}
    assert name.endswith("-x-y")


def test_a_long_name_is_cut_in_the_store():
    """The name of a store object stays within what a file system takes."""
    text = FILES + f"'{'é' * 100}/{'é' * 100}'.text = ''"
    (file,) = rendering(text).files.values()
    assert 200 < len(file.object_name.encode()) <= 255


def test_a_string_in_place_of_a_file_is_one_mistake():
    """It says how to write content, and not that the content is missing."""
    (error,) = errors(FILES + "f = 'hello'")
    assert "text = " in (error.hint or "")


def test_a_datum_that_refers_to_itself_is_explained():
    """Structured data is one value, so no part of it can wait for another."""
    text = "f = { format = 'json', value = { a = '@{config.configData.f.value.b}', b = 'x' } }"
    (error,) = errors(FILES + text)
    assert error.message.startswith("circular reference")
    assert "one datum" in (error.hint or "")
