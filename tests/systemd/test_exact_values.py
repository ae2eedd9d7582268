"""A real systemd hands on exactly what was declared: every argument and every variable."""

import json
import sys

import pytest

from declarations import CONTEXT
from hmsvcd.model.document import Document
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.render import render

pytestmark = pytest.mark.systemd

ASCII = "".join(map(chr, range(1, 128)))
HARD = [
    ASCII,
    *(f"<{character}>" for character in ASCII),
    "",
    " ",
    "\\",
    "\\\\",
    "a\\",
    '"',
    "'",
    "'a' \"b\"",
    "$HOME ${HOME} $$ $",
    "%h %% %n %",
    "@{home.username}",
    "; # a",
    "-x",
    "\\x41 \\n \\u0041",
    "two\nlines\n",
    "\r\n",
    "é ß 漢字 😀 \u2028 \u0085 \u200f \ufeff",
]
DUMP = "import json, os, sys; json.dump([sys.argv[2:], dict(os.environ)], open(sys.argv[1], 'w'))"


def install(manager, name, argv, environment):
    """Give a manager the unit that a oneshot service with these values is rendered to."""
    service = {
        "process": {"argv": [argument.replace("@{", "@@{") for argument in argv]},
        "systemd": {
            "service": {
                "serviceConfig": {"Type": "oneshot"},
                "environment": {
                    key: value.replace("@{", "@@{") for key, value in environment.items()
                },
            }
        },
    }
    document = Document("config.toml", {"services": {name: service}})
    declaration, diagnostics = check([document], CONTEXT)
    assert diagnostics == ()
    text = render(declaration, {}, CONTEXT).units[f"{name}.service"].text
    (manager.units / f"{name}.service").write_text(text, encoding="utf-8")
    manager.systemctl("daemon-reload")


def seen_by_a_service(manager, name, arguments, environment):
    """Run a service in a real manager and return the arguments and environment it had."""
    result = manager.home / name
    install(manager, name, [sys.executable, "-c", DUMP, str(result), *arguments], environment)
    manager.systemctl("start", f"{name}.service")
    return json.loads(result.read_text(encoding="utf-8"))


def test_arguments_arrive_as_declared(shared_manager):
    """All of ASCII, quotes, dollars, percents, control characters and Unicode."""
    arguments, _ = seen_by_a_service(shared_manager, "arguments", HARD, {})
    assert arguments == HARD


def test_variables_arrive_as_declared(shared_manager):
    """The same values in the environment."""
    environment = {f"V{number}": value for number, value in enumerate(HARD)}
    _, seen = seen_by_a_service(shared_manager, "variables", [], environment)
    assert {name: seen.get(name) for name in environment} == environment


def test_a_program_may_have_dollars_and_percents_in_its_path(shared_manager):
    """Neither is expanded in the program."""
    program = shared_manager.home / "50% $HOME"
    program.symlink_to("/bin/true")
    install(shared_manager, "program", [str(program)], {})
    shared_manager.systemctl("start", "program.service")
    assert shared_manager.systemctl("show", "-PResult", "program.service").strip() == "success"


def test_an_empty_unit_would_be_masked(shared_manager):
    """Why a native unit that says nothing is an error."""
    (shared_manager.units / "empty.target").write_text("", encoding="utf-8")
    shared_manager.systemctl("daemon-reload")
    assert shared_manager.systemctl("show", "-PLoadState", "empty.target").strip() == "masked"


@pytest.mark.parametrize("character", ["\ufffe", "\ufdd0", "\U0001ffff"])
def test_systemd_refuses_noncharacters(shared_manager, character):
    """Why a value with one is an error."""
    unit = shared_manager.units / "noncharacter.service"
    unit.write_text(f"[Service]\nExecStart=/bin/true {character}\n", encoding="utf-8")
    shared_manager.systemctl("daemon-reload")
    state = shared_manager.systemctl("show", "-PLoadState", "noncharacter.service").strip()
    assert state in {"error", "bad-setting"}
    unit.unlink()
    tree = {"services": {"a": {"process": {"argv": ["/bin/true", character]}}}}
    assert check([Document("config.toml", tree)], CONTEXT)[1] != ()
