"""What keeps a unit from being one that systemd loads, and who beats whom in it."""

import pytest

from declarations import HEAD, errors, judged, lines, rendering, values, warnings

SECTION = "[services.a.systemd.service.serviceConfig]\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("[]", "an empty process.argv"),
        ("['']", "the program is empty"),
        *((f"['{prefix}/bin/a']", f"`{prefix}` before the program") for prefix in "@-:+!|"),
        ("['bin/a']", "no relative path"),
        ("['~/a']", "no relative path"),
        ('["/a", "\\u0000"]', "NUL"),
        ('["/a", "\\uFFFE"]', "noncharacter"),
    ],
)
def test_a_command_that_systemd_would_not_run_as_it_is(argv, message):
    """One error, at the argument."""
    (error,) = errors(f"[services.a]\nprocess.argv = {argv}")
    assert message in error.message
    assert (error.key or "").startswith("services.a.process.argv")


def test_a_program_may_be_a_name():
    """systemd looks it up."""
    assert values("ExecStart", "[services.a]\nprocess.argv = ['sleep', '1']") == ['"sleep" "1"']


@pytest.mark.parametrize("value", ['"a\\nb"', '"a\\r"', '"a\\u0000"', "'a\\'", '"\\uFDD0"'])
@pytest.mark.parametrize(
    "option",
    [
        "services.a.systemd.service.serviceConfig.X",
        "services.a.systemd.service.description",
        "services.a.systemd.service.after",
        "services.a.systemd.mainExecStart",
        "systemd.user.timers.t.Timer.X",
    ],
)
def test_a_value_that_would_smuggle_directives_in(option, value):
    """Line feeds, carriage returns, NULs, trailing backslashes and noncharacters are errors."""
    (error,) = errors(HEAD, f"{option} = {value}")
    assert error.key == option


def test_a_wrong_element_has_its_own_place():
    """The error is at the element, not at the list."""
    (error,) = errors(HEAD, f'{SECTION}X = ["a", "b\\n"]')
    assert error.key == "services.a.systemd.service.serviceConfig.X.1"


def test_a_mount_with_another_name_is_an_error():
    """The hint says what it has to be called; specifiers are left to systemd."""
    text = "[systemd.user.mounts.data]\nMount.What = '/x'\nMount.Where = '%s'"
    (error,) = errors(text % "/mnt/data")
    assert error.hint == "its name has to be mnt-data.mount"
    assert not errors(text % "/data")
    assert not errors(text % "%h/data")


def test_two_units_of_one_name_are_an_error():
    """A sub-service and a further unit may collide; both places are shown."""
    text = (
        HEAD
        + "services.b.process.argv = ['/b']\nsystemd.services.b.serviceConfig.ExecStart = '/c'"
    )
    (error,) = errors(text)
    assert "two declarations produce the unit `a-b.service`" in error.message
    assert len(error.notes) == 1


def test_a_native_unit_may_not_be_a_service_too():
    """The same name by another way."""
    (error,) = errors(HEAD, "systemd.user.services.a.Service.ExecStart = '/b'")
    assert "a.service" in error.message


@pytest.mark.parametrize(
    "setting",
    ["systemd.services.b.serviceConfig.ExecStart = '/b'", "services.b.process.argv = ['/b']"],
)
def test_a_template_stands_alone(setting):
    """A unit key or a sub-service below ``foo@`` would have no valid name."""
    (error,) = errors(f"[services.'a@']\nprocess.argv = ['/a', '%i']\n{setting}")
    assert "a template service takes no" in error.message


def test_a_template_may_have_aliases():
    """Its own name stands for the primary unit."""
    text = "[services.'a@']\nprocess.argv = ['/a']\nsystemd.services.'a@'.description = 'x'"
    assert values("Description", text, unit="a@.service") == ["x"]


def test_a_unit_without_a_command_is_an_error():
    """Also further units; oneshot may have an ExecStop alone."""
    assert "without any command" in errors("[services.a]")[0].message
    assert errors(HEAD + "systemd.services.b.description = 'x'")
    assert errors(
        HEAD + "systemd.services.b.serviceConfig.ExecStop = '/b'\n"
        "systemd.services.b.serviceConfig.Type = 'simple'"
    )
    assert not errors(
        HEAD + "systemd.services.b.serviceConfig = { Type = 'oneshot', ExecStop = '/b' }"
    )


@pytest.mark.parametrize("restart", ["always", "on-success"])
def test_oneshot_with_such_a_restart_is_an_error(restart):
    """systemd refuses to load it."""
    (error,) = errors(HEAD, f"{SECTION}Type = 'oneshot'\nRestart = '{restart}'")
    assert "systemd refuses" in error.message
    assert error.key == "services.a.systemd.service.serviceConfig.Restart"


def test_a_socket_that_listens_on_nothing_is_an_error():
    """No Listen… at all."""
    (error,) = errors(HEAD + "systemd.socket.description = 'x'")
    assert "listens on nothing" in error.message
    assert not errors(HEAD + "systemd.socket.socketConfig.ListenFIFO = '/x'")


@pytest.mark.parametrize(
    "started",
    [
        "systemd.socket.wantedBy = 'sockets.target'",
        "systemd.socket.requiredBy = 'x.target'",
        "systemd.service.requires = 'a.socket'",
        "systemd.service.wants = 'a.socket'",
        "systemd.service.serviceConfig.Sockets = 'a.socket'",
    ],
)
def test_a_socket_that_nothing_starts_is_a_warning(started):
    """It would never listen; what starts it makes the warning go."""
    text = HEAD + "systemd.socket.listenStreams = '1'\n"
    (warning,) = warnings(text)
    assert warning.message == "nothing starts this socket"
    assert warnings(text + started) == []


@pytest.mark.parametrize("method", ["reload", "restart", "stop-start", "keep-old"])
def test_the_switch_methods(method):
    """X-SwitchMethod is one of these in services and in native units."""
    assert not errors(HEAD + f"systemd.service.unitConfig.X-SwitchMethod = '{method}'")
    (error,) = errors(HEAD + f"systemd.service.unitConfig.X-SwitchMethod = '{method}x'")
    assert error.hint == f"did you mean `{method}`?"
    assert errors(f"[systemd.user.timers.t]\nUnit.X-SwitchMethod = '{method}x'")


@pytest.mark.parametrize(
    ("setting", "winner", "line"),
    [
        ("description = 'lost', unitConfig.Description = 'won'", "unitConfig", "Description=won"),
        ("after = 'lost', unitConfig.After = 'won'", "unitConfig", "After=won"),
        ("serviceConfig.Environment = 'L=1', environment.W = 2", "environment", "Environment=W=2"),
    ],
)
def test_the_loser_of_two_ways_to_say_a_thing_is_warned_of(setting, winner, line):
    """The warning is at the loser, its note at the winner."""
    text = HEAD + f"systemd.service = {{ {setting} }}"
    assert line in lines("a.service", text)
    (warning,) = warnings(text)
    (note,) = warning.notes
    assert winner in note.place.key
    assert warning.place
    assert warning.place != note.place


@pytest.mark.parametrize(
    ("option", "directive"),
    [("listenStreams", "ListenStream"), ("listenDatagrams", "ListenDatagram")],
)
def test_listen_options_beat_the_section(option, directive):
    """As in Home Manager; an empty list beats nothing."""
    text = f"systemd.socket = {{ {option} = %s, socketConfig.{directive} = '2' }}\n"
    text = f"{HEAD}{text}systemd.service.wants = 'a.socket'"
    assert values(directive, text % "'1'", unit="a.socket") == ["1"]
    assert len(warnings(text % "'1'")) == 1
    assert values(directive, text % "[]", unit="a.socket") == ["2"]
    assert warnings(text % "[]") == []


def test_an_empty_list_in_unitconfig_beats_an_option():
    """It takes the directive away."""
    text = HEAD + "systemd.service = { after = 'x', unitConfig.After = [] }"
    assert values("After", text) == []


def test_multi_user_target_is_the_default_target_here():
    """In dependencies and links; repetitions stay in the text, and there is one link."""
    text = HEAD + "systemd.service = { after = 'multi-user.target', wantedBy = %s }"
    text %= "['multi-user.target', 'default.target']"
    assert values("After", text) == ["default.target"]
    assert values("WantedBy", text) == ["default.target", "default.target"]
    assert rendering(text).links == {"default.target.wants": ("a.service",)}


@pytest.mark.parametrize("target", ["", "x", "x y.target", "a/b.target", "x.bogus"])
def test_links_need_valid_names(target):
    """What wants a unit becomes a folder."""
    (error,) = errors(HEAD + f"systemd.service.wantedBy = ['ok.target', '{target}']")
    assert error.key == "services.a.systemd.service.wantedBy.1"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("serviceConfg", "did you mean `serviceConfig`?"),
        ("mkforce", "did you mean `mkForce`?"),
        ("ExecStart", "directives of systemd stand in unitConfig, serviceConfig"),
        ("restartTriggers", "set unitConfig.X-Restart-Triggers"),
    ],
)
def test_an_unknown_option_has_a_hint(name, hint):
    """The nearest name, or what to write instead."""
    (error,) = errors(HEAD + f"systemd.service.{name} = 'x'")
    assert error.message == f"unknown option `{name}` of a unit"
    assert error.hint == hint


def test_a_socket_has_no_options_of_a_service():
    """And the other way round."""
    assert errors(HEAD + "systemd.socket = { listenStreams = '1', environment.X = 'x' }")
    assert errors(HEAD + "systemd.service.listenStreams = '1'")


@pytest.mark.parametrize("name", ["1A", "A-B", "é", ""])
def test_variables_have_names_that_a_shell_takes(name):
    """Letters, digits and underscores, with no digit first."""
    (error,) = errors(HEAD, f"[services.a.systemd.service.environment]\n'{name}' = 'x'")
    assert "no name that can stand here" in error.message


@pytest.mark.parametrize("value", ["true", "['x']", "1.5", '"\\u0000"'])
def test_variables_are_strings_and_integers(value):
    """And hold no NUL."""
    assert len(errors(HEAD, f"[services.a.systemd.service.environment]\nX = {value}")) == 1


@pytest.mark.parametrize("name", ["A B", "A=", "[A", "Ä", ""])
def test_directives_have_names_that_systemd_reads(name):
    """Also in native units."""
    assert len(errors(HEAD, f"{SECTION}'{name}' = 'x'")) == 1
    assert len(errors(f"[systemd.user.timers.t.Timer]\nX = 1\n'{name}' = 'x'")) == 1


def test_everything_wrong_in_one_unit_is_reported():
    """One mistake hides no other."""
    text = """[services.a]
    process.argv = ["-a"]
    systemd.service.description = 1
    systemd.service.bogus = 2
    systemd.service.unitConfig.X-SwitchMethod = "x"
    systemd.service.serviceConfig = { X = "a\\n", Y = 1.5 }
    systemd.service.wantedBy = "x"
    systemd.service.environment.A = "@{env.B}"
    """
    assert len(errors(text)) == 8


def test_the_path_in_a_reload_trigger_follows_the_users_own():
    """Repetitions in the whole list are dropped; without a file it stays as written."""
    text = HEAD + "systemd.service.unitConfig.X-Reload-Triggers = ['/x', '/x']\n"
    assert values("X-Reload-Triggers", text) == ["/x", "/x"]
    files = "configData = { b.source = '/f', a.source = '/g', c.source = '/f' }"
    assert values("X-Reload-Triggers", text + files) == ["/x", "/store/hash-g", "/store/hash-f"]


def test_every_switch_method_of_a_list_is_judged():
    """Neither a wrong value before a right one passes, nor two right ones."""
    head = HEAD + "systemd.service.unitConfig.X-SwitchMethod = "
    wrong, two = errors(head + "['relod', 'restart']")
    assert wrong.hint == "did you mean `reload`?"
    assert two.message == "X-SwitchMethod takes one value"
    assert not errors(head + "['reload']")


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ("process.argv = '/bin/sleep 10'", 'write a list of its words: ["…", "…"]'),
        ("systemd.service.environment = ['A=B', 'C=']", 'write a table: { NAME = "…" }'),
        ("systemd.service.description = { mkForc = 'x' }", "did you mean `mkForce`?"),
        ("systemd.service.serviceConfig.Nice = { mkDefalt = 1 }", "did you mean `mkDefault`?"),
    ],
)
def test_a_value_of_the_wrong_type_says_what_was_meant(setting, hint):
    """The hint is the value as it has to be written."""
    head = "" if setting.startswith("process") else "process.argv = ['/a']\n"
    (error,) = errors(f"[services.a]\n{head}{setting}")
    assert error.hint == hint


@pytest.mark.parametrize(
    ("table", "setting", "target"),
    [
        ("timers", "Timer.OnCalendar = 'daily'", "timers.target"),
        ("paths", "Path.PathExists = '/x'", "paths.target"),
        ("sockets", "Socket.ListenStream = 1", "sockets.target"),
    ],
)
def test_a_native_unit_that_nothing_starts_is_a_warning(table, setting, target):
    """It would wait for ever to be started; what starts it makes the warning go."""
    text = f"[systemd.user.{table}.t]\n{setting}\n"
    (warning,) = warnings(text)
    assert warning.hint == f'add Install.WantedBy = ["{target}"]'
    assert warnings(text + f"Install.WantedBy = '{target}'") == []


def test_a_unit_that_is_wrong_is_not_said_to_be_idle():
    """What starts it may be what could not be understood."""
    text = HEAD + "systemd.socket = { listenStreams = '1', wantdBy = 'sockets.target' }"
    (error,) = judged(text)[1]
    assert error.hint == "did you mean `wantedBy`?"
