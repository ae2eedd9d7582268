"""Service modules in files and in installed packages."""

import os
import sys

import pytest

from hmsvcd.host.modules import Modules
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.module import Module

TEXT = 'from hmsvcd.module import Module\n\nmodule = Module("m")\n'


@pytest.fixture
def file(tmp_path):
    """Return where a module file is to lie."""
    return tmp_path / "m.py"


def found(file, text):
    """Return what a file with a text is taken for."""
    file.write_text(text)
    return Modules().in_file(str(file))


def test_a_module_in_a_file(file):
    """What the file calls `module`."""
    one = found(file, TEXT)
    assert isinstance(one, Module)
    assert one.name == "m"


def test_nothing_is_written_beside_a_module(file):
    """Python would keep what it has compiled."""
    found(file, TEXT)
    assert [each.name for each in file.parent.iterdir()] == ["m.py"]


def test_a_module_file_may_define_dataclasses(file):
    """They look for the module that they are in."""
    lines = ["from __future__ import annotations", "from dataclasses import dataclass"]
    lines += ["@dataclass", "class A:", "    x: int", TEXT]
    assert isinstance(found(file, "\n".join(lines)), Module)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("x = (\n", "cannot be loaded: SyntaxError: '(' was never closed", 1),
        ("\n1 / 0\n", "cannot be loaded: ZeroDivisionError: division by zero", 2),
        ("\n\nimport nowhere\n", "cannot be loaded: ModuleNotFoundError: No module named", 3),
        ("raise SystemExit('x')\n", "cannot be loaded: SystemExit: x", 1),
        ("def f():\n    f()\nf()\n", "cannot be loaded: RecursionError", 2),
    ],
)
def test_a_file_that_cannot_be_loaded(file, text, message, line):
    """The line is that of the file, also where something deeper has raised."""
    told = found(file, text)
    assert isinstance(told, Diagnostic)
    assert message in told.in_full.message
    assert told.place
    assert told.place.file == str(file)
    assert told.position
    assert told.position.line == line


@pytest.mark.parametrize("text", ["", "module = 1\n"])
def test_a_file_without_a_module(file, text):
    """The hint says what to write."""
    told = found(file, text)
    assert isinstance(told, Diagnostic)
    assert told.message == "`m` is no service module"
    assert "module = Module(" in str(told.hint)


def test_a_file_that_is_not_there(file):
    """It is named."""
    told = Modules().in_file(str(file))
    assert isinstance(told, Diagnostic)
    assert told.message == f"there is no file {file}"


def test_a_folder_is_no_module_file(tmp_path):
    """It says why it cannot be read."""
    told = Modules().in_file(str(tmp_path))
    assert isinstance(told, Diagnostic)
    assert "cannot be read" in told.message


def test_a_file_that_others_may_write_is_not_run(file):
    """Whoever can write it would run code in the session."""
    file.write_text(f"from pathlib import Path\nPath({str(file)!r} + '.ran').touch()\n{TEXT}")
    file.chmod(0o666)
    told = Modules().in_file(str(file))
    assert isinstance(told, Diagnostic)
    assert "can be written by everybody" in told.message
    assert not (file.parent / "m.py.ran").exists()


def test_a_file_is_run_again_only_when_it_has_changed(file, tmp_path):
    """The same module is the same object, so nothing that depends on it is evaluated again."""
    runs = tmp_path / "runs"
    file.write_text(f"with open({str(runs)!r}, 'a') as runs:\n    runs.write('x')\n{TEXT}")
    old = file.stat().st_mtime_ns - 60_000_000_000
    os.utime(file, ns=(old, old))
    modules = Modules()
    first = modules.in_file(str(file))
    while modules.in_file(str(file)) is not first:  # its last change has to be well past
        first = modules.in_file(str(file))
    before = runs.read_text()
    assert modules.in_file(str(file)) is first
    assert runs.read_text() == before
    file.write_text(TEXT.replace('"m"', '"other"'))
    changed = modules.in_file(str(file))
    assert isinstance(changed, Module)
    assert changed.name == "other"


def test_shipped_modules_are_registered_like_all_others():
    """By the entry points of installed packages."""
    assert isinstance(Modules().named("python-http-server"), Module)


def test_a_name_that_nobody_registers():
    """It is no module; who asks knows what to say."""
    assert Modules().named("nowhere") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT, None),
        ("module = 1\n", "`given` is no service module"),
        ("1 / 0\n", "the module `given` cannot be loaded: ZeroDivisionError"),
        (None, "the module `given` cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_modules_of_installed_packages(tmp_path, monkeypatch, text, message):
    """A package registers them by name; what is wrong with one is told."""
    folder = tmp_path / "given-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: given\nVersion: 1\n")
    (folder / "entry_points.txt").write_text("[hmsvcd.modules]\ngiven = given_package:module\n")
    if text is not None:
        (tmp_path / "given_package.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    one = Modules().named("given")
    sys.modules.pop("given_package", None)
    if message is None:
        assert isinstance(one, Module)
    else:
        assert isinstance(one, Diagnostic)
        assert one.message == message
