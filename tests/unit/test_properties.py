"""Properties: mkForce and its kin, at every level of a declaration."""

import pytest

from declarations import HEAD, errors, lines, rendering, values
from hmsvcd.pipeline.merge.properties import plain_key

SECTION = HEAD + "systemd.service.serviceConfig"
COMMAND = 'systemd.services."".serviceConfig.ExecStart = { mkForce = "/bin/a" }'


def test_the_strongest_override_counts():
    """Of several definitions the one with the lowest priority number counts."""
    text = f"""{SECTION}.X = {{ mkMerge = [
      {{ mkDefault = "default" }}, "plain", {{ mkOverride = {{ priority = 60, content = "60" }} }},
      {{ mkForce = "force" }} ] }}"""
    assert values("X", text) == ["force"]


def test_an_override_weaker_than_the_default_loses():
    """The options' own defaults stand at their documented priorities."""
    at = "systemd.service.wantedBy = { mkOverride = { priority = %d, content = ['x.target'] } }"
    assert values("WantedBy", HEAD + at % 951) == ["default.target"]
    assert values("WantedBy", HEAD + at % 950) == ["default.target", "x.target"]
    assert values("WantedBy", HEAD + at % 949) == ["x.target"]


def test_the_outermost_of_nested_overrides_counts():
    """A mkDefault around a mkForce is a mkDefault."""
    nested = (
        f'{SECTION}.X = {{ mkMerge = [ {{ mkDefault = {{ mkForce = "inner" }} }}, "plain" ] }}'
    )
    assert values("X", nested) == ["plain"]


def test_the_outermost_of_nested_orders_counts():
    """A mkBefore around a mkAfter puts a list before the others."""
    argv = '[services.a.process]\nargv.mkMerge = [ ["b"], { mkBefore = { mkAfter = ["/a"] } } ]'
    assert values("ExecStart", argv) == ['"/a" "b"']


def test_lists_are_put_together_by_order():
    """mkBefore, plain and mkAfter give 500, 1000 and 1500; equal orders stay as written."""
    argv = """[services.a.process]
    argv.mkMerge = [ { mkAfter = ["d"] }, ["b"],
      { mkOrder = { priority = 1000, content = ["c"] } }, { mkBefore = ["/a"] },
      { mkOrder = { priority = 1501, content = ["e"] } } ]"""
    assert values("ExecStart", argv) == ['"/a" "b" "c" "d" "e"']


def test_a_false_mkif_drops_its_content():
    """What stands under a false condition is as if it were not written, whatever it is."""
    text = """[services.a]
    mkMerge = [ { process.argv = ["/bin/a"] },
      { mkIf = { condition = false, content = { process.argv = [1], bogus = 2, systemd = 3 } } } ]
    """
    assert values("ExecStart", text) == ['"/bin/a"']


def test_a_condition_may_be_a_reference():
    """Whole tables come and go with the value that a condition names."""
    text = (
        HEAD
        + """
    configData.file = { text = "x", enable = %s }
    systemd.service.mkIf = { condition = "@{config.configData.file.enable}", content.after = "x" }
    """
    )
    assert values("After", text % "true") == ["x"]
    assert values("After", text % "false") == []


def test_a_condition_may_ask_about_its_own_service():
    """A condition around a part of a service may depend on the other parts."""
    text = """[services.a]
    mkMerge = [
      { process.argv = ["/bin/a"], configData.on.text = "" },
      { mkIf = { condition = "@{config.configData.on.enable}", content = %s } } ]
    """
    too = '{ configData.too.text = "" }'
    assert set(rendering(text % too).files) == {"home-services/a/on", "home-services/a/too"}


@pytest.mark.parametrize(
    "text",
    [
        'mkMerge = [ { services.a.process.argv = ["/bin/a"] } ]',
        'services.mkMerge = [ { a.process.argv = ["/bin/a"] } ]',
        'services.a.mkMerge = [ { process.argv = ["/bin/a"] } ]',
        'services.a.process.mkMerge = [ { argv = ["/bin/a"] } ]',
        'services.a.process.argv.mkMerge = [ ["/bin/a"] ]',
        'services.a.process.argv = [ { mkIf = { condition = true, content = "/bin/a" } } ]',
        'services.a.process.argv = [ "/bin/a", { mkIf = { condition = false, content = "b" } } ]',
    ],
)
def test_properties_work_at_every_level(text):
    """The same service comes out wherever the property stands."""
    assert values("ExecStart", text) == ['"/bin/a"']


def test_mkforce_on_a_table_drops_weaker_tables_whole():
    """What other definitions say in the table does not count, not even other keys."""
    other = '[services.a.systemd.service.serviceConfig]\nX = "x"'
    forced = '[services.a.systemd.service.serviceConfig.mkForce]\nExecStart = "/b"'
    assert lines("a.service", HEAD, other, forced) == [
        "[Install]",
        "WantedBy=default.target",
        "",
        "[Service]",
        "ExecStart=/b",
    ]


@pytest.mark.parametrize(
    "value", ["mkForce = 1, other = 2", "other = 2, mkForce = 1", "mkForce = 1, mkIf = 2"]
)
def test_a_property_beside_another_key_is_an_error(value):
    """The error names both keys and shows mkMerge."""
    (error,) = errors(f"{SECTION}.X = {{ {value} }}")
    assert "mkForce stands beside" in error.message
    assert "mkMerge = [" in (error.hint or "")
    assert error.key == "services.a.systemd.service.serviceConfig.X"


@pytest.mark.parametrize(
    "element",
    [
        '{ mkForce = "x" }',
        '{ mkMerge = ["x"] }',
        '{ mkIf = { condition = true, content = { mkAfter = "x" } } }',
    ],
)
@pytest.mark.parametrize("option", ["process.argv", "systemd.service.serviceConfig.ExecStop"])
def test_list_elements_take_only_mkif(option, element):
    """Any other property in a list is an error, also inside of a mkIf."""
    (error,) = errors(f"[services.a]\n{option} = [ {element} ]\n" + COMMAND)
    assert "a list element takes no" in error.message
    assert error.key == f"services.a.{option}.0"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{ mkMerge = 1 }", "mkMerge takes a list"),
        ("{ mkIf = true }", "mkIf takes a table"),
        ("{ mkIf = { condition = true } }", "mkIf takes a table"),
        ("{ mkIf = { condition = 1, content = 1 } }", "must be true, false or a reference"),
        ('{ mkIf = { condition = "yes", content = 1 } }', "must be true, false or a reference"),
        ('{ mkIf = { condition = "@{home.username}", content = 1 } }', "must be a boolean"),
        ("{ mkOverride = 1 }", "mkOverride takes a table"),
        ("{ mkOverride = { priority = true, content = 1 } }", "must be an integer"),
        ('{ mkOrder = { priority = "1", content = 1 } }', "must be an integer"),
    ],
)
def test_a_malformed_property_is_an_error(value, message):
    """The error says what the property takes, at the place of what is wrong."""
    (error,) = errors(f"{SECTION}.X = {value}")
    assert message in error.message
    assert error.place


def test_property_names_are_no_names_of_services():
    """A service called like a property is that property."""
    assert values("ExecStart", '[services.mkForce.a]\nprocess.argv = ["/bin/a"]') == ['"/bin/a"']


def test_a_key_is_shown_without_properties():
    """What a value would be called without them; arguments keep their property."""
    assert plain_key(("a", "mkMerge", 0, "b", "mkIf", "content", "c", 1)) == ("a", "b", "c", 1)
    assert plain_key(("a", "mkIf", "condition")) == ("a", "mkIf", "condition")
    assert plain_key(("content", "mkForce", "content")) == ("content", "content")
