"""The page about service modules: what it shows works."""

import os
import re
from pathlib import Path

import pytest

from hmsvcd.cli.main import run
from hmsvcd.host.modules import Modules
from hmsvcd.module import Module

PAGE = (Path(__file__).parents[2] / "docs/modules.md").read_text(encoding="utf-8")
PYTHON, TOML, INI = (
    re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for language in ("python", "toml", "ini")
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder for declarations, of a user without a session."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "no-session"))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def declared(folder, declaration, text, name="m.py"):
    """Write a declaration and the module beside it."""
    (folder / name).write_text(text, encoding="utf-8")
    (folder / "config.toml").write_text(declaration, encoding="utf-8")


@pytest.mark.parametrize("text", PYTHON)
def test_every_module_shown_can_be_loaded(folder, text):
    """Each is a whole file."""
    (folder / "m.py").write_text(text, encoding="utf-8")
    assert isinstance(Modules().in_file(str(folder / "m.py")), Module)


def test_the_module_in_ten_lines_renders_as_shown(folder, capsys):
    """The unit has the lines that the page has."""
    (declaration,) = [block for block in TOML if "./web.py" in block]
    declared(folder, declaration, PYTHON[0], "web.py")
    assert run(["render", "--config", "config.toml"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert set(INI[0].splitlines()) <= set(printed)


def test_it_has_ten_lines():
    """Those that say something."""
    assert len([line for line in PYTHON[0].splitlines() if line]) <= 10


def test_the_module_with_settings_writes_its_file(folder, capsys):
    """What the module and the declaration say of the settings is in one file."""
    text = '[services.a]\nimports = ["./m.py"]\napp.settings.level = 3\n'
    declared(folder, text, PYTHON[1])
    assert run(["render", "--config", "config.toml"]) == 0
    assert re.search(r'"/usr/bin/app" "/.*-app\.json"', capsys.readouterr().out)


@pytest.mark.parametrize(
    ("said", "code", "shown"),
    [
        ('greeter.name = "you"', 0, "greeting.txt"),
        ('greeter.name = ""', 1, "greeter.name must not be empty"),
        ('greeter = { name = "you", greeting = "Farewell" }', 0, "nobody will answer"),
        ("", 1, "`services.a.greeter.name` is not set"),
    ],
)
def test_the_module_with_an_assertion_says_what_is_wrong(folder, capsys, said, code, shown):
    """Its message is shown, with the line of the import or of the option."""
    declared(folder, f'[services.a]\nimports = ["./m.py"]\n{said}\n', PYTHON[2])
    assert run(["render", "--config", "config.toml"]) == code
    printed = capsys.readouterr()
    assert shown in printed.out + printed.err
