"""Service modules that are no Python, or end the program that loads them: errors with a place."""

import sys

import pytest

from hmsvcd.host.modules import Modules
from hmsvcd.model.diagnostic import Diagnostic


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x = 1\n\0\n", "null bytes"),
        (b"\xff\xfe\n", "'utf-8' codec can't decode"),
        (b"# coding: nonsense\n", "unknown encoding: nonsense"),
        (b"# coding: ascii\nx = '\xc3\xa4'\n", "'ascii' codec can't decode"),
        (b"# coding: hex\nzz\n", "'hex' is not a text encoding"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem"),
        (b"eval('(')\n", "'(' was never closed"),
    ],
)
def test_a_file_that_is_no_python_text(tmp_path, content, words):
    """The place is the file, also where Python names none: only its services are refused."""
    file = tmp_path / "m.py"
    file.write_bytes(content)
    told = Modules().in_file(str(file))
    assert isinstance(told, Diagnostic)
    assert told.place
    assert told.place.file == str(file)
    assert "the module `m` cannot be loaded: SyntaxError" in told.in_full.message
    assert words in told.in_full.message


def test_words_that_cannot_be_had(tmp_path):
    """An exception of the module's own may fail itself."""
    file = tmp_path / "m.py"
    lines = ["class A(Exception):", "    def __str__(self):", "        return 1 / 0", "raise A"]
    file.write_text("\n".join(lines))
    told = Modules().in_file(str(file))
    assert isinstance(told, Diagnostic)
    assert told.in_full.message == "the module `m` cannot be loaded: A: it cannot say more"
    assert told.position
    assert told.position.line == 4


def test_a_mistake_in_what_a_module_imports(tmp_path, monkeypatch):
    """A mistake of syntax has its own file for its place."""
    (tmp_path / "beside_it.py").write_text("\nx = (\n")
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "m.py"
    file.write_text("import beside_it\n")
    told = Modules().in_file(str(file))
    assert isinstance(told, Diagnostic)
    assert told.place
    assert told.place.file == str(tmp_path / "beside_it.py")
    assert told.position
    assert told.position.line == 2


@pytest.mark.parametrize(
    ("entry", "text", "file", "line"),
    [
        ("odd_package:module", "\nraise SystemExit(1)\n", "__init__.py", 2),
        ("odd_package.inner:module", "\n\nimport json\njson.loads('x')\n", "__init__.py", 4),
        ("odd_package.inner:module", "import odd_package.nowhere\n", "__init__.py", 1),
        ("odd_package.nowhere:module", "", None, None),
        ("odd_package:nothing", "", None, None),
    ],
)
def test_a_package_that_cannot_be_loaded(tmp_path, monkeypatch, entry, text, file, line):
    """Its place is its own innermost line; where it has not begun, that of the import counts."""
    folder = tmp_path / "odd-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (folder / "entry_points.txt").write_text(f"[hmsvcd.modules]\nodd = {entry}\n")
    (tmp_path / "odd_package").mkdir()
    (tmp_path / "odd_package/__init__.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        told = Modules().named("odd")
    finally:
        sys.modules.pop("odd_package", None)
    assert isinstance(told, Diagnostic)
    assert "the module `odd` cannot be loaded" in told.message
    assert (told.place.file if told.place else None) == (
        str(tmp_path / "odd_package" / file) if file else None
    )
    assert (told.position.line if told.position else None) == line
