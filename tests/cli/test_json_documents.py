"""``--json``: one document on standard output, all keys always there, whatever happens."""

from typing import Any

import pytest
from click import Context

from hmsvcd.cli.main import COMMANDS, hmsvcd

ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'
COMMON = {"version", "errors", "warnings"}
PLAN = {"actions", "induced", "daemon_reload", "files", "moves", "held"}
APPLY = PLAN | {"results", "generation", "rolled_back", "back_to"}
KEYS = {
    ("check",): set(),
    ("render",): {"units", "links", "config_files", "generated"},
    ("plan",): PLAN,
    ("apply",): APPLY,
    ("rollback",): APPLY,
    ("reconcile",): APPLY,
    ("adopt", "one.service"): APPLY,
    ("import", "basic.target"): {"toml"},
    ("status",): {"daemon", "generation", "declaration", "services", "units"},
    ("logs", "one"): {"lines"},
    ("generations",): {"generations"},
    ("gc",): {"generations", "objects", "bytes", "dry_run"},
    ("doctor",): {"checks"},
    ("options",): {"options"},
    ("new",): {"modules", "toml"},
}
TEXTS = ("", ONE, "x = 1\n", "[", 'a = "\\u001b"\n')
READING = {("check",), ("render",), ("plan",), ("apply",), ("status",), ("doctor",)}
"""The commands that read the declaration, as far as they differ in what they do with it."""

REFUSED = {("rollback",), ("reconcile",)}
"""What cannot be done after the first apply, and without a daemon."""

DIAGNOSTIC = {"severity", "file", "line", "column", "key", "message", "hint"}
UNIT = {
    "state", "active", "sub", "result", "pid", "since", "restarts", "pending", "last_action",
    "overridden", "drop_ins", "why", "log",
}  # fmt: skip


def checked(ran: Any, keys: set[str]) -> dict[str, Any]:
    """Return the document of a command after a look at what all have in common."""
    document: dict[str, Any] = ran.document
    assert set(document) == COMMON | keys
    assert document["version"] == 1
    for severity in ("error", "warning"):
        for each in document[f"{severity}s"]:
            assert set(each) == DIAGNOSTIC
            assert each["severity"] == severity
            assert isinstance(each["message"], str)
    assert ran.err == ""
    return document


@pytest.mark.parametrize(
    ("command", "text"),
    [(command, text) for command in KEYS for text in TEXTS if command in READING or text == ONE],
)
def test_every_key_is_there_without_a_manager(
    stranger: Any, command: tuple[str, ...], text: str
) -> None:
    """Whatever the declaration, whether or not the command can do its work."""
    stranger.declare(text)
    ran = stranger(*command, "--json")
    document = checked(ran, KEYS[command])
    assert ran.code in {0, 1, 3}
    assert bool(document["errors"]) is (ran.code != 0)


def test_every_key_is_there_when_all_is_well(user: Any) -> None:
    """Each document has its keys and, where there is a generation and a daemon, no errors."""
    user.declare(ONE)
    for command in (("apply",), *KEYS):
        document = checked(user(*command, "--json"), KEYS[command])
        assert bool(document["errors"]) is (command in REFUSED)


def test_what_apply_tells(user: Any) -> None:
    """Results have unit, action, result, message and log; nothing of a second apply has any."""
    user.declare(ONE)
    first = checked(user("apply", "--json"), KEYS[("apply",)])
    assert first["results"] == [
        {
            "unit": "one.service",
            "action": "start",
            "result": "done",
            "message": None,
            "process": None,
            "log": [],
        }
    ]
    assert first["generation"] == 1
    second = checked(user("apply", "--json"), KEYS[("apply",)])
    assert [second[key] for key in ("actions", "results", "files")] == [[], [], []]
    assert (second["daemon_reload"], second["generation"]) == (False, 1)


def test_a_refusal_has_its_reason(user: Any) -> None:
    """What systemd said against an action is its message."""
    user.declare(ONE + 'systemd.service.requires = ["nosuch.service"]\n')
    [result] = checked(user("apply", "--json"), KEYS[("apply",)])["results"]
    assert result["result"] == "refused"
    assert "nosuch.service" in result["message"]


def test_what_status_tells_of_a_unit(user: Any) -> None:
    """Each unit has all of its keys, also one that never ran; what is absent is null."""
    user.declare(ONE + 'systemd.services.extra.serviceConfig.ExecStart = "/bin/true"\n')
    user("apply")
    units = user("status", "--json").document["services"]["one"]["units"]
    assert set(units) == {"one.service", "one-extra.service"}
    assert all(set(unit) == UNIT for unit in units.values())
    extra = units["one-extra.service"]
    assert (extra["pid"], extra["last_action"], extra["pending"]) == (None, None, None)
    assert set(units["one.service"]["last_action"]) == {"action", "reason", "result", "at"}


def test_an_error_without_a_place_has_none(stranger: Any) -> None:
    """That there is no manager stands in no file: all places are null."""
    stranger.declare(ONE)
    [error] = stranger("apply", "--json").document["errors"]
    assert [error[key] for key in ("file", "line", "column", "key")] == [None] * 4


def test_the_document_is_json_in_every_locale(stranger: Any) -> None:
    """Names that the terminal's encoding lacks do not break the document."""
    stranger.declare('[services.one]\nprocess.argv = ["/bin/echo", "日本"]\n')
    for locale in ("C.UTF-8", "C", "POSIX"):
        rendered = stranger("render", "--json", LC_ALL=locale, PYTHONIOENCODING="latin-1")
        assert "日本" in rendered.document["units"]["one.service"]["text"]
        assert stranger("render", LC_ALL=locale, PYTHONIOENCODING="latin-1").code == 0


def test_no_command_is_left_out() -> None:
    """Every command that takes --json is among those whose keys are looked at."""
    context = Context(hmsvcd)
    commands = [hmsvcd.get_command(context, name) for name in COMMANDS]
    with_json = {
        command.name
        for command in commands
        if command and any("--json" in option.opts for option in command.params)
    }
    assert with_json == {name for name, *_ in KEYS}
