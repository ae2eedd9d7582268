"""``hmsvcd plan``: what apply would do, and why."""

from typing import Any

import pytest

ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'
FILE = 'configData."app.toml".text = "secret = 1\\n"\n'


@pytest.fixture
def applied(user: Any) -> Any:
    """The program of a user who has applied a service with a file."""
    user.declare(ONE + FILE)
    assert user("apply").code == 0
    return user


def test_a_new_service_is_to_be_started(user: Any) -> None:
    """The plan names unit, action and reason, and every file that is made."""
    user.declare(ONE)
    document = user("plan", "--json").document
    assert document["actions"] == [
        {"unit": "one.service", "action": "start", "reason": "new", "pending": None}
    ]
    assert document["induced"] == []
    assert document["daemon_reload"] is True
    assert [(each["change"], each["kind"]) for each in document["files"]] == [
        ("create", "unit"),
        ("create", "dependency"),
    ]


def test_what_changes_stands_below_its_action(applied: Any) -> None:
    """The text form shows the reason and then the difference of the unit."""
    applied.declare((ONE + FILE).replace("1000", "1001"))
    planned = applied("plan")
    assert planned.code == 0
    head, *lines = planned.out.splitlines()
    assert head.split() == ["restart", "one.service", "ExecStart", "changed"]
    assert '      -ExecStart="/bin/sleep" "1000"' in lines
    assert '      +ExecStart="/bin/sleep" "1001"' in lines
    assert lines[-1] == "in all: 1 to restart"


def test_a_description_restarts_nothing(applied: Any) -> None:
    """A change that a daemon-reload takes up has no action, but is shown with its reason."""
    applied.declare(ONE + FILE + 'systemd.service.description = "One"\n')
    assert applied("plan", "--json").document["actions"] == []
    planned = applied("plan").out
    assert planned.splitlines()[0].split()[:2] == ["update", "one.service"]
    assert "      +Description=One\n" in planned


def test_what_is_stopped_has_its_reasons(applied: Any, manager: Any) -> None:
    """Why the unit is updated, and why that is all, are two things."""
    manager.systemctl("stop", "one.service")
    applied.declare((ONE + FILE).replace("1000", "1001"))
    planned = applied("plan").out.splitlines()
    assert planned[0].split(maxsplit=2) == [
        "update", "one.service", "ExecStart changed; it stays stopped, as somebody stopped it",
    ]  # fmt: skip
    assert planned[-1] == "in all: 1 to update"


def test_a_missing_link_is_made_again(applied: Any, manager: Any) -> None:
    """After ``systemctl disable`` that is the reason; nothing of the unit has changed."""
    manager.systemctl("disable", "one.service")
    planned = applied("plan").out
    rows = [line.split(maxsplit=2) for line in planned.splitlines() if line.startswith("  i")]
    assert rows == [["install", "one.service", "its link is missing"]]
    assert planned.endswith("in all: 1 to install\n")
    assert all(line == line.rstrip() for line in planned.splitlines())


def test_the_text_of_files_is_shown_but_not_in_the_document(applied: Any) -> None:
    """Configuration files may hold secrets: people see the difference, the document has paths."""
    applied.declare((ONE + FILE).replace("secret = 1", "secret = 2"))
    assert "      +secret = 2\n" in applied("plan").out
    assert "secret" not in applied("plan", "--json").out


def test_nothing_to_do_is_said(applied: Any) -> None:
    """After an apply the plan is empty."""
    document = applied("plan", "--json").document
    assert (document["actions"], document["files"]) == ([], [])
    assert document["daemon_reload"] is False
    assert applied("plan").out == "nothing to do\n"


def test_without_a_manager_only_files_are_known(stranger: Any) -> None:
    """The actions are null, and a warning says what was looked for."""
    stranger.declare(ONE)
    planned = stranger("plan", "--json")
    assert planned.code == 0
    assert planned.document["actions"] is None
    assert planned.document["files"]
    [warning] = planned.document["warnings"]
    assert "XDG_RUNTIME_DIR" in warning["message"]
    assert "install       one.service" in stranger("plan").out


def test_only_a_terminal_gets_colour(applied: Any) -> None:
    """Differences are red and green there; elsewhere there is no escape sequence at all."""
    applied.declare((ONE + FILE).replace("1000", "1001"))
    assert "\x1b" not in applied("plan", TERM="xterm-256color").out
    with applied.in_terminal("plan") as seen:
        coloured = seen.read_until("in all: ")
        assert '\x1b[31m      -ExecStart="/bin/sleep" "1000"' in coloured
        assert '\x1b[32m      +ExecStart="/bin/sleep" "1001"' in coloured
        assert seen.end() == 0


def test_a_file_cannot_command_the_terminal(user: Any) -> None:
    """Control characters of a configuration file are shown as escapes."""
    user.declare(ONE + 'configData.x.text = "\\u001b[31mred\\n"\n')
    planned = user("plan").out
    assert "\x1b" not in planned
    assert "+\\x1b[31mred" in planned
