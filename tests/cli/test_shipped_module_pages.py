"""The pages of the shipped service modules: what they show is what comes of it."""

import json
import os
import re
from importlib.metadata import entry_points
from itertools import groupby
from pathlib import Path

import pytest

from hmsvcd.cli.main import run
from hmsvcd.host.modules import GROUP
from module_pages import FOLDER, rows, table

NAMES = sorted(page.stem for page in FOLDER.glob("*.md"))
PROGRAMS = ("php-fpm",)
"""What pages leave to be found on the PATH."""

_BLOCK = re.compile(r"^```(toml|ini)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ELSEWHERE = re.compile(r"cannot run /\S+: no such file|\(systemd before \d+\)")
"""What is true of this machine only: programs that are missing, and the version of systemd."""


def examples(name):
    """Return each declaration of a page with what is shown of its rendering."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    found: list[tuple[str, list[str]]] = []
    for language, blocks in groupby(_BLOCK.findall(text), key=lambda block: block[0]):
        texts = [block for _, block in blocks]
        if language == "toml":
            found += [(each, []) for each in texts]
        else:
            found[-1][1].extend(texts)
    return found


EXAMPLES = [
    pytest.param(*each, id=f"{name}-{number}")
    for name in NAMES
    for number, each in enumerate(examples(name), 1)
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder for declarations of somebody at /home/you, who has no session."""
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in PROGRAMS:
        (programs / program).symlink_to("/bin/true")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("<p>Hello\n", encoding="utf-8")
    monkeypatch.setenv("HOME", "/home/you")
    monkeypatch.setenv("USER", "you")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "no-session"))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_module_has_a_page():
    """And there is no page of a module that is not registered."""
    modules = entry_points(group=GROUP)
    shipped = [each.name for each in modules if each.module.startswith("hmsvcd.modules.")]
    assert sorted(shipped) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_page_has_the_options_of_its_module(name):
    """One line for each, with what the module itself says of it."""
    (found,) = entry_points(group=GROUP, name=name)
    assert table(name) == rows(found.load())


@pytest.mark.parametrize(("declaration", "shown"), EXAMPLES)
def test_every_example_renders_as_shown(folder, capsys, declaration, shown):
    """Units and files have the lines that the page has, in that order."""
    (folder / "config.toml").write_text(declaration, encoding="utf-8")
    assert run(["render", "-c", "config.toml"]) == 0
    printed = capsys.readouterr().out
    for block in shown:
        first, *lines = (line for line in block.splitlines() if line)
        start = printed.partition(f"{first}\n")[2]
        assert in_order(lines, re.split(r"\n\n# ", start)[0]), (first, printed)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_example_is_for_a_session(folder, capsys, name):
    """Nothing in it fails for somebody who is not root, so there is nothing to warn of."""
    declaration, _ = examples(name)[0]
    (folder / "config.toml").write_text(declaration, encoding="utf-8")
    assert run(["check", "--json", "-c", "config.toml"]) == 0
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    messages = [each["message"] for each in warnings]
    assert [each for each in messages if not _ELSEWHERE.search(each)] == []


def in_order(lines, text):
    """Say whether these lines stand in a text in this order."""
    rest = iter(text.splitlines())
    return all(line in rest for line in lines)


def test_the_pages_are_listed():
    """The page about modules leads to each."""
    page = (Path(FOLDER).parent / "modules.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"(modules/{name}.md)" not in page] == []
