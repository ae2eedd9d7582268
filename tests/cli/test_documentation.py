"""The documentation is true: its examples work, its names exist, its links lead somewhere."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest

from hmsvcd.cli.main import COMMANDS, hmsvcd, run
from hmsvcd.host.sandbox import Sandbox
from hmsvcd.model.schema import CONFIG_FILE, DAEMON, NATIVE_KINDS, SERVICE, SOCKET, UNIT

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/adopting.md",
    "docs/daemon.md",
    "docs/dbus.md",
    "docs/declaration.md",
    "docs/doctor.md",
    "docs/json.md",
    "docs/logs.md",
    "docs/modules/ghostunnel.md",
    "docs/modules/php-fpm.md",
    "docs/options.md",
    "docs/session-service.md",
    "docs/switching.md",
)
SET_UP = (
    "sh contrib/setup.sh && .venv/bin/hmsvcd try config.example.toml",
    "sh contrib/setup.sh dev && .venv/bin/pytest",
)

_BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE_NAME = re.compile(r"# (\S+\.toml)\n")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    mark: str
    text: str
    where: str


@dataclass
class Example:
    """A declaration in the documentation, and what is shown of what comes of it."""

    where: str
    wrong: bool
    files: dict[str, str] = field(default_factory=dict)
    shown: list[Block] = field(default_factory=list)


def text_of(page: str) -> str:
    """Return a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = text_of(page)
    found = []
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(match[1], match[2] or "", match[3], f"{page}:{line}"))
    return found


def prose(page: str) -> str:
    """Return a page without its fenced blocks."""
    return _BLOCK.sub("", text_of(page))


def examples(page: str) -> list[Example]:
    """Return the declarations of a page: blocks of TOML with what is shown after them.

    A block that begins with the comment ``# NAME.toml`` is a further file of the one before.
    """
    found: list[Example] = []
    for block in blocks(page):
        named = _FILE_NAME.match(block.text)
        if block.language != "toml":
            if found and block.language in {"ini", "json", "sh", "yaml", "text"}:
                found[-1].shown.append(block)
        elif named:
            found[-1].files[named[1]] = block.text
        else:
            found.append(Example(block.where, block.mark == "error", {"config.toml": block.text}))
    return found


def write_example(example: Example, folder: Path) -> None:
    """Write the files of an example, and those that the page's sources name."""
    for name, text in {**example.files, "site/index.html": "<p>Hello\n"}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def parameters(declarations: Sequence[Example]) -> list[Any]:
    """Return examples as parameters with ids that say where they stand."""
    return [pytest.param(each, id=each.where) for each in declarations]


WRITTEN = [
    *examples("README.md"),
    *examples("docs/declaration.md"),
    *examples("docs/adopting.md"),
    *examples("docs/options.md"),
    *examples("docs/session-service.md"),
]
RIGHT = [each for each in WRITTEN if not each.wrong]
WRONG = [each for each in WRITTEN if each.wrong]


@pytest.fixture
def your_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment in which paths begin with /home/you, and a folder for a declaration."""
    for variable in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", "/home/you")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("COLUMNS", "100")
    folder = tmp_path / "hmsvcd"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("example", parameters(RIGHT))
def test_every_declaration_shown_passes_check(
    example: Example, your_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A declaration shown has no errors, and no warnings but for programs that are missing."""
    write_example(example, your_home)
    code = run(["check", "--json", "-c", "."])
    found = json.loads(capsys.readouterr().out)
    warnings = [each["message"] for each in found["warnings"]]
    assert (code, found["errors"]) == (0, [])
    assert [each for each in warnings if "cannot run /usr/bin/" not in each] == []


@pytest.mark.parametrize("example", parameters([each for each in RIGHT if each.shown]))
def test_what_is_shown_of_a_rendering_is_rendered(
    example: Example, your_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The units and files shown after a declaration are those that it renders to."""
    write_example(example, your_home)
    run(["render", "--json", "-c", "."])
    units = json.loads(capsys.readouterr().out)["units"]
    run(["render", "-c", "."])
    printed = capsys.readouterr().out
    for block in example.shown:
        first, *lines = block.text.splitlines()
        if not first.startswith("# "):
            continue
        name = first.removeprefix("# ")
        text = units[name]["text"] if name in units else printed.partition(f"{first}\n")[2]
        assert in_order(lines, text), f"{block.where}: {name} is rendered as\n{text}"
        assert block.mark != "whole" or lines == text.splitlines(), block.where


@pytest.mark.parametrize("example", parameters(WRONG))
def test_the_messages_shown_are_those_of_check(
    example: Example, your_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is shown after a wrong declaration is what ``check`` prints for it."""
    write_example(example, your_home)
    assert run(["check", "-c", "."]) == 1
    assert capsys.readouterr().out == example.shown[0].text


def test_every_option_is_documented() -> None:
    """The page of the declaration names all options of services, units, files and settings."""
    named = {
        word
        for code in _CODE.findall(prose("docs/declaration.md"))
        for word in re.split(r"[\s.,={}\[\]<>]+", code)
    }
    records = (SERVICE, UNIT, SOCKET, CONFIG_FILE, DAEMON)
    options = {name for record in records for name in record.options}
    assert options | set(NATIVE_KINDS) <= named


def test_the_settings_have_the_defaults_shown() -> None:
    """The table of settings lists each with its default."""
    page = text_of("docs/declaration.md")
    for name, option in DAEMON.options.items():
        default = json.dumps(option.default)
        assert f"| `{name}` | `{default}` |" in page


def test_the_overview_lists_every_command_and_no_other() -> None:
    """The README's table of commands is that of the program."""
    listed = re.findall(r"^\| `hmsvcd (\w+)", text_of("README.md"), re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_exist(page: str) -> None:
    """Wherever a page types a command, that command takes these options."""
    typed = [
        *_CODE.findall(prose(page)),
        *(
            line
            for block in blocks(page)
            if block.language == "sh"
            for line in block.text.splitlines()
        ),
    ]
    for line in typed:
        words = shlex.split(line, comments=True) if line.startswith("hmsvcd ") else []
        if len(words) > 1 and words[1].islower():
            assert set(own_options(words)) <= known_options(words[1]), f"{page}: {line}"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every link to a file or heading of the project has its target."""
    for link in _LINK.findall(prose(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        assert not anchor or anchor in anchors(target), f"{page}: {link}"


def test_the_modules_named_to_contributors_exist() -> None:
    """Every path in CONTRIBUTING.md is one of the repository."""
    named = [
        code
        for code in _CODE.findall(prose("CONTRIBUTING.md"))
        if re.fullmatch(r"\.?[\w.-]+/[\w./-]*|[\w.-]+\.(?:md|toml|py)", code)
    ]
    places = (ROOT, ROOT / "daemon/hmsvcd")
    assert named
    assert [name for name in named if not any((place / name).exists() for place in places)] == []


def test_the_two_lines_are_there() -> None:
    """The README has the lines for running and for testing, and CI takes its own from there."""
    lines = [line for block in blocks("README.md") for line in block.text.splitlines()]
    assert [lines.count(line) for line in SET_UP] == [1, 1]
    (pattern,) = re.findall(r"grep -m1 -oE '([^']+)' README.md", text_of(".ci/run"))
    assert [line for line in lines if re.fullmatch(pattern, line)] == [SET_UP[1]]


@pytest.mark.systemd
def test_the_walk_through_of_the_readme_works_as_typed(
    manager: Sandbox, wait_until: Callable[[Callable[[], object]], None]
) -> None:
    """The README's own lines apply its declaration, have an edit followed, and roll it back."""
    declaration = manager.config / "hmsvcd/config.toml"
    first, *walk = [
        block.text
        for block in blocks("README.md")
        if block.language == "sh" and block.text.strip() not in SET_UP
    ]
    (example,) = examples("README.md")
    shell(manager, first)
    declaration.write_text(example.files["config.toml"], encoding="utf-8")
    shell(manager, walk[0])
    before = {unit: process_of(manager, unit) for unit in ("disk.service", "clock.service")}
    script = manager.config / "home-services/clock/clock.sh"
    shell(manager, walk[1])
    wait_until(lambda: process_of(manager, "clock.service") not in {before["clock.service"], "0"})
    assert "sleep 10" in script.read_text()
    assert process_of(manager, "disk.service") == before["disk.service"] != "0"
    printed = shell(manager, walk[2])
    assert "restarted     clock.service" in printed
    assert "sleep 5" in script.read_text()


@pytest.mark.systemd
def test_the_example_runs_in_a_throw_away_session(manager: Sandbox) -> None:
    """The README's ``hmsvcd try`` brings the example up, and leaves this session alone."""
    printed = shell(manager, SET_UP[0].rpartition("/")[2])
    assert "greeter" in printed
    assert "failed" not in printed
    assert list(manager.units.iterdir()) == []


@pytest.mark.systemd
def test_the_documents_shown_have_the_keys_of_real_ones(manager: Sandbox) -> None:
    """Each ``--json`` document in the documentation has the keys and types of a real run."""
    (example,) = examples("docs/json.md")
    folder = manager.config / "hmsvcd"
    folder.mkdir()
    for name, text in example.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    shown = blocks("docs/json.md")
    commands = {
        block.text.strip(): json.loads(after.text)
        for block, after in pairwise(shown)
        if (block.language, after.language) == ("sh", "json")
    }
    named = {command.split()[1] for command in commands}
    assert named >= {"check", "render", "plan", "apply", "status", "logs", "generations"}
    for command, document in commands.items():
        printed = shell(manager, command, codes=(0, 1), cwd=folder)
        assert shape(json.loads(printed)) == shape(document), command


@pytest.mark.systemd
def test_the_picture_shows_what_plan_prints(sandboxes: type[Sandbox], tmp_path: Path) -> None:
    """The picture of ``plan`` is that of a run of today's code."""
    assert sandboxes
    fresh = tmp_path / "plan.svg"
    subprocess.run([sys.executable, ROOT / "docs/make_plan_svg.py", fresh], check=True)
    assert words_of(fresh) == words_of(ROOT / "docs/plan.svg")


def in_order(lines: Sequence[str], text: str) -> bool:
    """Say whether these lines stand in a text in this order, blank ones aside."""
    rest: Iterator[str] = iter(text.splitlines())
    return all(line in rest for line in lines if line)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, made as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def own_options(words: Sequence[str]) -> Iterator[str]:
    """Yield the options among the words of a command line, up to the end of the command."""
    for word in words[2:]:
        if word in {"--", "&&", "|", ">"}:
            return
        if word.startswith("-"):
            yield word.partition("=")[0]


def known_options(name: str) -> set[str]:
    """Return the options of a command; a name that is none fails."""
    command = hmsvcd.get_command(click.Context(hmsvcd), name)
    assert command, f"there is no command {name}"
    return {"--help", *(word for each in command.params for word in each.opts)}


def shell(manager: Sandbox, script: str, codes: Sequence[int] = (0,), cwd: Path = ROOT) -> str:
    """Run shell lines in a session and return what they print; each has to succeed."""
    done = subprocess.run(
        ["sh", "-euc", script],
        env=manager.env,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in codes, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout


def process_of(manager: Sandbox, unit: str) -> str:
    """Return the main process of a service."""
    return manager.systemctl("show", "--value", "--property=MainPID", unit)


def shape(value: Any) -> Any:
    """Return what a document is made of: its keys, and the types of its values."""
    if isinstance(value, Mapping):
        return {re.sub(r"\b[0-9a-f]{32}-", "", key): shape(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [shape(entry) for entry in value[:1]]
    return type(value).__name__


def words_of(picture: Path) -> list[str]:
    """Return the texts of a picture."""
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text(encoding="utf-8"))
    return [unescape(text).strip() for text in drawn]
