"""The options as data, and what a declaration as a whole has to be."""

import re

import pytest

from declarations import CONTEXT, HEAD, documents, errors, judged, warnings
from hmsvcd.model.option import UNSET, AttrsOf, Directives, Record
from hmsvcd.model.schema import ROOT, TYPES
from hmsvcd.pipeline.check.whole import check, check_parts


def records(kind, seen=()):
    """Yield every record of options, once."""
    kind = TYPES[kind] if isinstance(kind, str) else kind
    if kind in seen:
        return
    if isinstance(kind, AttrsOf):
        yield from records(kind.element, seen)
    if isinstance(kind, Record):
        yield kind
        for option in kind.options.values():
            yield from records(option.type, (*seen, kind))


RECORDS = list(records(ROOT))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_every_option_is_documented(record):
    """A sentence for the manual, and words for a default that is computed."""
    for option in record.options.values():
        assert option.description.endswith(".")
        if option.default is not UNSET and not isinstance(option.default, str | int | bool):
            assert option.default_text


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_every_alias_leads_to_a_name_that_can_stand_there(record):
    """Option and key of an alias exist."""
    for option, key in record.aliases.values():
        names = record.options[option].type
        assert isinstance(names, AttrsOf | Directives)
        assert re.fullmatch(names.names.pattern, key)


@pytest.mark.parametrize("text", ["", "[daemon]\nsettle = '1s'"])
def test_an_empty_declaration_is_an_error(text):
    """Neither services nor systemd: perhaps a file half-written."""
    (error,) = errors(text)
    assert error.message == "the declaration is empty"
    assert error.place


@pytest.mark.parametrize("text", ["services = {}", "[systemd]", "mkMerge = [ { services = {} } ]"])
def test_none_can_be_declared(text):
    """Saying so is enough."""
    assert warnings(text) == []


def test_an_unknown_option_is_one_error():
    """That nothing is left does not count again."""
    (error,) = errors("[servces.a]\nprocess.argv = ['/a']")
    assert error.hint == "did you mean `services`?"
    (error,) = errors("[services.a]\nproces.argv = ['/a']")
    assert error.hint == "did you mean `process`?"


def test_the_spelling_of_home_manager_has_a_hint():
    """``home.services`` is ``services`` here."""
    (error,) = errors("[home.services.a]\nprocess.argv = ['/a']")
    assert "[services.<name>]" in (error.hint or "")


def test_a_failed_assertion_is_an_error_with_its_message():
    """The message may refer to values."""
    text = HEAD + "assertions = [ { assertion = true, message = '' }, "
    (error,) = errors(text + "{ assertion = false, message = '@{home.username} must not' } ]")
    assert error.quoting == "failed assertion: user must not"
    assert error.key == "services.a.assertions.1"


@pytest.mark.parametrize(
    "record",
    [
        "1",
        "{ assertion = true }",
        "{ assertion = 'x', message = '' }",
        "{ assertion = true, message = '', more = 1 }",
    ],
)
def test_a_malformed_assertion_is_an_error(record):
    """Exactly a condition and a message."""
    assert len(errors(HEAD + f"assertions = [ {record} ]")) == 1


def test_warnings_are_shown():
    """Of sub-services, too."""
    text = HEAD + "warnings = ['one']\nservices.b = { process.argv = ['/b'], warnings = ['two'] }"
    assert [warning.in_full.message for warning in warnings(text)] == ["one", "two"]


def test_there_are_no_modules_to_import():
    """An import names what is not there."""
    (error,) = errors(HEAD + "imports = ['ghostunnel']")
    assert error.key == "services.a.imports.0"


def test_read_only_options_take_no_definition():
    """Under a false condition nothing is defined."""
    (error,) = errors(HEAD + "systemd.lib = 'x'")
    assert "read-only" in error.message
    assert not errors(HEAD + "systemd.lib = { mkIf = { condition = false, content = 'x' } }")


def test_a_wrong_declaration_is_none():
    """There is nothing to render where anything is wrong."""
    assert judged(HEAD, "[services.b]")[0] is None


def test_parts_of_a_declaration_are_judged_by_type_and_key():
    """While another file does not parse, conflicts and references have to wait."""
    text = """[services.a]
    process.argv = ["@{config.bogus}", 1]
    systemd.service.description = { mkMerge = ["x", "y"] }
    bogus = 2
    [services.b]
    """
    found = check_parts(documents(text), CONTEXT)
    assert [diagnostic.key for diagnostic in found] == [
        "services.a.bogus",
        "services.a.process.argv.1",
    ]
    assert check_parts((), CONTEXT) == ()
    assert len(check((), CONTEXT)[1]) == 1
